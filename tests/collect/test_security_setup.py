from collections.abc import Callable, Mapping

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from dcud.collect.security_setup import MAX_CERTIFICATES, SecuritySetupDialogue, SetupRefusedError
from dcud.cosem.security_setup import BySerial, CertificateInfo, KeyData, KeyId, certificates_data
from dcud.dlms.access import DataAccessResult
from dcud.dlms.action_exchange import MethodCall
from dcud.dlms.apdu.action import ActionResult
from dcud.dlms.data import Data, array, encode_data, enum, octet_string
from dcud.dlms.errors import CertificateError, DecodeError
from dcud.dlms.obis import Obis
from dcud.dlms.security.certificate import Certificate
from dcud.dlms.security.certificate_kind import CertificateType
from dcud.dlms.security.parameters import Guard
from dcud.dlms.security.policy import SecurityPolicy
from tests.support.fake_meter import Answer, FakeReader
from tests.support.meter_certificates import Issuer, request

SETUP = "64/0.0.43.0.0.255"
TITLE = bytes.fromhex("4D4D4D0000000001")
AUTHENTICATED = Guard(authenticated=True)
POLICY = SecurityPolicy(requests=AUTHENTICATED, answers=AUTHENTICATED)
ROOT = Issuer.root()
METER = Certificate.from_der(ROOT.meter().der)
OTHER = Certificate.from_der(ROOT.meter(serial=77).der)
Result = Data | bytes | ActionResult | DataAccessResult | None


class FakeSpeaker(FakeReader):
    """Answers calls from a table, by method and parameter; notes them."""

    def __init__(
        self, answers: Mapping[str, Answer], results: Mapping[str, Result] | None = None
    ) -> None:
        super().__init__(answers)
        self.results = results or {}
        self.calls: list[str] = []

    async def act(
        self, call: MethodCall, *, progress: Callable[[int], None] | None = None
    ) -> bytes | DataAccessResult | ActionResult | None:
        assert call.method.class_id == 64
        assert call.parameter is not None
        assert not call.is_secret
        written = f"{call.method.logical_name}/{call.method.method}: {call.parameter.hex()}"
        self.calls.append(written)
        result = self.results.get(written, ActionResult.READ_WRITE_DENIED)
        return encode_data(result) if isinstance(result, Data) else result


def info(certificate: Certificate) -> CertificateInfo:
    x509 = certificate.x509
    return CertificateInfo(
        entity=0,
        type=certificate.type,
        serial_number=x509.serial_octets,
        issuer=x509.issuer,
        subject=x509.subject,
        subject_alt_name=x509.subject_alt_names,
    )


def export(certificate: Certificate) -> str:
    """Write the call that exports a certificate by its serial number."""
    serial, issuer = certificate.x509.serial_octets, certificate.x509.issuer
    told = f"09{len(serial):02x}{serial.hex()}09{len(issuer):02x}{issuer.hex()}"
    return f"0.0.43.0.0.255/7: 020216010202{told}"


async def test_attributes_are_read() -> None:
    speaker = FakeSpeaker(
        {
            f"{SETUP}/2": enum(0x24),
            f"{SETUP}/3": enum(1),
            f"{SETUP}/5": octet_string(TITLE),
            f"{SETUP}/6": certificates_data([info(METER)]),
        }
    )
    setup = SecuritySetupDialogue(speaker)
    assert await setup.policy(1) == POLICY
    assert await setup.suite() == 1
    assert await setup.server_system_title() == TITLE
    assert await setup.certificates() == (info(METER),)


async def test_changes_are_called_for_with_their_parameters() -> None:
    wrapped = KeyData(KeyId.UNICAST, b"\x11" * 24)
    serial = BySerial(serial_number=b"\x04\xd2", issuer=b"\x30\x00")
    expected = [
        "0.0.43.0.2.255/1: 1624",
        "0.0.43.0.2.255/2: 0101020216000918" + "11" * 24,
        "0.0.43.0.2.255/4: 1601",
        "0.0.43.0.2.255/6: 0982" + f"{len(METER.x509.der):04x}" + METER.x509.der.hex(),
        "0.0.43.0.2.255/8: 020216010202090204d209023000",
    ]
    speaker = FakeSpeaker({}, dict.fromkeys(expected))
    setup = SecuritySetupDialogue(speaker, Obis.parse("0.0.43.0.2.255"))
    await setup.activate(POLICY, 1)
    await setup.transfer_keys([wrapped])
    await setup.generate_key_pair(CertificateType.KEY_AGREEMENT)
    await setup.import_certificate(METER)
    await setup.remove_certificate(serial)
    assert speaker.calls == expected


async def test_keys_are_agreed_on() -> None:
    asked, told = KeyData(KeyId.MASTER, b"\x22" * 128), KeyData(KeyId.MASTER, b"\x33" * 128)
    call = "0.0.43.0.0.255/3: 010102021603098180" + "22" * 128
    speaker = FakeSpeaker({}, {call: array([told.to_data()])})
    assert await SecuritySetupDialogue(speaker).agree_keys([asked]) == (told,)


async def test_a_request_for_a_certificate_is_had() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    der = request("4D4D4D0000000001", key)
    speaker = FakeSpeaker({}, {"0.0.43.0.0.255/5: 1600": octet_string(der)})
    setup = SecuritySetupDialogue(speaker)
    asked = await setup.request_certificate(CertificateType.DIGITAL_SIGNATURE)
    assert asked.der == der
    assert asked.common_name == "4D4D4D0000000001"


async def test_certificates_are_fetched_and_those_that_cant_be_had_are_told() -> None:
    speaker = FakeSpeaker(
        {f"{SETUP}/6": certificates_data([info(METER), info(OTHER)])},
        {export(METER): octet_string(METER.x509.der)},
    )
    fetched = await SecuritySetupDialogue(speaker).fetch_certificates()
    assert fetched.certificates == (METER,)
    (refusal,) = fetched.refusals
    assert str(refusal).startswith(
        "the meter refuses export_certificate of 0.0.43.0.0.255: read-write-denied; use a client"
    )
    speaker.results = {export(METER): octet_string(b"no certificate"), export(OTHER): b"\x09\x00"}
    fetched = await SecuritySetupDialogue(speaker).fetch_certificates()
    assert fetched.certificates == ()
    assert [type(each) for each in fetched.refusals] == [CertificateError, CertificateError]


async def test_the_fetching_of_certificates_is_bounded() -> None:
    speaker = FakeSpeaker(
        {f"{SETUP}/6": certificates_data([info(METER)] * (MAX_CERTIFICATES + 1))},
        {export(METER): octet_string(METER.x509.der)},
    )
    fetched = await SecuritySetupDialogue(speaker).fetch_certificates()
    assert len(fetched.certificates) == len(speaker.calls) == MAX_CERTIFICATES


async def test_a_meter_that_does_not_show_its_setup_is_told() -> None:
    setup = SecuritySetupDialogue(FakeSpeaker({}))
    sentence = r"does not show security_suite of 0\.0\.43\.0\.0\.255: object-undefined"
    with pytest.raises(SetupRefusedError, match=sentence):
        await setup.suite()


REFUSALS: list[tuple[Result, type[Exception], str]] = [
    (ActionResult.OBJECT_UNDEFINED, SetupRefusedError, "refuses key_agreement of .*undefined"),
    (DataAccessResult.OTHER_REASON, SetupRefusedError, "refuses key_agreement of .*other-reason"),
    (None, SetupRefusedError, "returns nothing from key_agreement of"),
    (b"", DecodeError, "1 octet wanted at octet 0"),
    (b"\x01\x00\x00", DecodeError, "1 octets too many"),
    (enum(1), DecodeError, "where a security setup has an array"),
]


@pytest.mark.parametrize(("result", "error", "sentence"), REFUSALS)
async def test_results_that_make_no_sense_are_refused(
    result: Result, error: type[Exception], sentence: str
) -> None:
    call = "0.0.43.0.0.255/3: 010102021600090131"
    setup = SecuritySetupDialogue(FakeSpeaker({}, {call: result}))
    with pytest.raises(error, match=sentence):
        await setup.agree_keys([KeyData(0, b"1")])

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.apdu.initiate import InitiateRequest
from dcud.dlms.errors import (
    CompressionError,
    DecodeError,
    KeyInfoError,
    KeyMissingError,
    ProtocolError,
    ReplayError,
    SecurityControlError,
    SecurityPolicyError,
    SignatureError,
    SystemTitleError,
    TagError,
    TransactionError,
)
from dcud.dlms.secret import Secret
from dcud.dlms.security.channel import Counters
from dcud.dlms.security.compression import compressed
from dcud.dlms.security.counters import FreshCounter, ReceivedCounter
from dcud.dlms.security.general_header import GeneralHeader
from dcud.dlms.security.general_keys import GeneralMeans
from dcud.dlms.security.key_info import STATIC, AgreedKey, IdentifiedKey, KeyInfo, WrappedKey
from dcud.dlms.security.keys import KeySet
from dcud.dlms.security.parameters import Guard, KeyInfoMethod
from dcud.dlms.security.policy import SecurityPolicy
from dcud.dlms.security.primitives.aes_key_wrap import wrap
from dcud.dlms.security.server_protection import CounterRefusal, MeterProtection
from dcud.dlms.security.server_setup import ServerSecuritySetup
from dcud.dlms.security.suite import SecuritySuite
from tests.support.plain_means import FRESH, PlainAgreement, means, signed
from tests.support.protected_apdus import (
    ANSWER,
    BROADCAST,
    CLIENT,
    DEDICATED,
    GET,
    INITIATE,
    INITIATE_RESPONSE,
    MASTER,
    METER,
    Protected,
    keys,
)

BOTH = Guard(authenticated=True, encrypted=True)
SIGNED = Guard(signed=True)
HEADER = GeneralHeader(
    transaction_id=b"\1\2\3\4\5\6\7\10",
    originator_system_title=CLIENT,
    recipient_system_title=METER,
)


def protection(
    guard: Guard = BOTH,
    *,
    suite: SecuritySuite = SecuritySuite.SUITE_0,
    with_means: bool = True,
    answers: Guard | None = None,
    refusal: CounterRefusal = CounterRefusal.HINT,
    floor: int = 0,
) -> MeterProtection:
    """One that has met the client."""

    def means_of(_method: KeyInfoMethod) -> GeneralMeans:
        return means()

    made = MeterProtection(
        ServerSecuritySetup(
            system_title=METER,
            keys=keys(suite),
            policy=SecurityPolicy(requests=guard, answers=answers or guard),
            unicast=Counters(FreshCounter(), ReceivedCounter(floor)),
            means=means_of if with_means else None,
        ),
        refusal,
    )
    made.meet(CLIENT)
    return made


def of_client(**changes: object) -> Protected:
    return Protected(**{"title": CLIENT, **changes})  # type: ignore[arg-type]  # a test's own


class TestATrace:
    """A client of Circutor and a meter of Landis+Gyr, as the tests of Circutor/gosem have them."""

    KEY = Secret(bytes.fromhex("00112233445566778899aabbccddeeff"))
    INITIATE = bytes.fromhex(
        "2130300000005992d807dbcf8533e9ad675ae0948241fb8e6cf9afa7006baa134a473c9151b3362f56dc12f89e85"
        "da97e176"
    )
    GET = bytes.fromhex("d01e3000000001d3b903996d9508c5b6bcdeb025dd1800a5c92775fb55f317cf")
    RELEASE = bytes.fromhex(
        "2130300000005a8e9b83d641b89faaf36da504132c34f87e4ba66175a7dced015460239699c72c18c06db29c5467"
        "3b83bac0"
    )
    RELEASED = bytes.fromhex("281f300000005bcd34827974edcf8b1dab306f62c58ab42052db67361377507825")
    PLAIN = bytes.fromhex("0101105e168412318ba71848c99b2b2ab332940000065f1f040000181f0200")

    def test_the_meters_side_of_it(self) -> None:
        known = KeySet(suite=SecuritySuite.SUITE_0, unicast=self.KEY, authentication=self.KEY)
        setup = ServerSecuritySetup(
            system_title=bytes.fromhex("4c475a2022604828"),
            keys=known,
            policy=SecurityPolicy(requests=BOTH, answers=BOTH),
            unicast=Counters(FreshCounter(0x5B), ReceivedCounter(0x59)),
        )
        meter = MeterProtection(setup)
        meter.meet(bytes.fromhex("4349520000000001"))
        assert meter.open_initiate(self.INITIATE) == self.PLAIN
        meter.adopt(InitiateRequest.decode(self.PLAIN).dedicated_key)
        assert meter.open(self.GET) == bytes.fromhex("c001c100080000010000ff0200")
        assert meter.open_initiate(self.RELEASE) == self.PLAIN
        answer = bytes.fromhex("0800065f1f040000181f00fa0007")
        assert meter.close_initiate(answer) == self.RELEASED


class TestForms:
    @pytest.mark.parametrize(
        ("request_", "answer"),
        [
            (
                of_client().service(0xC8, GET),
                of_client(title=METER, counter=0).service(0xCC, ANSWER),
            ),
            (of_client().general(GET), of_client(title=METER, counter=0).general(ANSWER)),
            (
                of_client(key=DEDICATED).service(0xD0, GET),
                of_client(key=DEDICATED, title=METER, counter=0).service(0xD4, ANSWER),
            ),
            (
                of_client(key=DEDICATED).general(GET, 0xDC),
                of_client(key=DEDICATED, title=METER, counter=0).general(ANSWER, 0xDC),
            ),
            (
                of_client(key=BROADCAST, octet=0x70).service(0xC8, GET),
                of_client(key=BROADCAST, octet=0x70, title=METER, counter=0).service(0xCC, ANSWER),
            ),
        ],
    )
    def test_an_answer_has_the_form_of_the_request(self, request_: bytes, answer: bytes) -> None:
        meter = protection()
        meter.adopt(DEDICATED)
        assert meter.open(request_) == GET
        assert meter.overhead() == 32
        assert meter.close(ANSWER) == answer

    def test_a_service_without_a_tag_of_its_own_goes_generally(self) -> None:
        meter = protection()
        meter.open(of_client().service(0xC8, GET))
        notification = bytes.fromhex("0f00000001000600000007")
        expected = of_client(title=METER, counter=0).general(notification)
        assert meter.close(notification) == expected

    def test_nothing_is_protected_where_nothing_is_demanded(self) -> None:
        meter = protection(Guard())
        assert meter.open_initiate(INITIATE) == INITIATE
        assert meter.close_initiate(INITIATE_RESPONSE) == INITIATE_RESPONSE
        assert meter.open(GET) == GET
        assert (meter.overhead(), meter.close(ANSWER)) == (0, ANSWER)

    @pytest.mark.parametrize(
        ("asked", "answers", "answered"),
        [(0x10, BOTH, 0x30), (0x30, Guard(), 0x30), (0x20, Guard(authenticated=True), 0x30)],
    )
    def test_answers_are_protected_as_both_want_it(
        self, asked: int, answers: Guard, answered: int
    ) -> None:
        meter = protection(Guard(), answers=answers)
        meter.open(of_client(octet=asked).service(0xC8, GET))
        assert meter.close(ANSWER)[2] == answered

    def test_a_compressed_request_has_a_compressed_answer(self) -> None:
        meter = protection(suite=SecuritySuite.SUITE_1)
        request = GET + bytes(100)
        octets = compressed(request)
        assert octets is not None
        assert meter.open(of_client(octet=0xB1).general(octets)) == request
        answer = meter.close(ANSWER + bytes(100))
        assert answer[11] == 0xB1
        assert len(answer) < 80
        # What would not get shorter is left as it is.
        assert meter.close(ANSWER)[11] == 0x31


class TestGeneralCiphering:
    @pytest.mark.parametrize(
        ("key_info", "key"),
        [
            (None, None),
            (IdentifiedKey(0), None),
            (WrappedKey(0, wrap(MASTER, DEDICATED)), DEDICATED),
            (AgreedKey(STATIC, b""), PlainAgreement().key(HEADER)),
        ],
    )
    def test_the_answer_tells_its_key_likewise(
        self, key_info: KeyInfo | None, key: Secret | None
    ) -> None:
        meter = protection()
        made = of_client() if key is None else of_client(key=key)
        assert meter.open(made.general_ciphering(GET, HEADER, key_info)) == GET
        assert meter.overhead() == 288
        mirrored = GeneralHeader(
            transaction_id=HEADER.transaction_id,
            originator_system_title=METER,
            recipient_system_title=CLIENT,
        )
        own: dict[type[object], tuple[Secret | None, KeyInfo | None]] = {
            type(None): (None, IdentifiedKey(0)),
            IdentifiedKey: (None, IdentifiedKey(0)),
            WrappedKey: (FRESH, WrappedKey(0, wrap(MASTER, FRESH))),
            AgreedKey: (PlainAgreement().key(mirrored), key_info),
        }
        answers_key, told = own[type(key_info)]
        maker = of_client(title=METER, counter=0)
        if answers_key is not None:
            maker = of_client(title=METER, counter=0, key=answers_key)
        assert meter.close(ANSWER) == maker.general_ciphering(ANSWER, mirrored, told)

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"recipient_system_title": b"another1"}, TransactionError),
            ({"originator_system_title": b"another1"}, SystemTitleError),
        ],
    )
    def test_parties(self, changes: dict[str, bytes], error: type[ProtocolError]) -> None:
        header = GeneralHeader(
            **{
                "transaction_id": HEADER.transaction_id,
                "originator_system_title": CLIENT,
                "recipient_system_title": METER,
                **changes,
            }
        )
        with pytest.raises(error):
            protection().open(of_client().general_ciphering(GET, header, IdentifiedKey(0)))

    def test_a_transaction_under_a_fresh_key_is_good_once(self) -> None:
        meter = protection()
        told = WrappedKey(0, wrap(MASTER, DEDICATED))
        request = of_client(key=DEDICATED).general_ciphering(GET, HEADER, told)
        meter.open(request)
        with pytest.raises(TransactionError):
            meter.open(request)

    def test_a_key_that_cannot_be_unwrapped(self) -> None:
        told = WrappedKey(0, wrap(BROADCAST, DEDICATED))
        with pytest.raises(KeyInfoError):
            protection().open(of_client(key=DEDICATED).general_ciphering(GET, HEADER, told))

    def test_no_key_pairs(self) -> None:
        told = AgreedKey(STATIC, b"")
        made = of_client(key=PlainAgreement().key(HEADER))
        with pytest.raises(KeyMissingError):
            protection(with_means=False).open(made.general_ciphering(GET, HEADER, told))


class TestSignatures:
    def test_alone(self) -> None:
        meter = protection(SIGNED)
        assert meter.open(signed(HEADER, GET)) == GET
        assert meter.overhead() == 160
        mirrored = GeneralHeader(
            transaction_id=HEADER.transaction_id,
            originator_system_title=METER,
            recipient_system_title=CLIENT,
        )
        assert meter.close(ANSWER) == signed(mirrored, ANSWER)

    def test_within_ciphering(self) -> None:
        meter = protection(Guard(authenticated=True, encrypted=True, signed=True))
        content = signed(HEADER, GET)
        assert meter.open(of_client().general(content)) == GET
        assert meter.overhead() == 192
        assert meter.close(ANSWER)[0] == 0xDB

    @pytest.mark.parametrize(
        ("request_", "error"),
        [
            (GET, SecurityPolicyError),
            (signed(HEADER, GET, bytes(64)), SignatureError),
            (signed(HEADER, b""), DecodeError),
            (signed(GeneralHeader(originator_system_title=b"another1"), GET), SystemTitleError),
            (signed(GeneralHeader(recipient_system_title=b"another1"), GET), TransactionError),
        ],
    )
    def test_what_is_refused(self, request_: bytes, error: type[ProtocolError]) -> None:
        with pytest.raises(error):
            protection(SIGNED).open(request_)

    def test_no_key_pairs(self) -> None:
        with pytest.raises(SignatureError):
            protection(SIGNED, with_means=False).open(signed(HEADER, GET))

    def test_no_certificate(self) -> None:
        setup = ServerSecuritySetup(
            system_title=METER,
            keys=keys(),
            policy=SecurityPolicy(requests=Guard(), answers=SIGNED),
            means=lambda _method: GeneralMeans(transaction_id=bytes, key=lambda: FRESH),
        )
        meter = MeterProtection(setup)
        meter.meet(CLIENT)
        with pytest.raises(SignatureError):
            meter.open(signed(HEADER, GET))
        meter.open(of_client().general_ciphering(GET, HEADER, None))
        with pytest.raises(SignatureError):
            meter.close(ANSWER)


class TestForgeries:
    @pytest.mark.parametrize(
        ("request_", "error"),
        [
            (GET, SecurityPolicyError),
            (of_client(octet=0x10).service(0xC8, GET), SecurityPolicyError),
            (of_client(octet=0x20).service(0xC8, GET), SecurityPolicyError),
            (of_client(octet=0x31).service(0xC8, GET), SecurityControlError),
            (of_client(octet=0xB0).service(0xC8, GET), SecurityControlError),
            (of_client().service(0xC8, GET)[:-1] + b"\0", TagError),
            (of_client(key=BROADCAST).service(0xC8, GET), TagError),
            (of_client(title=b"another1").service(0xC8, GET), TagError),
            (of_client(title=b"another1").general(GET), SystemTitleError),
            (of_client(key=DEDICATED).service(0xD0, GET), SecurityControlError),
            (b"\xc8\x01\x30", DecodeError),
            (b"\xc8", DecodeError),
        ],
    )
    def test_each_is_refused(self, request_: bytes, error: type[ProtocolError]) -> None:
        meter = protection()
        with pytest.raises(error):
            meter.open(request_)
        # No counter has moved by it: the true request is still welcome.
        assert meter.open(of_client(counter=0).general(GET)) == GET

    @pytest.mark.parametrize(
        ("request_", "error"),
        [
            (of_client().service(0xC9, GET), SecurityControlError),
            (of_client().service(0xC8, b""), DecodeError),
        ],
    )
    def test_what_a_good_tag_vouches_for_uses_its_counter_up(
        self, request_: bytes, error: type[ProtocolError]
    ) -> None:
        meter = protection()
        with pytest.raises(error):
            meter.open(request_)
        with pytest.raises(ReplayError):
            meter.open(of_client().general(GET))

    def test_a_replay(self) -> None:
        meter = protection()
        meter.open(of_client(counter=5).service(0xC8, GET))
        for counter in (0, 4, 5):
            with pytest.raises(ReplayError):
                meter.open(of_client(counter=counter).service(0xC8, GET))
        assert meter.open(of_client(counter=6).service(0xC8, GET)) == GET

    def test_a_replay_of_what_has_no_tag(self) -> None:
        meter = protection(Guard(encrypted=True))
        request = of_client(octet=0x20).service(0xC8, GET)
        meter.open(request)
        with pytest.raises(ReplayError):
            meter.open(request)

    def test_what_expands_to_nonsense(self) -> None:
        request = of_client(octet=0xB1).general(bytes(3))
        with pytest.raises((CompressionError, DecodeError)):
            protection(suite=SecuritySuite.SUITE_1).open(request)


class TestInitiate:
    @pytest.mark.parametrize(
        ("within", "error"),
        [
            (INITIATE, SecurityPolicyError),
            (of_client(key=DEDICATED).service(0x41, INITIATE), SecurityControlError),
            (of_client().service(0x21, INITIATE)[:-1] + b"\0", TagError),
        ],
    )
    def test_what_is_refused(self, within: bytes, error: type[ProtocolError]) -> None:
        with pytest.raises(error):
            protection().open_initiate(within)

    def test_a_general_one(self) -> None:
        meter = protection()
        assert meter.open_initiate(of_client().general(INITIATE)) == INITIATE
        expected = of_client(title=METER, counter=0).general(INITIATE_RESPONSE)
        assert meter.close_initiate(INITIATE_RESPONSE) == expected

    @pytest.mark.parametrize("title", [None, b"", b"DCU", METER])
    def test_a_client_that_cannot_be(self, title: bytes | None) -> None:
        with pytest.raises(SystemTitleError):
            protection().meet(title)

    def test_a_client_that_was_never_met(self) -> None:
        setup = ServerSecuritySetup(
            system_title=METER,
            keys=keys(),
            policy=SecurityPolicy(requests=BOTH, answers=BOTH),
        )
        meter = MeterProtection(setup)
        assert meter.system_title == METER
        with pytest.raises(SystemTitleError):
            meter.open(of_client().service(0xC8, GET))

    def test_a_dedicated_key_has_the_suites_length(self) -> None:
        meter = protection()
        meter.adopt(None)
        with pytest.raises(KeyMissingError):
            meter.adopt(Secret(bytes(32)))


class TestRefusals:
    @pytest.mark.parametrize(
        ("refusal", "octets"),
        [
            (CounterRefusal.HINT, "d8010600000009"),
            (CounterRefusal.NO_HINT, "d80106"),
            (CounterRefusal.DECIPHERING_ERROR, "d80105"),
            (CounterRefusal.SILENT, None),
        ],
    )
    def test_of_counters(self, refusal: CounterRefusal, octets: str | None) -> None:
        meter = protection(refusal=refusal, floor=9)
        with pytest.raises(ReplayError) as raised:
            meter.open(of_client(counter=8).service(0xC8, GET))
        expected = None if octets is None else bytes.fromhex(octets)
        assert meter.refuse(raised.value) == expected

    @pytest.mark.parametrize(
        ("error", "octets"),
        [
            (TagError, "d80105"),
            (KeyInfoError, "d80105"),
            (SignatureError, "d80105"),
            (DecodeError, "d80103"),
            (SecurityPolicyError, "d80101"),
            (SecurityControlError, "d80101"),
            (SystemTitleError, "d80101"),
        ],
    )
    def test_of_the_rest(self, error: Callable[[str], ProtocolError], octets: str) -> None:
        assert protection().refuse(error("it is so")) == bytes.fromhex(octets)


@given(st.sampled_from([0xC8, 0xD0, 0xDB, 0xDC, 0xDD, 0xDF, 0x21, 0xC0]), st.binary(max_size=60))
def test_any_octets_are_opened_or_refused(tag: int, octets: bytes) -> None:
    meter = protection()
    meter.adopt(DEDICATED)
    for opening in (meter.open, meter.open_initiate):
        with suppress(ProtocolError):
            opening(bytes((tag,)) + octets)

import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcud.cosem.security_setup import (
    CURRENT_SECURITY_SETUP,
    SECURITY_SETUP,
    ByEntity,
    BySerial,
    CertificateIdentification,
    CertificateInfo,
    KeyData,
    KeyId,
    SetupAttribute,
    SetupMethod,
    certificates_data,
    identification_data,
    key_data,
    parse_certificates,
    parse_enum,
    parse_identification,
    parse_key_data,
    parse_octets,
    parse_policy,
    policy_data,
)
from dcud.dlms.data import (
    Data,
    array,
    decode_data,
    encode_data,
    enum,
    integer,
    null_data,
    octet_string,
    structure,
    unsigned,
)
from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.octets import Cursor
from dcud.dlms.security.certificate_kind import CertificateEntity, CertificateType
from dcud.dlms.security.parameters import Guard
from dcud.dlms.security.policy import SecurityPolicy
from tests.support.data_strategies import data as any_data

TITLE = bytes.fromhex("4D4D4D0000BC614E")
NOTHING = SecurityPolicy(requests=Guard(), answers=Guard())
BOTH = SecurityPolicy(
    requests=Guard(authenticated=True, encrypted=True),
    answers=Guard(authenticated=True, encrypted=True),
)
CODES = st.integers(0, 255)
OCTETS = st.binary(max_size=40)


def decoded(octets: str) -> Data:
    cursor = Cursor(bytes.fromhex(octets))
    data = decode_data(cursor)
    cursor.expect_end()
    return data


def test_the_numbers_are_those_of_the_standard() -> None:
    assert SECURITY_SETUP == 64
    assert CURRENT_SECURITY_SETUP.octets.hex() == "00002b0000ff"
    assert [each.value for each in SetupAttribute] == [2, 3, 4, 5, 6]
    assert SetupAttribute(6) is SetupAttribute.CERTIFICATES
    assert [each.value for each in SetupMethod] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert SetupMethod(7) is SetupMethod.EXPORT_CERTIFICATE
    assert [each.name for each in KeyId] == ["UNICAST", "BROADCAST", "AUTHENTICATION", "MASTER"]


@pytest.mark.parametrize(
    ("policy", "version", "octets"),
    [
        (NOTHING, 0, "16 00"),
        (BOTH, 0, "16 03"),
        (NOTHING, 1, "16 00"),
        (BOTH, 1, "16 6C"),
        (SecurityPolicy(requests=Guard(signed=True), answers=Guard()), 1, "16 10"),
    ],
)
def test_policies(policy: SecurityPolicy, version: int, octets: str) -> None:
    assert encode_data(policy_data(policy, version)) == bytes.fromhex(octets)
    assert parse_policy(decoded(octets), version) == policy


def test_a_policy_that_version_0_cant_say_is_refused() -> None:
    signed = SecurityPolicy(requests=Guard(signed=True), answers=Guard())
    with pytest.raises(EncodeError):
        policy_data(signed, 0)
    with pytest.raises(DecodeError):
        parse_policy(decoded("16 04"), 0)


def test_a_transfer_of_two_keys() -> None:
    # DLMS key wrap example: 1FA6... is 0011..FF wrapped with 0001..0F
    wrapped = bytes.fromhex("1FA68B0A8112B447AEF34BD8FB5A7B829D3E862371D2CFE5")
    keys = (KeyData(KeyId.UNICAST, wrapped), KeyData(KeyId.AUTHENTICATION, wrapped))
    octets = (
        "01 02"
        " 02 02 16 00 09 18 1FA68B0A8112B447AEF34BD8FB5A7B829D3E862371D2CFE5"
        " 02 02 16 02 09 18 1FA68B0A8112B447AEF34BD8FB5A7B829D3E862371D2CFE5"
    )
    assert encode_data(key_data(keys)) == bytes.fromhex(octets)
    assert parse_key_data(decoded(octets)) == keys


def test_an_agreement_on_one_key() -> None:
    keys = (KeyData(KeyId.MASTER, b"\x11" * 128),)
    octets = "01 01 02 02 16 03 09 8180" + "11" * 128
    assert encode_data(key_data(keys)) == bytes.fromhex(octets)
    assert parse_key_data(decoded(octets)) == keys


def test_each_key_is_told_once_at_least_one() -> None:
    one = KeyData(KeyId.UNICAST, b"")
    for keys in ((), (one, one)):
        with pytest.raises(EncodeError, match=f"{len(keys)} keys, of which each must be told once"):
            key_data(keys)
    with pytest.raises(DecodeError, match="tells of one key twice"):
        parse_key_data(decoded("01 02 02 02 16 00 09 00 02 02 16 00 09 00"))
    assert parse_key_data(decoded("01 00")) == ()


INFO = CertificateInfo(
    entity=CertificateEntity.SERVER,
    type=CertificateType.KEY_AGREEMENT,
    serial_number=bytes.fromhex("04D2"),
    issuer=bytes.fromhex("3012311030 0E0603550403 0C07 526F6F74204341"),
    subject=bytes.fromhex("301B3119301706035504030C1034443444344430303030424336313445"),
    subject_alt_name=b"",
)
INFO_OCTETS = (
    "01 01 02 06 16 00 16 01 09 02 04D2"
    " 09 14 3012311030 0E0603550403 0C07 526F6F74204341"
    " 09 1D 301B3119301706035504030C1034443444344430303030424336313445"
    " 09 00"
)


def test_the_certificates_that_a_meter_holds() -> None:
    assert encode_data(certificates_data([INFO])) == bytes.fromhex(INFO_OCTETS)
    assert parse_certificates(decoded(INFO_OCTETS)) == (INFO,)
    assert parse_certificates(decoded("01 00")) == ()
    assert INFO.identification == BySerial(serial_number=INFO.serial_number, issuer=INFO.issuer)


@pytest.mark.parametrize(
    ("identification", "octets"),
    [
        (
            ByEntity(
                entity=CertificateEntity.SERVER,
                type=CertificateType.DIGITAL_SIGNATURE,
                system_title=TITLE,
            ),
            "02 02 16 00 02 03 16 00 16 00 09 08 4D4D4D0000BC614E",
        ),
        (
            ByEntity(
                entity=CertificateEntity.CERTIFICATION_AUTHORITY,
                type=CertificateType.OTHER,
                system_title=b"",
            ),
            "02 02 16 00 02 03 16 02 16 03 09 00",
        ),
        (
            INFO.identification,
            "02 02 16 01 02 02 09 02 04D2 09 14 3012311030 0E0603550403 0C07 526F6F74204341",
        ),
    ],
)
def test_a_certificate_is_named_by_entity_or_by_serial_number(
    identification: CertificateIdentification, octets: str
) -> None:
    assert encode_data(identification_data(identification)) == bytes.fromhex(octets)
    assert parse_identification(decoded(octets)) == identification


def test_a_certificate_named_in_an_unknown_way_is_refused() -> None:
    with pytest.raises(DecodeError, match="identified in no way numbered 2"):
        parse_identification(decoded("02 02 16 02 02 00"))


def test_enumerations_and_octets() -> None:
    assert parse_enum(enum(200)) == 200
    assert parse_enum(unsigned(1)) == 1
    assert parse_octets(octet_string(TITLE)) == TITLE
    with pytest.raises(DecodeError, match="integer is no enumeration of a security setup"):
        parse_enum(integer(1))
    with pytest.raises(DecodeError, match="where a security setup has octets"):
        parse_octets(null_data())


@pytest.mark.parametrize(
    ("parse", "data"),
    [
        (parse_key_data, null_data()),
        (parse_key_data, array([structure([enum(0)])])),
        (parse_key_data, array([null_data()])),
        (parse_certificates, structure([])),
        (parse_certificates, array([structure([enum(0)] * 6)])),
        (parse_identification, array([])),
        (parse_identification, structure([enum(0), structure([])])),
        (parse_identification, structure([enum(1), null_data()])),
    ],
)
def test_data_of_another_shape_is_refused(parse: Callable[[Data], object], data: Data) -> None:
    with pytest.raises(DecodeError):
        parse(data)


@given(any_data())
@settings(max_examples=40)
def test_any_data_is_a_value_or_a_typed_error(data: Data) -> None:
    for parse in (parse_key_data, parse_certificates, parse_identification):
        with contextlib.suppress(DecodeError):
            parse(data)
    for version in (0, 1):
        with contextlib.suppress(DecodeError):
            parse_policy(data, version)


@given(st.lists(st.builds(KeyData, CODES, OCTETS), min_size=1, unique_by=lambda key: key.key_id))
@settings(max_examples=50)
def test_keys_come_back_as_they_went(keys: list[KeyData]) -> None:
    assert parse_key_data(key_data(keys)) == tuple(keys)


@given(
    st.builds(ByEntity, entity=CODES, type=CODES, system_title=OCTETS)
    | st.builds(BySerial, serial_number=OCTETS, issuer=OCTETS)
)
@settings(max_examples=50)
def test_identifications_come_back_as_they_went(identification: CertificateIdentification) -> None:
    assert parse_identification(identification_data(identification)) == identification


@given(
    st.lists(
        st.builds(
            CertificateInfo,
            entity=CODES,
            type=CODES,
            serial_number=OCTETS,
            issuer=OCTETS,
            subject=OCTETS,
            subject_alt_name=OCTETS,
        ),
        max_size=3,
    )
)
@settings(max_examples=50)
def test_certificates_come_back_as_they_went(certificates: list[CertificateInfo]) -> None:
    assert parse_certificates(certificates_data(certificates)) == tuple(certificates)


def test_codes_that_take_more_than_an_octet_are_refused() -> None:
    for make in (
        lambda: KeyData(256, b""),
        lambda: ByEntity(entity=256, type=0, system_title=b""),
        lambda: ByEntity(entity=0, type=-1, system_title=b""),
        lambda: CertificateInfo(
            entity=0, type=256, serial_number=b"", issuer=b"", subject=b"", subject_alt_name=b""
        ),
    ):
        with pytest.raises(EncodeError):
            make()

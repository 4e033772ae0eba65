import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcud.dlms.errors import DecodeError
from dcud.dlms.security.general_header import GeneralHeader
from dcud.dlms.security.general_signing import GeneralSigning
from tests.support.gbcs_messages import SIGNED_MESSAGES, SignedMessage

MESSAGES = pytest.mark.parametrize("message", SIGNED_MESSAGES, ids=lambda message: message.name)
OCTETS = st.binary(max_size=20)
HEADERS = st.builds(
    GeneralHeader,
    transaction_id=OCTETS,
    originator_system_title=OCTETS,
    recipient_system_title=OCTETS,
    date_time=OCTETS,
    other_information=OCTETS,
)


@MESSAGES
def test_a_real_message_in_both_directions(message: SignedMessage) -> None:
    apdu = GeneralSigning.decode(message.apdu)
    assert apdu.signature == message.signature
    assert apdu.signed_octets == message.signed
    assert apdu.encode() == message.apdu
    built = GeneralSigning(header=apdu.header, content=apdu.content, signature=message.signature)
    assert built == apdu
    assert built.encode() == message.apdu


def test_the_fields_of_a_real_command() -> None:
    apdu = GeneralSigning.decode(SIGNED_MESSAGES[1].apdu)
    assert apdu.header.transaction_id.hex() == "0100000000000003eb"
    assert apdu.header.originator_system_title.hex() == "90b3d51f30010000"
    assert apdu.header.recipient_system_title.hex() == "00db1234567890a0"
    assert apdu.header.date_time == b""
    assert apdu.header.other_information.hex() == "001c"
    assert apdu.content.hex() == "d9200003eb00010300700000130a00ff01010500124f80"


def test_what_is_not_signed_may_lack_the_length_of_the_signature() -> None:
    header = GeneralHeader(transaction_id=b"\x01")
    unsigned = GeneralSigning(header=header, content=b"\xc0\x01")
    assert unsigned.encode() == bytes.fromhex("DF 0101 00 00 00 00 02C001 00")
    assert GeneralSigning.decode(bytes.fromhex("DF 0101 00 00 00 00 02C001 00")) == unsigned
    assert GeneralSigning.decode(bytes.fromhex("DF 0101 00 00 00 00 02C001")) == unsigned


def test_lengths_longer_than_need_be_are_signed_as_they_came() -> None:
    octets = bytes.fromhex("DF 8101 01 00 00 00 00 820002 C001 01AA")
    apdu = GeneralSigning.decode(octets)
    assert apdu.signed_octets.hex() == "8101010000000082 0002c001".replace(" ", "")
    assert apdu.encode() == octets
    assert apdu.signed_octets_without_length == bytes.fromhex("8101 01 00 00 00 00 C001")


@pytest.mark.parametrize("content", ["02C001", "00", "8102C001", "820002C001"])
def test_a_content_that_begins_like_its_length_has_no_other_form(content: str) -> None:
    apdu = GeneralSigning(header=GeneralHeader(), content=bytes.fromhex(content))
    assert apdu.signed_octets_without_length is None


@pytest.mark.parametrize("content", ["", "C001", "03C001", "84", "81"])
def test_other_contents_have_one(content: str) -> None:
    apdu = GeneralSigning(header=GeneralHeader(), content=bytes.fromhex(content))
    assert apdu.signed_octets_without_length == bytes(5) + bytes.fromhex(content)


@given(HEADERS, st.binary(max_size=200), OCTETS)
@settings(max_examples=50)
def test_decode_after_encode(header: GeneralHeader, content: bytes, signature: bytes) -> None:
    apdu = GeneralSigning(header=header, content=content, signature=signature)
    assert GeneralSigning.decode(apdu.encode()) == apdu


@given(OCTETS, OCTETS)
@settings(max_examples=50)
def test_two_contents_never_share_what_may_be_signed(one: bytes, other: bytes) -> None:
    apdus = [GeneralSigning(header=GeneralHeader(), content=each) for each in (one, other)]
    if one != other:
        assert apdus[0].signed_octets != apdus[1].signed_octets
        assert apdus[0].signed_octets != apdus[1].signed_octets_without_length


@given(st.binary(max_size=60) | st.binary(max_size=60).map(lambda octets: b"\xdf" + octets))
def test_any_octets_are_an_apdu_or_a_typed_error(octets: bytes) -> None:
    with contextlib.suppress(DecodeError):
        assert GeneralSigning.decode(octets).encode()[0] == 0xDF


@pytest.mark.parametrize("octets", ["", "DF", "DD00000000000000", "DF000000000000 00 00"])
def test_what_is_no_general_signing_is_refused(octets: str) -> None:
    with pytest.raises(DecodeError):
        GeneralSigning.decode(bytes.fromhex(octets))

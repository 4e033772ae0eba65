import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.ber import (
    MAX_INTEGER,
    Element,
    decode_element,
    decode_elements,
    decode_explicit,
    decode_fields,
    decode_integer,
    decode_only,
    encode_element,
    encode_explicit,
    encode_integer,
)
from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.octets import Cursor


def test_an_element() -> None:
    assert encode_element(0xA2, bytes.fromhex("020100")) == bytes.fromhex("a203020100")
    cursor = Cursor(bytes.fromhex("a203020100ff"))
    assert decode_element(cursor) == Element(tag=0xA2, content=bytes.fromhex("020100"))
    assert cursor.remaining == 1


def test_a_long_length_may_stand_for_a_short_one() -> None:
    assert decode_elements(bytes.fromhex("04810141" + "0482000142")) == (
        Element(tag=0x04, content=b"A"),
        Element(tag=0x04, content=b"B"),
    )


def test_tags_of_several_octets() -> None:
    assert decode_elements(bytes.fromhex("5f1f00" + "1f810101aa")) == (
        Element(tag=0x5F1F, content=b""),
        Element(tag=0x1F8101, content=b"\xaa"),
    )


@pytest.mark.parametrize(
    "octets",
    ["a2", "a203", "a2030201", "1f", "1f81", "1f818181", "a280", "a2850000000000"],
)
def test_broken_elements(octets: str) -> None:
    with pytest.raises(DecodeError):
        decode_elements(bytes.fromhex(octets))


def test_the_only_element() -> None:
    assert decode_only(0x04, bytes.fromhex("040141")) == b"A"
    with pytest.raises(DecodeError, match="element 04 stands where 02 was expected"):
        decode_only(0x02, bytes.fromhex("040141"))
    with pytest.raises(DecodeError, match="1 octets too many"):
        decode_only(0x04, bytes.fromhex("04014100"))


@pytest.mark.parametrize(
    ("value", "octets"), [(0, "00"), (127, "7f"), (128, "0080"), (MAX_INTEGER, "00ffffffff")]
)
def test_integers(value: int, octets: str) -> None:
    assert encode_integer(value).hex() == octets
    assert decode_integer(bytes.fromhex(octets)) == value


def test_an_integer_over_127_may_lack_its_leading_zero() -> None:
    assert decode_integer(b"\xfa") == 250


@pytest.mark.parametrize("octets", ["", "0100000000"])
def test_integers_out_of_range(octets: str) -> None:
    with pytest.raises(DecodeError):
        decode_integer(bytes.fromhex(octets))


def test_no_negative_integers() -> None:
    with pytest.raises(EncodeError):
        encode_integer(-1)


def test_explicit_fields() -> None:
    octets = encode_explicit(0xA2, 0x02, b"\x01")
    assert octets.hex() == "a203020101"
    assert encode_explicit(0xA2, 0x02, None) == b""
    fields = decode_fields(0x61, encode_element(0x61, octets))
    assert fields == {0xA2: bytes.fromhex("020101")}
    assert decode_explicit(fields, 0xA2, 0x02) == b"\x01"
    assert decode_explicit(fields, 0xA3, 0x02) is None


@given(st.integers(0, 0xFE).filter(lambda tag: tag & 0x1F != 0x1F), st.binary(max_size=300))
def test_elements_come_back(tag: int, content: bytes) -> None:
    assert decode_elements(encode_element(tag, content)) == (Element(tag=tag, content=content),)


@given(st.binary(max_size=60))
def test_any_octets_give_elements_or_a_typed_error(octets: bytes) -> None:
    try:
        elements = decode_elements(octets)
    except DecodeError:
        return
    assert sum(len(element.content) for element in elements) <= len(octets)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.data_types import BitString, DataType
from dcud.dlms.errors import EncodeError


def test_a_type_by_the_name_that_the_specification_writes() -> None:
    assert DataType.DOUBLE_LONG_UNSIGNED.words == "double-long-unsigned"


def test_the_first_bit_is_the_most_significant_one() -> None:
    assert BitString.from_text("0101") == BitString(4, b"\x50")
    assert BitString.from_text("") == BitString(0, b"")
    bits = BitString(9, b"\x80\x80")
    assert (bits[0], bits[1], bits[7], bits[8]) == (True, False, False, True)
    assert list(bits) == [True, *[False] * 7, True]


@given(st.text("01", max_size=40))
def test_text_and_bits_are_the_same(text: str) -> None:
    bits = BitString.from_text(text)
    assert str(bits) == text
    assert len(bits) == len(text)
    assert list(bits) == [digit == "1" for digit in text]


@pytest.mark.parametrize("index", [-1, 4, 8])
def test_there_is_no_bit_outside(index: int) -> None:
    with pytest.raises(IndexError):
        BitString.from_text("0101")[index]


@pytest.mark.parametrize(
    ("length", "octets", "words"),
    [
        (4, b"", "4 bits don't take 0 octets"),
        (8, b"\0\0", "8 bits don't take 2 octets"),
        (-1, b"", "-1 bits don't take 0 octets"),
        (4, b"\x51", "ones behind the last of 4 bits"),
    ],
)
def test_octets_that_are_not_those_bits_are_refused(length: int, octets: bytes, words: str) -> None:
    with pytest.raises(EncodeError, match=words):
        BitString(length, octets)


@pytest.mark.parametrize("text", ["012", "1 0", "x"])
def test_text_that_is_no_bits_is_refused(text: str) -> None:
    with pytest.raises(EncodeError, match="is no string of bits"):
        BitString.from_text(text)

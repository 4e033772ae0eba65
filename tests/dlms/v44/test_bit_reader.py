import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.errors import CompressionError
from dcud.dlms.v44.bit_reader import BitReader


def taken(reader: BitReader, size: int) -> int:
    value = reader.peek() & (1 << size) - 1
    reader.skip(size)
    return value


def test_the_least_significant_bit_comes_first() -> None:
    reader = BitReader(bytes.fromhex("8284"))
    assert [taken(reader, size) for size in (1, 7, 1, 7)] == [0, 0x41, 0, 0x42]


def test_looking_takes_nothing() -> None:
    reader = BitReader(b"\x34\x12")
    assert reader.peek() == reader.peek() == 0x1234


def test_behind_the_end_stand_zeros_that_can_not_be_taken() -> None:
    reader = BitReader(b"\xff")
    assert taken(reader, 8) == 0xFF
    assert reader.peek() == 0
    with pytest.raises(CompressionError, match="ends within"):
        reader.skip(1)


@given(octets=st.binary(max_size=100), sizes=st.lists(st.integers(1, 16), max_size=100))
def test_numbers_of_any_size(octets: bytes, sizes: list[int]) -> None:
    reader = BitReader(octets)
    whole, left = int.from_bytes(octets, "little"), 8 * len(octets)
    for size in sizes:
        if size > left:
            with pytest.raises(CompressionError):
                taken(reader, size)
            return
        assert taken(reader, size) == whole & (1 << size) - 1
        whole >>= size
        left -= size

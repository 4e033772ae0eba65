import pytest

from dcud.dlms.v44.extension_length import LONGEST, decode_length, encode_length
from tests.support.packed_bits import number

CODES = {
    1: "1",
    2: "010",
    3: "001",
    4: "011",
    5: "0000 000",
    6: "0000 100",
    12: "0000 111",
    13: "0001 00000000",
    14: "0001 10000000",
    253: "0001 00001111",
}


@pytest.mark.parametrize("length", CODES)
def test_the_codes(length: int) -> None:
    value, size = encode_length(length)
    assert number(value, size) == CODES[length].replace(" ", "")


def test_every_length_is_read_as_it_was_written() -> None:
    for length in range(1, LONGEST + 1):
        code, size = encode_length(length)
        assert decode_length(code) == (length, size)


def test_what_follows_a_code_does_not_matter() -> None:
    for length in range(1, LONGEST + 1):
        code, size = encode_length(length)
        assert decode_length(code | 0xFFFF << size) == (length, size)


def test_every_window_is_some_code() -> None:
    for window in range(1 << 12):
        length, size = decode_length(window)
        assert 1 <= length <= 268
        if length <= LONGEST:
            assert encode_length(length) == (window & (1 << size) - 1, size)

from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.sfsk.frame_check import fcs24, octet_sum


def divided(octets: bytes) -> int:
    """Return the same remainder by long division of one big number."""
    polynomial, rest = 0x15D6DCB, int.from_bytes(octets, "big")
    while rest.bit_length() > 24:
        rest ^= polynomial << (rest.bit_length() - 25)
    return int(f"{rest:024b}"[::-1], 2)


def test_known_values() -> None:
    assert fcs24(b"") == 0
    # what a public library's routine makes of these octets
    assert fcs24(b"123456789") == 0x2694A8


@given(st.binary(max_size=60))
def test_it_is_the_remainder_of_a_division(octets: bytes) -> None:
    assert fcs24(octets) == divided(octets)


@given(st.binary(min_size=4, max_size=250), st.data())
def test_a_damaged_bit_shows(octets: bytes, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(octets) * 8 - 1))
    damaged = bytearray(octets)
    damaged[position // 8] ^= 1 << position % 8
    assert fcs24(bytes(damaged)) != fcs24(octets)


def test_the_sum_has_its_lower_octet_first() -> None:
    assert octet_sum(b"\x03\x21") == b"\x24\x00"
    assert octet_sum(b"\xff" * 258) == b"\xfe\x00"
    assert octet_sum(b"\xff\x02") == b"\x01\x01"

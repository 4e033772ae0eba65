import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.hdlc.fcs import check_sequence, is_intact, is_intact_further


def bitwise_check_sequence(octets: bytes) -> bytes:
    """[ISO/IEC 13239: 16-bit frame checking sequence], bit by bit, low bit first."""
    register = 0xFFFF
    for octet in octets:
        register ^= octet
        for _ in range(8):
            register = register >> 1 ^ (0x8408 if register & 1 else 0)
    return (register ^ 0xFFFF).to_bytes(2, "little")


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"123456789", "6e90"),  # CRC-16/X-25's check value, from the catalogue of CRCs
        (bytes.fromhex("033f"), "5bec"),  # u9n/dlms-cosem tests
        (bytes.fromhex("a00a000200232193"), "1871"),  # u9n/dlms-cosem tests
        (bytes.fromhex("a0199575546835e6e600c0018100080000010000ff0100"), "0dfd"),  # jDLMS tests
        (bytes.fromhex("a0127595744734e6e700c40181000f00"), "2d54"),  # jDLMS tests
        (b"", "0000"),
    ],
)
def test_known_check_sequences(octets: bytes, expected: str) -> None:
    assert check_sequence(octets).hex() == expected


@given(st.binary())
def test_agrees_with_the_bitwise_definition(octets: bytes) -> None:
    assert check_sequence(octets) == bitwise_check_sequence(octets)


@given(st.binary(), st.binary())
def test_a_check_goes_on_from_an_intact_part(header: bytes, rest: bytes) -> None:
    part = header + check_sequence(header)
    whole = part + rest + check_sequence(part + rest)
    assert is_intact(whole)
    assert is_intact_further(whole[len(part) :])


@given(st.binary(min_size=1, max_size=40), st.data())
def test_one_wrong_bit_is_noticed(octets: bytes, data: st.DataObject) -> None:
    whole = bytearray(octets + check_sequence(octets))
    bit = data.draw(st.integers(0, len(whole) * 8 - 1))
    whole[bit // 8] ^= 1 << bit % 8
    assert not is_intact(whole)

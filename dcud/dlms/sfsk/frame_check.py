"""The check sequences of S-FSK frames, on the line as towards the modem's host."""

from typing import Final

FCS24_SIZE: Final = 3
SUM_SIZE: Final = 2

_POLYNOMIAL: Final = 0xD3B6BA


def fcs24(octets: bytes) -> int:
    """Return the 24 bits that end a MAC frame on the line.

    [IEC 61334-5-1: frame check sequence] The remainder of the octets themselves, most significant
    bit first, nothing appended, in a register that starts at zero and shifts to the right. Only one
    public source tells it.
    """
    register = 0
    for octet in octets:
        for position in range(7, -1, -1):
            carry = register & 1
            register = register >> 1 | (octet >> position & 1) << 23
            if carry:
                register ^= _POLYNOMIAL
    return register


def octet_sum(octets: bytes) -> bytes:
    """Return the check sequence of a modem's local frame: the sum, its lower octet first."""
    return (sum(octets) & 0xFFFF).to_bytes(SUM_SIZE, "little")

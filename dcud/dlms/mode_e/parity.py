"""Even parity in software: 7E1 over a line that only has 8N1.

A character of seven data bits with parity takes as many bits on the line as one of eight without,
so a port that is fixed to 8N1 can carry the sign-on all the same. [IEC 62056-21: character format]
"""

from typing import Final

_WITHOUT: Final = bytes(octet & 0x7F for octet in range(256))
_WITH: Final = bytes((octet & 0x7F) | ((octet & 0x7F).bit_count() % 2) << 7 for octet in range(256))


def with_parity(octets: bytes) -> bytes:
    """Return the characters with an even parity bit in bit 7, which is overwritten."""
    return octets.translate(_WITH)


def without_parity(octets: bytes) -> bytes:
    """Return the characters with bit 7 cleared, right or not."""
    return octets.translate(_WITHOUT)

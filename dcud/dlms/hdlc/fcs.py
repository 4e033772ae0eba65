"""The 16-bit frame check sequence.

[ISO/IEC 13239: 16-bit frame checking sequence] is a CRC whose octets go in low bit first. The
standard library has the same polynomial, high bit first (`binascii.crc_hqx`), so octets are
bit-reversed by one `translate`, and the result is reversed back and inverted by another.
"""

from binascii import crc_hqx

_INITIAL = 0xFFFF
_REVERSED = bytes(int(f"{octet:08b}"[::-1], 2) for octet in range(256))
_REVERSED_INVERTED = bytes(octet ^ 0xFF for octet in _REVERSED)

_RESIDUE = 0x1D0F
"""What the register holds after any octets followed by their own check sequence (F0B8 reversed)."""


def check_sequence(octets: bytes) -> bytes:
    """Return the two octets that follow `octets` on the line."""
    register = crc_hqx(octets.translate(_REVERSED), _INITIAL)
    return register.to_bytes(2, "big").translate(_REVERSED_INVERTED)


def is_intact(octets: bytes | bytearray) -> bool:
    """Tell whether the last two of `octets` are the check sequence of those before them."""
    return crc_hqx(octets.translate(_REVERSED), _INITIAL) == _RESIDUE


def is_intact_further(octets: bytes | bytearray) -> bool:
    """Tell the same of `octets` that go on from a part which `is_intact` already.

    A frame's header ends in a check sequence of its own, so the check of the whole frame can go on
    from the residue without reading the header again.
    """
    return crc_hqx(octets.translate(_REVERSED), _RESIDUE) == _RESIDUE

"""Bits into octets, each octet from its least significant bit on."""

_CHUNK = 32
_CHUNK_BITS = 8 * _CHUNK
_CHUNK_MASK = (1 << _CHUNK_BITS) - 1


class BitWriter:
    """Writes numbers whose least significant bit goes first."""

    __slots__ = ("_bits", "_held", "_octets")

    def __init__(self) -> None:
        self._octets = bytearray()
        self._bits = 0
        self._held = 0

    def write(self, value: int, size: int) -> None:
        """Write `value`, which has no more than `size` bits."""
        self._bits |= value << self._held
        self._held += size
        if self._held >= _CHUNK_BITS:
            self._octets += (self._bits & _CHUNK_MASK).to_bytes(_CHUNK, "little")
            self._bits >>= _CHUNK_BITS
            self._held -= _CHUNK_BITS

    def octets(self) -> bytes:
        """Return all that was written, filled up with zeros to whole octets."""
        return bytes(self._octets) + self._bits.to_bytes((self._held + 7) // 8, "little")

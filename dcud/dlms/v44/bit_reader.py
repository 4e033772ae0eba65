"""Bits out of octets, each octet from its least significant bit on."""

from dcud.dlms.errors import CompressionError

_CHUNK = 16
_AHEAD = 16


class BitReader:
    """Reads numbers whose least significant bit comes first; none of more than 16 bits."""

    __slots__ = ("_bits", "_held", "_octets", "_position")

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._position = 0
        self._bits = 0
        self._held = 0

    def peek(self) -> int:
        """Return a number whose 16 least significant bits, at least, are the next ones.

        Behind the end stand zeros.
        """
        if self._held < _AHEAD:
            chunk = self._octets[self._position : self._position + _CHUNK]
            self._bits |= int.from_bytes(chunk, "little") << self._held
            self._position += _CHUNK
            self._held += 8 * len(chunk)
        return self._bits

    def skip(self, size: int) -> None:
        """Go on by `size` bits, at most 16 and looked at before.

        Raises:
            CompressionError: there are not so many.
        """
        self._bits >>= size
        self._held -= size
        if self._held < 0:
            raise CompressionError("a compressed APDU ends within its codes")

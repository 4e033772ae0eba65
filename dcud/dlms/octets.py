"""The bounds-checked reader of octets under every decoder."""

from collections.abc import Callable
from struct import Struct
from struct import error as StructError  # noqa: N812  # the module names its exception in lower case

from dcud.dlms.errors import DecodeError, EncodeError

MAX_LENGTH_OCTETS = 4
"""Octets that a length may take after its first one; more than four gigabytes is no APDU."""


def _integer(layout: Struct) -> Callable[["Cursor"], int]:
    """Return the method that reads one integer of this layout, the most significant octet first."""
    size = layout.size
    unpack_from = layout.unpack_from

    def read(self: "Cursor") -> int:
        position = self.position
        value: int
        try:
            (value,) = unpack_from(self.octets, position)
        except StructError:
            raise self.overrun(f"an integer of {size} octets") from None
        self.position = position + size
        return value

    return read


class Cursor:
    """A position in octets that moves forward as they are read.

    A read that can't be satisfied raises `DecodeError` with the position and what was wanted there,
    and leaves `position` where it was.

    Attributes:
        octets: all of them, read or not.
        position: index of the next octet to be read.
    """

    __slots__ = ("_end", "octets", "position")

    def __init__(self, octets: bytes | memoryview) -> None:
        self.octets = octets
        self._end = len(octets)
        self.position = 0

    @property
    def remaining(self) -> int:
        """Return how many octets are left."""
        return self._end - self.position

    def u8(self) -> int:
        """Read an unsigned integer of 1 octet."""
        position = self.position
        if position >= self._end:
            raise self.overrun("1 octet")
        self.position = position + 1
        return self.octets[position]

    u16 = _integer(Struct(">H"))
    u32 = _integer(Struct(">I"))
    u64 = _integer(Struct(">Q"))
    i8 = _integer(Struct(">b"))
    i16 = _integer(Struct(">h"))
    i32 = _integer(Struct(">i"))
    i64 = _integer(Struct(">q"))

    def take(self, n: int) -> bytes:
        """Read `n` octets."""
        position = self.position
        end = position + n
        if end > self._end:
            raise self.overrun(f"{n} octets")
        self.position = end
        return bytes(self.octets[position:end])

    def length(self) -> int:
        """Read a length, minimal or not; what it counts is the caller's to know.

        [IEC 61334-6: encoding of lengths]
        """
        start = self.position
        first = self.u8()
        if first < 0x80:
            return first
        size = first & 0x7F
        if not 1 <= size <= MAX_LENGTH_OCTETS:
            self.position = start
            raise DecodeError(
                f"length at octet {start} begins with {first:02X}, which is not 00..7F or 81..84"
            )
        if size > self.remaining:
            self.position = start
            raise self.overrun(f"a length field of {1 + size} octets")
        return int.from_bytes(self.take(size), "big")

    def count(self) -> int:
        """Read a length that counts things of one octet or more each, all still to follow."""
        start = self.position
        n = self.length()
        if n > self.remaining:
            left = self.remaining
            self.position = start
            raise DecodeError(f"length at octet {start} announces {n}, but {left} octets are left")
        return n

    def octet_string(self) -> bytes:
        """Read a length in octets, then the octets themselves."""
        return self.take(self.count())

    def rest(self) -> bytes:
        """Read everything that is left, possibly nothing."""
        return self.take(self.remaining)

    def expect_end(self) -> None:
        """Raise `DecodeError` unless every octet has been read."""
        if self.position != self._end:
            raise DecodeError(f"{self.remaining} octets too many from octet {self.position} on")

    def overrun(self, wanted: str) -> DecodeError:
        """Return the error that says what was wanted here and not there."""
        return DecodeError(
            f"{wanted} wanted at octet {self.position}, but {self.remaining} are left"
        )


def encode_length(n: int) -> bytes:
    """Encode a length or count in as few octets as it takes.

    Raises:
        EncodeError: `n` is negative or needs more than four octets.
    """
    if 0 <= n < 0x80:
        return bytes((n,))
    size = (n.bit_length() + 7) // 8
    if n < 0 or size > MAX_LENGTH_OCTETS:
        raise EncodeError(f"{n} is no length: 0..{(1 << 8 * MAX_LENGTH_OCTETS) - 1} can be encoded")
    return bytes((0x80 | size,)) + n.to_bytes(size, "big")

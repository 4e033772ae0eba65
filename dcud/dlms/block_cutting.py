"""An APDU that is cut into the blocks of general block transfer.

[IEC 62056-5-3: general block transfer]
"""

from dcud.dlms.apdu.general_block_transfer import HEADER_OCTETS, MAX_BLOCK_NUMBER
from dcud.dlms.errors import EncodeError
from dcud.dlms.octets import encode_length

LEAST_ROOM = HEADER_OCTETS + 2
"""Octets of the smallest APDU that carries a block."""
_MOST_ROOM = 0xFFFF
"""What a maximum size of PDUs can say at most."""
_LENGTH_FIELDS = (1, 2, 3)
"""Octets that the length of a block may take."""


def block_octets(room: int) -> int:
    """Return the octets of the largest block that an APDU of `room` octets carries.

    Raises:
        EncodeError: none fits.
    """
    room = min(room, _MOST_ROOM)
    for overhead in _LENGTH_FIELDS:
        size = room - HEADER_OCTETS - overhead
        if size > 0 and len(encode_length(size)) <= overhead:
            return size
    raise EncodeError(f"no block fits an APDU of {room} octets", remedy="allow longer APDUs")


class CutApdu:
    """One APDU in blocks of at most `size` octets, numbered from `first`.

    Numbers before the first stand for acknowledgements that carried nothing.

    Raises:
        EncodeError: there are not enough numbers for it.

    Attributes:
        last: the number of the last block.
    """

    def __init__(self, apdu: bytes, size: int, first: int = 1) -> None:
        self.last = first - 1 + max(1, -(-len(apdu) // size))
        if self.last > MAX_BLOCK_NUMBER:
            raise EncodeError(
                f"an APDU of {len(apdu)} octets takes more than {MAX_BLOCK_NUMBER} blocks",
                remedy="ask for less at a time, or allow longer APDUs",
            )
        self._apdu = apdu
        self._size = size
        self._first = first

    def block(self, number: int) -> bytes:
        """Return the block of this number (0..`last`); nothing where it is before the first."""
        if number < self._first:
            return b""
        start = (number - self._first) * self._size
        return self._apdu[start : start + self._size]

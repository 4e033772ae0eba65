"""A value that is too long for one APDU, cut into numbered blocks, put together again.

[IEC 62056-5-3: block transfer]
"""

from dataclasses import dataclass

from dcud.dlms.errors import BlockTransferError
from dcud.dlms.octets import encode_length

MAX_VALUE_OCTETS = 16 * 1024 * 1024
"""Octets that a value may have; a year's load profile has a tenth of them."""

_FEWEST_OCTETS = 16
"""Who takes less in one block takes none: the headers alone would be most of it."""
_FIRST_NUMBERS = frozenset({0, 1})
"""[field: blocks counted from 0] The standard counts from 1."""


class BlockReceiver:
    """Puts the blocks of one value together as they come.

    Attributes:
        size: octets received so far.
        block_number: the number of the last block received, None before the first.
    """

    def __init__(self, max_octets: int = MAX_VALUE_OCTETS) -> None:
        self.size = 0
        self.block_number: int | None = None
        self._max_octets = max_octets
        self._cost = 0
        self._blocks: list[bytes] = []

    @property
    def octets(self) -> bytes:
        """Return what the blocks received so far make together."""
        return b"".join(self._blocks)

    def add(self, block_number: int, octets: bytes) -> BlockTransferError | None:
        """Take the next block; returns why the transfer can't go on, if it can't."""
        if self.block_number is None:
            if block_number not in _FIRST_NUMBERS:
                return BlockTransferError(f"the first block bears the number {block_number}")
        elif block_number != self.block_number + 1:
            return BlockTransferError(f"block {block_number} came after block {self.block_number}")
        # An empty block counts as well, so that a transfer of nothing but those ends too.
        self._cost += max(len(octets), 1)
        if self._cost > self._max_octets:
            return BlockTransferError(
                f"a value of more than {self._max_octets} octets", remedy="ask for less at a time"
            )
        self.block_number = block_number
        self.size += len(octets)
        self._blocks.append(octets)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block of a value."""

    number: int
    octets: bytes
    is_last: bool


class BlockSender:
    """Cuts one value into blocks of at most `block_size` octets (1..), counted from 1."""

    def __init__(self, octets: bytes, block_size: int) -> None:
        self._octets = octets
        self._block_size = block_size
        self._sent = 1
        self._last = max(1, -(-len(octets) // block_size))

    def first(self) -> Block:
        """Return the first block."""
        return self._block(1)

    def after(self, block_number: int) -> Block | None:
        """Return what follows the block that the receiver acknowledges.

        An acknowledgement heard twice has the same block sent twice.

        Returns:
            None where the number is none that the receiver can have, or nothing follows.
        """
        if not max(1, self._sent - 1) <= block_number <= min(self._sent, self._last - 1):
            return None
        self._sent = block_number + 1
        return self._block(self._sent)

    def _block(self, number: int) -> Block:
        start = (number - 1) * self._block_size
        octets = self._octets[start : start + self._block_size]
        return Block(number=number, octets=octets, is_last=number == self._last)


def sender_within(
    room: int | None, octets: bytes, *, whole: int, header: int
) -> BlockSender | None:
    """Return what cuts a value so that each of its blocks goes out within `room` octets.

    Args:
        room: octets of the largest request; None for any.
        octets: the value.
        whole: octets of the request that carries it whole.
        header: octets of the request with the first block, before the length of that.

    Returns:
        None where the value need not be cut, or where not even a block would fit.
    """
    if room is None or whole <= room:
        return None
    size = room - header
    size -= len(encode_length(max(size, 0)))
    return BlockSender(octets, size) if size >= _FEWEST_OCTETS else None

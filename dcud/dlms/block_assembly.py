"""Blocks of general block transfer, put together whatever order they come in.

[IEC 62056-5-3: general block transfer]
"""

from dcud.dlms.apdu.general_block_transfer import (
    MAX_BLOCK_NUMBER,
    MAX_WINDOW,
    GeneralBlockTransfer,
)
from dcud.dlms.errors import BlockTransferError


class BlockAssembly:
    """What one side of an exchange has received of the other.

    Numbers go on through an exchange, over APDUs and acknowledgements; blocks that came before
    those in front of them are held. Memory is limited by the octets of one APDU.

    Args:
        max_octets: octets that an APDU may have, 1..

    Attributes:
        received: up to which number everything came, 0 at first.
        size: octets of the APDU in progress that came, in whatever order.
    """

    def __init__(self, max_octets: int) -> None:
        self.received = 0
        self.size = 0
        self._max_octets = max_octets
        self._cost = 0
        self._last: int | None = None
        self._blocks: list[bytes] = []
        self._held: dict[int, bytes] = {}

    @property
    def has_gap(self) -> bool:
        """Tell whether a block is missing in front of others that are there."""
        return bool(self._held)

    def has(self, block_number: int) -> bool:
        """Tell whether this block came already."""
        return 0 < block_number <= self.received or block_number in self._held

    def take(self, block: GeneralBlockTransfer) -> BlockTransferError | None:
        """Take a block that isn't there yet; return why the transfer can't go on, if it can't."""
        error = self._judge(block)
        if error is not None:
            return error
        # An empty block counts as well, so that a transfer of nothing but those ends too.
        self._cost += max(len(block.octets), 1)
        if self._cost > self._max_octets:
            return BlockTransferError(
                f"an APDU of more than {self._max_octets} octets", remedy="ask for less at a time"
            )
        if block.last_block:
            self._last = block.block_number
        self.size += len(block.octets)
        self._held[block.block_number] = block.octets
        while self.received + 1 in self._held:
            self.received += 1
            self._blocks.append(self._held.pop(self.received))
        return None

    def pass_over(self, block_number: int) -> BlockTransferError | None:
        """Count a number that brought no block, with those before it; like `take`.

        Only for when no APDU is in progress: an acknowledgement that was lost leaves no gap.
        """
        if block_number > self.received + MAX_WINDOW:
            return self._too_high(block_number)
        self.received = max(self.received, block_number)
        return None

    def complete(self) -> bytes | None:
        """Return, once, the APDU if all of it came; the next one begins thereafter."""
        if self._last != self.received:
            return None
        apdu = b"".join(self._blocks)
        self._last = None
        self._blocks = []
        self._cost = self.size = 0
        return apdu

    def _judge(self, block: GeneralBlockTransfer) -> BlockTransferError | None:
        number = block.block_number
        if number == 0:
            return BlockTransferError("a block bears the number 0, where 1 is the first")
        if number > self.received + MAX_WINDOW:
            return self._too_high(number)
        if self._last is not None and (number > self._last or block.last_block):
            return BlockTransferError(
                f"block {number} came, but block {self._last} was told to be the last"
            )
        if block.last_block and any(held > number for held in self._held):
            return BlockTransferError(f"block {number} was told to be the last, but others follow")
        if number == MAX_BLOCK_NUMBER and not block.last_block:
            return BlockTransferError(
                f"more than {MAX_BLOCK_NUMBER} blocks", remedy="ask for less at a time"
            )
        return None

    def _too_high(self, number: int) -> BlockTransferError:
        return BlockTransferError(
            f"block {number} came after block {self.received}, beyond any window"
        )

"""Which meters brokers may still show that are no longer configured."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, Protocol

from dcud.store.rows import Appended, Cursor, CursorMove, OutboxMessage

_KEY: Final = "configured"
_HERE, _GONE = "here", "gone"

_REMEMBERED: Final = 90 * 86_400.0
"""Seconds for which each new connection takes back what is retained of a meter that is gone."""


class MeterMemories(Protocol):
    """Where the names are kept; `dcud.store.store.Store` is such."""

    async def append(
        self, messages: Sequence[OutboxMessage], cursors: Sequence[CursorMove] = ()
    ) -> Appended:
        """Store them durably."""
        ...

    async def cursors(self, key: str) -> Mapping[str, Cursor]:
        """Return the cursors of all meters under a key."""
        ...

    async def forget(self, meters: Iterable[str], key: str) -> None:
        """Remove the cursors of meters under a key."""
        ...


async def gone_meters(store: MeterMemories, configured: Collection[str], now: float) -> set[str]:
    """Return the meters that were configured once and are no more; remember those that are.

    Args:
        store: where the names are kept.
        configured: ids of the meters that are.
        now: unix seconds.

    Raises:
        StoreError: the store can't be read or written.
    """
    known = await store.cursors(_KEY)
    gone = known.keys() - set(configured)
    old = {
        meter
        for meter in gone
        if known[meter].position == _GONE and now - known[meter].moved_at > _REMEMBERED
    }
    if old:
        await store.forget(old, _KEY)
    wanted = {**dict.fromkeys(configured, _HERE), **dict.fromkeys(gone - old, _GONE)}
    moves = [
        CursorMove(meter=meter, key=_KEY, position=position)
        for meter, position in wanted.items()
        if meter not in known or known[meter].position != position
    ]
    if moves:
        await store.append([], moves)
    return set(gone - old)

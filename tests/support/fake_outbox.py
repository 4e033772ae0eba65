"""An outbox in memory, which can fail."""

import asyncio
from collections.abc import Iterable

from dcud.store.errors import StoreError
from dcud.store.rows import OutboxRow, OutboxStats


class FakeOutbox:
    """Keeps rows in a list.

    Attributes:
        failures: how many of the next calls fail.
        commits: the row ids that each deletion named.
    """

    def __init__(self, *topics: str) -> None:
        self.rows: list[OutboxRow] = []
        self.failures = 0
        self.commits: list[list[int]] = []
        self.fetches: list[int] = []
        self.parked: list[OutboxRow] = []
        self._given = 0
        self._events: list[asyncio.Event] = []
        self.put(*topics)

    @property
    def waiting(self) -> list[str]:
        """The topics of the rows that wait."""
        return [row.topic for row in self.rows]

    def put(self, *topics: str, payload: bytes = b"{}") -> None:
        """Store a row for each topic; it is of the meter of that name."""
        for topic in topics:
            self._given += 1
            self.rows.append(
                OutboxRow(
                    row_id=self._given,
                    message_id=f"m{self._given}",
                    topic=topic,
                    payload=payload,
                    stored_at=0.0,
                    meter=topic,
                )
            )
        for event in self._events:
            event.set()

    async def oldest(self, limit: int, after: int | None = None) -> list[OutboxRow]:
        await self._answer()
        self.fetches.append(limit)
        return [row for row in self.rows if row.row_id > (after or 0)][:limit]

    async def delete(self, row_ids: Iterable[int]) -> int:
        ids = list(row_ids)
        await self._answer()
        self.commits.append(ids)
        before = len(self.rows)
        self.rows = [row for row in self.rows if row.row_id not in set(ids)]
        return before - len(self.rows)

    async def park(self, row_ids: Iterable[int]) -> None:
        ids = set(row_ids)
        await self._answer()
        self.parked += [row for row in self.rows if row.row_id in ids]
        self.rows = [row for row in self.rows if row.row_id not in ids]

    async def unpark(self) -> int:
        count, self.rows = len(self.parked), [*self.parked, *self.rows]
        self.parked = []
        return count

    def stats(self) -> OutboxStats:
        return OutboxStats(
            depth=len(self.rows), bytes=0, oldest=None, newest_row_id=self._given, dropped={}
        )

    def notify(self, event: asyncio.Event) -> None:
        self._events.append(event)

    async def _answer(self) -> None:
        """Take a moment, then fail or not."""
        await asyncio.sleep(0.003)
        if self.failures:
            self.failures -= 1
            raise StoreError("store outbox.db: database or disk is full", remedy="free space")

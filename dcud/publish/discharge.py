"""Removing from the outbox what the broker has acknowledged."""

import asyncio
from typing import Final

from dcud.publish.backoff import Backoff
from dcud.publish.complaint import Complaint
from dcud.publish.ports import Outbox
from dcud.store.errors import StoreError

_BACKLOG_LIMIT: Final = 5_000
"""Acknowledged rows that may await their removal before publishing pauses."""


class Discharge:
    """Removes rows, as many with one commit as have gathered since the last.

    Args:
        wake: set after each removal.
    """

    def __init__(self, outbox: Outbox, wake: asyncio.Event, backoff: Backoff) -> None:
        self._outbox = outbox
        self._wake = wake
        self._backoff = backoff
        self._complaint = Complaint()
        self._rows: set[int] = set()
        self._gathered = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()

    def __contains__(self, row_id: object) -> bool:
        """Tell whether a row only awaits its removal."""
        return row_id in self._rows

    @property
    def congested(self) -> bool:
        """Whether the store is so far behind that publishing should wait."""
        return len(self._rows) >= _BACKLOG_LIMIT

    def add(self, row_id: int) -> None:
        """Have a row removed."""
        self._rows.add(row_id)
        self._gathered.set()
        self._empty.clear()

    async def done(self) -> None:
        """Wait until nothing awaits its removal."""
        await self._empty.wait()

    async def run(self) -> None:
        """Remove rows until cancelled."""
        while True:
            await self._gathered.wait()
            self._gathered.clear()
            batch = sorted(self._rows)
            try:
                await self._outbox.delete(batch)
            except StoreError as error:
                self._complaint.say(error)
                await asyncio.sleep(self._backoff.next())
                self._gathered.set()
                continue
            self._complaint.settle()
            self._backoff.reset()
            self._rows.difference_update(batch)
            if not self._rows:
                self._empty.set()
            self._wake.set()

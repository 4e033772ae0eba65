"""The durable store as the event loop sees it."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from dcud.store.database import make_file, open_database
from dcud.store.drop_log import DropLog
from dcud.store.errors import StoreRefusedError, store_error
from dcud.store.lock import StoreLock
from dcud.store.outbox import Outbox
from dcud.store.rows import (
    Appended,
    Cursor,
    CursorMove,
    OutboxLimits,
    OutboxMessage,
    OutboxRow,
    OutboxStats,
)
from dcud.store.sql_thread import SqlThread

T = TypeVar("T")

_LOG = logging.getLogger("dcud.store")

_FETCH_BYTES = 1 << 20
"""Payload octets that `oldest` fetches at most, beyond the first row's."""


class Store:
    """Outbox and cursors in one database file that this process alone uses.

    Every method that waits raises `StoreError` where the database refuses; then nothing of that act
    was stored, and the same act may be tried again. A caller that is cancelled while it waits does
    not undo its act.

    Attributes:
        path: the database file.
        moved_aside: where a corrupt predecessor was kept, None if there was none.
    """

    path: Path
    moved_aside: Path | None

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        """Use `Store.open`."""
        self.path = path
        self.moved_aside = None
        self._clock = clock
        self._listeners: list[asyncio.Event] = []
        self._told_row_id = 0
        self._drop_log = DropLog(clock)
        self._closed = False
        make_file(path)
        self._lock = StoreLock(path)
        self._thread = SqlThread("dcud-store", self._settled)
        self._connection: sqlite3.Connection | None = None
        self._outbox: Outbox | None = None

    @classmethod
    async def open(cls, path: Path, limits: OutboxLimits, clock: Callable[[], float]) -> Self:
        """Open the database, making it where it is missing.

        Args:
            path: the database file; its directory is made if missing.
            limits: what the outbox may hold.
            clock: seconds since 1970-01-01 UTC.

        Raises:
            StoreRefusedError: another process uses it, or it is not ours to use.
            StoreError: it can't be made, read or written.
        """
        store = cls(path, clock)
        try:
            await store._asked(store._thread.read(lambda: store._begin(limits)))
            dropped = await store._write(lambda outbox: outbox.expire(clock()))
        except BaseException:  # cancelled as well: nobody else would end thread and lock
            await store.close()
            raise
        store._drop_log.tell(dropped)
        return store

    async def close(self, patience: float = 2.0) -> None:
        """Finish what was asked, then let go of the file; wait so many seconds for a stuck disk."""
        if self._closed:
            return
        self._closed = True
        ended = self._thread.read(self._end)
        self._thread.end()
        stuck = False
        try:
            async with asyncio.timeout(patience):
                await self._asked(asyncio.shield(ended))
        except TimeoutError:
            stuck = True
            _LOG.warning(
                "store %s is stuck; what it was given last is kept only if the disk comes back",
                self.path,
            )
        finally:
            if not stuck:  # else the thread may still write; the lock ends with the process
                self._lock.release()
            self._drop_log.close()

    async def append(
        self, messages: Sequence[OutboxMessage], cursors: Sequence[CursorMove] = ()
    ) -> Appended:
        """Store messages and move cursors, all of it or nothing, durably before this returns.

        A message whose id waits in the outbox already is not stored twice.
        """
        messages, cursors, now = tuple(messages), tuple(cursors), self._clock()
        appended = await self._write(lambda outbox: outbox.append(messages, cursors, now))
        self._drop_log.tell(appended.dropped)
        return appended

    async def expire(self) -> Mapping[str, int]:
        """Drop what has waited too long; return how many by reason. `append` does so by itself."""
        now = self._clock()
        dropped = await self._write(lambda outbox: outbox.expire(now))
        self._drop_log.tell(dropped)
        return dropped

    async def oldest(self, limit: int, after: int | None = None) -> list[OutboxRow]:
        """Return up to `limit` rows after row id `after`, in the order in which they were stored.

        Large payloads make it fewer rows, but none only where there is none.
        """
        start = -1 if after is None else after
        return await self._read(lambda outbox: outbox.oldest(limit, start, _FETCH_BYTES))

    async def delete(self, row_ids: Iterable[int]) -> int:
        """Remove rows; return how many of them there still were."""
        ids = tuple(row_ids)
        return await self._write(lambda outbox: outbox.delete(ids))

    async def cursor(self, meter: str, key: str) -> Cursor | None:
        """Return how far an object of a meter has been read, None if never."""
        return await self._read(lambda outbox: outbox.cursor(meter, key))

    def stats(self) -> OutboxStats:
        """Return the outbox as of the last commit; costs nothing."""
        return self._opened().stats

    def notify(self, event: asyncio.Event) -> None:
        """Set `event` whenever messages were stored from now on."""
        self._listeners.append(event)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def _begin(self, limits: OutboxLimits) -> None:
        """Open the database, on the SQL thread."""
        self._connection, self.moved_aside = open_database(self.path)
        self._outbox = Outbox(self._connection, limits)
        stats = self._outbox.stats
        self._told_row_id = stats.newest_row_id
        _LOG.info("store %s: %d messages wait", self.path, stats.depth)

    def _end(self) -> None:
        """Close the database, on the SQL thread."""
        if self._connection is not None:
            self._connection.close()

    def _opened(self) -> Outbox:
        """Return the outbox of an open store."""
        if self._outbox is None or self._closed:
            raise StoreRefusedError(f"store {self.path} is closed")
        return self._outbox

    async def _read(self, work: Callable[[Outbox], T]) -> T:
        """Ask the SQL thread."""
        outbox = self._opened()
        return await self._asked(self._thread.read(lambda: work(outbox)))

    async def _write(self, work: Callable[[Outbox], T]) -> T:
        """Have the SQL thread commit."""
        outbox = self._opened()
        return await self._asked(self._thread.write(lambda: work(outbox), outbox.transaction))

    async def _asked(self, answer: "asyncio.Future[T]") -> T:
        """Wait for the SQL thread; its errors come back as ours."""
        try:
            return await answer
        except sqlite3.Error as error:
            raise store_error(self.path, error) from error

    def _settled(self) -> None:
        """Tell those who wait for rows, if there are new ones."""
        newest = self._outbox.stats.newest_row_id if self._outbox else 0
        if newest > self._told_row_id:
            self._told_row_id = newest
            for event in self._listeners:
                event.set()

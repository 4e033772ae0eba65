"""The durable store as the event loop sees it."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from dcud.store.database import open_database
from dcud.store.drop_log import DropLog
from dcud.store.outbox import MAIN, Outbox
from dcud.store.rows import (
    Appended,
    Cursor,
    CursorMove,
    KnownCommand,
    OutboxLimits,
    OutboxMessage,
    OutboxRow,
    OutboxStats,
    Uplink,
)
from dcud.store.sql_file import SqlFile

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
        self._file: SqlFile[Outbox] = SqlFile(path, "store", self._settled, exclusive=True)

    @classmethod
    async def open(
        cls,
        path: Path,
        limits: OutboxLimits,
        clock: Callable[[], float],
        uplinks: Sequence[Uplink] = (Uplink(MAIN),),
    ) -> Self:
        """Open the database, making it where it is missing.

        Args:
            path: the database file; its directory is made if missing.
            limits: what the outbox may hold.
            clock: seconds since 1970-01-01 UTC.
            uplinks: the brokers; what waited for one that is not among them waits no more.

        Raises:
            StoreRefusedError: another process uses it, or it is not ours to use.
            StoreError: it can't be made, read or written.
        """
        store = cls(path, clock)
        try:
            await store._file.begin(lambda: store._begin(limits, uplinks))
            dropped = await store._file.write(lambda outbox: outbox.expire(clock()))
        except BaseException:  # cancelled as well: nobody else would end thread and lock
            await store.close()
            raise
        store._drop_log.tell(dropped)
        return store

    async def close(self, patience: float = 2.0) -> None:
        """Finish what was asked, then let go of the file; wait so many seconds for a stuck disk."""
        if self._file.is_closed:
            return
        try:
            if not await self._file.close(patience):
                _LOG.warning(
                    "store %s is stuck; what it was given last is kept only if the disk comes back",
                    self.path,
                )
        finally:
            self._drop_log.close()

    async def append(
        self, messages: Sequence[OutboxMessage], cursors: Sequence[CursorMove] = ()
    ) -> Appended:
        """Store messages and move cursors, all of it or nothing, durably before this returns.

        A message whose id waits in the outbox already is not stored twice.
        """
        messages, cursors, now = tuple(messages), tuple(cursors), self._clock()
        appended = await self._file.write(lambda outbox: outbox.append(messages, cursors, now))
        self._drop_log.tell(appended.dropped)
        return appended

    async def expire(self) -> Mapping[str, int]:
        """Drop what has waited too long; return how many by reason. `append` does so by itself."""
        now = self._clock()
        dropped = await self._file.write(lambda outbox: outbox.expire(now))
        self._drop_log.tell(dropped)
        return dropped

    async def oldest(self, limit: int, after: int | None = None) -> list[OutboxRow]:
        """Return up to `limit` rows after row id `after`, in the order in which they were stored.

        Large payloads make it fewer rows, but none only where there is none.
        """
        start = -1 if after is None else after
        return await self._file.read(lambda outbox: outbox.oldest(limit, start, _FETCH_BYTES))

    async def delete(self, row_ids: Iterable[int]) -> int:
        """Remove rows; return how many of them there still were."""
        ids = tuple(row_ids)
        return await self._file.write(lambda outbox: outbox.delete(ids))

    def uplink(self, name: str) -> "UplinkOutbox":
        """Return the outbox as one broker's publisher sees it."""
        return UplinkOutbox(self, name)

    async def oldest_for(self, uplink: str, limit: int, after: int | None) -> list[OutboxRow]:
        """Return as `oldest` does, of what waits for one broker."""
        start = -1 if after is None else after
        return await self._file.read(
            lambda outbox: outbox.oldest(limit, start, _FETCH_BYTES, uplink)
        )

    async def delivered(self, uplink: str, row_ids: Iterable[int]) -> int:
        """Note what a broker has; return how many messages waited for it."""
        ids = tuple(row_ids)
        return await self._file.write(lambda outbox: outbox.delivered(uplink, ids))

    async def park(self, uplink: str, row_ids: Iterable[int]) -> None:
        """Put aside what a broker refuses again and again."""
        ids, now = tuple(row_ids), self._clock()
        await self._file.write(lambda outbox: outbox.park(uplink, ids, now))

    async def unpark(self, uplink: str) -> int:
        """Have what was put aside wait for its broker once more; return how many messages."""
        now = self._clock()
        return await self._file.write(lambda outbox: outbox.unpark(uplink, now))

    async def cursor(self, meter: str, key: str) -> Cursor | None:
        """Return how far an object of a meter has been read, None if never."""
        return await self._file.read(lambda outbox: outbox.cursor(meter, key))

    async def cursors(self, key: str) -> Mapping[str, Cursor]:
        """Return the cursors of all meters under a key."""
        return await self._file.read(lambda outbox: outbox.cursors(key))

    async def forget(self, meters: Iterable[str], key: str) -> None:
        """Remove the cursors of meters under a key."""
        names = tuple(meters)
        await self._file.write(lambda outbox: outbox.forget(names, key))

    async def known_command(self, command_id: str) -> KnownCommand | None:
        """Return the request that was begun under an id, None if none is remembered."""
        return await self._file.read(lambda outbox: outbox.commands.known(command_id))

    async def begin_command(self, command_id: str, digest: bytes, until: float) -> bool:
        """Remember durably that a request is begun, under an id that is not known yet.

        Args:
            command_id: the requester's own name for it.
            digest: of the request as it came.
            until: how long it is remembered, seconds since 1970-01-01 UTC.

        Returns:
            Whether there is room for it.
        """
        now = self._clock()
        return await self._file.write(
            lambda outbox: outbox.commands.begin(command_id, digest, until, now)
        )

    async def answer_command(
        self,
        command_id: str,
        reply: bytes,
        messages: Sequence[OutboxMessage] = (),
        cursors: Sequence[CursorMove] = (),
    ) -> None:
        """Remember what was answered, together with what is to be told and kept of it."""
        now, messages, cursors = self._clock(), tuple(messages), tuple(cursors)

        def work(outbox: Outbox) -> Appended:
            outbox.commands.answer(command_id, reply)
            return outbox.append(messages, cursors, now)

        appended = await self._file.write(work)
        self._drop_log.tell(appended.dropped)

    def stats(self) -> OutboxStats:
        """Return the outbox as of the last commit; costs nothing."""
        return self._file.opened().stats

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

    def _begin(
        self, limits: OutboxLimits, uplinks: Sequence[Uplink]
    ) -> tuple[sqlite3.Connection, Outbox]:
        """Open the database, on the SQL thread."""
        connection, self.moved_aside = open_database(self.path)
        outbox = Outbox(connection, limits, uplinks)
        self._told_row_id = outbox.stats.newest_row_id
        _LOG.info("store %s: %d messages wait", self.path, outbox.stats.depth)
        return connection, outbox

    def _settled(self) -> None:
        """Tell those who wait for rows, if there are new ones."""
        outbox = self._file.sql
        newest = outbox.stats.newest_row_id if outbox else 0
        if newest > self._told_row_id:
            self._told_row_id = newest
            for event in self._listeners:
                event.set()


class UplinkOutbox:
    """What waits for one broker; the others have their own.

    Args:
        store: it all.
        name: the broker's configured name.
    """

    def __init__(self, store: Store, name: str) -> None:
        self._store = store
        self._name = name

    async def oldest(self, limit: int, after: int | None = None) -> list[OutboxRow]:
        """Return the first rows after a row id; raise `StoreError`."""
        return await self._store.oldest_for(self._name, limit, after)

    async def delete(self, row_ids: Iterable[int]) -> int:
        """Note what the broker has; raise `StoreError`."""
        return await self._store.delivered(self._name, row_ids)

    async def park(self, row_ids: Iterable[int]) -> None:
        """Put aside what the broker refuses again and again; raise `StoreError`."""
        await self._store.park(self._name, row_ids)

    async def unpark(self) -> int:
        """Have what was put aside wait once more; raise `StoreError`."""
        return await self._store.unpark(self._name)

    def stats(self) -> OutboxStats:
        """Return the outbox as of the last commit, its depth being what waits for the broker."""
        stats = self._store.stats()
        return replace(stats, depth=stats.waiting.get(self._name, 0))

    def notify(self, event: asyncio.Event) -> None:
        """Set `event` whenever messages were stored."""
        self._store.notify(event)

"""A database file with the thread that talks to it, from its opening to its end."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from dcud.store.database import make_file
from dcud.store.errors import StoreRefusedError, store_error
from dcud.store.lock import StoreLock
from dcud.store.sql_thread import SqlThread

T = TypeVar("T")


class Transactional(Protocol):
    """What does the SQL of a database, on the thread."""

    def transaction(self) -> AbstractContextManager[None]:
        """Commit what the block does, or nothing of it."""
        ...


SqlT = TypeVar("SqlT", bound=Transactional)


class SqlFile(Generic[SqlT]):
    """One database in use; SQLite's errors come back as the store's.

    Args:
        path: the database file, made where it is missing.
        name: of the database in messages, and of its thread.
        settled: called in the event loop after each group of acts.
        exclusive: whether no other process may have its lock meanwhile.

    Attributes:
        sql: what does its SQL; None before it is open.

    Raises:
        StoreRefusedError: another process holds the lock.
        StoreError: the file can't be made.
    """

    def __init__(
        self, path: Path, name: str, settled: Callable[[], None], *, exclusive: bool
    ) -> None:
        self._path = path
        self._name = name
        make_file(path)
        self._lock = StoreLock(path) if exclusive else None
        self._thread = SqlThread(f"dcud-{name.replace(' ', '-')}", settled)
        self._connection: sqlite3.Connection | None = None
        self._closed = False
        self.sql: SqlT | None = None

    @property
    def is_closed(self) -> bool:
        """Tell whether `close` was called."""
        return self._closed

    async def begin(self, make: Callable[[], tuple[sqlite3.Connection, SqlT]]) -> None:
        """Have `make`, on the thread, open the database and give what does its SQL.

        Raises:
            StoreError: the database can't be used.
        """
        await self._asked(self._thread.read(lambda: self._keep(make)))

    async def close(self, patience: float) -> bool:
        """Finish what was asked, then let go of the file.

        Returns:
            Whether that was done within `patience` seconds. If not, the thread may still write,
            and the lock ends with the process.
        """
        self._closed = True
        ended = self._thread.read(self._end)
        self._thread.end()
        in_time = True
        try:
            async with asyncio.timeout(patience):
                await self._asked(asyncio.shield(ended))
        except TimeoutError:
            in_time = False
        finally:
            if in_time and self._lock is not None:
                self._lock.release()
        return in_time

    def opened(self) -> SqlT:
        """Return what does the SQL of an open database.

        Raises:
            StoreRefusedError: it is closed, or was never opened.
        """
        if self.sql is None or self._closed:
            raise StoreRefusedError(f"{self._name} {self._path} is closed")
        return self.sql

    async def read(self, work: Callable[[SqlT], T]) -> T:
        """Have `work` done outside any transaction; raises `StoreError`."""
        sql = self.opened()
        return await self._asked(self._thread.read(lambda: work(sql)))

    async def write(self, work: Callable[[SqlT], T]) -> T:
        """Have `work` done and committed; raises `StoreError`."""
        sql = self.opened()
        return await self._asked(self._thread.write(lambda: work(sql), sql.transaction))

    def _keep(self, make: Callable[[], tuple[sqlite3.Connection, SqlT]]) -> None:
        self._connection, self.sql = make()

    def _end(self) -> None:
        if self._connection is not None:
            self._connection.close()

    async def _asked(self, answer: "asyncio.Future[T]") -> T:
        try:
            return await answer
        except sqlite3.Error as error:
            raise store_error(self._path, error) from error

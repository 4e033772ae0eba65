"""The invocation counters as the event loop sees them."""

import logging
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from dcud.store.counter_rows import CounterRecord, FloorKey, Refusal, Reservation
from dcud.store.counter_table import CounterTable
from dcud.store.database import open_database
from dcud.store.schema import COUNTERS
from dcud.store.sql_file import SqlFile
from dcud.store.turn import Turn

_LOG = logging.getLogger("dcud.store")


class CounterStore:
    """Our invocation counters, and the meters', in a database file of their own.

    Several processes may use one at the same time: a daemon, which holds the store's lock, with
    commands run by hand beside it. Every method that waits raises `StoreError` where the database
    or a file beside it refuses; then nobody was given anything, and the same act may be tried
    again.

    Attributes:
        path: the database file.
        moved_aside: where a corrupt predecessor was kept, None if there was none.
    """

    path: Path
    moved_aside: Path | None

    def __init__(self, path: Path, clock: Callable[[], float], *, exclusive: bool) -> None:
        """Use `CounterStore.open`."""
        self.path = path
        self.moved_aside = None
        self._clock = clock
        self._file: SqlFile[CounterTable] = SqlFile(
            path, "counter store", _nobody_waits, exclusive=exclusive
        )
        self._salt = b""

    @classmethod
    async def open(cls, path: Path, clock: Callable[[], float], *, exclusive: bool) -> Self:
        """Open the database, making it where it is missing.

        Args:
            path: the database file; its directory is made if missing.
            clock: seconds since 1970-01-01 UTC.
            exclusive: whether to hold the store's lock, as a daemon must.

        Raises:
            StoreRefusedError: another daemon uses it, or it is not ours to use.
            StoreError: it can't be made, read or written.
        """
        store = cls(path, clock, exclusive=exclusive)
        try:
            await store._file.begin(store._begin)
        except BaseException:  # cancelled as well: nobody else would end thread and lock
            await store.close()
            raise
        return store

    async def close(self, patience: float = 2.0) -> None:
        """Finish what was asked, then let go of the file; wait so many seconds for a stuck disk."""
        if not self._file.is_closed and not await self._file.close(patience):
            _LOG.warning("counter store %s is stuck; some counters may go unused", self.path)

    @property
    def restored(self) -> bool:
        """Tell whether the database was found not to be the one that was used last.

        Then no counter in it was trusted until it was set anew.
        """
        return self._file.opened().restored

    @property
    def salt(self) -> bytes:
        """Return the random octets that fingerprints of keys are made with; 16 octets."""
        self._file.opened()
        return self._salt

    async def reserve(self, fingerprint: str, title: bytes, count: int) -> Reservation | Refusal:
        """Take `count` counters out of the store, durably before this returns.

        Near the end they are fewer. They are never given again, whether they are used or not.

        Args:
            fingerprint: names the key; no plain hash of it.
            title: the client system title, 8 octets.
            count: how many, above zero.
        """
        return await self._file.write(lambda table: table.reserve(fingerprint, title, count))

    async def rebase(self, fingerprint: str, title: bytes, at_least: int) -> None:
        """Have the next counter be `at_least`, or above where it is already; trust it."""
        await self._file.write(lambda table: table.rebase(fingerprint, title, at_least))

    async def begin(self, fingerprint: str, title: bytes, first: int = 0) -> bool:
        """Begin counting under a key that is known to be new; tell whether it was new here, too.

        If not, nothing changes.
        """
        return await self._file.write(lambda table: table.begin(fingerprint, title, first))

    async def record(self, fingerprint: str, title: bytes) -> CounterRecord | None:
        """Return what is known of one of our counters, None for nothing."""
        return await self._file.write(lambda table: table.record(fingerprint, title))

    async def records(self) -> list[CounterRecord]:
        """Return all that is known of our counters."""
        return await self._file.read(lambda table: table.records())

    async def floor(self, key: FloorKey) -> int:
        """Return the least counter that a meter may send, 0 if none was ever seen."""
        return await self._file.read(lambda table: table.floor(key))

    async def raise_floors(self, floors: Mapping[FloorKey, int]) -> None:
        """Raise the least counters that meters may send, durably; never lowers one."""
        raised = dict(floors)
        await self._file.write(lambda table: table.raise_floors(raised))

    async def forget_floors(self, meter: str) -> int:
        """Take whatever counter a meter sends next; return how many floors it had.

        For a meter that was exchanged, or began counting anew.
        """
        return await self._file.write(lambda table: table.forget_floors(meter))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def _begin(self) -> tuple[sqlite3.Connection, CounterTable]:
        """Open the database, on the SQL thread."""
        with Turn(self.path.parent).taken():  # two that make, migrate or move it would collide
            connection, self.moved_aside = open_database(self.path, COUNTERS)
        table = CounterTable(connection, self.path, self._clock)
        self._salt = table.salt()
        return connection, table


def _nobody_waits() -> None:
    """Tell nobody that a group of acts is done."""

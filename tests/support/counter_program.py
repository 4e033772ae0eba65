"""Programs that use a counter store, end in all the ways in which programs end, and backups."""

import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from dcud.store.counter_rows import CounterRecord, Refusal, Reservation
from dcud.store.counter_table import CounterTable
from dcud.store.database import open_database
from dcud.store.schema import COUNTERS
from tests.support.crash import CrashingConnection

KEY = "0123456789abcdef"
TITLE = b"DCU\0\0\0\0\1"
NOW = 1_800_000_000.0


def clock() -> float:
    """Return the one moment at which all happens."""
    return NOW


class Program:
    """A program that uses a store, and can end in all the ways in which programs end."""

    def __init__(self, path: Path) -> None:
        open_database(path, COUNTERS)[0].close()
        self.connection = sqlite3.connect(path, isolation_level=None, factory=CrashingConnection)
        self.connection.execute("PRAGMA synchronous = FULL")
        try:
            self.table = CounterTable(self.connection, path, clock)
        except BaseException:
            self.kill()
            raise

    def kill(self) -> None:
        """End as a killed process does: SQLite learns of it by what it finds at the next start."""
        CrashingConnection.steps = None
        with closing(self.connection):
            if self.connection.in_transaction:
                self.connection.rollback()


@contextmanager
def program(path: Path) -> Iterator[CounterTable]:
    """Run a program from start to end."""
    running = Program(path)
    try:
        yield running.table
    finally:
        running.kill()


def reserve(table: CounterTable, count: int = 10) -> Reservation | Refusal:
    """Reserve counters in a transaction of its own."""
    with table.transaction():
        return table.reserve(KEY, TITLE, count)


def rebase(table: CounterTable, at_least: int) -> None:
    """Rebase in a transaction of its own."""
    with table.transaction():
        table.rebase(KEY, TITLE, at_least)


def record(table: CounterTable) -> CounterRecord | None:
    """Look a counter up in a transaction of its own."""
    with table.transaction():
        return table.record(KEY, TITLE)


def put_back(backup: Path, path: Path, suffixes: Iterable[str], *, in_place: bool) -> None:
    """Put files of a store back from a backup; those that the backup has not are deleted."""
    for suffix in suffixes:
        here = path.with_name(path.name + suffix)
        there = backup / here.name
        if not there.exists():
            here.unlink(missing_ok=True)
        elif in_place:
            shutil.copyfile(there, here)
        else:
            shutil.copy2(there, here.with_name("restoring"))
            here.with_name("restoring").rename(here)

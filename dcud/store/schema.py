"""Bringing a database to the shape that this version of the store works with."""

import re
import sqlite3
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from dcud.store.errors import StoreRefusedError


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseKind:
    """One of the databases that dcud keeps.

    Attributes:
        package: where its steps are.
        application_id: SQLite's header field that tells it from others'.
        loss: what is lost with a database of this kind, in words for the log.
    """

    package: str
    application_id: int
    loss: str


OUTBOX = DatabaseKind(
    package="dcud.store.migrations",
    application_id=0x64637564,  # the octets "dcud"
    loss="messages that waited are only in the moved file, profiles are read from their beginning "
    "again",
)
COUNTERS = DatabaseKind(
    package="dcud.store.counter_migrations",
    application_id=0x64637563,  # the octets "dcuc"
    loss="no invocation counter is known any more; each is set anew from its meter's frame counter "
    "where security.frame_counter names that, else by `dcud keys counter`",
)


def migrations(package: str) -> list[tuple[int, str]]:
    """Return number and SQL of each step in `package`, in order."""
    steps = [
        (int(found[1]), entry.read_text(encoding="utf-8"))
        for entry in files(package).iterdir()
        if (found := re.fullmatch(r"(\d{4})_\w+\.sql", entry.name))
    ]
    return sorted(steps)


def migrate(connection: sqlite3.Connection, path: Path, kind: DatabaseKind = OUTBOX) -> None:
    """Apply the steps that are missing, each in a transaction of its own.

    Raises:
        StoreRefusedError: the database is of a newer dcud, or of another program.
        sqlite3.Error: a step failed; the database stands as before that step.
    """
    _refuse_foreign(connection, path, kind)
    steps = migrations(kind.package)
    version = _pragma(connection, "user_version")
    if version > steps[-1][0]:
        raise StoreRefusedError(
            f"store {path} is of a newer dcud (schema {version}; this one knows {steps[-1][0]})",
            remedy="install that version again, or move the file away to begin a new store",
        )
    for number, script in steps:
        if number > version:
            _apply(connection, kind, number, script)


def _refuse_foreign(connection: sqlite3.Connection, path: Path, kind: DatabaseKind) -> None:
    """Raise unless the database is of that kind, or empty."""
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if tables and _pragma(connection, "application_id") != kind.application_id:
        raise StoreRefusedError(
            f"store {path} is the database of another program, or of another purpose",
            remedy="let its path name a file of its own",
        )


def _apply(connection: sqlite3.Connection, kind: DatabaseKind, number: int, script: str) -> None:
    """Apply one step, or nothing of it."""
    try:
        connection.executescript(
            f"BEGIN IMMEDIATE;\n{script}\nPRAGMA application_id = {kind.application_id};\n"
            f"PRAGMA user_version = {number};\nCOMMIT;"
        )
    except sqlite3.Error:
        if connection.in_transaction:
            connection.rollback()
        raise


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    """Return an integer of the database's header."""
    value: int = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return value

"""Bringing a database to the shape that this version of the store works with."""

import re
import sqlite3
from importlib.resources import files
from pathlib import Path

from dcud.store.errors import StoreRefusedError

APPLICATION_ID = 0x64637564
"""The octets "dcud": SQLite's header field that tells our databases from others'."""


def migrations() -> list[tuple[int, str]]:
    """Return number and SQL of each step, in order."""
    steps = [
        (int(found[1]), entry.read_text(encoding="utf-8"))
        for entry in files("dcud.store.migrations").iterdir()
        if (found := re.fullmatch(r"(\d{4})_\w+\.sql", entry.name))
    ]
    return sorted(steps)


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Apply the steps that are missing, each in a transaction of its own.

    Raises:
        StoreRefusedError: the database is of a newer dcud, or of another program.
        sqlite3.Error: a step failed; the database stands as before that step.
    """
    steps = migrations()
    version = _pragma(connection, "user_version")
    if version > steps[-1][0]:
        raise StoreRefusedError(
            f"store {path} is of a newer dcud (schema {version}; this one knows {steps[-1][0]})",
            remedy="install that version again, or move the file away to begin a new store",
        )
    _refuse_foreign(connection, path)
    for number, script in steps:
        if number > version:
            _apply(connection, number, script)


def _refuse_foreign(connection: sqlite3.Connection, path: Path) -> None:
    """Raise unless the database is ours, or empty."""
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if tables and _pragma(connection, "application_id") != APPLICATION_ID:
        raise StoreRefusedError(
            f"store {path} is the database of another program",
            remedy="let the outbox's path name a file of its own",
        )


def _apply(connection: sqlite3.Connection, number: int, script: str) -> None:
    """Apply one step, or nothing of it."""
    try:
        connection.executescript(
            f"BEGIN IMMEDIATE;\n{script}\nPRAGMA application_id = {APPLICATION_ID};\n"
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

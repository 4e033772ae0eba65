"""Opening the database file so that a commit survives a power cut.

**Durability.** WAL with `synchronous=FULL`: every commit syncs the log before it returns. Commits
are dear (milliseconds), rows are cheap (microseconds): hence the group commit in `sql_thread`.

**A damaged file.** Each opening runs SQLite's `quick_check`. Its cost grows with what waits, not
with the file (free pages aren't read): nothing in the usual case of an empty outbox, some seconds
after a long outage, once. A damaged database is moved aside as `<name>.corrupt-<n>` with its log,
an error is logged, and a new one is begun. Refusing to start would protect nothing that the moved
file does not, and would lose what the meters say from then on. What goes is known; of an
outbox: the waiting messages (kept in the moved file for salvage) and the cursors, so profiles are
read again from where a new meter would begin, under message ids that tell receivers what they have
already. A sound database of another program, or of a newer dcud, is never moved: it is refused.
"""

import errno
import logging
import os
import sqlite3
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from dcud.store.errors import StoreError, is_corruption
from dcud.store.files import create_file
from dcud.store.schema import OUTBOX, DatabaseKind, migrate

_LOG = logging.getLogger("dcud.store")

_BUSY_SECONDS = 5.0
"""How long a commit waits for a person's `sqlite3` shell to end its transaction."""

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA journal_size_limit = 4194304",
    "PRAGMA temp_store = MEMORY",
)


def open_database(
    path: Path, kind: DatabaseKind = OUTBOX
) -> tuple[sqlite3.Connection, Path | None]:
    """Return a connection to a checked and migrated database, and where a corrupt one was moved.

    The connection is in autocommit mode and belongs to the calling thread.

    Raises:
        StoreError: the file or its directory can't be made or read.
        StoreRefusedError: the database is of a newer dcud, or of another program.
        sqlite3.Error: anything else that SQLite refuses.
    """
    make_file(path)
    try:
        return _open_sound(path, kind), None
    except sqlite3.DatabaseError as error:
        if not is_corruption(error):
            raise
        reason = str(error)
    aside = _move_aside(path)
    _LOG.error(
        "store %s is corrupt (%s); moved to %s, a new one begins: %s",
        path,
        reason,
        aside,
        kind.loss,
    )
    make_file(path)
    return _open_sound(path, kind), aside


def make_file(path: Path) -> None:
    """Make the database file and its directory, for nobody but the service user."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _create_or_find(path)
    except OSError as error:
        raise StoreError(
            f"store {path}: can't be opened for writing: {error.strerror}",
            remedy="let the service user own that directory and the file, and mount it writable",
        ) from error


def _create_or_find(path: Path) -> None:
    """Make the file where there is none, raise OSError where it can't be written.

    One that exists is not opened here: to close it would end the locks that a connection of this
    process holds on it.
    """
    try:
        os.close(create_file(path))
    except FileExistsError:
        if not os.access(path, os.R_OK | os.W_OK, effective_ids=True):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES)) from None


def _open_sound(path: Path, kind: DatabaseKind) -> sqlite3.Connection:
    """Return a connection to a sound database, or raise and leave nothing open."""
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
    try:
        for pragma in _PRAGMAS:
            connection.execute(pragma).fetchall()
        _check(connection)
        migrate(connection, path, kind)
    except BaseException:  # cut short in whatever way: nobody else would close it
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection) -> None:
    """Raise what SQLite would raise had it stumbled over the damage itself, if there is any."""
    verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        error = sqlite3.DatabaseError(verdict.replace("\n", " "))
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error


def _move_aside(path: Path) -> Path:
    """Rename the database with its log; return the new name."""
    aside = next(name for name in _names_aside(path) if not name.exists())
    for suffix in ("-wal", "-shm", ""):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    return aside


def _names_aside(path: Path) -> Iterator[Path]:
    """Yield the names under which a corrupt database may be kept."""
    return (path.with_name(f"{path.name}.corrupt-{n}") for n in count(1))

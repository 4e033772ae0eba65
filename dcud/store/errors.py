"""What can go wrong with the durable store."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

from dcud.errors import DcudError


class StoreError(DcudError):
    """The store could not do what it was asked; nothing of that act was stored."""

    code: ClassVar[str] = "store"
    retryable: ClassVar[bool] = True


class StoreRefusedError(StoreError):
    """The database can't be used by this program at all, or not at this time by this process."""

    code: ClassVar[str] = "store_refused"
    retryable: ClassVar[bool] = False


_FREE_SPACE = "free space on that file system; dcud tries again and loses nothing meanwhile"
_MAKE_WRITABLE = (
    "let the service user own that directory with the file in it, and mount it writable"
)
_REMEDIES: Mapping[int, str] = MappingProxyType(
    {
        sqlite3.SQLITE_FULL: _FREE_SPACE,
        sqlite3.SQLITE_IOERR: "look for a full or failing disk (df, dmesg)",
        sqlite3.SQLITE_READONLY: _MAKE_WRITABLE,
        sqlite3.SQLITE_CANTOPEN: _MAKE_WRITABLE,
        sqlite3.SQLITE_PERM: _MAKE_WRITABLE,
        sqlite3.SQLITE_BUSY: "end the other program that holds a transaction open on it",
        sqlite3.SQLITE_LOCKED: "end the other program that holds a transaction open on it",
        sqlite3.SQLITE_CORRUPT: "restart dcud: at the start it moves a corrupt file aside",
        sqlite3.SQLITE_NOTADB: "restart dcud: at the start it moves a corrupt file aside",
    }
)


def is_corruption(error: sqlite3.Error) -> bool:
    """Tell whether SQLite says that the file itself is damaged."""
    return _primary_code(error) in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def store_error(path: Path, error: sqlite3.Error) -> StoreError:
    """Return SQLite's error as ours, naming the file and the remedy."""
    remedy = _REMEDIES.get(_primary_code(error), "")
    return StoreError(f"store {path}: {error}", remedy=remedy)


def _primary_code(error: sqlite3.Error) -> int:
    """Return SQLite's result code without its extension, or -1 where it has none."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return -1 if code is None else code & 0xFF

import sqlite3
from pathlib import Path

import pytest

from dcud.store.errors import StoreError, StoreRefusedError, is_corruption, store_error


def _sqlite_error(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("what SQLite says")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (sqlite3.SQLITE_FULL, "free space"),
        (sqlite3.SQLITE_IOERR, "failing disk"),
        (sqlite3.SQLITE_IOERR | 3 << 8, "failing disk"),  # SQLITE_IOERR_WRITE
        (sqlite3.SQLITE_READONLY, "service user"),
        (sqlite3.SQLITE_BUSY, "other program"),
        (sqlite3.SQLITE_CORRUPT, "restart dcud"),
    ],
)
def test_an_error_names_file_and_remedy(code: int, remedy: str) -> None:
    error = store_error(Path("/var/lib/dcud/outbox.db"), _sqlite_error(code))
    assert "/var/lib/dcud/outbox.db" in str(error)
    assert "what SQLite says" in str(error)
    assert remedy in error.remedy
    assert error.code == "store"
    assert error.retryable


def test_an_error_without_a_code_is_told_as_it_is() -> None:
    error = store_error(Path("x.db"), sqlite3.ProgrammingError("misused"))
    assert str(error) == "store x.db: misused"
    assert not is_corruption(sqlite3.ProgrammingError("misused"))


def test_a_refusal_is_a_store_error_that_no_retry_cures() -> None:
    assert issubclass(StoreRefusedError, StoreError)
    assert not StoreRefusedError.retryable


@pytest.mark.parametrize("code", [sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB])
def test_corruption_is_recognised(code: int) -> None:
    assert is_corruption(_sqlite_error(code))
    assert not is_corruption(_sqlite_error(sqlite3.SQLITE_FULL))

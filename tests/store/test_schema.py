import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dcud.store import schema
from dcud.store.errors import StoreRefusedError
from dcud.store.schema import COUNTERS, OUTBOX, DatabaseKind, migrate, migrations

_PATH = Path("outbox.db")


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as opened:
        yield opened


@pytest.mark.parametrize("kind", [OUTBOX, COUNTERS])
def test_steps_are_numbered_without_a_gap(kind: DatabaseKind) -> None:
    numbers = [number for number, _ in migrations(kind.package)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_an_empty_database_becomes_ours(connection: sqlite3.Connection) -> None:
    migrate(connection, _PATH, OUTBOX)
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    assert {"outbox", "cursors", "drops"} <= tables
    assert connection.execute("PRAGMA user_version").fetchone() == (
        migrations(OUTBOX.package)[-1][0],
    )
    assert connection.execute("PRAGMA application_id").fetchone() == (OUTBOX.application_id,)


def test_a_migrated_database_is_left_alone(connection: sqlite3.Connection) -> None:
    migrate(connection, _PATH, OUTBOX)
    connection.execute("INSERT INTO drops VALUES ('age', 3)")
    migrate(connection, _PATH, OUTBOX)
    assert connection.execute("SELECT * FROM drops").fetchall() == [("age", 3)]


def test_a_newer_database_is_refused(connection: sqlite3.Connection) -> None:
    migrate(connection, _PATH, OUTBOX)
    connection.execute("PRAGMA user_version = 999")
    with pytest.raises(StoreRefusedError, match=r"newer dcud \(schema 999.*move the file away"):
        migrate(connection, _PATH, OUTBOX)


def test_a_database_of_another_program_is_refused(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE bookmarks (url TEXT)")
    with pytest.raises(StoreRefusedError, match="another program"):
        migrate(connection, _PATH, OUTBOX)


def test_a_step_is_applied_wholly_or_not_at_all(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(connection, _PATH, OUTBOX)
    last = migrations(OUTBOX.package)[-1][0]
    broken = (last + 1, "CREATE TABLE half (x INTEGER);\nCREATE TABLE outbox (x INTEGER);")
    monkeypatch.setattr(schema, "migrations", lambda _package: [broken])
    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        migrate(connection, _PATH, OUTBOX)
    assert not connection.in_transaction
    assert connection.execute("PRAGMA user_version").fetchone() == (last,)
    assert not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'half'").fetchall()


def test_a_database_of_another_kind_is_refused(connection: sqlite3.Connection) -> None:
    migrate(connection, _PATH, OUTBOX)
    with pytest.raises(StoreRefusedError, match="another purpose"):
        migrate(connection, _PATH, COUNTERS)

import logging
import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from dcud.store.database import _move_aside, open_database
from dcud.store.errors import StoreError, StoreRefusedError


def _pragma(connection: sqlite3.Connection, name: str) -> object:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


def _fill(path: Path, rows: int) -> None:
    connection, _ = open_database(path)
    with closing(connection):
        connection.executemany(
            "INSERT INTO outbox (message_id, stored_at, size, topic, payload) VALUES (?,0,0,'t',?)",
            [(str(n), bytes(1000)) for n in range(rows)],
        )


def test_a_commit_survives_a_power_cut(tmp_path: Path) -> None:
    connection, aside = open_database(tmp_path / "outbox.db")
    with closing(connection):
        assert _pragma(connection, "journal_mode") == "wal"
        assert _pragma(connection, "synchronous") == 2  # FULL
    assert aside is None


def test_file_and_directory_are_made_for_the_service_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "lib" / "dcud" / "outbox.db"
    open_database(path)[0].close()
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_can_not_be_made_is_told_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match=r"file/outbox\.db.*service user"):
        open_database(tmp_path / "file" / "outbox.db")


def test_a_file_that_may_not_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "outbox.db"
    path.write_bytes(b"")
    monkeypatch.setattr(os, "access", lambda *_, **__: False)  # root may write all
    with pytest.raises(StoreError, match=r"outbox\.db.*Permission denied.*service user"):
        open_database(path)


@pytest.mark.parametrize("damage", [slice(0, 100), slice(4096, 16384)], ids=["header", "pages"])
def test_a_corrupt_file_is_moved_aside_and_told(
    tmp_path: Path, damage: slice, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "outbox.db"
    _fill(path, 200)
    octets = bytearray(path.read_bytes())
    octets[damage] = b"\xa5" * (damage.stop - damage.start)
    path.write_bytes(octets)
    with caplog.at_level(logging.ERROR, "dcud.store"):
        connection, aside = open_database(path)
    with closing(connection):
        assert connection.execute("SELECT count(*) FROM outbox").fetchone() == (0,)
    assert aside == tmp_path / "outbox.db.corrupt-1"
    assert aside.read_bytes() == octets
    assert f"store {path} is corrupt" in caplog.text
    assert str(aside) in caplog.text


def test_an_earlier_corrupt_file_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    for n in (1, 2):
        path.write_bytes(f"no database, {n}".encode() * 100)
        connection, aside = open_database(path)
        connection.close()
        assert aside == tmp_path / f"outbox.db.corrupt-{n}"
        assert aside.read_bytes().startswith(f"no database, {n}".encode())


def test_the_log_is_moved_with_its_database(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    path.write_bytes(b"the database")
    (tmp_path / "outbox.db-wal").write_bytes(b"its log")
    aside = _move_aside(path)
    assert aside.read_bytes() == b"the database"
    assert aside.with_name(aside.name + "-wal").read_bytes() == b"its log"


def test_a_sound_database_that_is_not_ours_stays_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "places.sqlite"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE bookmarks (url TEXT)")
    before = path.read_bytes()
    with pytest.raises(StoreRefusedError, match="another program"):
        open_database(path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["places.sqlite"]
    assert len(path.read_bytes()) == len(before)


def test_other_refusals_of_sqlite_move_nothing(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    _fill(path, 1)
    path.with_name("outbox.db-wal").mkdir()
    with pytest.raises(sqlite3.OperationalError):
        open_database(path)
    assert not list(tmp_path.glob("*.corrupt-*"))

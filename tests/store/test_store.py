import asyncio
import logging
import random
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from dcud.store.errors import StoreError, StoreRefusedError
from dcud.store.outbox import Outbox
from dcud.store.rows import Cursor, CursorMove, OutboxLimits, OutboxMessage
from dcud.store.sql_file import SqlFile
from dcud.store.store import Store

_NOW = 1_800_000_000.0


def _clock() -> float:
    return _NOW


def _message(n: int, payload: bytes = b"{}") -> OutboxMessage:
    return OutboxMessage(message_id=f"m{n}", topic="dcud/v1/g/meter/m/reading/j", payload=payload)


def _move(n: int) -> CursorMove:
    return CursorMove(meter="m", key="profile", position=f"m{n}")


def release(store: Store) -> None:
    """Let go of the lock as the end of the process would."""
    assert store._file._lock is not None
    store._file._lock.release()


async def _open(path: Path, limits: OutboxLimits | None = None) -> Store:
    return await Store.open(path, limits or OutboxLimits(), _clock)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await _open(tmp_path / "outbox.db") as opened:
        yield opened


async def test_what_was_appended_is_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    async with await _open(path) as store:
        done = await store.append([_message(1), _message(2)], [_move(2)])
        assert done.stored == 2
    async with await _open(path) as store:
        assert [row.message_id for row in await store.oldest(10)] == ["m1", "m2"]
        assert await store.cursor("m", "profile") == Cursor(position="m2", moved_at=_NOW)
        assert store.stats().depth == 2
        assert store.moved_aside is None


async def test_rows_are_paged_and_deleted(store: Store) -> None:
    await store.append([_message(n) for n in range(5)])
    first = await store.oldest(2)
    second = await store.oldest(2, after=first[-1].row_id)
    assert [row.message_id for row in first + second] == ["m0", "m1", "m2", "m3"]
    assert await store.delete(row.row_id for row in first) == 2
    assert [row.message_id for row in await store.oldest(10)] == ["m2", "m3", "m4"]
    assert store.stats().depth == 3


async def test_appends_at_the_same_time_all_arrive_in_order(store: Store) -> None:
    async with asyncio.TaskGroup() as group:
        for n in range(500):
            group.create_task(store.append([_message(n)], [_move(n)]))
    rows = await store.oldest(1000)
    assert [row.message_id for row in rows] == [f"m{n}" for n in range(500)]


async def test_whoever_waits_for_rows_is_told_of_new_ones_alone(store: Store) -> None:
    event = asyncio.Event()
    store.notify(event)
    await store.append([], [_move(1)])
    assert not event.is_set()
    await store.append([_message(1)])
    assert event.is_set()
    event.clear()
    await store.append([_message(1)])
    assert not event.is_set()


async def test_a_cancelled_append_is_still_told(store: Store) -> None:
    event = asyncio.Event()
    store.notify(event)
    append = asyncio.ensure_future(store.append([_message(1)], [_move(1)]))
    await asyncio.sleep(0)
    append.cancel()
    async with asyncio.timeout(10):
        await event.wait()
    assert store.stats().depth == 1
    cursor = await store.cursor("m", "profile")
    assert cursor is not None
    assert cursor.position == "m1"


async def test_a_second_daemon_is_refused(store: Store) -> None:
    with pytest.raises(StoreRefusedError, match="in use by process"):
        await _open(store.path)
    await store.append([_message(1)])


async def test_a_refused_database_is_let_go(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    release(await _open(path))
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 999")
    for _ in range(2):
        with pytest.raises(StoreRefusedError, match="newer dcud"):
            await _open(path)


async def test_a_corrupt_database_is_replaced_and_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "outbox.db"
    path.write_bytes(b"not a database at all" * 500)
    async with await _open(path) as store:
        assert store.moved_aside == tmp_path / "outbox.db.corrupt-1"
        assert (await store.append([_message(1)])).stored == 1
    assert "is corrupt" in caplog.text


async def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = await _open(tmp_path / "outbox.db")
    await store.close()
    await store.close()
    with pytest.raises(StoreRefusedError, match="is closed"):
        await store.append([_message(1)])
    with pytest.raises(StoreRefusedError, match="is closed"):
        store.stats()


async def test_appends_that_were_asked_before_the_close_are_done(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    store = await _open(path)
    append = asyncio.ensure_future(store.append([_message(1)]))
    await asyncio.sleep(0)
    await store.close()
    assert (await append).stored == 1


async def test_a_stuck_disk_does_not_keep_it_from_closing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "outbox.db"
    disk = threading.Event()
    ending = SqlFile._end

    def end_once_the_disk_is_back(file: SqlFile[Outbox]) -> None:
        disk.wait(10)
        ending(file)

    monkeypatch.setattr(SqlFile, "_end", end_once_the_disk_is_back)
    store = await _open(path)
    async with asyncio.timeout(5):
        await store.close(patience=0.01)
    assert "is stuck" in caplog.text
    # Nobody else gets it while it may still be written to.
    with pytest.raises(StoreRefusedError, match="in use"):
        await _open(path)
    disk.set()
    release(store)
    store._file._thread._thread.join(5)


async def test_drops_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    limits = OutboxLimits(max_bytes=1000)
    async with await _open(tmp_path / "outbox.db", limits) as store:
        with caplog.at_level(logging.WARNING, "dcud.store"):
            done = await store.append([_message(n, bytes(200)) for n in range(10)])
        assert done.dropped["size"] == 10 - store.stats().depth
        assert store.stats().dropped == done.dropped
        assert store.stats().bytes <= 1000
    assert f"outbox dropped {done.dropped['size']} messages" in caplog.text


async def test_limits_that_were_lowered_hold_from_the_opening(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    async with await _open(path) as store:
        await store.append([_message(n, bytes(200)) for n in range(10)])
    async with await _open(path, OutboxLimits(max_bytes=1000)) as store:
        assert store.stats().bytes <= 1000
    async with await Store.open(path, OutboxLimits(max_age_seconds=1), lambda: _NOW + 5) as store:
        assert store.stats().depth == 0
        assert await store.expire() == {}


async def test_a_full_disk_loses_nothing_and_heals(store: Store) -> None:
    await store.append([_message(0)], [_move(0)])
    connection = store._file._connection
    assert connection is not None

    def limit_pages(pages: int) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}").fetchone()

    await store._file._thread.read(lambda: limit_pages(1))  # at least what there is: no more fits
    before = store.stats()
    for _ in range(2):
        with pytest.raises(StoreError, match="full; free space") as caught:
            await store.append([_message(1, bytes(100_000))], [_move(1)])
        assert caught.value.retryable
        assert str(store.path) in str(caught.value)
    assert store.stats() == before
    cursor = await store.cursor("m", "profile")
    assert cursor is not None
    assert cursor.position == "m0"

    await store._file._thread.read(lambda: limit_pages(1_000_000))
    await store.append([_message(1, bytes(100_000))], [_move(1)])
    assert [row.message_id for row in await store.oldest(10)] == ["m0", "m1"]


_WRITE_REFUSED = """
import asyncio, resource, sys
from pathlib import Path
from dcud.store.errors import StoreError
from dcud.store.rows import OutboxLimits, OutboxMessage
from dcud.store.sql_file import SqlFile
from dcud.store.store import Store

def message(n):
    return OutboxMessage(message_id=f"m{n}", topic="t", payload=bytes(100_000))

async def main(path):
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    async with await Store.open(path, OutboxLimits(), lambda: 1_800_000_000.0) as store:
        await store.append([message(0)])
        wal = path.with_name(path.name + "-wal").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (wal, hard))
        try:
            await store.append([message(1)])
        except StoreError as error:
            print(error)
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        await store.append([message(1)])
        print([row.message_id for row in await store.oldest(9)])

asyncio.run(main(Path(sys.argv[1])))
"""


def test_a_write_that_the_system_refuses_loses_nothing_and_heals(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    done = subprocess.run(
        [sys.executable, "-c", _WRITE_REFUSED, str(path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    error, rows = done.stdout.splitlines()
    assert str(path) in error
    assert "disk I/O error; look for a full or failing disk" in error
    assert rows == "['m0', 'm1']"


_APPEND_FOR_EVER = """
import asyncio, sys
from pathlib import Path
from dcud.store.rows import CursorMove, OutboxLimits, OutboxMessage
from dcud.store.sql_file import SqlFile
from dcud.store.store import Store

async def main(path):
    store = await Store.open(path, OutboxLimits(), lambda: 1_800_000_000.0)
    n = store.stats().newest_row_id
    while True:
        n += 1
        message = OutboxMessage(message_id=f"m{n}", topic="t", payload=bytes(n % 5000))
        await store.append([message], [CursorMove(meter="m", key="k", position=f"m{n}")])
        print(n, flush=True)

asyncio.run(main(Path(sys.argv[1])))
"""


def _append_until_killed(path: Path, acts: int) -> int:
    """Kill a writer after some acts at least; return the number of the last that it told of."""
    with subprocess.Popen(
        [sys.executable, "-c", _APPEND_FOR_EVER, str(path)], stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        told = [int(writer.stdout.readline()) for _ in range(acts)]
        writer.kill()
        told += [int(line) for line in writer.stdout if line.endswith(b"\n")]
    return told[-1]


async def test_a_kill_at_any_moment_leaves_messages_and_cursor_together(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    chance = random.Random(20)  # noqa: S311  # picks moments, not keys
    for _ in range(8):
        told = _append_until_killed(path, chance.randrange(1, 60))
        async with await _open(path) as store:
            assert store.moved_aside is None
            rows = await store.oldest(100_000)
            cursor = await store.cursor("m", "k")
        assert [row.message_id for row in rows] == [f"m{n + 1}" for n in range(len(rows))]
        assert len(rows) >= told
        assert cursor is not None
        assert cursor.position == rows[-1].message_id

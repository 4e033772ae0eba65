import asyncio
import os
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from dcud.store.counter_rows import FloorKey, Refusal, Reservation
from dcud.store.counter_store import CounterStore
from dcud.store.counter_table import CounterTable
from dcud.store.errors import StoreError, StoreRefusedError
from dcud.store.rows import OutboxLimits
from dcud.store.store import Store
from dcud.store.turn import Turn
from tests.support.counter_program import KEY, TITLE, clock

_FLOOR = FloorKey(meter="m1", fingerprint=KEY, title=b"MTR\0\0\0\0\1", which="unicast")


async def _open(path: Path, *, exclusive: bool = False) -> CounterStore:
    return await CounterStore.open(path, clock, exclusive=exclusive)


def _spoil(path: Path) -> None:
    path.write_bytes(b"\xa5" * 8192)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "counters.sqlite"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[CounterStore]:
    async with await _open(path) as opened:
        yield opened


async def test_what_was_reserved_stays_reserved_after_a_restart(path: Path) -> None:
    async with await _open(path, exclusive=True) as store:
        assert await store.reserve(KEY, TITLE, 10) is Refusal.UNKNOWN
        assert await store.begin(KEY, TITLE)
        first = await store.reserve(KEY, TITLE, 10)
        await store.raise_floors({_FLOOR: 77})
    async with await _open(path, exclusive=True) as store:
        second = await store.reserve(KEY, TITLE, 10)
        assert await store.floor(_FLOOR) == 77
        assert not store.restored
        assert store.moved_aside is None
    assert isinstance(first, Reservation)
    assert isinstance(second, Reservation)
    assert (first.first, second.first) == (0, 10)


async def test_acts_at_the_same_time_never_overlap(store: CounterStore, path: Path) -> None:
    await store.rebase(KEY, TITLE, 1)
    async with await _open(path) as other, asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(one.reserve(KEY, TITLE, 7))
            for _ in range(20)
            for one in (store, other)
        ]
    firsts = [task.result().first for task in tasks if isinstance(task.result(), Reservation)]  # type: ignore[union-attr]
    assert sorted(firsts) == list(range(1, 1 + 40 * 7, 7))


async def test_two_that_make_the_database_at_the_same_time_agree(path: Path) -> None:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_open(path)) for _ in range(5)]
    stores = [task.result() for task in tasks]
    assert len({store.salt for store in stores}) == 1
    assert not any(store.restored for store in stores)
    for store in stores:
        await store.close()


async def test_the_salt_is_made_once_for_each_database(path: Path, tmp_path: Path) -> None:
    async with await _open(path) as store, await _open(tmp_path / "other.sqlite") as other:
        salt = store.salt
        assert len(salt) == 16
        assert other.salt != salt
    async with await _open(path) as store:
        assert store.salt == salt


async def test_what_is_known_can_be_listed_and_forgotten(store: CounterStore) -> None:
    await store.rebase(KEY, TITLE, 5)
    record = await store.record(KEY, TITLE)
    assert record is not None
    assert record.next == 5
    assert await store.records() == [record]
    await store.raise_floors({_FLOOR: 77})
    assert await store.forget_floors("m1") == 1
    assert await store.floor(_FLOOR) == 0


async def test_a_second_daemon_is_refused_but_not_a_command(path: Path) -> None:
    async with await _open(path, exclusive=True) as daemon:
        await daemon.begin(KEY, TITLE)
        with pytest.raises(StoreRefusedError, match=f"in use by process {os.getpid()}"):
            await _open(path, exclusive=True)
        async with await _open(path) as command:
            assert isinstance(await command.reserve(KEY, TITLE, 1), Reservation)
    async with await _open(path, exclusive=True):
        pass


async def test_a_corrupt_database_is_moved_aside_and_nothing_is_known(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with await _open(path) as store:
        await store.begin(KEY, TITLE)
    _spoil(path)
    async with await _open(path) as store:
        assert store.moved_aside == path.with_name("counters.sqlite.corrupt-1")
        assert store.restored
        assert await store.reserve(KEY, TITLE, 1) is Refusal.UNKNOWN
    assert "no invocation counter is known any more" in caplog.text


async def test_an_outbox_is_not_taken_for_counters(path: Path) -> None:
    async with await Store.open(path, OutboxLimits(), clock):
        pass
    for _ in range(2):  # the lock was let go
        with pytest.raises(StoreRefusedError, match="another purpose"):
            await _open(path, exclusive=True)


async def test_what_sqlite_refuses_is_a_store_error(store: CounterStore, path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("DROP TABLE counters")
    with pytest.raises(StoreError, match=r"counters\.sqlite: no such table"):
        await store.reserve(KEY, TITLE, 1)


async def test_a_directory_that_is_held_for_too_long_is_told(
    store: CounterStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert store._file.sql is not None
    monkeypatch.setattr(store._file.sql, "_turn", Turn(path.parent, patience=0))
    with Turn(path.parent).taken(), pytest.raises(StoreError, match="another process holds"):
        await store.begin(KEY, TITLE)
    assert await store.begin(KEY, TITLE)


async def test_a_closed_store_says_so(path: Path) -> None:
    store = await _open(path)
    await store.close()
    await store.close()
    with pytest.raises(StoreRefusedError, match="is closed"):
        await store.records()
    with pytest.raises(StoreRefusedError, match="is closed"):
        _ = store.salt
    with pytest.raises(StoreRefusedError, match="is closed"):
        _ = store.restored


async def test_a_stuck_disk_does_not_keep_it_from_ending(
    store: CounterStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    released = threading.Event()

    def stuck(_table: CounterTable) -> list[object]:
        released.wait(10)
        return []

    monkeypatch.setattr(CounterTable, "records", stuck)
    reading = asyncio.ensure_future(store.records())
    await asyncio.sleep(0)
    await store.close(patience=0.01)
    released.set()
    assert await reading == []
    assert "is stuck" in caplog.text


async def test_what_root_makes_belongs_to_the_service_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: set[str] = set()

    def note(descriptor: int, _user: int, _group: int) -> None:
        given.add(Path(f"/proc/self/fd/{descriptor}").readlink().name)

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "fchown", note)
    async with await _open(tmp_path / "counters.sqlite", exclusive=True):
        pass
    # SQLite gives its own files to the database's owner.
    assert given == {
        "counters.sqlite",
        "counters.sqlite.lock",
        "counters.sqlite.marker.new",
    }

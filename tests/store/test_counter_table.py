import logging
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dcud.store.counter_rows import COUNTER_END, CounterRecord, FloorKey, Refusal, Reservation
from dcud.store.counter_table import CounterTable
from dcud.store.database import open_database
from dcud.store.errors import StoreError, StoreRefusedError
from dcud.store.schema import COUNTERS
from tests.support.counter_program import (
    KEY,
    NOW,
    TITLE,
    Program,
    program,
    put_back,
    rebase,
    record,
    reserve,
)
from tests.support.crash import steps_until

_FLOOR = FloorKey(meter="m1", fingerprint=KEY, title=b"MTR\0\0\0\0\1", which="unicast")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "counters.sqlite"


@pytest.fixture
def table(path: Path) -> Iterator[CounterTable]:
    with program(path) as opened:
        yield opened


def test_nothing_is_reserved_where_nothing_is_known(table: CounterTable) -> None:
    assert reserve(table) is Refusal.UNKNOWN
    assert record(table) is None
    assert not table.restored


def test_blocks_follow_each_other(table: CounterTable) -> None:
    rebase(table, 100)
    first = reserve(table)
    assert first == Reservation(first=100, count=10, remaining=COUNTER_END - 110)
    assert reserve(table, 5) == Reservation(first=110, count=5, remaining=COUNTER_END - 115)
    known = CounterRecord(fingerprint=KEY, title=TITLE, next=115, trusted=True, reserved_at=NOW)
    assert record(table) == known
    assert table.records() == [known]


def test_what_is_left_of_a_block_is_never_used_later(path: Path) -> None:
    with program(path) as table:
        rebase(table, 0)
        reserve(table, 256)
    with program(path) as table:
        assert reserve(table, 256) == Reservation(first=256, count=256, remaining=COUNTER_END - 512)
        assert not table.restored


def test_two_programs_get_blocks_that_never_overlap(path: Path) -> None:
    with program(path) as one, program(path) as other:
        rebase(one, 0)
        firsts = []
        for table in (one, other, other, one):
            reserved = reserve(table)
            assert isinstance(reserved, Reservation)
            firsts.append(reserved.first)
        assert firsts == [0, 10, 20, 30]
        assert not one.restored
        assert not other.restored


def test_rebasing_never_lowers(table: CounterTable) -> None:
    rebase(table, 1000)
    rebase(table, 10)
    reserved = reserve(table)
    assert isinstance(reserved, Reservation)
    assert reserved.first == 1000


def test_titles_and_keys_count_apart(table: CounterTable) -> None:
    with table.transaction():
        table.rebase(KEY, TITLE, 7)
        assert table.reserve(KEY, b"another\0", 1) is Refusal.UNKNOWN
        assert table.reserve("f" * 16, TITLE, 1) is Refusal.UNKNOWN


def test_a_new_key_begins_once(table: CounterTable) -> None:
    with table.transaction():
        assert table.begin(KEY, TITLE, 0)
    reserve(table, 10)
    with table.transaction():
        assert not table.begin(KEY, TITLE, 0)
    reserved = reserve(table)
    assert isinstance(reserved, Reservation)
    assert reserved.first == 10


def test_the_last_block_is_shorter_then_comes_the_end(table: CounterTable) -> None:
    rebase(table, 0xFFFFFFFE - 2)
    assert reserve(table, 256) == Reservation(first=0xFFFFFFFC, count=3, remaining=0)
    assert reserve(table, 256) is Refusal.EXHAUSTED
    rebase(table, 1 << 40)
    assert reserve(table, 256) is Refusal.EXHAUSTED


def test_floors_rise_alone(path: Path) -> None:
    with program(path) as table:
        assert table.floor(_FLOOR) == 0
        for floor in (5, 100, 7):
            with table.transaction():
                table.raise_floors({_FLOOR: floor})
    with program(path) as table:
        assert table.floor(_FLOOR) == 100
        with table.transaction():
            assert table.forget_floors("m2") == 0
            assert table.forget_floors("m1") == 1
        assert table.floor(_FLOOR) == 0


def _reserve_and_fail(table: CounterTable) -> None:
    assert isinstance(table.reserve(KEY, TITLE, 10), Reservation)
    raise sqlite3.OperationalError


def test_what_fails_leaves_nothing_behind(table: CounterTable) -> None:
    rebase(table, 0)
    with pytest.raises(sqlite3.Error), table.transaction():
        _reserve_and_fail(table)
    reserved = reserve(table)
    assert isinstance(reserved, Reservation)
    assert reserved.first == 0
    assert not table.restored


def test_a_marker_that_can_not_be_placed_gives_nobody_counters(
    path: Path, table: CounterTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    rebase(table, 0)

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", refuse)
        with pytest.raises(StoreError, match="No space left"):
            reserve(table)
    reserved = reserve(table)
    assert isinstance(reserved, Reservation)
    assert reserved.first == 10  # the first ten are lost, which is all that happened
    assert not table.restored


def test_floors_and_refusals_leave_the_marker_alone(path: Path, table: CounterTable) -> None:
    marker = path.with_name("counters.sqlite.marker")
    before = marker.read_bytes()
    with table.transaction():
        table.raise_floors({_FLOOR: 5})
    reserve(table)
    assert marker.read_bytes() == before
    rebase(table, 0)
    assert marker.read_bytes() != before


@pytest.mark.parametrize("how", ["deleted", "replaced"])
def test_a_database_that_goes_away_while_in_use_is_told(
    path: Path, table: CounterTable, how: str
) -> None:
    rebase(table, 0)
    path.unlink()
    if how == "replaced":
        path.write_bytes(b"")
    with pytest.raises(StoreRefusedError, match="deleted or replaced while it was in use; restart"):
        reserve(table)


def test_a_database_that_goes_away_at_once_is_told(path: Path) -> None:
    connection, _ = open_database(path, COUNTERS)
    with closing(connection), pytest.raises(StoreRefusedError, match="deleted or replaced"):
        CounterTable(connection, path.with_name("gone"), lambda: NOW)


# --- Ending at each step ------------------------------------------------------------------------


def _begin_all(path: Path) -> None:
    Program(path).kill()


def _one_block(path: Path) -> None:
    running = Program(path)
    try:
        reserve(running.table)
    finally:
        running.kill()


def _one_rebase(path: Path) -> None:
    running = Program(path)
    try:
        rebase(running.table, 1000)
    finally:
        running.kill()


_ACTS: dict[str, Callable[[Path], None]] = {
    "begin": _begin_all,
    "reserve": _one_block,
    "rebase": _one_rebase,
}


def _number_of_steps(act: Callable[[Path], None], path: Path, *, prepared: bool) -> int:
    _prepare(path, prepared=prepared)
    with steps_until(None) as steps:
        act(path)
    return len(steps.passed)


def _prepare(path: Path, *, prepared: bool) -> None:
    if prepared:
        with program(path) as table:
            rebase(table, 100)


@pytest.mark.parametrize("prepared", [False, True], ids=["new", "old"])
@pytest.mark.parametrize("act", _ACTS.values(), ids=_ACTS.keys())
def test_no_crash_at_any_step_looks_like_a_backup(
    tmp_path: Path, act: Callable[[Path], None], *, prepared: bool
) -> None:
    total = _number_of_steps(act, tmp_path / "whole" / "counters.sqlite", prepared=prepared)
    assert total > 2
    for at in range(total):
        path = tmp_path / str(at) / "counters.sqlite"
        _prepare(path, prepared=prepared)
        with steps_until(at) as steps:
            act(path)
        assert steps.crashed
        with program(path) as table:
            assert not table.restored, steps.passed[-1]
            if prepared:
                reserved = reserve(table)
                assert isinstance(reserved, Reservation)
                assert reserved.first in {100, 110, 1000}, steps.passed[-1]


@pytest.mark.parametrize("second", [0, 7, 12, 17])
def test_two_crashes_in_a_row_do_not_look_like_a_backup(tmp_path: Path, second: int) -> None:
    total = _number_of_steps(_one_block, tmp_path / "whole" / "counters.sqlite", prepared=True)
    for at in range(total):
        path = tmp_path / str(at) / "counters.sqlite"
        _prepare(path, prepared=True)
        for crash in (at, min(second, total - 1)):
            with steps_until(crash) as steps:
                _one_block(path)
            assert steps.crashed
        with program(path) as table:
            assert not table.restored


def test_a_crash_while_a_backup_is_recognised_does_not_make_it_trusted(tmp_path: Path) -> None:
    for at in range(100):
        path = tmp_path / str(at) / "counters.sqlite"
        _prepare(path, prepared=True)
        shutil.copytree(path.parent, tmp_path / "backup", dirs_exist_ok=True)
        with program(path) as table:
            reserve(table)
        shutil.copy(tmp_path / "backup" / path.name, path)
        with steps_until(at) as steps:
            Program(path).kill()
        with program(path) as table:
            assert reserve(table) is Refusal.UNTRUSTED, steps.passed[-1]
        if not steps.crashed:
            return
    pytest.fail("it never came to an end")


# --- Restoring backups --------------------------------------------------------------------------


_WHAT = {
    "database": [""],
    "database and log": ["", "-wal", "-shm"],
    "all": ["", "-wal", "-shm", ".marker"],
    "marker": [".marker"],
}


@pytest.mark.parametrize("in_place", [True, False], ids=["in place", "by rename"])
@pytest.mark.parametrize("what", _WHAT.values(), ids=_WHAT.keys())
@pytest.mark.parametrize("live", [True, False], ids=["live copy", "copy at rest"])
def test_a_backup_is_recognised_however_it_is_put_back(
    path: Path, tmp_path: Path, what: list[str], *, in_place: bool, live: bool
) -> None:
    with program(path) as table:
        rebase(table, 100)
        reserve(table)
        if live:
            shutil.copytree(path.parent, tmp_path / "backup")
    if not live:
        shutil.copytree(path.parent, tmp_path / "backup")
    with program(path) as table:
        for _ in range(3):
            reserve(table)
    put_back(tmp_path / "backup", path, what, in_place=in_place)
    with program(path) as table:
        assert table.restored
        assert reserve(table) in {Refusal.UNTRUSTED, Refusal.UNKNOWN}
        rebase(table, 5000)
        reserved = reserve(table)
        assert isinstance(reserved, Reservation)
        assert reserved.first == 5000
    with program(path) as table:
        assert not table.restored  # told once
        assert isinstance(reserve(table), Reservation)


def test_a_backup_of_the_last_state_may_be_put_back(path: Path, tmp_path: Path) -> None:
    with program(path) as table:
        rebase(table, 100)
    shutil.copytree(path.parent, tmp_path / "backup")
    with program(path):
        pass  # nobody was given a counter
    shutil.copyfile(tmp_path / "backup" / path.name, path)
    with program(path) as table:
        assert not table.restored


def test_counters_mixed_from_two_states_are_recognised(path: Path) -> None:
    with program(path) as table:
        rebase(table, 100)
        reserve(table)
    with closing(sqlite3.connect(path)) as mixed, mixed:
        mixed.execute("UPDATE counters SET next = 100")  # as an old page with a newer log does
    with program(path) as table:
        assert table.restored
        assert reserve(table) is Refusal.UNTRUSTED


def test_a_backup_put_back_while_in_use_is_recognised(path: Path, tmp_path: Path) -> None:
    with program(path) as table:
        rebase(table, 100)
        shutil.copytree(path.parent, tmp_path / "backup")
        reserve(table)
        shutil.copyfile(
            tmp_path / "backup" / "counters.sqlite.marker", path.with_name(path.name + ".marker")
        )
        assert reserve(table) is Refusal.UNTRUSTED
        assert table.restored


def test_a_marker_that_was_deleted_is_told(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with program(path) as table:
        rebase(table, 100)
    path.with_name(path.name + ".marker").unlink()
    with caplog.at_level(logging.ERROR, "dcud.store"), program(path) as table:
        assert table.restored
    assert "not as dcud left it" in caplog.text
    assert "dcud keys counter" in caplog.text


def test_a_marker_deleted_while_nothing_was_known_helps_no_backup(path: Path) -> None:
    with program(path) as table:
        path.with_name(path.name + ".marker").unlink()
        rebase(table, 100)
        copy = path.with_name("copy")
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        reserve(table)
    path.with_name(path.name + ".marker").unlink()
    copy.rename(path)
    with program(path) as table:
        assert reserve(table) is Refusal.UNTRUSTED


def test_a_database_that_is_lost_is_told(path: Path) -> None:
    with program(path) as table:
        rebase(table, 100)
    path.unlink()
    with program(path) as table:
        assert table.restored
        assert reserve(table) is Refusal.UNKNOWN

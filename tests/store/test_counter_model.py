import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from dcud.store.counter_rows import Refusal, Reservation
from tests.support.counter_program import Program, put_back, rebase, record, reserve
from tests.support.crash import steps_until

_COUNTS = st.integers(1, 40)
_WHAT = st.sampled_from([["", "-wal", "-shm"], ["", "-wal", "-shm", ".marker"]])


class Model(RuleBasedStateMachine):
    """The store against a dictionary, with crashes and backups in between.

    Attributes:
        given: all counters that somebody was given.
        backup: where the last backup is, None for none.
        moved: whether counters were given, or raised, since it was taken.
    """

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp(prefix="counters"))
        self.path = self.directory / "state" / "counters.sqlite"
        self.backup: Path | None = None
        self.moved = False
        self.given: set[int] = set()
        self.running = Program(self.path)

    def give(self, reserved: Reservation | Refusal, count: int) -> None:
        if isinstance(reserved, Reservation):
            counters = set(range(reserved.first, reserved.first + reserved.count))
            assert len(counters) == count
            assert not counters & self.given
            self.given |= counters
            self.moved = True

    @rule(count=_COUNTS)
    def reserve(self, count: int) -> None:
        known = record(self.running.table)
        reserved = reserve(self.running.table, count)
        if known is None:
            assert reserved is Refusal.UNKNOWN
        elif not known.trusted:
            assert reserved is Refusal.UNTRUSTED
        else:
            assert isinstance(reserved, Reservation)
            assert reserved.first == known.next
        self.give(reserved, count)

    @rule(ahead=_COUNTS)
    def rebase(self, ahead: int) -> None:
        at_least = max(self.given, default=0) + ahead
        known = record(self.running.table)
        rebase(self.running.table, at_least)
        now = record(self.running.table)
        assert now is not None
        assert now.trusted
        assert now.next == max(at_least, known.next if known else 0)
        self.moved = self.moved or now != known

    @rule()
    def restart(self) -> None:
        self.running.kill()
        self.running = Program(self.path)
        assert not self.running.table.restored

    @rule(at=st.integers(0, 25), count=_COUNTS)
    def crash(self, at: int, count: int) -> None:
        with steps_until(at) as steps:
            self.give(reserve(self.running.table, count), count)
        self.running.kill()
        self.running = Program(self.path)
        assert not self.running.table.restored, steps.passed

    @rule(at=st.integers(0, 25))
    def crash_at_the_start(self, at: int) -> None:
        self.running.kill()
        with steps_until(at):
            Program(self.path).kill()
        self.running = Program(self.path)
        assert not self.running.table.restored

    @rule()
    def take_backup(self) -> None:
        self.backup = self.directory / "backup"
        shutil.rmtree(self.backup, ignore_errors=True)
        self.backup.mkdir()
        for file in self.path.parent.iterdir():
            shutil.copy2(file, self.backup)
        self.moved = False

    @precondition(lambda self: self.backup is not None)
    @rule(what=_WHAT, in_place=st.booleans())
    def put_back(self, what: list[str], *, in_place: bool) -> None:
        assert self.backup is not None
        self.running.kill()
        put_back(self.backup, self.path, what, in_place=in_place)
        self.running = Program(self.path)
        if self.moved:
            assert self.running.table.restored
            known = record(self.running.table)
            assert known is None or not known.trusted
        self.moved = True

    @rule()
    def lose(self) -> None:
        self.running.kill()
        for file in self.path.parent.iterdir():
            file.unlink()
        self.running = Program(self.path)
        self.moved = True

    @invariant()
    def nothing_that_was_given_can_be_given_again(self) -> None:
        with closing(sqlite3.connect(self.path)) as reader:
            rows = reader.execute("SELECT next FROM counters WHERE trusted").fetchall()
        for (first,) in rows:
            assert first > max(self.given, default=-1)

    def teardown(self) -> None:
        self.running.kill()
        shutil.rmtree(self.directory)


TestModel = Model.TestCase
TestModel.settings = settings(max_examples=20, stateful_step_count=25, deadline=None)

import fcntl
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dcud.config import key_write
from dcud.config.key_file import Access
from dcud.config.key_write import rewrite
from dcud.config.problem import ConfigError

ME = Access(user=os.geteuid())
KILLED = 9
STEPS = ("open", "unlink", "fchown", "fsync", "replace")


@pytest.fixture(name="file")
def make_file(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    path = tmp_path / "keys.toml"
    path.write_bytes(b"old")
    path.chmod(0o600)
    return path


def test_a_file_is_replaced_and_not_written_over(file: Path) -> None:
    with file.open("rb") as reading:
        rewrite(file, lambda old: old + b" and new", ME)
        assert reading.read() == b"old"
    assert file.read_bytes() == b"old and new"
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_changes_nothing_writes_nothing(file: Path) -> None:
    before = file.stat()
    rewrite(file, lambda old: old, ME)
    assert file.stat().st_ino == before.st_ino


def test_a_missing_file_is_made_only_on_request(file: Path) -> None:
    new = file.with_name("new.toml")
    with pytest.raises(ConfigError, match="can't be opened: No such file"):
        rewrite(new, lambda _: b"x", ME)
    rewrite(new, lambda old: old + b"x", ME, create=True)
    assert new.read_bytes() == b"x"
    assert new.stat().st_mode & 0o777 == 0o600


def test_an_error_of_the_change_leaves_the_file(file: Path) -> None:
    def fail(_: bytes) -> bytes:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        rewrite(file, fail, ME)
    assert file.read_bytes() == b"old"
    rewrite(file, lambda _: b"new", ME)


def test_a_file_system_without_locks_is_told(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_descriptor: int, _operation: int) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("fcntl.flock", refuse)
    with pytest.raises(ConfigError, match="can't be changed: Operation not supported"):
        rewrite(file, lambda _: b"new", ME)


def test_a_full_disk_leaves_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigError, match="can't be changed: No space left on device"):
        rewrite(file, lambda _: b"new", ME)
    assert file.read_bytes() == b"old"
    assert list(file.parent.iterdir()) == [file]


def test_a_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="none: can't be changed: No such file or directory"):
        rewrite(tmp_path / "none" / "keys.toml", lambda _: b"new", ME, create=True)


def test_programs_take_turns(file: Path) -> None:
    def append(letter: bytes) -> None:
        rewrite(file, lambda old: old + letter, ME)

    letters = [bytes((ord("A") + number,)) for number in range(12)]
    with ThreadPoolExecutor(len(letters)) as pool:
        list(pool.map(append, letters))
    assert sorted(file.read_bytes()) == sorted(b"old" + b"".join(letters))
    assert list(file.parent.iterdir()) == [file]


def test_programs_that_make_the_same_file_take_turns(file: Path) -> None:
    def append(letter: bytes) -> None:
        rewrite(file, lambda old: old + letter, ME, create=True)

    file.unlink()
    letters = [bytes((ord("A") + number,)) for number in range(12)]
    with ThreadPoolExecutor(len(letters)) as pool:
        list(pool.map(append, letters))
    assert sorted(file.read_bytes()) == sorted(b"".join(letters))


def test_who_never_ends_is_not_waited_for(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_write, "_PATIENCE", 0.05)

    def change(_: bytes) -> bytes:
        with pytest.raises(ConfigError, match="is being changed by another program; try again"):
            rewrite(file, lambda _: b"second", ME)
        return b"first"

    rewrite(file, change, ME)
    assert file.read_bytes() == b"first"


def test_what_was_replaced_before_it_was_locked_is_left(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = fcntl.flock

    def late(descriptor: int, operation: int) -> None:
        monkeypatch.setattr(fcntl, "flock", real)
        rewrite(file, lambda old: old + b", other", ME)
        real(descriptor, operation)

    def change(old: bytes) -> bytes:
        monkeypatch.setattr(key_write, "_PATIENCE", 0.05)
        with pytest.raises(ConfigError, match="is being changed by another program"):
            rewrite(file, lambda _: b"third", ME)
        return old + b", new"

    monkeypatch.setattr(fcntl, "flock", late)
    rewrite(file, change, ME)
    assert file.read_bytes() == b"old, other, new"


def test_who_can_read_the_directory_alone_keeps_nobody_away(file: Path) -> None:
    directory = os.open(file.parent, os.O_RDONLY)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        rewrite(file, lambda _: b"new", ME)
    finally:
        os.close(directory)
    assert file.read_bytes() == b"new"


def test_no_descriptor_is_left_open(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    rewrite(file, lambda _: b"new", ME)
    test_a_file_system_without_locks_is_told(file, monkeypatch)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_whoever_may_not_give_files_away_keeps_them(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[int] = []
    monkeypatch.setattr(os, "fchown", lambda *to: given.append(to[1]))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    rewrite(file, lambda _: b"new", ME)
    assert not given
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    rewrite(file, lambda _: b"newer", ME)
    assert given == [file.stat().st_uid]


def killed_at(file: Path, step: str, nth: int, *, after: bool) -> bool:
    """Rewrite the file in a process that ends at the `nth` call of a step; tell whether it did."""
    child = os.fork()
    if child == 0:
        real = getattr(os, step)
        calls = 0

        def end(*arguments: object, **named: object) -> object:
            nonlocal calls
            calls += 1
            if calls == nth and not after:
                os._exit(KILLED)
            result = real(*arguments, **named)
            if calls == nth:
                os._exit(KILLED)
            return result

        setattr(os, step, end)
        rewrite(file, lambda _: b"new", ME)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == KILLED


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")  # it execs nothing
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("after", [False, True])
def test_a_program_that_ends_anywhere_leaves_old_or_new(
    file: Path, step: str, *, after: bool
) -> None:
    nth = 1
    while killed_at(file, step, nth, after=after):
        assert file.read_bytes() in {b"old", b"new"}
        assert file.stat().st_mode & 0o777 == 0o600
        file.write_bytes(b"old")
        nth += 1
    assert file.read_bytes() == b"new"
    assert list(file.parent.iterdir()) == [file]
    assert nth > 1 or step in {"fchown", "unlink"}, "there may be no call to end after"

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from dcud.observe.log_file import LogFile


@pytest.fixture
def file(tmp_path: Path) -> Iterator[LogFile]:
    opened = LogFile(tmp_path / "log")
    yield opened
    opened.close()


def test_lines_are_appended_to_what_is_there(tmp_path: Path, file: LogFile) -> None:
    (tmp_path / "log").write_text("before\n")
    file.append(b"one\n")
    file.append(b"two\n")
    assert (tmp_path / "log").read_text() == "before\none\ntwo\n"


def test_the_file_is_for_owner_and_group(tmp_path: Path, file: LogFile) -> None:
    before = os.umask(0)
    try:
        file.open()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "log").stat().st_mode) == 0o640


def test_a_moved_file_is_followed_by_a_new_one(tmp_path: Path, file: LogFile) -> None:
    file.append(b"one\n")
    (tmp_path / "log").rename(tmp_path / "log.1")
    file.append(b"two\n")
    assert (tmp_path / "log.1").read_text() == "one\n"
    assert (tmp_path / "log").read_text() == "two\n"


def test_a_replaced_file_is_followed(tmp_path: Path, file: LogFile) -> None:
    file.append(b"one\n")
    (tmp_path / "log").rename(tmp_path / "log.1")
    (tmp_path / "log").write_text("made by logrotate\n")
    file.append(b"two\n")
    assert (tmp_path / "log").read_text() == "made by logrotate\ntwo\n"


def test_a_truncated_file_goes_on_from_its_beginning(tmp_path: Path, file: LogFile) -> None:
    file.append(b"one\n")
    os.truncate(tmp_path / "log", 0)
    file.append(b"two\n")
    assert (tmp_path / "log").read_text() == "two\n"


def test_anew_opens_the_path_even_where_nothing_moved(tmp_path: Path, file: LogFile) -> None:
    file.append(b"one\n")
    file.append(b"two\n", anew=True)
    assert (tmp_path / "log").read_text() == "one\ntwo\n"


def test_a_full_disk_keeps_the_lines_for_later(tmp_path: Path, file: LogFile) -> None:
    (tmp_path / "log").symlink_to("/dev/full")
    for lines in (b"one\ntwo\n", b"three\n"):
        with pytest.raises(OSError, match="No space left") as caught:
            file.append(lines)
        assert caught.value.errno == errno.ENOSPC
    assert file.pending_lines == 3
    (tmp_path / "log").unlink()
    file.append(b"")
    assert (tmp_path / "log").read_text() == "one\ntwo\nthree\n"
    assert file.pending_lines == 0


class Scripted:
    """A device that takes so many octets at a time, or refuses (None)."""

    def __init__(self, *takes: int | None) -> None:
        self.takes = list(takes)
        self.write = os.write

    def __call__(self, descriptor: int, octets: memoryview) -> int:
        take = self.takes.pop(0) if self.takes else len(octets)
        if take is None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self.write(descriptor, octets[:take])


def test_a_device_that_takes_a_little_at_a_time_gets_all(
    tmp_path: Path, file: LogFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.write", Scripted(1, 2, 3))
    file.append(b"one\ntwo\n")
    assert (tmp_path / "log").read_text() == "one\ntwo\n"


def test_a_line_cut_by_a_full_disk_is_completed(
    tmp_path: Path, file: LogFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.write", Scripted(6, None))
    with pytest.raises(OSError, match="No space left"):
        file.append(b"one\ntwo\n")
    assert file.pending_lines == 1
    file.append(b"three\n")
    assert (tmp_path / "log").read_text() == "one\ntwo\nthree\n"


def test_a_line_cut_by_a_full_disk_begins_anew_in_a_new_file(
    tmp_path: Path, file: LogFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.write", Scripted(6, None))
    with pytest.raises(OSError, match="No space left"):
        file.append(b"one\ntwo\n")
    (tmp_path / "log").rename(tmp_path / "log.1")
    file.append(b"three\n")
    assert (tmp_path / "log.1").read_text() == "one\ntw"
    assert (tmp_path / "log").read_text() == "two\nthree\n"


def trouble(file: LogFile) -> OSError | None:
    return file.astray


def test_where_no_new_file_can_be_made_the_moved_one_goes_on(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    file = LogFile(tmp_path / "d" / "log")
    file.append(b"one\n")
    (tmp_path / "d").rename(tmp_path / "gone")
    file.append(b"two\n")
    assert isinstance(trouble(file), FileNotFoundError)
    assert (tmp_path / "gone" / "log").read_text() == "one\ntwo\n"
    (tmp_path / "d").mkdir()
    file.append(b"three\n")
    assert trouble(file) is None
    assert (tmp_path / "d" / "log").read_text() == "three\n"
    file.close()


def test_a_removed_file_takes_no_more_lines(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    file = LogFile(tmp_path / "d" / "log")
    file.append(b"one\n")
    (tmp_path / "d" / "log").unlink()
    (tmp_path / "d").rmdir()
    with pytest.raises(FileNotFoundError):
        file.append(b"two\n")
    assert file.pending_lines == 1
    (tmp_path / "d").mkdir()
    file.append(b"")
    assert (tmp_path / "d" / "log").read_text() == "two\n"
    file.close()


def test_closing_twice_is_harmless(file: LogFile) -> None:
    file.open()
    file.close()
    file.close()

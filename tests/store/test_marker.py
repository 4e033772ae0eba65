import fcntl
import os
import shutil
import stat
from pathlib import Path

import pytest

from dcud.store.errors import StoreError
from dcud.store.marker import Marker


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "counters.sqlite.marker"


@pytest.fixture
def marker(path: Path) -> Marker:
    return Marker(path)


def _placed(marker: Marker) -> str:
    identity = marker.prepare()
    marker.place()
    return identity


def test_where_there_is_none_it_is_empty(marker: Marker) -> None:
    assert marker.read() == ""


def test_what_was_prepared_is_read_once_it_is_in_place(marker: Marker) -> None:
    first = marker.prepare()
    assert marker.read() == ""
    marker.place()
    assert marker.read() == first
    second = marker.prepare()
    assert marker.read() == first != second
    marker.place()
    assert marker.read() == second


def test_it_is_readable_by_its_owner_alone_and_warns_people(marker: Marker, path: Path) -> None:
    _placed(marker)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "Neither copy it" in path.read_text()


def test_what_was_left_behind_is_replaced(marker: Marker) -> None:
    left = marker.prepare()
    assert _placed(marker) == marker.read() != left


def test_a_copy_is_another(marker: Marker, path: Path) -> None:
    first = _placed(marker)
    copy = path.with_name("copy")
    shutil.copy2(path, copy)
    path.unlink()
    copy.rename(path)
    assert path.stat().st_ino
    assert marker.read() != first


def test_an_old_content_in_the_inode_of_today_is_another(marker: Marker, path: Path) -> None:
    first = _placed(marker)
    content = path.read_bytes()
    second = _placed(marker)
    path.write_bytes(content)
    assert marker.read() not in {first, second}


def test_one_inode_number_with_two_generations_are_two(
    marker: Marker, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([b"\x01\0\0\0\0\0\0\0", b"\x02\0\0\0\0\0\0\0"])
    monkeypatch.setattr(fcntl, "ioctl", lambda *_: next(answers))
    assert _placed(marker) != marker.read()


def test_where_there_are_no_generations_the_number_has_to_do(
    marker: Marker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> bytes:
        raise OSError(25, "Inappropriate ioctl for device")

    monkeypatch.setattr(fcntl, "ioctl", refuse)
    first = _placed(marker)
    assert first.endswith(".0")
    assert marker.read() == first


def test_it_is_durable_before_it_is_told_of(
    marker: Marker, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    sync = os.fsync

    def note(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    marker.prepare()
    assert synced == [path.name + ".new"]
    marker.place()
    assert synced == [path.name + ".new", path.parent.name]
    assert not path.with_name(path.name + ".new").exists()


def test_a_link_is_not_followed(marker: Marker, path: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"x" * 64)
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="marker"):
        marker.read()


@pytest.mark.parametrize("act", [Marker.read, Marker.prepare, Marker.place])
def test_what_the_system_refuses_is_told_with_its_name(tmp_path: Path, act: object) -> None:
    (tmp_path / "file").write_bytes(b"")
    marker = Marker(tmp_path / "file" / "counters.sqlite.marker")
    with pytest.raises(StoreError, match=r"marker .*counters\.sqlite\.marker: .*service user"):
        act(marker)  # type: ignore[operator]

import os
import stat
from pathlib import Path

import pytest

from dcud.store.files import create_file


def test_a_file_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "counters.sqlite"
    os.close(create_file(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_exists_is_neither_opened_nor_given_away(tmp_path: Path) -> None:
    (tmp_path / "shadow").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "shadow")
    with pytest.raises(FileExistsError):
        create_file(tmp_path / "link")


def test_what_root_makes_belongs_to_the_owner_of_the_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "fchown", lambda _fd, user, group: given.append((user, group)))
    os.close(create_file(tmp_path / "counters.sqlite"))
    assert given == [(tmp_path.stat().st_uid, tmp_path.stat().st_gid)]


def test_others_give_nothing_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "fchown", lambda *_: pytest.fail("not root's to give"))
    os.close(create_file(tmp_path / "counters.sqlite"))


def test_what_can_not_be_given_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[int] = []
    close = os.close

    def refuse(*_: object) -> None:
        raise PermissionError

    def note(descriptor: int) -> None:
        closed.append(descriptor)
        close(descriptor)

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "fchown", refuse)
    monkeypatch.setattr(os, "close", note)
    with pytest.raises(PermissionError):
        create_file(tmp_path / "counters.sqlite")
    assert len(closed) == 1

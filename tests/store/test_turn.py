import threading
from pathlib import Path

import pytest

from dcud.store.errors import StoreError
from dcud.store.turn import Turn


def test_who_waits_gets_the_turn_when_the_other_has_done(tmp_path: Path) -> None:
    told: list[str] = []
    taken = threading.Event()

    def second() -> None:
        taken.wait(10)
        with Turn(tmp_path).taken():
            told.append("second")

    thread = threading.Thread(target=second)
    thread.start()
    with Turn(tmp_path).taken():
        taken.set()
        thread.join(0.02)
        told.append("first")
    thread.join(10)
    assert told == ["first", "second"]


def test_who_waits_too_long_is_told(tmp_path: Path) -> None:
    with (
        Turn(tmp_path).taken(),
        pytest.raises(StoreError, match="another process holds directory"),
        Turn(tmp_path, patience=0).taken(),
    ):
        pytest.fail("two at a time")


def test_a_turn_that_failed_is_given_back(tmp_path: Path) -> None:
    turn = Turn(tmp_path, patience=0)
    with pytest.raises(ZeroDivisionError), turn.taken():
        raise ZeroDivisionError
    with turn.taken():
        pass


def test_a_missing_directory_is_told(tmp_path: Path) -> None:
    with (
        pytest.raises(StoreError, match=r"gone can't be opened: No such file"),
        Turn(tmp_path / "gone").taken(),
    ):
        pytest.fail("there is nothing")

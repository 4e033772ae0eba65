from datetime import UTC, datetime

from dcud.publish.state_payload import MeterCondition, MeterState
from dcud.publish.states import Shown, StateBoard

_UP = MeterState(condition=MeterCondition.UP, since=datetime(2026, 3, 1, tzinfo=UTC))
_DOWN = MeterState(condition=MeterCondition.DOWN, since=datetime(2026, 3, 1, tzinfo=UTC))


def _told(board: StateBoard) -> list[tuple[str, Shown]]:
    told = []
    while (state := board.take()) is not None:
        told.append(state)
    return told


def test_only_the_latest_state_of_a_meter_is_told() -> None:
    board = StateBoard()
    board.show("a", _UP)
    board.show("b", _UP)
    board.show("a", _DOWN)
    assert not board.all_told
    assert _told(board) == [("a", _DOWN), ("b", _UP)]
    assert board.all_told


def test_what_does_not_change_is_not_told_twice() -> None:
    board = StateBoard()
    board.show("a", _UP)
    _told(board)
    board.show("a", _UP)
    assert _told(board) == []


def test_what_is_gone_is_taken_back_even_if_it_was_never_shown() -> None:
    board = StateBoard()
    board.show("a", None)
    assert _told(board) == [("a", None)]
    board.show("a", None)
    assert _told(board) == []


def test_a_new_connection_is_told_everything() -> None:
    board = StateBoard()
    board.show("a", _UP)
    board.show("b", None)
    _told(board)
    board.tell_again()
    assert _told(board) == [("a", _UP), ("b", None)]

from dcud.publish.refusals import Refusals
from dcud.store.rows import OutboxRow


def row(number: int, meter: str = "m") -> OutboxRow:
    return OutboxRow(
        row_id=number, message_id="", topic="t", payload=b"", stored_at=0.0, meter=meter
    )


def test_pauses_grow_to_a_minute() -> None:
    refusals, pauses, now = Refusals(), [], 0.0
    for _ in range(9):
        assert not refusals.refused(row(1), now)
        again_at = refusals.next_at()
        assert again_at is not None
        pauses.append(again_at - now)
        now = again_at
        assert refusals.let_go(now)
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_what_comes_behind_waits_and_what_was_before_does_not() -> None:
    refusals = Refusals()
    refusals.refused(row(5), 0.0)
    held = [refusals.is_held(row(n)) for n in (4, 5, 6)]
    assert held == [False, True, True]
    assert not refusals.is_held(row(7, "other"))
    assert not refusals.let_go(0.5)
    assert refusals.let_go(1.0)
    held = [refusals.is_held(row(n)) for n in (4, 5, 6)]
    assert held == [False, False, True]  # it is on its way once more
    refusals.passed(row(5))
    assert refusals.let_go(1.0)
    assert not refusals.is_held(row(6))
    assert refusals.next_at() is None


def test_one_is_given_up_after_five_times_if_others_passed_meanwhile() -> None:
    refusals = Refusals()
    refusals.passed(row(9, "x"))
    assert [refusals.refused(row(1), 0.0) for _ in range(6)] == [False] * 6
    refusals.passed(row(10, "x"))
    assert not refusals.refused(row(2), 0.0)  # behind the first: its turn has not come
    assert refusals.refused(row(1), 0.0)
    assert refusals.let_go(0.0)
    assert not refusals.is_held(row(2))


def test_what_was_on_its_way_is_tried_again_with_a_new_connection() -> None:
    refusals = Refusals()
    refusals.refused(row(1), 0.0)
    refusals.let_go(1.0)
    assert refusals.next_at() is None
    refusals.begin_again(7.0)
    assert refusals.next_at() == 7.0

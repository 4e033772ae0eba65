from dcud.collect.alignment import Alignment
from dcud.collect.job import Timing
from dcud.collect.postponed import Postponed


def test_what_is_put_off_comes_in_between_once() -> None:
    schedule = Postponed(Alignment(interval=3600))
    assert schedule.next_after(3600.0) == 7200.0
    schedule.put_off(4000.0)
    assert schedule.next_after(3601.0) == 4000.0
    assert schedule.next_after(4000.0) == 7200.0


def test_the_regular_instant_comes_first_where_it_is_sooner() -> None:
    schedule = Postponed(Alignment(interval=3600))
    schedule.put_off(8000.0)
    assert schedule.next_after(3601.0) == 7200.0
    assert schedule.next_after(7200.0) == 8000.0


def test_only_the_last_word_counts() -> None:
    schedule = Postponed(Alignment(interval=3600))
    schedule.put_off(4000.0)
    schedule.put_off(5000.0)
    assert schedule.next_after(3601.0) == 5000.0
    assert Timing(schedule=schedule).deadline_of(5000.0) == 7200.0

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.collect.alignment import Alignment
from dcud.collect.capacity import Asked, Pace, runs_a_day, share_of_time
from dcud.collect.cron import Cron
from dcud.collect.schedule import DAY

NOW = 1_800_000_000.0
SLOW = Pace(octet=10 / 9600, turn=0.05)
QUARTER = Alignment(interval=900)


def test_an_exchange_is_octets_with_a_turn() -> None:
    pace = Pace(octet=0.001, turn=0.1, information=128)
    assert pace.exchange(16, 12) == pytest.approx(0.1 + (16 + 12 + 24) * 0.001)
    # Three frames, of which each further one is asked for.
    assert pace.exchange(16, 300) == pytest.approx(3 * 0.1 + (16 + 300 + 3 * 24) * 0.001)


def test_a_day_has_its_runs() -> None:
    assert runs_a_day(QUARTER, NOW) == 96
    assert runs_a_day(Alignment(interval=DAY), NOW) == 1
    assert runs_a_day(Alignment(interval=7 * DAY), NOW) == pytest.approx(1 / 7, abs=0.02)
    assert runs_a_day(Cron("5 0 1 * *"), NOW) == pytest.approx(12 / 365, abs=0.002)


def test_thirty_meters_on_a_slow_line_have_time_enough() -> None:
    jobs = [
        Asked(schedule=QUARTER, seconds=SLOW.attributes(8)),
        Asked(schedule=Alignment(interval=3600), seconds=SLOW.rows(4)),
    ]
    assert 0.02 < share_of_time([jobs] * 30, SLOW, NOW) < 0.08


def test_every_minute_is_too_often_for_two_hundred_of_them() -> None:
    jobs = [Asked(schedule=Alignment(interval=60), seconds=SLOW.attributes(8))]
    assert share_of_time([jobs] * 200, SLOW, NOW) > 3


def test_jobs_that_are_due_together_share_an_association() -> None:
    one = Asked(schedule=QUARTER, seconds=0.0)
    shared = share_of_time([[one, one, one]], SLOW, NOW)
    assert shared == share_of_time([[one]], SLOW, NOW) == pytest.approx(96 * SLOW.association / DAY)


def test_a_sign_on_comes_before_every_association() -> None:
    optical = Pace(octet=10 / 9600, turn=0.05, sign_on=3.0)
    assert optical.association == pytest.approx(SLOW.association + 3.0)


def test_a_bus_without_meters_has_all_its_time() -> None:
    assert share_of_time([], SLOW, NOW) == 0
    assert share_of_time([[]], SLOW, NOW) == 0


@given(st.integers(0, 5000), st.integers(0, 5000))
def test_more_rows_never_take_less_time(fewer: int, more: int) -> None:
    few, many = sorted((fewer, more))
    assert SLOW.rows(few) <= SLOW.rows(many)

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.collect.capture_boundaries import CaptureBoundaries

BERLIN, KOLKATA = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata")
QUARTERS = CaptureBoundaries(periods=(900.0,), zones=(UTC,))


def at(time: str) -> float:
    return datetime.fromisoformat(f"2026-06-01T{time}+00:00").timestamp()


@pytest.mark.parametrize(
    ("first", "last", "touches"),
    [
        ("12:00:01", "12:14:59", False),
        ("12:00:00", "12:00:05", True),
        ("12:14:50", "12:15:00", True),
        ("12:14:50", "12:15:10", True),
        ("12:01:00", "13:01:00", True),
    ],
)
def test_quarters_of_an_hour(first: str, last: str, *, touches: bool) -> None:
    assert QUARTERS.touches(at(first), at(last)) is touches


def test_a_meter_sees_its_own_midnight() -> None:
    """Half past six in the evening, UTC, is midnight in India."""
    without_profile = CaptureBoundaries(periods=(), zones=(KOLKATA,))
    assert without_profile.touches(at("18:29:55"), at("18:30:05"))
    assert not without_profile.touches(at("23:59:55"), at("23:59:59") + 6)


@pytest.mark.parametrize("period", [0.0, 86_400.0, 30 * 86_400.0])
def test_periods_that_are_no_part_of_a_day_count_for_midnight(period: float) -> None:
    boundaries = CaptureBoundaries(periods=(period,), zones=(UTC,))
    assert not boundaries.touches(at("11:59:55"), at("12:00:05"))
    assert boundaries.touches(at("23:59:55"), at("23:59:55") + 10)


def test_either_midnight_counts_where_a_clock_ignores_its_season() -> None:
    both = CaptureBoundaries(periods=(), zones=(timezone(timedelta(hours=1)), BERLIN))
    for midnight in ("22:00:00", "23:00:00"):
        assert both.touches(at(midnight) - 1, at(midnight) + 1)


def test_on_the_night_of_a_change_of_season_both_midnights_count() -> None:
    boundaries = CaptureBoundaries(periods=(), zones=(BERLIN,))
    midnight = datetime(2026, 10, 25, tzinfo=BERLIN).timestamp()
    assert boundaries.touches(midnight - 3600, midnight + 4 * 3600)


def test_a_stretch_is_put_off_until_just_after_the_boundary() -> None:
    assert QUARTERS.free_after(at("12:14:55"), at("12:15:30")) == at("12:15:01")
    assert QUARTERS.free_after(at("12:01:00"), at("12:01:30")) == at("12:01:00")


def test_a_stretch_longer_than_the_period_is_never_free() -> None:
    assert QUARTERS.free_after(at("12:00:01"), at("12:15:01")) is None
    close = CaptureBoundaries(periods=(1.0,), zones=(UTC,))
    assert close.free_after(at("12:00:00"), at("12:00:05")) is None


@given(
    first=st.integers(1_600_000_000, 1_900_000_000),
    length=st.integers(0, 7200),
    periods=st.lists(st.sampled_from([60, 300, 420, 900, 1800, 3600, 86_400]), max_size=3),
    zone=st.sampled_from([UTC, BERLIN, KOLKATA, ZoneInfo("Australia/Lord_Howe")]),
)
def test_what_is_free_touches_nothing(
    first: int, length: int, periods: list[int], zone: timezone
) -> None:
    boundaries = CaptureBoundaries(periods=tuple(map(float, periods)), zones=(zone,))
    begin = boundaries.free_after(first, first + length)
    if begin is not None:
        assert begin >= first
        assert not boundaries.touches(begin, begin + length)
    elif not periods:
        raise AssertionError("two hours fit between two midnights")


@given(
    first=st.integers(1_600_000_000, 1_900_000_000),
    length=st.integers(0, 4000),
    period=st.sampled_from([60, 300, 420, 900, 3600]),
)
def test_a_boundary_is_touched_where_a_second_of_the_stretch_is_one(
    first: int, length: int, period: int
) -> None:
    boundaries = CaptureBoundaries(periods=(float(period),), zones=(UTC,))
    one = any(second % 86_400 % period == 0 for second in range(first, first + length + 1))
    assert boundaries.touches(first, first + length) is one

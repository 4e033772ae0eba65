from datetime import date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.collect.alignment import Alignment
from dcud.collect.schedule import DAY, instants

BERLIN = ZoneInfo("Europe/Berlin")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # whose clocks change by half an hour
ZONES = [BERLIN, LORD_HOWE, ZoneInfo("America/New_York"), ZoneInfo("Asia/Kathmandu")]
QUARTER = Alignment(interval=900)

zones = st.sampled_from(ZONES)
moments = st.floats(min_value=1.0e9, max_value=2.2e9)


def told(schedule: Alignment, start: str, count: int, zone: tzinfo = BERLIN) -> list[str]:
    """Return the instants after `start`, as the clock of the zone shows them."""
    due, shown = datetime.fromisoformat(start).timestamp(), []
    for _ in range(count):
        due = schedule.next_after(due)
        shown.append(datetime.fromtimestamp(due, zone).strftime("%m-%d %H:%M%z"))
    return shown


def test_the_next_quarter_of_the_hour() -> None:
    assert QUARTER.next_after(1_700_000_000) == 1_700_000_100
    assert QUARTER.next_after(1_700_000_100) == 1_700_001_000


def test_an_offset_moves_every_instant() -> None:
    assert Alignment(interval=900, offset=30).next_after(1_700_000_100) == 1_700_000_130


def test_only_the_remainder_of_the_offset_counts() -> None:
    assert Alignment(interval=900, offset=930).next_after(1_700_000_100) == 1_700_000_130


@pytest.mark.parametrize("interval", [0.0, -1.0, float("nan")])
def test_an_interval_that_never_moves_on_is_refused(interval: float) -> None:
    with pytest.raises(ValueError, match="positive"):
        Alignment(interval=interval)


def test_quarters_go_on_through_the_hour_that_comes_twice() -> None:
    quarters = told(Alignment(interval=900, zone=BERLIN), "2026-10-25T00:30:00Z", 5)
    assert quarters == [
        "10-25 02:45+0200",
        "10-25 02:00+0100",
        "10-25 02:15+0100",
        "10-25 02:30+0100",
        "10-25 02:45+0100",
    ]


def test_the_hour_that_is_left_out_has_none() -> None:
    halves = told(Alignment(interval=1800, offset=300, zone=BERLIN), "2026-03-29T00:10:00Z", 3)
    assert halves == ["03-29 01:35+0100", "03-29 03:05+0200", "03-29 03:35+0200"]


def test_hours_follow_clocks_that_change_by_half_an_hour() -> None:
    hours = told(Alignment(interval=3600, zone=LORD_HOWE), "2026-04-04T13:30:00Z", 3, LORD_HOWE)
    assert hours == ["04-05 01:00+1100", "04-05 02:00+1030", "04-05 03:00+1030"]


def test_what_is_due_as_the_clocks_change_is_due_once() -> None:
    hours = told(Alignment(interval=3600, zone=BERLIN), "2026-03-29T00:30:00Z", 2)
    assert hours == ["03-29 03:00+0200", "03-29 04:00+0200"]


@pytest.mark.parametrize(
    ("start", "shown"),
    [
        ("2026-03-27T12:00:00Z", ["03-28 02:30+0100", "03-29 03:00+0200", "03-30 02:30+0200"]),
        ("2026-10-23T12:00:00Z", ["10-24 02:30+0200", "10-25 02:30+0200", "10-26 02:30+0100"]),
        ("2028-02-27T12:00:00Z", ["02-28 02:30+0100", "02-29 02:30+0100", "03-01 02:30+0100"]),
    ],
)
def test_a_time_of_day_comes_once_a_day(start: str, shown: list[str]) -> None:
    assert told(Alignment(interval=DAY, offset=9000, zone=BERLIN), start, 3) == shown


def test_a_quarter_of_the_day_is_told_by_the_clock() -> None:
    shown = told(Alignment(interval=6 * 3600, zone=BERLIN), "2026-03-28T20:00:00Z", 3)
    assert shown == ["03-29 00:00+0100", "03-29 06:00+0200", "03-29 12:00+0200"]


def test_weeks_begin_on_the_day_of_the_week_on_which_1970_began() -> None:
    shown = told(Alignment(interval=7 * DAY, zone=BERLIN), "2026-03-20T12:00:00Z", 2)
    assert shown == ["03-26 00:00+0100", "04-02 00:00+0200"]


def test_what_divides_no_day_knows_no_clock() -> None:
    odd = Alignment(interval=1500, zone=BERLIN)
    assert odd.next_after(1_500_000_000) == 1_500_001_500 == 1_500_001_500 // 1500 * 1500


@given(
    st.floats(min_value=0.1, max_value=1e7),
    st.floats(min_value=0, max_value=1e6),
    st.floats(min_value=0, max_value=4e9),
)
def test_the_next_instant_is_later_and_at_most_one_interval_away(
    interval: float, offset: float, now: float
) -> None:
    due = Alignment(interval=interval, offset=offset).next_after(now)
    assert now < due <= now + interval * (1 + 1e-6) + 1e-5


@given(st.sampled_from([60, 300, 900, 1800, 3600]), st.integers(0, 900), zones, moments)
def test_parts_of_the_hour_are_aligned_on_every_clock(
    interval: int, offset: int, zone: ZoneInfo, now: float
) -> None:
    due = Alignment(interval=interval, offset=offset, zone=zone).next_after(now)
    shown = datetime.fromtimestamp(due, zone)
    of_the_hour = 60 * shown.minute + shown.second
    assert now < due <= now + interval + 1800  # the half hour of Lord Howe
    assert (of_the_hour - offset) % interval == 0


@given(st.integers(0, 86_399), zones, st.integers(1_000_000_000, 2_200_000_000))
def test_every_day_has_its_time_exactly_once(offset: int, zone: ZoneInfo, start: int) -> None:
    schedule = Alignment(interval=DAY, offset=offset, zone=zone)
    days = [
        datetime.fromtimestamp(due, zone).date()
        for due in instants(schedule, start, start + 40 * DAY)
    ]
    first = days[0]
    assert days == [first + timedelta(days=index) for index in range(len(days))]
    assert len(days) in {39, 40, 41}
    assert isinstance(first, date)

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.collect.capture_boundaries import CaptureBoundaries
from dcud.collect.clock_discipline import (
    DayTimes,
    Discipline,
    LeaveAlone,
    Limits,
    Offset,
    Right,
    SetTime,
    Shift,
    Situation,
    decide,
    offset_of,
    over_capture,
)
from dcud.collect.clock_setting import Comparison
from dcud.collect.kernel_clock import NotSynchronised, Synchronised
from dcud.dlms.constructors import null_data

SEVEN_PAST = datetime(2026, 6, 1, 12, 7, tzinfo=UTC)
LIMITS = Limits(
    discipline=Discipline.SET,
    tolerance=5.0,
    max_shift=60.0,
    max_set=3600.0,
    changes_a_day=2,
    windows=(),
    zone=UTC,
    across_captures=False,
)
QUARTERS = CaptureBoundaries(periods=(900.0,), zones=(UTC,))
MIDNIGHT = CaptureBoundaries(periods=(), zones=(UTC,))
RIGHT = Synchronised(0.05)
WRONG = NotSynchronised("nothing synchronises it")


def offset(seconds: float, uncertainty: float = 0.6) -> Offset:
    return Offset(seconds=seconds, uncertainty=uncertainty, round_trip=0.1)


def situation(
    seconds: float,
    *,
    uncertainty: float = 0.6,
    now: datetime = SEVEN_PAST,
    boundaries: CaptureBoundaries | None = QUARTERS,
) -> Situation:
    return Situation(
        offset=offset(seconds, uncertainty),
        now=now,
        system=RIGHT,
        changes_today=0,
        boundaries=boundaries,
    )


def why(limits: Limits, told: Situation) -> str:
    decision = decide(limits, told)
    assert isinstance(decision, LeaveAlone)
    return decision.why


@pytest.mark.parametrize("seconds", [0.0, 5.0, -5.6, 5.6])
def test_a_clock_is_right_while_it_may_be(seconds: float) -> None:
    assert decide(LIMITS, situation(seconds)) == Right()


@pytest.mark.parametrize(("ahead", "by"), [(5.7, -6), (-5.7, 6), (59.6, -60), (-60.4, 60)])
def test_a_little_is_shifted(ahead: float, by: int) -> None:
    assert decide(LIMITS, situation(ahead)) == Shift(seconds=by, over_capture=False)


@pytest.mark.parametrize("ahead", [61.0, -120.0, 200.0])
def test_more_is_set(ahead: float) -> None:
    assert decide(LIMITS, situation(ahead)) == SetTime(over_capture=False)


@pytest.mark.parametrize("ahead", [3600.6, -1e9])
def test_too_much_is_told_alone(ahead: float) -> None:
    assert why(LIMITS, situation(ahead)) == "too_far"


def test_where_only_shifting_is_allowed_nothing_is_set() -> None:
    limits = replace(LIMITS, discipline=Discipline.SHIFT)
    assert decide(limits, situation(30.0)) == Shift(seconds=-30, over_capture=False)
    assert why(limits, situation(61.0)) == "too_far"


def test_a_clock_that_is_observed_is_left_alone() -> None:
    assert why(replace(LIMITS, discipline=Discipline.OBSERVE), situation(30.0)) == "observed"


def test_a_gateway_that_may_be_wrong_itself_corrects_nobody() -> None:
    told = decide(LIMITS, replace(situation(30.0), system=WRONG))
    assert isinstance(told, LeaveAlone)
    assert told.why == "unsynchronised"
    assert told.reason.endswith("not known to be right: nothing synchronises it")


def test_a_link_too_slow_to_tell_corrects_nothing() -> None:
    assert why(LIMITS, situation(30.0, uncertainty=4.6)) == "uncertain"


@pytest.mark.parametrize("ahead", [3600.0, -3595.0, -7203.0, 1800.5, 19_800.0])
def test_what_zones_differ_by_is_no_fault_of_a_clock(ahead: float) -> None:
    limits = replace(LIMITS, max_set=86_400.0, across_captures=True)
    assert why(limits, situation(ahead)) == "zone"


@pytest.mark.parametrize("ahead", [3590.0, -1790.0, 1830.0])
def test_what_zones_do_not_differ_by_is_one(ahead: float) -> None:
    limits = replace(LIMITS, max_set=86_400.0, across_captures=True)
    assert decide(limits, situation(ahead)) == SetTime(over_capture=True)


def test_the_day_has_so_many_changes() -> None:
    assert why(LIMITS, replace(situation(30.0), changes_today=2)) == "spent"


def test_no_change_where_nobody_knows_when_the_meter_captures() -> None:
    unknown = situation(30.0, boundaries=None)
    assert why(LIMITS, unknown) == "captures_unknown"
    allowed = decide(replace(LIMITS, across_captures=True), unknown)
    assert allowed == Shift(seconds=-30, over_capture=True)


NIGHT, NOON = DayTimes(22 * 60, 4 * 60), DayTimes(12 * 60, 13 * 60)


@pytest.mark.parametrize(
    ("time", "allowed"),
    [("21:59", False), ("22:00", True), ("00:01", True), ("03:59", True), ("04:00", False)],
)
def test_a_window_may_go_past_midnight(time: str, *, allowed: bool) -> None:
    hour, minute = map(int, time.split(":"))
    assert NIGHT.includes(hour * 60 + minute) is allowed


@pytest.mark.parametrize(
    ("windows", "until"),
    [
        ((NIGHT,), "2026-06-01T20:00:00+00:00"),
        ((NOON, DayTimes(60, 120)), "2026-06-01T23:00:00+00:00"),
        ((DayTimes(14 * 60, 15 * 60),), "2026-06-02T12:00:00+00:00"),
    ],
)
def test_out_of_the_windows_it_waits_for_the_next(
    windows: tuple[DayTimes, ...], until: str
) -> None:
    """Seven past twelve, UTC, is seven past two in Berlin."""
    night = replace(LIMITS, windows=windows, zone=ZoneInfo("Europe/Berlin"))
    later = SEVEN_PAST + timedelta(hours=1)
    told = decide(night, situation(30.0, now=later))
    assert isinstance(told, LeaveAlone)
    assert (told.why, told.until) == ("window", datetime.fromisoformat(until))


def test_within_a_window_it_is_changed() -> None:
    assert isinstance(decide(replace(LIMITS, windows=(NIGHT, NOON)), situation(30.0)), Shift)


@pytest.mark.parametrize("ahead", [30.0, -30.0])
def test_a_change_over_a_capture_waits_until_it_is_past(ahead: float) -> None:
    now = SEVEN_PAST.replace(minute=14, second=56)
    told = decide(LIMITS, situation(ahead, now=now))
    assert isinstance(told, LeaveAlone)
    assert told.why == "capture"
    assert told.until is not None
    assert isinstance(decide(LIMITS, situation(ahead, now=told.until)), Shift)


def test_a_change_of_more_than_a_period_never_fits() -> None:
    told = decide(LIMITS, situation(1000.0))
    assert isinstance(told, LeaveAlone)
    assert (told.why, told.until) == ("capture", None)
    allowed = replace(LIMITS, across_captures=True)
    assert decide(allowed, situation(1000.0)) == SetTime(over_capture=True)


@pytest.mark.parametrize(
    ("before", "after", "crossed"),
    [(30.0, 0.0, False), (500.0, 0.0, True), (-500.0, 0.0, True), (0.0, 500.0, True)],
)
def test_afterwards_it_is_known_whether_a_capture_lay_between(
    before: float, after: float, *, crossed: bool
) -> None:
    began = SEVEN_PAST.timestamp()
    assert over_capture(QUARTERS, (before, after), began, began + 1) is crossed


def test_where_captures_are_not_known_one_may_have_lain_between() -> None:
    began = SEVEN_PAST.timestamp()
    assert over_capture(None, (30.0, 0.0), began, began + 1)


def compared(ahead: float, round_trip: float, micro: int = 0) -> Comparison:
    shown = (SEVEN_PAST + timedelta(seconds=ahead)).replace(microsecond=micro)
    return Comparison(
        meter_time=shown, our_time=SEVEN_PAST, status=(), round_trip=round_trip, sample=null_data()
    )


def test_the_shortest_way_tells_best() -> None:
    told = offset_of([compared(9, 4.0), compared(7, 0.2), compared(8, 2.0)], WRONG)
    assert told == Offset(seconds=7.5, uncertainty=0.1 + 0.5, round_trip=0.2)


def test_hundredths_count_where_any_are_seen() -> None:
    told = offset_of([compared(9, 4.0, 120_000), compared(7, 0.2)], Synchronised(0.25))
    assert told.seconds == pytest.approx(7.005)
    assert told.uncertainty == pytest.approx(0.1 + 0.005 + 0.25)


def test_a_clock_of_ours_that_went_back_meanwhile_tells_worst() -> None:
    assert offset_of([compared(9, -3.0), compared(7, 4.0)], WRONG).seconds == 7.5


def test_offsets_and_changes_in_words() -> None:
    assert str(offset(-7.25)) == "-7.25 s (give or take 0.60 s)"
    assert str(Shift(seconds=7, over_capture=False)) == "shifted by +7 s"
    assert str(SetTime(over_capture=True)) == "set"


limits_drawn = st.builds(
    Limits,
    discipline=st.sampled_from(Discipline),
    tolerance=st.floats(1.0, 60.0),
    max_shift=st.floats(0.0, 900.0),
    max_set=st.floats(1.0, 90_000.0),
    changes_a_day=st.integers(1, 3),
    windows=st.lists(
        st.builds(DayTimes, st.integers(0, 1439), st.integers(0, 1439)), max_size=2
    ).map(tuple),
    zone=st.sampled_from([UTC, ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata")]),
    across_captures=st.booleans(),
)
situations = st.builds(
    Situation,
    offset=st.builds(
        Offset,
        seconds=st.floats(-100_000, 100_000) | st.floats(-100, 100),
        uncertainty=st.floats(0.005, 20.0),
        round_trip=st.floats(0.01, 10.0),
    ),
    now=st.integers(1_600_000_000, 1_900_000_000).map(lambda at: datetime.fromtimestamp(at, UTC)),
    system=st.sampled_from([RIGHT, RIGHT, WRONG]),
    changes_today=st.integers(0, 3),
    boundaries=st.none()
    | st.builds(
        CaptureBoundaries,
        periods=st.sampled_from([(), (900.0,), (60.0, 3600.0), (0.0, 86_400.0)]),
        zones=st.just((UTC,)),
    ),
)


@given(limits=limits_drawn, told=situations)
def test_whatever_comes_the_limits_hold(limits: Limits, told: Situation) -> None:
    decision = decide(limits, told)
    if isinstance(decision, Right | LeaveAlone):
        return
    ahead = told.offset.seconds
    assert abs(ahead) > limits.tolerance
    assert isinstance(told.system, Synchronised)
    assert told.changes_today < limits.changes_a_day
    assert limits.discipline is not Discipline.OBSERVE
    assert limits.across_captures or not decision.over_capture
    local = told.now.astimezone(limits.zone)
    minute = local.hour * 60 + local.minute
    assert not limits.windows or any(window.includes(minute) for window in limits.windows)
    if isinstance(decision, Shift):
        assert abs(decision.seconds) <= min(limits.max_shift, 900)
        assert abs(ahead + decision.seconds) <= 0.5
    else:
        assert limits.discipline is Discipline.SET
        assert abs(ahead) <= limits.max_set
        assert abs(ahead) < 1000 or abs(ahead) % 1800 > limits.tolerance


@given(limits=limits_drawn, told=situations, error=st.floats(-1, 1), taken=st.floats(0.0, 1.0))
def test_no_capture_is_skipped_or_repeated_unless_that_is_said(
    limits: Limits, told: Situation, error: float, taken: float
) -> None:
    """Whatever the clock truly shows within the uncertainty, and whenever the change comes."""
    decision = decide(limits, told)
    if isinstance(decision, Right | LeaveAlone) or decision.over_capture:
        return
    boundaries = told.boundaries
    assert boundaries is not None
    comes = told.now.timestamp() + taken * max(5.0, 4 * told.offset.round_trip)
    ahead = told.offset.seconds + error * told.offset.uncertainty
    since = ahead + decision.seconds if isinstance(decision, Shift) else 0.0
    assert not boundaries.touches(comes + min(ahead, since), comes + max(ahead, since))


@given(limits=limits_drawn, told=situations, error=st.floats(-1, 1), again=st.floats(-1, 1))
def test_one_change_is_enough(limits: Limits, told: Situation, error: float, again: float) -> None:
    """Whatever was true within the uncertainty, the clock counts as right when it is seen again."""
    decision = decide(limits, told)
    if not isinstance(decision, Shift):
        return
    doubt = told.offset.uncertainty
    truly = told.offset.seconds + error * doubt + decision.seconds
    after = replace(told.offset, seconds=truly + again * doubt)
    assert decide(limits, replace(told, offset=after)) == Right()
    assert abs(truly) <= limits.tolerance


@given(limits=limits_drawn, told=situations)
def test_what_waits_can_be_done_when_it_has_waited(limits: Limits, told: Situation) -> None:
    decision = decide(limits, told)
    if not isinstance(decision, LeaveAlone) or decision.until is None:
        return
    assert decision.until > told.now
    then = decide(limits, replace(told, now=decision.until))
    # A window may begin in the hour that spring leaves out.
    again = isinstance(then, LeaveAlone) and then.why == decision.why
    assert not again or decision.why == "window"

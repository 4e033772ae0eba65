"""What is to be done about a meter's clock that is not right: a decision, and its reason.

A clock is left alone unless it is wrong beyond doubt and beyond what is borne, this gateway's own
clock is known to be right, and neither the limits, nor the time of day, nor a capture forbid it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from dcud.collect.capture_boundaries import CaptureBoundaries
from dcud.collect.clock_setting import LONGEST_SHIFT, Comparison
from dcud.collect.kernel_clock import NotSynchronised, Synchronised, SystemClock

_HUNDREDTH: Final = 0.01
_ROUNDING: Final = 0.5
"""Seconds by which a clock that counts whole ones may be off after it was moved."""
_PROMPT: Final = 5.0
"""Seconds after which a change has taken effect, at least; slow links have more."""
_ROUND_TRIPS: Final = 4
"""Within so many of them a change has taken effect, repetitions included."""
_HALF_AN_HOUR: Final = 1800.0
_DAY: Final = timedelta(days=1)


class Discipline(StrEnum):
    """What may be done about a clock."""

    OBSERVE = "observe"
    SHIFT = "shift"
    SET = "set"
    """Shift, or set where it is further off."""


@dataclass(frozen=True, slots=True)
class DayTimes:
    """A part of the day, in minutes since midnight; it may go past midnight."""

    begin: int
    end: int

    def includes(self, minute: float) -> bool:
        """Tell whether a minute of the day is in it."""
        if self.begin < self.end:
            return self.begin <= minute < self.end
        return minute >= self.begin or minute < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How far it may go.

    Attributes:
        tolerance: seconds that are borne.
        max_shift: seconds; what is more than this is set.
        max_set: seconds; what is more than this is only told.
        changes_a_day: that are allowed.
        windows: when a clock may be changed; empty: always.
        zone: whose days and times of day these are.
        across_captures: whether a capture may be skipped or repeated.
    """

    discipline: Discipline
    tolerance: float
    max_shift: float
    max_set: float
    changes_a_day: int
    windows: tuple[DayTimes, ...]
    zone: tzinfo
    across_captures: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Offset:
    """How far a meter's clock is ahead of this gateway's.

    Attributes:
        seconds: below zero where it is behind.
        uncertainty: by how much that may be wrong, either way.
        round_trip: seconds from question to answer.
    """

    seconds: float
    uncertainty: float
    round_trip: float

    def is_surely_beyond(self, tolerance: float) -> bool:
        """Tell whether the clock is off by more than that however the uncertainty falls."""
        return abs(self.seconds) - self.uncertainty > tolerance

    def __str__(self) -> str:
        """Return it for a sentence."""
        return f"{self.seconds:+.2f} s (give or take {self.uncertainty:.2f} s)"


def quickest(compared: Sequence[Comparison]) -> Comparison:
    """Return the comparison to go by: that of the shortest way.

    Args:
        compared: one after the other; at least one. One between whose question and answer this
            gateway's clock went back counts last.
    """
    return min(compared, key=lambda each: (each.round_trip < 0, each.round_trip))


def offset_of(compared: Sequence[Comparison], system: SystemClock) -> Offset:
    """Return how far a clock is ahead that was compared several times, at least once.

    A clock of which nothing but whole seconds was ever seen shows the second that has begun: it is
    taken to be in the midst of it.
    """
    best = quickest(compared)
    fine = any(each.meter_time.microsecond for each in compared)
    resolution = _HUNDREDTH if fine else 1.0
    max_error = system.max_error if isinstance(system, Synchronised) else 0.0
    return Offset(
        seconds=best.deviation.total_seconds() + resolution / 2,
        uncertainty=abs(best.round_trip) / 2 + resolution / 2 + max_error,
        round_trip=abs(best.round_trip),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What there is to go by.

    Attributes:
        offset: of the meter's clock.
        now: by this gateway's clock, aware.
        system: whether that one is right.
        changes_today: that were made already.
        boundaries: when the meter captures; None where that is not known.
    """

    offset: Offset
    now: datetime
    system: SystemClock
    changes_today: int
    boundaries: CaptureBoundaries | None


@dataclass(frozen=True, slots=True)
class Right:
    """The clock is right, as far as anybody can tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """It is to be shifted by so many seconds.

    Attributes:
        over_capture: whether that may skip or repeat a capture.
    """

    seconds: int
    over_capture: bool

    def __str__(self) -> str:
        """Return it for a sentence."""
        return f"shifted by {self.seconds:+} s"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTime:
    """It is to be set; see `Shift`."""

    over_capture: bool

    def __str__(self) -> str:
        """Return it for a sentence."""
        return "set"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveAlone:
    """It is wrong, and nothing is to be done about it.

    Attributes:
        why: a word for programs.
        reason: words for people, with the remedy.
        until: when it may be looked at again with better hope; None: nothing will be otherwise by
            itself.
    """

    why: str
    reason: str
    until: datetime | None = None


Change = Shift | SetTime
Decision = Right | Change | LeaveAlone


def decide(limits: Limits, situation: Situation) -> Decision:
    """Return what is to be done."""
    if not situation.offset.is_surely_beyond(limits.tolerance):
        return Right()
    for forbids in _FORBIDS:
        forbidden = forbids(limits, situation)
        if forbidden is not None:
            return forbidden
    return _change(limits, situation)


def over_capture(
    boundaries: CaptureBoundaries | None, aheads: tuple[float, float], began: float, ended: float
) -> bool:
    """Tell whether a change skipped or repeated a capture, or may have.

    Args:
        boundaries: when the meter captures; None where that is not known.
        aheads: by how many seconds its clock was ahead before and after.
        began: when the change was asked for, unix seconds.
        ended: by when it was done.
    """
    if boundaries is None:
        return True
    return boundaries.touches(began + min(aheads), ended + max(aheads))


def _change(limits: Limits, situation: Situation) -> Change:
    stretch = _stretch(situation)
    boundaries = situation.boundaries
    touched = boundaries is None or boundaries.touches(*stretch)
    seconds = _seconds(situation)
    if _is_shiftable(limits, seconds):
        return Shift(seconds=seconds, over_capture=touched)
    return SetTime(over_capture=touched)


def _seconds(situation: Situation) -> int:
    return -round(situation.offset.seconds)


def _is_shiftable(limits: Limits, seconds: int) -> bool:
    return abs(seconds) <= min(limits.max_shift, LONGEST_SHIFT)


def _observed(limits: Limits, situation: Situation) -> LeaveAlone | None:  # noqa: ARG001  # as others
    if limits.discipline is not Discipline.OBSERVE:
        return None
    return LeaveAlone(
        why="observed", reason='it is only observed; discipline = "shift" or "set" would correct it'
    )


def _unsynchronised(limits: Limits, situation: Situation) -> LeaveAlone | None:  # noqa: ARG001  # as others
    if not isinstance(situation.system, NotSynchronised):
        return None
    reason = f"the gateway's own clock is not known to be right: {situation.system.reason}"
    return LeaveAlone(why="unsynchronised", reason=reason)


def _uncertain(limits: Limits, situation: Situation) -> LeaveAlone | None:
    if situation.offset.uncertainty + _ROUNDING <= limits.tolerance:
        return None
    return LeaveAlone(
        why="uncertain",
        reason=f"no correction would be sure to bring it within {limits.tolerance:g} s, so far off"
        " may link and gateway be; allow for more by tolerance",
    )


def _too_far(limits: Limits, situation: Situation) -> LeaveAlone | None:
    if _is_shiftable(limits, _seconds(situation)):
        return None
    if limits.discipline is Discipline.SHIFT:
        reason = f'that is more than max_shift, {limits.max_shift:g} s; discipline = "set" sets it'
        return LeaveAlone(why="too_far", reason=reason)
    if abs(situation.offset.seconds) <= limits.max_set:
        return None
    reason = f"that is more than max_set, {limits.max_set:g} s: see what befell it, set it by hand"
    return LeaveAlone(why="too_far", reason=reason)


def _other_zone(limits: Limits, situation: Situation) -> LeaveAlone | None:
    """Forbid to correct what is off by what zones and seasons differ by: that is no clock's fault.

    Else whoever mistook a meter's zone would have all clocks of its kind set wrong.
    """
    offset = situation.offset
    halves = round(abs(offset.seconds) / _HALF_AN_HOUR)
    beside = abs(abs(offset.seconds) - halves * _HALF_AN_HOUR)
    if not halves or beside > limits.tolerance + offset.uncertainty:
        return None
    return LeaveAlone(
        why="zone",
        reason=f"{halves / 2:g} h are what zones or seasons differ by; see clock.time_zone and"
        " clock.deviation, or set it by hand",
    )


def _spent(limits: Limits, situation: Situation) -> LeaveAlone | None:
    if situation.changes_today < limits.changes_a_day:
        return None
    reason = f"it was changed {situation.changes_today} times today, as changes_a_day allows"
    return LeaveAlone(why="spent", reason=f"{reason}: such a clock may be defective")


def _out_of_window(limits: Limits, situation: Situation) -> LeaveAlone | None:
    local = situation.now.astimezone(limits.zone)
    minute = local.hour * 60 + local.minute
    if not limits.windows or any(each.includes(minute) for each in limits.windows):
        return None
    begin = min(_next_at(local, each.begin) for each in limits.windows)
    return LeaveAlone(why="window", reason="the time of day is none of windows", until=begin)


def _at_capture(limits: Limits, situation: Situation) -> LeaveAlone | None:
    boundaries = situation.boundaries
    if limits.across_captures:
        return None
    if boundaries is None:
        return LeaveAlone(
            why="captures_unknown",
            reason="the meter does not tell when its profiles capture; write capture_period",
        )
    stretch = _stretch(situation)
    if not boundaries.touches(*stretch):
        return None
    free = boundaries.free_after(*stretch)
    if free is None:
        return LeaveAlone(
            why="capture",
            reason="every way would skip or repeat a capture; across_captures = true allows it",
        )
    until = situation.now + timedelta(seconds=free - stretch[0])
    return LeaveAlone(
        why="capture", reason="it would skip or repeat a capture just now", until=until
    )


_FORBIDS: Final = (
    _observed,
    _unsynchronised,
    _uncertain,
    _too_far,
    _other_zone,
    _spent,
    _out_of_window,
    _at_capture,
)
"""In the order in which they are asked: what nobody can wait out comes first."""


def _stretch(situation: Situation) -> tuple[float, float]:
    """Return from when to when the meter's clock may stand while it is changed, unix seconds."""
    offset, now = situation.offset, situation.now.timestamp()
    margin = offset.uncertainty + 2 * _ROUNDING
    latest = max(_PROMPT, _ROUND_TRIPS * offset.round_trip)
    first = now + min(offset.seconds, 0.0) - margin
    return first, now + max(offset.seconds, 0.0) + margin + latest


def _next_at(local: datetime, minute: int) -> datetime:
    """Return when that minute of the day begins next."""
    begin = local.replace(hour=minute // 60, minute=minute % 60, second=0, microsecond=0, fold=0)
    if begin.astimezone(UTC) <= local.astimezone(UTC):
        begin += _DAY
    return begin.astimezone(UTC)

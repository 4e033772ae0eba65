"""Instants at the same distance from each other, aligned to the clock on the wall.

What the clocks of a time zone do decides what that means:

- An interval that divides the hour goes on through every change of the clocks: the hour that comes
  twice in autumn has its quarters twice, and the one that spring leaves out has none.
- A longer one that divides the day, or is made of whole days, gives times of day. What spring
  leaves out comes when the clocks have jumped; what comes twice in autumn counts the first time.
- Any other knows no clock on the wall: its instants are whole multiples of it since 1970 began.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from dcud.collect.schedule import DAY

_HOUR = 3600.0
_EPOCH = date(1970, 1, 1).toordinal()
_NEAR = timedelta(days=1)
_MOMENT = 1e-3
"""Seconds; clocks change at whole ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """A `Schedule` of whole multiples of an interval by a clock on the wall, shifted by an offset.

    Attributes:
        interval: seconds between two instants; positive.
        offset: seconds after the multiple; may exceed the interval, only the remainder counts.
        zone: whose clock it is.
    """

    interval: float
    offset: float = 0.0
    zone: tzinfo = UTC

    def __post_init__(self) -> None:
        """Refuse an interval that would never move on."""
        if not self.interval > 0:
            raise ValueError(f"the interval must be positive, not {self.interval}")

    def next_after(self, now: float) -> float:
        """Return the first instant later than `now`."""
        if _HOUR % self.interval == 0:
            return self._by_the_hour(now)
        if DAY % self.interval == 0 or self.interval % DAY == 0:
            return self._by_the_day(now)
        return self._multiple_after(now, 0.0)

    def _multiple_after(self, now: float, deviation: float) -> float:
        """Return the next multiple on a clock that is `deviation` seconds before UTC."""
        steps = (now + deviation - self.offset) // self.interval
        due = (steps + 1) * self.interval + self.offset - deviation
        # Rounding may land on `now` itself: a job must never be due twice for one instant.
        return due if due > now else due + self.interval

    def _by_the_hour(self, now: float) -> float:
        before = self._deviation(now)
        due = self._multiple_after(now, before)
        after = self._deviation(due)
        if after == before:
            return due
        changed = self._change_between(now, due)
        # What is due just as the clocks change is due by the new time.
        return self._multiple_after(changed - _MOMENT, after)

    def _change_between(self, start: float, end: float) -> float:
        """Return the second at which the clocks change; they do so within `start` and `end`."""
        before, low, high = self._deviation(start), int(start), int(end) + 1
        while high - low > 1:
            middle = (low + high) // 2
            if self._deviation(middle) == before:
                low = middle
            else:
                high = middle
        return float(high)

    def _by_the_day(self, now: float) -> float:
        return next(due for due in self._times_of_day(now) if due > now)

    def _times_of_day(self, now: float) -> Iterator[float]:
        """Return instants from before `now` on."""
        days = max(1, int(self.interval // DAY))
        today = datetime.fromtimestamp(now, self.zone).date() - _NEAR
        ordinal = (today.toordinal() - _EPOCH) // days * days + _EPOCH
        offset = self.offset % self.interval
        times = int(DAY // self.interval) or 1
        while True:
            for index in range(times):
                yield self._instant(ordinal, index * self.interval + offset)
            ordinal += days

    def _instant(self, ordinal: int, seconds: float) -> float:
        """Return when the clock shows so many seconds after the midnight that begins a day."""
        day = datetime.fromordinal(ordinal)
        shown = (day + timedelta(seconds=seconds)).replace(tzinfo=self.zone)
        due = shown.timestamp()
        back = datetime.fromtimestamp(due, self.zone)
        if back.replace(tzinfo=None) == shown.replace(tzinfo=None):
            return due
        return self._change_between(due - DAY, due)

    def _deviation(self, instant: float) -> float:
        """Return by how many seconds the clock is before UTC."""
        deviation = datetime.fromtimestamp(instant, self.zone).utcoffset()
        return deviation.total_seconds() if deviation else 0.0

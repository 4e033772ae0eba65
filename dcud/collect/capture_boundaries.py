"""The instants at which a meter captures, seen by its own clock.

A clock that is moved past such an instant skips a capture; one that is moved back over it has the
meter capture twice under the same time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from dcud.collect.schedule import DAY

_JUST_AFTER: Final = 1.0
"""Seconds after a boundary at which a stretch may begin that is not to touch it."""
_TRIES: Final = 100
"""Boundaries that are looked behind; where none of them leaves room, none will."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureBoundaries:
    """Whole multiples of capture periods since the meter's midnight; midnight is always one.

    All times are in unix seconds.

    Attributes:
        periods: seconds between captures, of each profile; 0 and what is longer than a day count
            for midnight alone.
        zones: in which the meter may see its midnight: that of the offset which it shows, and that
            in which it is.
    """

    periods: tuple[float, ...]
    zones: tuple[tzinfo, ...]

    def touches(self, first: float, last: float) -> bool:
        """Tell whether there is one from `first` to `last`, both included."""
        return any(each >= first for each in self._last_ones(first, last))

    def free_after(self, first: float, last: float) -> float | None:
        """Return when a stretch as long as this one could begin without touching one.

        Returns:
            `first` itself where that is so now; None where captures are too close for it.
        """
        start, length = first, last - first
        for _ in range(_TRIES):
            latest = max(self._last_ones(start, start + length))
            if latest < start:
                return start
            start = latest + _JUST_AFTER
        return None

    def _last_ones(self, first: float, last: float) -> Iterator[float]:
        """Give the last boundary up to `last` of each kind; it may lie before `first`."""
        offsets = {_offset(zone, at) for zone in self.zones for at in (first, last)}
        for offset in offsets:
            midnight = (last + offset) // DAY * DAY
            for period in (DAY, *self.periods):
                step = period if 0 < period < DAY else DAY
                yield midnight + (last + offset - midnight) // step * step - offset


def _offset(zone: tzinfo, at: float) -> float:
    offset = datetime.fromtimestamp(at, zone).utcoffset()
    return offset.total_seconds() if offset else 0.0

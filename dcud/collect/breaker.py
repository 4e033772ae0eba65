"""How long to leave a meter alone that does not answer."""

from dataclasses import dataclass
from enum import StrEnum

_PAUSE_FOR_COST = 49.0
"""Times as long as a try took: then tries take a fiftieth of the time."""


class MeterState(StrEnum):
    """What the operators are told of a meter."""

    UP = "up"
    DEGRADED = "degraded"
    """The last poll failed, but not yet often and long enough to call the meter down."""
    DOWN = "down"


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerLimits:
    """When a meter counts as down, and the pauses between probes; all in seconds."""

    failures: int = 2
    duration: float = 3.0
    first_pause: float = 10.0
    longest_pause: float = 900.0


class Breaker:
    """One meter's record of failures.

    A meter is down after both a number of failed polls and a time; each failure doubles the pause
    before the next try, up to the longest. Tries of a meter that is down take at most 2 % of its
    bus's time, so the pause is also made as long as it takes for that. A success ends it all.
    """

    __slots__ = ("_failing_since", "_failures", "_limits", "_not_before")

    def __init__(self, limits: BreakerLimits) -> None:
        self._limits = limits
        self._failures = 0
        self._failing_since = 0.0
        self._not_before = float("-inf")

    @property
    def not_before(self) -> float:
        """The earliest monotonic second for the next try; minus infinity while all is well."""
        return self._not_before

    def failed(self, now: float, jitter: float, cost: float = 0.0) -> None:
        """Note a failed poll.

        Args:
            now: monotonic seconds.
            jitter: 0..1; spreads the tries of meters that failed together.
            cost: seconds for which the poll had the bus.
        """
        if not self._failures:
            self._failing_since = now
        self._failures += 1
        doublings = min(self._failures - 1, 32)
        pause = min(self._limits.first_pause * 2.0**doublings, self._limits.longest_pause)
        least = cost * _PAUSE_FOR_COST if self.state(now) is MeterState.DOWN else 0.0
        self._not_before = now + max(pause * (0.75 + 0.25 * jitter), least)

    def succeeded(self) -> None:
        """Note a poll that went well."""
        self._failures = 0
        self._not_before = float("-inf")

    def end_pause(self) -> None:
        """Allow the next try at once; if that fails, the pause is the longer for it."""
        self._not_before = float("-inf")

    def state(self, now: float) -> MeterState:
        """Return what the meter counts as at `now`."""
        if not self._failures:
            return MeterState.UP
        often = self._failures >= self._limits.failures
        long = now - self._failing_since >= self._limits.duration
        return MeterState.DOWN if often and long else MeterState.DEGRADED

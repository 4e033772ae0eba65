"""What tells when a job is due."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import Protocol

DAY = 86_400.0


class Schedule(Protocol):
    """Instants without end, in unix seconds; a value."""

    def __hash__(self) -> int:
        """Return what equal schedules have in common."""
        ...

    def next_after(self, now: float) -> float:
        """Return the first instant later than `now`."""
        ...


@dataclass(frozen=True, slots=True)
class Delayed:
    """The instants of another schedule, each `delay` seconds later."""

    schedule: Schedule
    delay: float

    def next_after(self, now: float) -> float:
        """Return the first instant later than `now`."""
        due = self.schedule.next_after(now - self.delay) + self.delay
        # Rounding may land on `now` itself: a job must never be due twice for one instant.
        return due if due > now else self.schedule.next_after(due) + self.delay


def instants(schedule: Schedule, start: float, end: float) -> Iterator[float]:
    """Return the instants after `start`, up to `end`."""

    def each() -> Iterator[float]:
        due = start
        while True:
            due = schedule.next_after(due)
            yield due

    return takewhile(lambda due: due <= end, each())

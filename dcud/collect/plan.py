"""What of all that is due on a bus comes next.

What somebody ordered goes before what is scheduled, and that before what is left over of earlier
runs; among the scheduled the higher priority goes first, and of one priority that whose deadline is
nearest. A meter whose breaker is
open has to wait, whatever is due of it. What is left over takes turns: the meter that was asked
longest ago is next.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import islice
from math import inf
from typing import Protocol

from dcud.collect.breaker import Breaker
from dcud.collect.job import Job
from dcud.collect.order import Order
from dcud.collect.schedule import instants

_LEFT_OUT_AT_MOST = 1000
"""Instants that are counted of a stretch of time in which nothing could run."""


class Class(IntEnum):
    """What goes before what, whatever else is to be said of it."""

    ORDERED = 0
    SCHEDULED = 1
    LEFT_OVER = 2
    NOTHING = 3


Rank = tuple[Class, int, float]
"""What is less goes first: class, then priority, then deadline."""

_ORDERED: Rank = (Class.ORDERED, 0, 0.0)
_LEFT_OVER: Rank = (Class.LEFT_OVER, 0, 0.0)
_NOTHING: Rank = (Class.NOTHING, 0, 0.0)


@dataclass(slots=True, eq=False)
class Task:
    """A job as a plan sees it; all times in unix seconds.

    Attributes:
        due: the instant that is next, or was not met yet.
        deadline: until when the run of that instant is to be done.
        is_unfinished: whether an earlier run left something over.
        has_failed: whether its last run ended in an error, though the meter could be asked.
    """

    job: Job
    due: float = inf
    deadline: float = inf
    is_unfinished: bool = False
    has_failed: bool = False

    def schedule(self, now: float) -> None:
        """Set it to the first instant after `now`."""
        self.set_due(self.job.timing.schedule.next_after(now))

    def set_due(self, due: float) -> None:
        """Make it due at an instant, of its schedule or not."""
        self.due = due
        self.deadline = self.job.timing.deadline_of(due)

    def is_wanted(self, now: float) -> bool:
        """Tell whether it has anything to do."""
        return self.is_unfinished or self.due <= now

    def rank(self, now: float) -> Rank:
        """Return its place among all that is to be done."""
        if self.due <= now:
            return Class.SCHEDULED, self.job.timing.priority, self.deadline
        return _LEFT_OVER if self.is_unfinished else _NOTHING

    def left_out(self, now: float) -> int:
        """Return how many instants went by since the one that is due, and have no run of their own.

        There are a thousand at most.
        """
        if self.due > now:
            return 0
        passed = instants(self.job.timing.schedule, self.due, now)
        return sum(1 for _ in islice(passed, _LEFT_OUT_AT_MOST))


class Planned(Protocol):
    """A meter as a plan sees it.

    Attributes:
        asked_at: when it was last asked, monotonic seconds.
        orders: what somebody wants of it, which waits for no breaker.
        held_until: until when it is left alone, unix seconds.
    """

    tasks: Sequence[Task]
    breaker: Breaker
    orders: list[Order]
    held_until: float
    asked_at: float


def wanted(tasks: Iterable[Task], now: float) -> list[Task]:
    """Return what is to be done, what goes first at the front."""
    return sorted([task for task in tasks if task.is_wanted(now)], key=lambda task: task.rank(now))


def choose(
    meters: Sequence[Planned], wall: float, monotonic: float, *, with_orders: bool = True
) -> tuple[int, float]:
    """Return the place of the meter that is to be asked next, with the seconds until then.

    Args:
        meters: of the bus; at least one.
        wall: unix seconds.
        monotonic: seconds on the clock of the breakers.
        with_orders: whether orders count.
    """
    first, foremost = 0, (inf, _NOTHING, inf)
    # This runs over every meter of the bus for every poll of one: most end at the first look.
    for place, meter in enumerate(meters):
        if meter.orders and with_orders:
            candidate = 0.0, _ORDERED, meter.asked_at
            if candidate < foremost:
                first, foremost = place, candidate
            continue
        pause = max(0.0, _pause(meter, wall), meter.breaker.not_before - monotonic)
        if pause <= foremost[0]:
            candidate = pause, _NOTHING if pause else _foremost(meter, wall), meter.asked_at
            if candidate < foremost:
                first, foremost = place, candidate
    return first, foremost[0]


def foremost_waiting(
    meters: Sequence[Planned], served: Planned, wall: float, monotonic: float
) -> Rank:
    """Return the foremost rank of what meters other than the one that is served wait for."""
    if any(meter.orders for meter in meters):
        return _ORDERED
    ranks = [
        _foremost(meter, wall)
        for meter in meters
        if meter is not served
        and meter.breaker.not_before <= monotonic
        and meter.held_until <= wall
    ]
    return min(ranks, default=_NOTHING)


def _foremost(meter: Planned, wall: float) -> Rank:
    return min((task.rank(wall) for task in meter.tasks), default=_NOTHING)


def _pause(meter: Planned, wall: float) -> float:
    """Return the seconds until one of its tasks has something to do, and it is not held."""
    due = min((wall if task.is_unfinished else task.due for task in meter.tasks), default=inf)
    return max(due, meter.held_until) - wall

"""How much of a bus's time its meters will take, by estimate.

An estimate is good for telling a bus that is asked for twice what it can do from one that is asked
for half of it. What can't be known before the first reading is assumed: that a profile captures
every quarter of an hour, in rows of the usual size.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from math import ceil

from dcud.collect.schedule import DAY, Schedule, instants

ROW = 45
"""Octets of a load profile's row: time, status, some registers."""
CAPTURE_PERIOD = 900.0
"""Seconds between the rows of a profile."""

_ENOUGH = 10
"""Runs that tell how often there are some."""
_LONGEST = 800 * DAY
"""What is rarer than that doesn't matter."""

_FRAME = 12
"""Octets around the information of a frame: flags, format, addresses, control, checks."""
_GET = 16
"""Octets of a request for one attribute."""
_VALUE = 12
"""Octets of an answer with one number."""
_SET_UP = ((25, 25), (60, 60), (5, 25), (0, 0))
"""Octets sent and received to set link and association up, and to take them down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast a line is.

    Attributes:
        octet: seconds on the line.
        turn: seconds from the end of a request to the begin of its answer, with the silence that is
            kept before the next request.
        information: octets that a frame carries at most.
        sign_on: seconds before a link can be set up.
    """

    octet: float
    turn: float
    information: int = 128
    sign_on: float = 0.0

    def exchange(self, sent: int, received: int) -> float:
        """Return the seconds of one exchange: long answers come frame by frame, each asked for."""
        frames = max(1, ceil(received / self.information))
        octets = sent + received + 2 * frames * _FRAME
        return frames * self.turn + octets * self.octet

    @property
    def association(self) -> float:
        """The seconds that link and association take for themselves."""
        return self.sign_on + sum(self.exchange(sent, received) for sent, received in _SET_UP)

    def attributes(self, count: int) -> float:
        """Return the seconds that so many single values take."""
        return count * self.exchange(_GET, _VALUE)

    def rows(self, count: float) -> float:
        """Return the seconds that so many rows of a profile take."""
        return self.exchange(3 * _GET, ceil(count) * ROW) if count > 0 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What one meter is asked for by one job.

    Attributes:
        seconds: that a run takes, without the association.
    """

    schedule: Schedule
    seconds: float


@lru_cache(maxsize=64)
def runs_a_day(schedule: Schedule, now: float) -> float:
    """Return how often a job runs in a day; `now` in unix seconds. Meters share their schedules."""
    stretch = DAY
    while True:
        runs = sum(1 for _ in instants(schedule, now, now + stretch))
        if runs > _ENOUGH or stretch > _LONGEST:
            return runs * DAY / stretch
        stretch *= 8


def share_of_time(meters: Iterable[Iterable[Asked]], pace: Pace, now: float) -> float:
    """Return the share of a bus's time that its meters take; more than 1 is more than there is.

    Args:
        meters: for each what its jobs ask.
        pace: of the bus.
        now: unix seconds; what comes after counts.
    """
    seconds = 0.0
    for jobs in meters:
        daily = [(runs_a_day(job.schedule, now), job.seconds) for job in jobs]
        # Jobs that are due together are served by one association.
        seconds += max((runs for runs, _ in daily), default=0.0) * pace.association
        seconds += sum(runs * each for runs, each in daily)
    return seconds / DAY

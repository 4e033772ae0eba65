"""How long questions wait for their answers, and so how long a scan takes."""

from dataclasses import dataclass
from typing import Final

from dcud.line.scan.ranges import LineSetting, ScanRanges
from dcud.line.scan.search import ProbeKind, SearchState, remaining

SNRM_OCTETS: Final = 12
"""Of a question to an address of four octets."""
LONGEST_ANSWER: Final = 64
"""Octets; a UA with all its parameters is shorter."""

SIGN_ON_SECONDS: Final = 13.0
"""A sign-on of mode E that nobody answers, with its repetitions. [IEC 62056-21: reaction time]"""

_MARGIN = 3.0
"""How much longer than the slowest so far a station may take."""
_WAKING = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanTiming:
    """How patient and how gentle a scan is; times in seconds.

    Attributes:
        patience: for the first octet of an answer, in a sweep.
        hail_patience: the same for hails, whose answers are worth more, and the longest in a sweep;
            overheard servers, which are there, are waited for longer.
        least_patience: what it doesn't fall below, however soon stations answer.
        turnaround: silence between what was heard and what is sent.
        frames_per_second: the most that are sent.
        listen: how long the line is listened to before anything is sent.
    """

    patience: float = 0.3
    hail_patience: float = 1.0
    least_patience: float = 0.15
    turnaround: float = 0.02
    frames_per_second: float = 10.0
    listen: float = 3.0

    def patience_for(self, kind: ProbeKind, slowest: float | None) -> float:
        """Return how long to wait; `slowest` is the longest that an answer took so far."""
        if kind is ProbeKind.DIRECT:
            # [field: meters whose answer comes after the next question] They are overheard then.
            return _MARGIN * self.hail_patience
        if kind is ProbeKind.HAIL:
            return self.hail_patience
        if slowest is None:
            return self.patience
        wanted = _MARGIN * slowest + _WAKING
        return min(max(wanted, self.least_patience), self.hail_patience)

    def probe_seconds(self, kind: ProbeKind, line: LineSetting, slowest: float | None) -> float:
        """Return how long a question takes that nobody answers."""
        busy = line.octet_time * SNRM_OCTETS + self.patience_for(kind, slowest) + self.turnaround
        return max(busy, 1 / self.frames_per_second)


def seconds_left(
    ranges: ScanRanges, state: SearchState, timing: ScanTiming, slowest: float | None
) -> float:
    """Return how long the rest takes if nothing more is found.

    It becomes less with every question, unless something is heard at a setting that would not have
    been swept else, or overheard in passing.
    """
    total = 0.0
    for line, left in zip(ranges.lines, remaining(ranges, state), strict=True):
        total += left.hails * timing.probe_seconds(ProbeKind.HAIL, line, slowest)
        total += left.sweeps * timing.probe_seconds(ProbeKind.SWEEP, line, slowest)
    if ranges.mode_e and not state.signed_on and not (state.found and not ranges.all_lines):
        total += SIGN_ON_SECONDS
    return total

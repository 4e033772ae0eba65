"""Stretches of a profile in which captures are missing that should be there.

A profile that captures every so often should have an entry for each of its instants. Where one is
missing between entries that came, a meter was off, or its clock was moved, or what it said was not
all, or it refused to say. That is noted beside the cursor, and asked for again: soon, then less and
less often. What does not come at all is told as lost.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from dcud.cosem.profile_selection import TimeRange

AT_MOST = 64
"""Gaps of one profile that are remembered; the oldest of more are given up."""
PAUSES = (
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(days=1),
    timedelta(days=3),
    timedelta(days=7),
)
"""How long after each time in vain a gap is asked for again."""

_BETWEEN_GAPS = ";"
_BETWEEN_FIELDS = "/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Captures that are missing on end; all times are aware.

    Attributes:
        first: the instant of the first of them.
        last: that of the last.
        tries: how often they were asked for again.
        not_before: until when they are not asked for.
    """

    first: datetime
    last: datetime
    tries: int
    not_before: datetime

    def captures(self, period: timedelta) -> int:
        """Return how many there are; one where captures have no period, as nobody knows."""
        return (self.last - self.first) // period + 1 if period else 1

    def asked_in_vain(self, now: datetime) -> "Gap | None":
        """Return it with the pause until the next time; None after the last."""
        if self.tries >= len(PAUSES) - 1:
            return None
        pause = PAUSES[self.tries + 1]
        return replace(self, tries=self.tries + 1, not_before=now + pause)


def gaps_between(
    captured: Iterable[datetime], after: datetime, upto: datetime, period: timedelta, now: datetime
) -> list[Gap]:
    """Return the gaps among captures that should have come every `period`.

    A capture counts for the instant that it is nearest to.

    Args:
        captured: the times of the entries that came.
        after: the capture before them; from it on the instants are counted.
        upto: the time of the last instant that counts.
        period: above zero.
        now: when they were read.
    """
    there = {round((moment - after) / period) for moment in captured}
    missing = [step for step in range(1, (upto - after) // period + 1) if step not in there]
    gaps: list[Gap] = []
    start = 0
    for place, step in enumerate(missing):
        if place + 1 == len(missing) or missing[place + 1] != step + 1:
            gaps.append(
                Gap(
                    first=after + missing[start] * period,
                    last=after + step * period,
                    tries=0,
                    not_before=now + PAUSES[0],
                )
            )
            start = place + 1
    return gaps


def refused_gap(refused: TimeRange, now: datetime) -> Gap:
    """Return a stretch that was refused now, of a profile whose captures have no period."""
    return Gap(first=refused.start, last=refused.end, tries=0, not_before=now + PAUSES[0])


def halves_of(gap: Gap, period: timedelta) -> list[Gap]:
    """Return the halves of a gap, the older first; itself where it is too short for that.

    Args:
        gap: what was refused.
        period: zero where captures have none.
    """
    step = period or timedelta(seconds=1)
    steps = (gap.last - gap.first) // step
    if not steps:
        return [gap]
    middle = gap.first + steps // 2 * step
    return [replace(gap, last=middle), replace(gap, first=middle + period)]


def joined(gaps: Iterable[Gap]) -> list[Gap]:
    """Return gaps with those as one that meet, the oldest first."""
    whole: list[Gap] = []
    for gap in sorted(gaps, key=lambda gap: gap.first):
        if whole and gap.first <= whole[-1].last:
            whole[-1] = replace(whole[-1], last=gap.last)
        else:
            whole.append(gap)
    return whole


def left_of(gap: Gap, captured: Sequence[datetime], period: timedelta) -> list[Gap]:
    """Return what is missing of a gap after some of its captures have come."""
    rest = gaps_between(captured, gap.first - period, gap.last, period, gap.not_before)
    return [replace(each, tries=gap.tries, not_before=gap.not_before) for each in rest]


def to_text(gaps: Iterable[Gap]) -> str:
    """Return gaps in the notation in which they are stored; "" for none."""
    return _BETWEEN_GAPS.join(
        _BETWEEN_FIELDS.join(
            (_stamp(gap.first), _stamp(gap.last), str(gap.tries), _stamp(gap.not_before))
        )
        for gap in gaps
    )


def from_text(text: str) -> list[Gap]:
    """Return what `to_text` noted down."""
    return [_gap(*noted.split(_BETWEEN_FIELDS)) for noted in text.split(_BETWEEN_GAPS) if noted]


def _gap(first: str, last: str, tries: str, not_before: str) -> Gap:
    return Gap(
        first=datetime.fromisoformat(first),
        last=datetime.fromisoformat(last),
        tries=int(tries),
        not_before=datetime.fromisoformat(not_before),
    )


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()

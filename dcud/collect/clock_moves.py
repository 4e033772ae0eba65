"""Stretches of time that meters' clocks went through twice, noted for whoever reads profiles.

After a clock went back over an instant of capture, a profile has two entries of that time: the
second comes when the clock passes it again, behind entries that were read long ago.
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dcud.store.rows import Cursor, CursorMove

Position = Callable[[str, str], Awaitable[Cursor | None]]
"""What is kept of a meter under a key; `dcud.store.store.Store.cursor` is one."""

KEY = "clock/repeated"
"""Under which they are kept of a meter."""
AT_MOST = 8
"""That are remembered of a meter."""
SETTLES = timedelta(minutes=1)
"""After which the last entry of a stretch is in the profile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """A stretch that a clock goes through twice; all times are aware.

    Attributes:
        first: from where, by the meter's clock: to where it was moved back.
        last: up to where: from where it was moved back.
        noted: when that was.
    """

    first: datetime
    last: datetime
    noted: datetime

    def is_past(self, now: datetime) -> bool:
        """Tell whether the clock, being right since, has gone through it the second time."""
        return now > self.last + SETTLES


async def noted(position: Position, meter: str, another: Repeated) -> CursorMove:
    """Return what is to be kept of a meter whose clock goes through one more stretch twice.

    Args:
        position: gives what was kept before.
        meter: whose clock it is.
        another: the stretch.
    """
    kept = await position(meter, KEY)
    known = [] if kept is None else from_text(kept.position)
    return CursorMove(meter=meter, key=KEY, position=to_text([*known, another][-AT_MOST:]))


def to_text(stretches: Sequence[Repeated]) -> str:
    """Return stretches in the notation in which they are stored."""
    return json.dumps(
        [[_stamp(each.first), _stamp(each.last), _stamp(each.noted)] for each in stretches],
        separators=(",", ":"),
    )


def from_text(text: str) -> list[Repeated]:
    """Return what `to_text` noted down."""
    return [
        Repeated(
            first=datetime.fromisoformat(first),
            last=datetime.fromisoformat(last),
            noted=datetime.fromisoformat(noted),
        )
        for first, last, noted in json.loads(text)
    ]


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()

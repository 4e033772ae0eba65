"""What is kept of a meter's clock between two looks at it."""

import json
from dataclasses import asdict, dataclass, replace
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A change whose end is not known: the meter's answer, or the look at what came of it, is lost.

    Attributes:
        before: by how many seconds the clock was ahead.
        how: in words, "shifted by -7 s".
        began: when it was asked for, unix seconds.
    """

    before: float
    how: str
    began: float

    def has_happened(self, ahead: float) -> bool:
        """Tell whether a clock that is so far ahead now was changed."""
        return abs(ahead - self.before) > abs(self.before) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRecord:
    """What is kept of a meter's clock.

    Attributes:
        day: to which the changes count, ISO.
        changes: that were begun on it.
        told: why the clock is wrong and left alone, as was told last; "" while it is not so.
        pending: a change that is begun.
    """

    day: str = ""
    changes: int = 0
    told: str = ""
    pending: Pending | None = None

    def on(self, day: date) -> "ClockRecord":
        """Return it as of a day: a new one begins without changes."""
        today = day.isoformat()
        return self if today == self.day else replace(self, day=today, changes=0)

    def begun(self, pending: Pending) -> "ClockRecord":
        """Return it with one change more, whose end is not known."""
        return replace(self, changes=self.changes + 1, pending=pending)

    def ended(self) -> "ClockRecord":
        """Return it with no change whose end is not known."""
        return replace(self, pending=None)

    def having_told(self, why: str) -> "ClockRecord":
        """Return it with what was told last."""
        return replace(self, told=why)

    def to_text(self) -> str:
        """Return it in the notation in which it is stored."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> "ClockRecord":
        """Return what `to_text` noted down."""
        kept = json.loads(text)
        pending = kept.pop("pending")
        return cls(pending=Pending(**pending) if pending else None, **kept)

"""When a job is due: instants aligned to the clock."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """Instants that are whole multiples of an interval since 1970-01-01 UTC, shifted by an offset.

    Attributes:
        interval: seconds between two instants; positive.
        offset: seconds after the multiple; may exceed the interval, only the remainder counts.
    """

    interval: float
    offset: float = 0.0

    def __post_init__(self) -> None:
        """Refuse an interval that would never move on."""
        if not self.interval > 0:
            raise ValueError(f"the interval must be positive, not {self.interval}")

    def next_after(self, now: float) -> float:
        """Return the first instant later than `now`, both in unix seconds."""
        steps = (now - self.offset) // self.interval
        due = (steps + 1) * self.interval + self.offset
        # Rounding may land on `now` itself: a job must never be due twice for one instant.
        return due if due > now else due + self.interval

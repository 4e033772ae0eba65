"""What is told of meters' clocks, to whom."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # few configurations want clocks compared
    from dcud.collect.clock_discipline import Offset
    from dcud.collect.kernel_clock import SystemClock


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockChange:
    """What was done to a clock; for the record.

    Attributes:
        before: how far it was ahead.
        after: how far it is since.
        how: in words, "shifted by -7 s".
        over_capture: whether a capture may have been skipped or repeated.
    """

    before: "Offset"
    after: "Offset"
    how: str
    over_capture: bool


class ClockObserver(Protocol):
    """Who wants to know how meters' clocks go."""

    def gateway_clock(self, system: "SystemClock") -> None:
        """So it stands with the clock that meters' clocks are compared with."""
        ...

    def clock_compared(self, bus: str, meter: str, offset: "Offset") -> None:
        """So far is a meter's clock ahead."""
        ...

    def clock_changed(self, bus: str, meter: str, change: ClockChange) -> None:
        """A meter's clock was moved."""
        ...

    def clock_not_set(self, bus: str, meter: str, how: str, reason: str) -> None:
        """A meter's clock was to be moved, and it was not."""
        ...

    def clock_off(self, bus: str, meter: str, offset: "Offset", reason: str) -> None:
        """A meter's clock is wrong and left alone; told once for each reason."""
        ...

    def clock_right(self, bus: str, meter: str, offset: "Offset") -> None:
        """A clock that was told of is right again."""
        ...

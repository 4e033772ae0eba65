"""What a line tells those who watch it."""

from collections.abc import Sequence
from typing import Literal, Protocol

Direction = Literal["tx", "rx"]
"""As dcud sees it: "tx" went out to the meter, "rx" came in."""


class FrameTracer(Protocol):
    """A watcher of frames: a log, a counter, or several of them.

    Called on the event loop between octets, so it returns at once and never raises.
    """

    def frame(
        self,
        bus: str,
        direction: Direction,
        meter: str,
        octets: bytes,
        secret: Sequence[tuple[int, int]],
    ) -> None:
        """Take one whole frame; `secret` holds the half-open ranges that nobody may see."""
        ...

    def discarded(self, bus: str, meter: str, reason: str, octets: bytes) -> None:
        """Take octets that were part of no good frame, and why, in a short snake_case word.

        `octets` is empty where they might be the echo of a secret that was just sent.
        """
        ...

    def retransmitted(self, bus: str, meter: str, frames: int) -> None:
        """Take note that so many frames were sent once more because no answer came."""
        ...

    def answered(self, bus: str, meter: str, seconds: float) -> None:
        """Take note of the time from the last octet sent to the first whole frame of an answer."""
        ...


class NoTracer:
    """Watches nothing."""

    def frame(
        self,
        bus: str,
        direction: Direction,
        meter: str,
        octets: bytes,
        secret: Sequence[tuple[int, int]],
    ) -> None:
        """Ignore the frame."""

    def discarded(self, bus: str, meter: str, reason: str, octets: bytes) -> None:
        """Ignore the octets."""

    def retransmitted(self, bus: str, meter: str, frames: int) -> None:
        """Ignore the repetition."""

    def answered(self, bus: str, meter: str, seconds: float) -> None:
        """Ignore the answer's time."""

"""How fast one sender's messages are taken."""

from collections.abc import Callable


class Pace:
    """Lets bursts through, and slows down whoever keeps on sending faster.

    Args:
        rate: messages a second in the long run.
        burst: messages that may come at once.
        clock: monotonic seconds.
    """

    __slots__ = ("_burst", "_clock", "_next", "_step")

    def __init__(self, rate: float, burst: int, clock: Callable[[], float]) -> None:
        self._step = 1.0 / rate
        self._burst = (burst - 1) * self._step
        self._clock = clock
        self._next = float("-inf")  # when a message would come that keeps to the rate exactly

    def admits(self) -> bool:
        """Tell whether the message that came now keeps to the pace; only then it counts."""
        now = self._clock()
        due = max(self._next, now)
        if due - self._burst > now:
            return False
        self._next = due + self._step
        return True

    def pause(self) -> float:
        """Return for how many seconds the message that came now has to wait."""
        now = self._clock()
        due = max(self._next, now)
        self._next = due + self._step
        return max(0.0, due - self._burst - now)

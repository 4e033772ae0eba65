"""How long to wait before the next attempt."""

from collections.abc import Callable


class Backoff:
    """Pauses that double, up to a bound, each drawn from the upper half of its range.

    The draw keeps the gateways of a fleet from coming back all at the same moment.

    Args:
        initial: the first pause at most, in seconds.
        maximum: the longest pause, in seconds.
        draw: returns a number in [0, 1).
    """

    def __init__(self, *, initial: float, maximum: float, draw: Callable[[], float]) -> None:
        self._initial = min(initial, maximum)
        self._maximum = maximum
        self._draw = draw
        self._bound = self._initial

    def next(self) -> float:
        """Return how long to wait now, in seconds."""
        pause = self._jittered(self._bound)
        self._bound = min(2 * self._bound, self._maximum)
        return pause

    def longest(self) -> float:
        """Return the longest pause, where a hurry would do harm."""
        self._bound = self._maximum
        return self.next()

    def reset(self) -> None:
        """Begin with the shortest pause again."""
        self._bound = self._initial

    def _jittered(self, bound: float) -> float:
        """Return a length between the half of `bound` and all of it."""
        return bound * (1 + self._draw()) / 2

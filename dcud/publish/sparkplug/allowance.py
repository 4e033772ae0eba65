"""How often somebody may ask for what costs us much."""

from collections.abc import Callable


class Allowance:
    """Grants a few requests at once, and then one each so many seconds.

    Args:
        at_once: how many may come together.
        seconds: after which one more may come.
        clock: seconds since any moment; where it is set back, nothing is granted for the while.
    """

    def __init__(self, at_once: int, seconds: float, clock: Callable[[], float]) -> None:
        self._at_once = at_once
        self._seconds = seconds
        self._clock = clock
        self._left = float(at_once)
        self._since = clock()

    def take(self) -> bool:
        """Grant a request, or don't."""
        now = self._clock()
        grown = max(0.0, now - self._since) / self._seconds
        self._left = min(self._at_once, self._left + grown)
        self._since = now
        if self._left < 1:
            return False
        self._left -= 1
        return True

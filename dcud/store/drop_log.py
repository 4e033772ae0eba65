"""Telling of dropped messages without filling the log."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping

_LOG = logging.getLogger("dcud.store")

_PAUSE_SECONDS = 60.0

_WORDS = {
    "age": "were older than the outbox may hold",
    "size": "were the oldest in a full outbox",
    "too_large": "were larger than the whole outbox",
}


class DropLog:
    """Tells of the first drop at once, of those that follow in sums, a minute apart.

    Args:
        clock: seconds since 1970-01-01 UTC.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._untold: Counter[str] = Counter()
        self._told_at = float("-inf")

    def tell(self, dropped: Mapping[str, int]) -> None:
        """Take note of drops, by reason."""
        self._untold.update(dropped)
        # A clock set back must not silence the log.
        if self._untold and abs(self._clock() - self._told_at) >= _PAUSE_SECONDS:
            self._told_at = self._clock()
            self.close()

    def close(self) -> None:
        """Tell what is left to tell."""
        for reason, messages in self._untold.items():
            _LOG.warning(
                "outbox dropped %d messages that %s; bring the broker back, or raise the limits "
                "of the outbox",
                messages,
                _WORDS.get(reason, reason),
            )
        self._untold.clear()

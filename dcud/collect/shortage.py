"""Tells that a bus can't do all that is asked of it: when that begins, with counts when it ends."""

import logging
from dataclasses import dataclass, field

_LOGGER = logging.getLogger("dcud.collect")


@dataclass(slots=True)
class Shortage:
    """What became too late on a bus since it last had nothing to do; all times in unix seconds."""

    bus: str
    _since: float | None = field(default=None, init=False)
    _late: int = field(default=0, init=False)
    _left_out: int = field(default=0, init=False)

    def ran(self, meter: str, job: str, now: float, *, late: bool, left_out: int) -> None:
        """Take note of a run.

        Args:
            meter: of which.
            job: its name.
            now: when it was done.
            late: whether that was after its deadline.
            left_out: instants that went by without a run of their own.
        """
        if not late and not left_out:
            return
        if self._since is None:
            self._since = now
            _LOGGER.warning(
                "bus %s is short of time: job %s of meter %s is late; ask for less, or less often",
                self.bus,
                job,
                meter,
            )
        self._late += late
        self._left_out += left_out

    def idle(self, now: float) -> None:
        """Take note that nothing waits."""
        if self._since is None:
            return
        _LOGGER.warning(
            "bus %s has caught up after %.0f s: %d runs were late, %d were left out",
            self.bus,
            now - self._since,
            self._late,
            self._left_out,
        )
        self._since = None
        self._late = self._left_out = 0

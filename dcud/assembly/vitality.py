"""Whether every bus makes progress: what the service manager's watchdog is fed by."""

import asyncio
import logging
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass

from dcud.config import model
from dcud.observe.service_manager import ServiceManager

_LOG = logging.getLogger("dcud")

LOOK_EVERY = 10.0
"""Seconds between two looks, at most."""
PATIENCE = 180.0
"""Seconds without any sign, beyond what the configuration allows a meter to take for an answer."""

Marks = Callable[[], Mapping[str, Hashable]]
"""Gives of each bus what is another once it exchanged a frame, or looked what is due."""


@dataclass(slots=True)
class _Seen:
    mark: Hashable
    at: float


def patience_with(configuration: model.Configuration, bus: str) -> float:
    """Return the seconds after which a bus that shows no sign is stuck."""
    timeouts = [meter.response_timeout for meter in configuration.meters if meter.bus == bus]
    longest = max(timeouts, default=0.0)
    return PATIENCE + 2 * longest + configuration.gateway.key_command_timeout


class Vitality:
    """Looks at the buses every now and then, and feeds the watchdog as long as none is stuck.

    Args:
        manager: who has the watchdog.
        marks: of the buses that run.
        patience: seconds, for a bus by its id.
        status: says in words what is going on.
        clock: monotonic seconds.

    Attributes:
        ailment: what is wrong, in words; "" while all is well.
    """

    def __init__(
        self,
        manager: ServiceManager,
        marks: Marks,
        patience: Callable[[str], float],
        status: Callable[[], str],
        clock: Callable[[], float],
    ) -> None:
        self.ailment = ""
        self._manager = manager
        self._marks = marks
        self._patience = patience
        self._status = status
        self._clock = clock
        self._seen: dict[str, _Seen] = {}
        self._told = ""

    async def run(self) -> None:
        """Look until cancelled."""
        pause = min(LOOK_EVERY, (self._manager.watchdog or LOOK_EVERY) / 3)
        while True:
            self.look()
            await asyncio.sleep(pause)

    def look(self) -> None:
        """Look once."""
        stuck = self._stuck()
        ailment = f"no progress on {', '.join(f'bus {bus}' for bus in stuck)}" if stuck else ""
        if ailment != self.ailment:
            self.ailment = ailment
            if ailment:
                _LOG.critical("%s: the watchdog is not fed any more", ailment)
        if not ailment:
            self._manager.alive()
        if self._manager.notify is not None:
            self._tell(ailment or self._status())

    def _tell(self, status: str) -> None:
        if status != self._told:
            self._told = status
            self._manager.status(status)

    def _stuck(self) -> list[str]:
        now, marks = self._clock(), self._marks()
        for gone in self._seen.keys() - marks.keys():
            del self._seen[gone]
        for bus, mark in marks.items():
            seen = self._seen.get(bus)
            if seen is None or seen.mark != mark:
                self._seen[bus] = _Seen(mark, now)
        return [bus for bus, seen in self._seen.items() if now - seen.at > self._patience(bus)]

"""Telling subscribers of what happens to meters again and again, without a flood."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from dcud.publish.event_payload import Event, Severity
from dcud.publish.keeper import Appending
from dcud.publish.message import event_message
from dcud.store.errors import StoreError

_LOG = logging.getLogger("dcud.publish")

QUIET_TIME: Final = 300.0
"""Seconds after one event in which others of the same meter and code are only counted."""

RETRY_PAUSE: Final = 30.0
"""Seconds until the store is asked again that refused an event."""


@dataclass(slots=True)
class _Incident:
    """What happens to one meter in one way.

    Attributes:
        untold: how often it has happened since it was told last.
        not_before: when it may be told again, on the loop's clock.
    """

    text: str = ""
    severity: Severity = Severity.WARNING
    untold: int = 0
    not_before: float = float("-inf")


class Incidents:
    """Tells of the first incident at once, of those like it in sums, some minutes apart.

    Args:
        gateway: the configured gateway id.
        clock: seconds since 1970-01-01 UTC.
    """

    def __init__(self, gateway: str, store: Appending, clock: Callable[[], float]) -> None:
        self._gateway = gateway
        self._store = store
        self._clock = clock
        self._incidents: dict[tuple[str, str, str], _Incident] = {}
        self._news = asyncio.Event()

    def report(
        self,
        meter: str,
        code: str,
        text: str,
        severity: Severity = Severity.WARNING,
        *,
        subject: str = "",
    ) -> None:
        """Take note of an incident; returns at once.

        Args:
            meter: the configured meter id; "" where it is the gateway's own.
            code: a short snake_case word.
            text: a sentence for people.
            severity: how much it matters.
            subject: what tells it from others of its code, which are told apart from it.
        """
        incident = self._incidents.setdefault((meter, code, subject), _Incident())
        incident.text, incident.severity = text, severity
        incident.untold += 1
        self._news.set()

    async def run(self, ending: asyncio.Event) -> None:
        """Put events into the outbox until `ending` is set, and what is left then."""
        while not ending.is_set():
            # What is reported while the store works is news for the next round.
            self._news.clear()
            pause = await self._tell_due()
            await self._wait(ending, pause)
        for incident in self._incidents.values():
            incident.not_before = float("-inf")
        await self._tell_due()

    async def _wait(self, ending: asyncio.Event, pause: float | None) -> None:
        """Wait for news or the end, at most `pause` seconds."""
        waits = [asyncio.ensure_future(event.wait()) for event in (self._news, ending)]
        try:
            await asyncio.wait(waits, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _tell_due(self) -> float | None:
        """Tell what may be told; return the seconds until more may be, None if nothing waits."""
        now = asyncio.get_running_loop().time()
        pauses = []
        for key, incident in list(self._incidents.items()):
            if incident.untold and incident.not_before <= now:
                await self._tell(*key[:2], incident)
            elif incident.not_before <= now:
                del self._incidents[key]  # it would be told at once, as one that is new
            if incident.untold:
                pauses.append(max(incident.not_before - now, 0.0))
        return min(pauses, default=None)

    async def _tell(self, meter: str, code: str, incident: _Incident) -> None:
        count, now = incident.untold, asyncio.get_running_loop().time()
        repeated = f" ({count} times since it was told last)" if count > 1 else ""
        event = Event(
            time=datetime.fromtimestamp(self._clock(), UTC),
            code=code,
            text=incident.text + repeated,
            severity=incident.severity,
            meter=meter,
        )
        if meter:
            _LOG.warning("meter %s: %s", meter, event.text, extra={"code": code})
        else:
            _LOG.warning("%s", event.text, extra={"code": code})
        try:
            await self._store.append([event_message(event, self._gateway)])
        except StoreError as error:
            _LOG.warning("an event could not be stored, and is tried again: %s", error)
            incident.not_before = now + RETRY_PAUSE
            return
        incident.untold -= count
        incident.not_before = now + QUIET_TIME

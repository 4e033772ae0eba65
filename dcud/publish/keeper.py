"""The way of readings into the outbox, however long it takes."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Final, Protocol

from dcud.publish.alarms import Alarms
from dcud.publish.log_events import TellsEvents, log_events
from dcud.publish.message import event_message, reading_message
from dcud.reading import Reading
from dcud.store.errors import StoreError
from dcud.store.rows import Appended, CursorMove, OutboxMessage

_LOG = logging.getLogger("dcud.publish")

_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 30.0
"""Seconds between two tries to store while the disk is full."""


class Appending(Protocol):
    """Where messages and cursors go; `dcud.store.store.Store` is one."""

    async def append(
        self, messages: Sequence[OutboxMessage], cursors: Sequence[CursorMove] = ()
    ) -> Appended:
        """Store all or nothing, durably; raise `StoreError`."""
        ...


class DropObserver(Protocol):
    """Who keeps the figures of what is let go."""

    def dropped(self, reason: str, messages: int) -> None:
        """Count messages that had to be let go unpublished."""
        ...


class Keeper:
    """Keeps readings with the cursors that they move, in one transaction.

    While the store refuses for a cause that may pass (a full disk), it is tried again and the
    caller waits: nothing more is read that could not be kept either, and nothing in hand is lost.

    Args:
        gateway: the configured gateway id.
        alarms: tells what else is to be kept with readings; None: nothing.
        tells_events: which jobs' entries are events as well; None: none.

    Attributes:
        refusals: how often the store refused, and is tried again.
    """

    def __init__(
        self,
        gateway: str,
        store: Appending,
        observer: DropObserver,
        alarms: Alarms | None = None,
        tells_events: TellsEvents | None = None,
    ) -> None:
        self._gateway = gateway
        self._store = store
        self._observer = observer
        self._alarms = alarms
        self._tells_events = tells_events
        self.refusals = 0

    async def __call__(
        self, readings: Sequence[Reading], cursors: Sequence[CursorMove] = ()
    ) -> None:
        """Return once `readings` are durable.

        Raises:
            StoreError: the store refuses for good.
        """
        messages = [reading_message(reading, self._gateway) for reading in readings]
        if self._tells_events is not None:
            events = log_events(readings, self._tells_events)
            messages += [event_message(event, self._gateway) for event in events]
        if self._alarms is None:
            appended = await self._append(messages, cursors)
        else:
            async with self._alarms.of_readings(readings) as edges:
                appended = await self._append(
                    [*messages, *edges.messages], [*cursors, *edges.moves]
                )
        for reason, count in appended.dropped.items():
            self._observer.dropped(reason, count)

    async def _append(
        self, messages: Sequence[OutboxMessage], cursors: Sequence[CursorMove]
    ) -> Appended:
        """Try until it is done."""
        pause = _FIRST_PAUSE
        while True:
            try:
                return await self._store.append(messages, cursors)
            except StoreError as error:
                if not error.retryable:
                    raise
                self.refusals += 1
                _LOG.error("%s; tried again in %.0f s", error, pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

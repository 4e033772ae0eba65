"""Keeping what meters say without being asked until it is published."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from dcud.notice import Notice
from dcud.publish.alarms import Alarms
from dcud.publish.keeper import Appending
from dcud.publish.message import notice_message
from dcud.store.errors import StoreError

_LOG = logging.getLogger("dcud.publish")

MOST_WAITING: Final = 1000
"""Notices that wait in memory while the store can't take them; the oldest go first."""

RETRY_PAUSE: Final = 5.0
"""Seconds until the store is asked again that refused."""

_AT_ONCE: Final = 100
"""Notices that go into the store in one transaction."""


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """A notice, with who waits for it to be kept."""

    notice: Notice
    kept: asyncio.Future[bool] | None = None

    def end(self, *, kept: bool) -> None:
        """Tell what became of it, where anybody still wants to know."""
        if self.kept is not None and not self.kept.done():
            self.kept.set_result(kept)


class Notices:
    """Puts notices into the outbox, in the order in which they came.

    Args:
        gateway: the configured gateway id.
        alarms: tells what else is to be kept with notices; None: nothing.
        heard: is told of each notice as it comes.
    """

    def __init__(
        self,
        gateway: str,
        store: Appending,
        alarms: Alarms | None = None,
        heard: Callable[[Notice], None] | None = None,
    ) -> None:
        self._heard = heard
        self._gateway = gateway
        self._alarms = alarms
        self._store = store
        self._waiting: deque[_Waiting] = deque()
        self._dropped = 0
        self._news = asyncio.Event()

    def report(self, notice: Notice) -> None:
        """Take a notice; returns at once."""
        self._put(_Waiting(notice))

    async def keep(self, notice: Notice) -> bool:
        """Take a notice; return once it is durable, or false once it had to be dropped.

        It stays taken if nobody waits for that any more.
        """
        kept: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._put(_Waiting(notice, kept))
        return await kept

    def _put(self, waiting: "_Waiting") -> None:
        if self._heard is not None:
            self._heard(waiting.notice)
        self._waiting.append(waiting)
        if len(self._waiting) > MOST_WAITING:
            self._waiting.popleft().end(kept=False)
            self._dropped += 1
        self._news.set()

    async def run(self, ending: asyncio.Event) -> None:
        """Keep notices until `ending` is set, and what is left then."""
        while not ending.is_set():
            self._news.clear()
            pause = None if await self._keep() else RETRY_PAUSE
            await self._wait(ending, pause)
        if not await self._keep():
            _LOG.error("%d notifications of meters could not be stored", len(self._waiting))

    async def _keep(self) -> bool:
        """Put all that waits into the store; tell whether that took it."""
        self._tell_dropped()
        while self._waiting:
            some = [self._waiting[n] for n in range(min(_AT_ONCE, len(self._waiting)))]
            try:
                await self._append([each.notice for each in some])
            except StoreError as error:
                _LOG.warning("a notification could not be stored, and is tried again: %s", error)
                return False
            kept = set(map(id, some))
            while self._waiting and id(self._waiting[0]) in kept:
                self._waiting.popleft()
            for each in some:
                each.end(kept=True)
        return True

    async def _append(self, notices: Sequence[Notice]) -> None:
        messages = [notice_message(each, self._gateway) for each in notices]
        if self._alarms is None:
            await self._store.append(messages)
            return
        async with self._alarms.of_notices(notices) as edges:
            await self._store.append([*messages, *edges.messages], edges.moves)

    def _tell_dropped(self) -> None:
        if self._dropped:
            _LOG.error(
                "%d notifications of meters were dropped, the store took none", self._dropped
            )
            self._dropped = 0

    async def _wait(self, ending: asyncio.Event, pause: float | None) -> None:
        """Wait for news or the end; where the store refused, for the pause."""
        news = self._news if pause is None else asyncio.Event()
        waits = [asyncio.ensure_future(event.wait()) for event in (news, ending)]
        try:
            await asyncio.wait(waits, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

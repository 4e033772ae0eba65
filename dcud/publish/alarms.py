"""What becomes of alarm bits: an event for each that is set or cleared, and none a second time."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

from dcud.notice import Notice
from dcud.publish.alarm_words import AlarmTables, AlarmWord, words_of_notice, words_of_reading
from dcud.publish.event_payload import Event, EventSource, Severity
from dcud.publish.message import event_message
from dcud.reading import Reading
from dcud.store.rows import Cursor, CursorMove, OutboxMessage

_LOG = logging.getLogger("dcud.publish")

Position = Callable[[str, str], Awaitable[Cursor | None]]
"""What is kept of a meter under a key; `dcud.store.store.Store.cursor` is one."""


class AlarmObserver(Protocol):
    """Whoever wants to know which alarms are raised."""

    def alarm_raised(self, meter: str, name: str) -> None:
        """A bit was set; `name` is "bit_4" where it has none."""
        ...


@dataclass(slots=True)
class Edges:
    """What is to be stored together with the readings or notices that it follows from."""

    messages: list[OutboxMessage] = field(default_factory=list)
    moves: list[CursorMove] = field(default_factory=list)
    raised: list[tuple[str, str]] = field(default_factory=list)


class Alarms:
    """Compares each alarm word with the last one that was kept.

    Of a register of which nothing was kept yet, all bits count as cleared before.

    Args:
        gateway: the configured gateway id.
        position: gives the words that were kept.
        tables: tells alarm registers from other objects.
    """

    def __init__(
        self, gateway: str, position: Position, tables: AlarmTables, observer: AlarmObserver
    ) -> None:
        self._gateway = gateway
        self._position = position
        self._tables = tables
        self._observer = observer
        self._words: dict[tuple[str, str], int] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    @asynccontextmanager
    async def of_readings(self, readings: Iterable[Reading]) -> AsyncIterator[Edges]:
        """Give what follows from readings; once the block has ended well it counts as kept."""
        words = [word for each in readings for word in words_of_reading(each, self._tables)]
        async with self._edges(words) as edges:
            yield edges

    @asynccontextmanager
    async def of_notices(self, notices: Iterable[Notice]) -> AsyncIterator[Edges]:
        """Give what follows from notices; once the block has ended well it counts as kept."""
        words = [word for each in notices for word in words_of_notice(each, self._tables)]
        async with self._edges(words) as edges:
            yield edges

    @asynccontextmanager
    async def _edges(self, words: Sequence[AlarmWord]) -> AsyncIterator[Edges]:
        async with AsyncExitStack() as stack:
            # In one order everywhere, so that nobody waits for whom waits for it.
            for meter in sorted({word.meter for word in words}):
                lock = self._locks.setdefault(meter, asyncio.Lock())
                await stack.enter_async_context(lock)
            edges = Edges()
            now: dict[tuple[str, str], int] = {}
            for word in words:
                key = word.meter, word.obis
                before = now[key] if key in now else await self._known(*key)
                self._compare(before, word, edges)
                now[key] = word.word
            edges.moves += [
                CursorMove(meter=meter, key=_key(obis), position=str(word))
                for (meter, obis), word in now.items()
                if self._words.get((meter, obis)) != word
            ]
            yield edges
            self._words |= now
        for meter, name in edges.raised:
            self._observer.alarm_raised(meter, name)

    async def _known(self, meter: str, obis: str) -> int | None:
        """Return the word that was kept last; None where none was."""
        key = meter, obis
        if key not in self._words:
            kept = await self._position(meter, _key(obis))
            if kept is None:
                return None
            self._words[key] = int(kept.position)
        return self._words[key]

    def _compare(self, before: int | None, word: AlarmWord, edges: Edges) -> None:
        """Add what is other than before."""
        known = before or 0
        for bit in range((known ^ word.word).bit_length()):
            if (known ^ word.word) >> bit & 1:
                name = word.names.get(bit, f"bit_{bit}")
                is_set = bool(word.word >> bit & 1)
                event = _event(word, bit, name, is_set=is_set)
                _LOG.info("meter %s: %s", word.meter, event.text)
                edges.messages.append(event_message(event, self._gateway))
                if is_set:
                    edges.raised.append((word.meter, name))


def _key(obis: str) -> str:
    return f"alarms/{obis}"


def _event(word: AlarmWord, bit: int, name: str, *, is_set: bool) -> Event:
    what = "is set" if is_set else "is no longer set"
    return Event(
        time=word.time,
        code="alarm_raised" if is_set else "alarm_cleared",
        text=f"{name} {what}: bit {bit} of its alarm register {word.obis}",
        severity=Severity.WARNING if is_set else Severity.INFO,
        meter=word.meter,
        source=EventSource(obis=word.obis, number=bit),
    )

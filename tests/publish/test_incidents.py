import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from types import MappingProxyType

import pytest

from dcud.publish.event_payload import Severity
from dcud.publish.incidents import QUIET_TIME, RETRY_PAUSE, Incidents
from dcud.store.errors import StoreError
from dcud.store.rows import Appended, CursorMove, OutboxMessage

pytestmark = pytest.mark.looptime

_START = 1_800_000_000.0


class Store:
    """An outbox that refuses as often as it is told to."""

    def __init__(self, refusals: int = 0) -> None:
        self.refusals = refusals
        self.kept: list[tuple[float, str, str]] = []

    async def append(
        self, messages: Sequence[OutboxMessage], cursors: Sequence[CursorMove] = ()
    ) -> Appended:
        if self.refusals:
            self.refusals -= 1
            raise StoreError("the disk is full")
        for message in messages:
            text = json.loads(message.payload)["text"]
            self.kept.append((asyncio.get_running_loop().time(), message.topic, text))
        return Appended(stored=len(messages), repeated=0, dropped=MappingProxyType({}))


@asynccontextmanager
async def running(store: Store) -> AsyncIterator[Incidents]:
    loop = asyncio.get_running_loop()
    incidents = Incidents("gw", store, lambda: _START + loop.time())
    ending = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(incidents.run(ending))
        yield incidents
        ending.set()


async def test_the_first_is_told_at_once_and_those_like_it_in_one_sum() -> None:
    store = Store()
    async with running(store) as incidents:
        await asyncio.sleep(1)
        incidents.report("m1", "replay", "an old counter came")
        await asyncio.sleep(1)
        assert store.kept == [(1, "dcud/v1/gw/meter/m1/event", "an old counter came")]
        for _ in range(3):
            await asyncio.sleep(10)
            incidents.report("m1", "replay", "an old counter came")
        await asyncio.sleep(QUIET_TIME)
    assert store.kept[1:] == [
        (
            1 + QUIET_TIME,
            "dcud/v1/gw/meter/m1/event",
            "an old counter came (3 times since it was told last)",
        )
    ]


async def test_what_is_reported_while_the_store_works_is_told_at_once() -> None:
    class SlowStore(Store):
        async def append(
            self, messages: Sequence[OutboxMessage], cursors: Sequence[CursorMove] = ()
        ) -> Appended:
            await asyncio.sleep(2)
            return await super().append(messages, cursors)

    store = SlowStore()
    async with running(store) as incidents:
        incidents.report("m1", "replay", "a")
        await asyncio.sleep(1)
        incidents.report("m2", "replay", "b")
        await asyncio.sleep(4)
        assert [(at, text) for at, _, text in store.kept] == [(2, "a"), (4, "b")]


async def test_other_meters_and_other_codes_are_told_beside() -> None:
    store = Store()
    async with running(store) as incidents:
        incidents.report("m1", "replay", "a")
        incidents.report("m2", "replay", "b")
        incidents.report("m1", "system_title", "c", Severity.ERROR)
        incidents.report("", "counters_restored", "d")
        await asyncio.sleep(1)
        assert [(topic, text) for _, topic, text in store.kept] == [
            ("dcud/v1/gw/meter/m1/event", "a"),
            ("dcud/v1/gw/meter/m2/event", "b"),
            ("dcud/v1/gw/meter/m1/event", "c"),
            ("dcud/v1/gw/event", "d"),
        ]


async def test_what_the_store_refuses_is_told_later() -> None:
    store = Store(refusals=2)
    async with running(store) as incidents:
        incidents.report("m1", "replay", "a")
        await asyncio.sleep(3 * RETRY_PAUSE)
    assert [(time, text) for time, _, text in store.kept] == [(2 * RETRY_PAUSE, "a")]


async def test_what_is_left_is_told_at_the_end() -> None:
    store = Store()
    async with running(store) as incidents:
        incidents.report("m1", "replay", "a")
        await asyncio.sleep(1)
        incidents.report("m1", "replay", "b")
        await asyncio.sleep(1)
        assert len(store.kept) == 1
    assert store.kept[1][2] == "b"


async def test_subjects_are_told_apart_and_forgotten_in_time() -> None:
    store = Store()
    async with running(store) as incidents:
        for day in ("monday", "tuesday", "monday"):
            incidents.report("m1", "captures_lost", day, subject=day)
        await asyncio.sleep(1)
        assert [text for _, _, text in store.kept] == [
            "monday (2 times since it was told last)",
            "tuesday",
        ]
        await asyncio.sleep(QUIET_TIME)
        incidents.report("m1", "replay", "a")
        await asyncio.sleep(1)
        assert set(incidents._incidents) == {("m1", "replay", "")}  # or they'd pile up

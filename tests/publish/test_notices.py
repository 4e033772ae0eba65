import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import MappingProxyType

import pytest

from dcud.notice import Notice, NoticedValue
from dcud.publish.notices import MOST_WAITING, RETRY_PAUSE, Notices
from dcud.store.errors import StoreError
from dcud.store.rows import Appended, CursorMove, OutboxMessage

pytestmark = pytest.mark.looptime


class Store:
    """An outbox that refuses as often as it is told to."""

    def __init__(self, refusals: int = 0) -> None:
        self.refusals = refusals
        self.kept: list[int] = []
        self.transactions = 0

    async def append(
        self, messages: Sequence[OutboxMessage], cursors: Sequence[CursorMove] = ()
    ) -> Appended:
        await asyncio.sleep(0.01)
        if self.refusals:
            self.refusals -= 1
            raise StoreError("the disk is full")
        self.transactions += 1
        self.kept += [json.loads(message.payload)["invoke_id"] for message in messages]
        return Appended(stored=len(messages), repeated=0, dropped=MappingProxyType({}))


def notice(n: int) -> Notice:
    return Notice(
        meter="m",
        bus="b",
        received=datetime(2026, 3, 1, tzinfo=UTC),
        kind="data-notification",
        octets=n.to_bytes(4, "big"),
        invoke_id=n,
        value=NoticedValue(type="unsigned", value=n),
    )


@asynccontextmanager
async def running(store: Store) -> AsyncIterator[Notices]:
    notices = Notices("gw", store)
    ending = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(notices.run(ending))
        yield notices
        ending.set()


async def test_notices_are_kept_at_once_and_in_order() -> None:
    store = Store()
    async with running(store) as notices:
        for n in range(250):
            notices.report(notice(n))
        await asyncio.sleep(1)
        assert store.kept == list(range(250))
        assert store.transactions == 3
        notices.report(notice(250))
        await asyncio.sleep(1)
        assert store.kept[-1] == 250


async def test_what_comes_while_the_store_works_is_kept_too() -> None:
    store = Store()
    async with running(store) as notices:
        notices.report(notice(1))
        await asyncio.sleep(0.005)
        notices.report(notice(2))
        await asyncio.sleep(1)
        assert store.kept == [1, 2]


async def test_what_is_left_at_the_end_is_kept() -> None:
    store = Store()
    async with running(store) as notices:
        notices.report(notice(1))
    assert store.kept == [1]


async def test_a_store_that_refuses_is_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    store = Store(refusals=2)
    async with running(store) as notices:
        notices.report(notice(1))
        await asyncio.sleep(RETRY_PAUSE / 2)
        notices.report(notice(2))
        await asyncio.sleep(RETRY_PAUSE)
        assert store.kept == []
        await asyncio.sleep(RETRY_PAUSE)
        assert store.kept == [1, 2]
    assert caplog.text.count("is tried again") == 2


async def test_too_many_drop_the_oldest_and_say_so(caplog: pytest.LogCaptureFixture) -> None:
    store = Store(refusals=1)
    async with running(store) as notices:
        for n in range(MOST_WAITING + 5):
            notices.report(notice(n))
        await asyncio.sleep(RETRY_PAUSE + 1)
    assert store.kept == list(range(5, MOST_WAITING + 5))
    assert "5 notifications of meters were dropped" in caplog.text


async def test_what_was_dropped_while_it_was_being_kept_is_not_kept_twice() -> None:
    store = Store()
    async with running(store) as notices:
        notices.report(notice(0))
        await asyncio.sleep(0.005)
        for n in range(1, MOST_WAITING + 1):
            notices.report(notice(n))
        await asyncio.sleep(1)
    assert store.kept == list(range(MOST_WAITING + 1))


async def test_what_could_not_be_kept_at_the_end_is_told(caplog: pytest.LogCaptureFixture) -> None:
    async with running(Store(refusals=9)) as notices:
        notices.report(notice(1))
    assert "1 notifications of meters could not be stored" in caplog.text


async def test_a_notice_that_is_waited_for_is_durable_then() -> None:
    store = Store(refusals=2)
    async with running(store) as notices:
        began = asyncio.get_running_loop().time()
        assert await notices.keep(notice(1))
        assert store.kept == [1]
        assert asyncio.get_running_loop().time() - began >= 2 * RETRY_PAUSE


async def test_a_notice_that_was_dropped_is_told_to_be() -> None:
    notices = Notices("gw", Store())
    waiting = asyncio.ensure_future(notices.keep(notice(0)))
    await asyncio.sleep(0)
    for n in range(MOST_WAITING):
        notices.report(notice(n))
    assert not await waiting


async def test_a_notice_that_nobody_waits_for_any_more_is_kept_all_the_same() -> None:
    store = Store(refusals=1)
    async with running(store) as notices:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await notices.keep(notice(1))
        await asyncio.sleep(RETRY_PAUSE)
        assert store.kept == [1]


async def test_each_notice_is_told_of_as_it_comes() -> None:
    told: list[int | None] = []
    store = Store(refusals=9)
    notices = Notices("gw", store, heard=lambda heard: told.append(heard.invoke_id))
    for n in range(3):
        notices.report(notice(n))
    assert told == [0, 1, 2]

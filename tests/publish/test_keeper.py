import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dcud.publish.keeper import Keeper
from dcud.reading import Reading, Value
from dcud.store.errors import StoreError, StoreRefusedError
from dcud.store.rows import Appended, CursorMove, OutboxMessage

pytestmark = pytest.mark.looptime

READING = Reading(
    meter="m1",
    logical_device_name="",
    bus="b1",
    job="load",
    read_time=datetime(2026, 3, 1, 12, 0, tzinfo=UTC),
    values=(Value(obis="0.0.96.1.0.255", attribute=2, name="serial", value="1"),),
)
MOVE = CursorMove(meter="m1", key="load", position="2026-03-01T12:00:00+00:00")


class FailingStore:
    """Refuses as long as there are errors left, and then says what was dropped."""

    def __init__(self, *errors: StoreError, dropped: dict[str, int] | None = None) -> None:
        self.errors = list(errors)
        self.dropped = dropped or {}
        self.kept: list[tuple[Sequence[OutboxMessage], Sequence[CursorMove]]] = []

    async def append(
        self, messages: Sequence[OutboxMessage], cursors: Sequence[CursorMove] = ()
    ) -> Appended:
        if self.errors:
            raise self.errors.pop(0)
        self.kept.append((messages, cursors))
        return Appended(stored=len(messages), repeated=0, dropped=self.dropped)


class Counter:
    def __init__(self) -> None:
        self.drops: list[tuple[str, int]] = []

    def broker_connected(self, connected: bool) -> None:  # noqa: FBT001  # as the protocol has it
        raise AssertionError

    def published(self, messages: int = 1) -> None:
        raise AssertionError

    def dropped(self, reason: str, messages: int) -> None:
        self.drops.append((reason, messages))


async def test_readings_and_cursor_go_in_one_act() -> None:
    store = FailingStore()
    await Keeper("gw", store, Counter())([READING], [MOVE])
    ((messages, cursors),) = store.kept
    assert [message.topic for message in messages] == ["dcud/v1/gw/meter/m1/reading/load"]
    assert messages[0].message_id == str(READING.message_id("gw"))
    assert tuple(cursors) == (MOVE,)


async def test_without_a_cursor_none_moves() -> None:
    store = FailingStore()
    await Keeper("gw", store, Counter())([READING])
    assert tuple(store.kept[0][1]) == ()


async def test_entries_of_logs_that_tell_events_are_kept_as_such_in_the_same_act() -> None:
    store = FailingStore()
    code = Value(obis="0.0.96.11.1.255", attribute=2, name="event_code", value=40)
    entry = replace(READING, capture_time=READING.read_time, values=(code,))
    await Keeper("gw", store, Counter(), tells_events=lambda *of: of == ("m1", "load"))(
        [entry], [MOVE]
    )
    ((messages, cursors),) = store.kept
    topics = [message.topic for message in messages]
    assert topics == ["dcud/v1/gw/meter/m1/reading/load", "dcud/v1/gw/meter/m1/event"]
    assert tuple(cursors) == (MOVE,)


async def test_a_full_disk_is_waited_out_and_nothing_in_hand_is_lost(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.ERROR)
    store = FailingStore(*(StoreError("the disk is full") for _ in range(10)))
    await Keeper("gw", store, Counter())([READING], [MOVE])
    assert len(store.kept) == 1
    assert "the disk is full; tried again in 1 s" in caplog.text
    assert "tried again in 30 s" in caplog.text


async def test_what_a_store_refuses_for_good_is_an_error() -> None:
    store = FailingStore(StoreRefusedError("closed"))
    with pytest.raises(StoreRefusedError):
        await Keeper("gw", store, Counter())([READING], [MOVE])


async def test_what_had_to_go_for_it_is_counted() -> None:
    counter = Counter()
    await Keeper("gw", FailingStore(dropped={"size": 3, "age": 1}), counter)([READING])
    assert counter.drops == [("size", 3), ("age", 1)]

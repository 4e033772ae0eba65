import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest

from dcud.notice import Notice, NoticedAttribute, NoticedValue
from dcud.publish.alarms import Alarms
from dcud.publish.keeper import Keeper
from dcud.publish.notices import Notices
from dcud.reading import Reading, Value
from dcud.store.errors import StoreRefusedError
from dcud.store.rows import Appended, Cursor, CursorMove, OutboxMessage

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
REGISTER = "0.0.97.98.0.255"
NAMES = {1: "battery", 13: "fraud_attempt"}


class NoCounter:
    def broker_connected(self, connected: bool) -> None:  # noqa: FBT001  # as the protocol has it
        raise AssertionError

    def published(self, messages: int = 1) -> None:
        raise AssertionError

    def dropped(self, reason: str, messages: int) -> None:
        raise AssertionError


class Site:
    """A store that remembers, and who learns of alarms."""

    def __init__(self) -> None:
        self.messages: list[OutboxMessage] = []
        self.cursors: dict[tuple[str, str], str] = {}
        self.moves = 0
        self.raised: list[tuple[str, str]] = []
        self.refuses = False

    async def append(
        self, messages: Sequence[OutboxMessage], cursors: Sequence[CursorMove] = ()
    ) -> Appended:
        await asyncio.sleep(0)
        if self.refuses:
            raise StoreRefusedError("closed")
        self.messages += messages
        self.moves += len(cursors)
        self.cursors |= {(move.meter, move.key): move.position for move in cursors}
        return Appended(stored=len(messages), repeated=0, dropped=MappingProxyType({}))

    async def position(self, meter: str, key: str) -> Cursor | None:
        await asyncio.sleep(0)
        found = self.cursors.get((meter, key))
        return None if found is None else Cursor(position=found, moved_at=0.0)

    def alarm_names(self, meter: str, obis: str) -> Mapping[int, str] | None:
        return NAMES if meter and obis == REGISTER else None

    def pushed_objects(self, meter: str, push_setup: str) -> Sequence[str]:
        raise AssertionError((meter, push_setup))

    def alarm_raised(self, meter: str, name: str) -> None:
        self.raised.append((meter, name))

    def alarms(self) -> Alarms:
        return Alarms("gw", self.position, self, self)

    def keeper(self) -> Keeper:
        return Keeper("gw", self, NoCounter(), self.alarms())

    def told(self) -> list[tuple[str, int]]:
        bodies = [json.loads(each.payload) for each in self.messages if "/event" in each.topic]
        return [(body["code"], body["source"]["number"]) for body in bodies]


def reading(word: int, minutes: int = 0, obis: str = REGISTER) -> Reading:
    return Reading(
        meter="m",
        logical_device_name="",
        bus="b",
        job="j",
        read_time=NOW + timedelta(minutes=minutes),
        values=(Value(obis=obis, attribute=2, name="alarms", value=word),),
    )


def notice(word: int, meter: str = "m") -> Notice:
    return Notice(
        meter=meter,
        bus="b",
        received=NOW,
        kind="event-notification",
        octets=word.to_bytes(4, "big"),
        attribute=NoticedAttribute(class_id=1, obis=REGISTER, attribute=2, name="value"),
        value=NoticedValue(type="double-long-unsigned", value=word),
    )


async def test_only_edges_are_told_each_by_itself() -> None:
    site = Site()
    keep = site.keeper()
    for minute, word in enumerate((0x2002, 0x2002, 0x2000, 0x2004)):
        await keep([reading(word, minute)])
    assert site.told() == [
        ("alarm_raised", 1),
        ("alarm_raised", 13),
        ("alarm_cleared", 1),
        ("alarm_raised", 2),
    ]
    assert site.moves == 3
    assert site.raised == [("m", "battery"), ("m", "fraud_attempt"), ("m", "bit_2")]
    assert len({message.message_id for message in site.messages}) == len(site.messages) == 8


async def test_an_event_says_what_where_and_how_grave() -> None:
    site = Site()
    keep = site.keeper()
    await keep([reading(0x2000)])
    await keep([reading(0, 1)])
    raised, cleared = (json.loads(site.messages[n].payload) for n in (1, 3))
    assert site.messages[1].topic == "dcud/v1/gw/meter/m/event"
    assert raised["text"] == "fraud_attempt is set: bit 13 of its alarm register 0.0.97.98.0.255"
    assert (raised["severity"], cleared["severity"]) == ("warning", "info")
    assert raised["time"] == "2026-03-01T12:00:00.000Z"
    assert "is no longer set" in cleared["text"]


async def test_a_restart_tells_nothing_twice_and_loses_nothing() -> None:
    site = Site()
    await site.keeper()([reading(0x2000)])
    await site.keeper()([reading(0x2002, 1)])
    assert site.told() == [("alarm_raised", 13), ("alarm_raised", 1)]


async def test_what_could_not_be_kept_is_told_when_it_can() -> None:
    site = Site()
    keep = site.keeper()
    site.refuses = True
    with pytest.raises(StoreRefusedError):
        await keep([reading(2)])
    assert site.raised == []
    site.refuses = False
    await keep([reading(2)])
    assert site.told() == [("alarm_raised", 1)]


async def test_a_register_that_never_had_a_bit_set_is_noted_once() -> None:
    site = Site()
    keep = site.keeper()
    await keep([reading(0)])
    await keep([reading(0, 1)])
    assert site.told() == []
    assert site.moves == 1


async def test_other_objects_are_kept_as_they_are() -> None:
    site = Site()
    await site.keeper()([reading(7, obis="0.0.96.1.0.255")])
    assert (site.told(), site.moves, len(site.messages)) == ([], 0, 1)


async def test_a_notification_and_a_reading_at_once_tell_of_an_alarm_once() -> None:
    site = Site()
    alarms = site.alarms()
    notices, keep = Notices("gw", site, alarms), Keeper("gw", site, NoCounter(), alarms)
    ending = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(notices.run(ending))
        notices.report(notice(0x2000))
        notices.report(notice(0x2000, "another"))
        await asyncio.gather(keep([reading(0x2000)]), keep([reading(0x2000, 1)]))
        ending.set()
    assert sorted(site.raised) == [("another", "fraud_attempt"), ("m", "fraud_attempt")]
    assert site.told() == [("alarm_raised", 13)] * 2


async def test_bits_that_come_and_go_among_the_notices_of_one_transaction_are_told() -> None:
    site = Site()
    notices = Notices("gw", site, site.alarms())
    ending = asyncio.Event()
    for word in (2, 0, 2):
        notices.report(notice(word))
    ending.set()
    await notices.run(ending)
    assert [code for code, _ in site.told()] == ["alarm_raised", "alarm_cleared", "alarm_raised"]
    assert site.cursors == {("m", "alarms/0.0.97.98.0.255"): "2"}

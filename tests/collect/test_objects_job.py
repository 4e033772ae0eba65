from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from dcud.collect.alignment import Alignment
from dcud.collect.job import JobOutcome, Timing
from dcud.collect.meter_memory import MeterMemory
from dcud.collect.objects_job import ObjectListRefusedError, ObjectsJob
from dcud.collect.register_job import Item
from dcud.cosem.association_view import ObjectListElement, object_list_data
from dcud.dlms.access import DataAccessResult
from dcud.dlms.constructors import array, long, long_unsigned, octet_string, structure, unsigned
from dcud.dlms.data import Data
from dcud.dlms.obis import Obis
from dcud.store.rows import Cursor
from tests.support.fake_meter import Answer, FakeReader, Kept, always, attribute

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
LIST = "15/0.0.40.0.0.255/2"
FIRMWARE = "1/1.0.0.2.0.255/2"
ENERGY, POWER, CLOCK = (3, "1.0.1.8.0.255"), (3, "1.0.1.7.0.255"), (8, "0.0.1.0.0.255")


class Site(Kept):
    """Hands cursors back, notes changes."""

    def __init__(self) -> None:
        super().__init__()
        self.changes: list[tuple[list[str], list[str]]] = []
        self.doubts = 0

    async def position(self, meter: str, key: str) -> Cursor | None:
        found = [move for move in self.cursors if (move.meter, move.key) == (meter, key)]
        return Cursor(position=found[-1].position, moved_at=0.0) if found else None

    def objects_changed(
        self, bus: str, meter: str, new: Sequence[str], gone: Sequence[str]
    ) -> None:
        assert (bus, meter) == ("b1", "m1")
        self.changes.append((list(new), list(gone)))

    def doubt(self) -> None:
        self.doubts += 1


def listed(*objects: tuple[int, str]) -> Data:
    return object_list_data(
        [
            ObjectListElement(class_id=class_id, version=0, logical_name=Obis.parse(name))
            for class_id, name in objects
        ]
    )


def job(site: Site, *versions: str) -> ObjectsJob:
    memory = MeterMemory(meter="m1", bus="b1", doubt_names=site.doubt)
    memory.scaler_units[(3, Obis.parse(ENERGY[1]))] = None
    return ObjectsJob(
        name="objects",
        timing=Timing(schedule=Alignment(interval=86_400)),
        versions=[Item(attribute=attribute(each), name="v") for each in versions],
        memory=memory,
        position=site.position,
        observer=site,
    )


async def run(asked: ObjectsJob, site: Site, answers: dict[str, Answer]) -> list[str]:
    reader = FakeReader(answers)
    assert await asked.run(reader, site, NOW, always) is JobOutcome.SUCCESS
    return reader.asked


async def test_what_is_new_and_gone_is_told_once_and_all_is_learned_anew() -> None:
    site = Site()
    asked = job(site)
    await run(asked, site, {LIST: listed(ENERGY, CLOCK)})
    assert (site.changes, asked.memory.generation, site.doubts) == ([], 0, 0)
    for _ in range(2):
        await run(asked, site, {LIST: listed(CLOCK, POWER)})
    assert site.changes == [(["3/1.0.1.7.0.255 v0"], ["3/1.0.1.8.0.255 v0"])]
    assert asked.memory.scaler_units == {}
    assert (asked.memory.generation, site.doubts) == (1, 1)
    assert len(site.cursors) == 2
    assert site.readings == []


async def test_the_order_of_the_list_is_no_news_and_a_class_version_is() -> None:
    site = Site()
    asked = job(site)
    await run(asked, site, {LIST: listed(ENERGY, CLOCK)})
    await run(asked, site, {LIST: listed(CLOCK, ENERGY)})
    assert site.changes == []
    newer = ObjectListElement(class_id=3, version=1, logical_name=Obis.parse(ENERGY[1]))
    elements = [newer, ObjectListElement(class_id=8, version=0, logical_name=Obis.parse(CLOCK[1]))]
    await run(asked, site, {LIST: object_list_data(elements)})
    assert site.changes == [(["3/1.0.1.8.0.255 v1"], ["3/1.0.1.8.0.255 v0"])]


async def test_while_the_versions_are_as_they_were_the_list_is_not_read() -> None:
    site = Site()
    asked = job(site, FIRMWARE)
    old: dict[str, Answer] = {FIRMWARE: octet_string(b"V1"), LIST: listed(ENERGY)}
    assert await run(asked, site, old) == [FIRMWARE, LIST]
    assert await run(asked, site, old) == [FIRMWARE]
    new: dict[str, Answer] = {FIRMWARE: octet_string(b"V2"), LIST: listed(ENERGY)}
    assert await run(asked, site, new) == [FIRMWARE, LIST]
    assert await run(asked, site, new) == [FIRMWARE]
    assert site.changes == []


async def test_a_version_that_is_refused_is_a_value_like_any() -> None:
    site = Site()
    asked = job(site, FIRMWARE)
    answers: dict[str, Answer] = {LIST: listed(ENERGY)}
    assert await run(asked, site, answers) == [FIRMWARE, LIST]
    assert await run(asked, site, answers) == [FIRMWARE]


async def test_what_was_kept_outlives_the_daemon() -> None:
    site = Site()
    await run(job(site), site, {LIST: listed(ENERGY)})
    await run(job(site), site, {LIST: listed(CLOCK)})
    assert len(site.changes) == 1


async def test_a_meter_that_knows_short_names_lists_its_objects_so() -> None:
    site = Site()
    asked = job(site)
    asked.memory.object_list = attribute("12/0.0.40.0.0.255/2")
    name = octet_string(Obis.parse(ENERGY[1]).octets)
    entry = structure((long(1000), long_unsigned(3), unsigned(0), name))
    await run(asked, site, {"12/0.0.40.0.0.255/2": array([entry])})
    assert site.cursors[0].position == '["","3/1.0.1.8.0.255 v0"]'


async def test_a_list_that_is_refused_is_an_error_and_changes_nothing() -> None:
    site = Site()
    asked = job(site)
    await run(asked, site, {LIST: listed(ENERGY)})
    refusing = FakeReader({LIST: DataAccessResult.READ_WRITE_DENIED})
    with pytest.raises(ObjectListRefusedError, match=r"15/0\.0\.40\.0\.0\.255/2"):
        await asked.run(refusing, site, NOW, always)
    assert (len(site.cursors), site.changes) == (1, [])

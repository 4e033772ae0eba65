from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from dcud.collect.alignment import Alignment
from dcud.collect.identity_job import USUAL, IdentityJob
from dcud.collect.job import JobOutcome, Timing
from dcud.collect.meter_memory import MeterMemory
from dcud.cosem.register import ScalerUnit
from dcud.dlms.access import DataAccessResult
from dcud.dlms.constructors import octet_string
from dcud.dlms.errors import NoAnswerError
from dcud.dlms.obis import Obis
from dcud.store.rows import Cursor
from tests.support.fake_meter import Answer, FakeReader, Kept, always

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
LDN = "1/0.0.42.0.0.255/2"
SERIAL, FIRMWARE = "1/0.0.96.1.0.255/2", "1/1.0.0.2.0.255/2"
ENERGY = (3, Obis.parse("1.0.1.8.0.255"))


class Site(Kept):
    """Keeps readings, hands cursors back, notes changes."""

    def __init__(self) -> None:
        super().__init__()
        self.changes: list[tuple[Mapping[str, str], Mapping[str, str]]] = []

    async def position(self, meter: str, key: str) -> Cursor | None:
        found = [move for move in self.cursors if (move.meter, move.key) == (meter, key)]
        return Cursor(position=found[-1].position, moved_at=0.0) if found else None

    def identity_changed(
        self, bus: str, meter: str, before: Mapping[str, str], now: Mapping[str, str]
    ) -> None:
        assert (bus, meter) == ("b1", "m1")
        self.changes.append((before, now))


def answers(serial: bytes = b"69231253", firmware: bytes = b"V1.07") -> dict[str, Answer]:
    undefined: dict[str, Answer] = {
        f"1/{item.attribute.logical_name}/2": DataAccessResult.OBJECT_UNDEFINED for item in USUAL
    }
    return undefined | {
        LDN: octet_string(b"LGZ1030769231253"),
        SERIAL: octet_string(serial),
        FIRMWARE: octet_string(firmware),
    }


def job(site: Site) -> IdentityJob:
    memory = MeterMemory(meter="m1", bus="b1")
    memory.scaler_units[ENERGY] = ScalerUnit(scaler=0, unit=30)
    return IdentityJob(
        name="identity",
        timing=Timing(schedule=Alignment(interval=86_400)),
        items=USUAL,
        memory=memory,
        position=site.position,
        observer=site,
    )


async def test_what_a_meter_has_becomes_one_reading() -> None:
    site = Site()
    outcome = await job(site).run(FakeReader(answers()), site, NOW, always)
    assert outcome is JobOutcome.SUCCESS
    (reading,) = site.readings
    assert reading.logical_device_name == "LGZ1030769231253"
    assert {value.name: value.value for value in reading.values} == {
        "serial_number": "69231253",
        "metrological_firmware": "V1.07",
    }
    assert site.changes == []


async def test_a_meter_that_is_as_it_was_is_no_news() -> None:
    site = Site()
    asked = job(site)
    for _ in range(2):
        await asked.run(FakeReader(answers()), site, NOW, always)
    assert site.changes == []
    assert asked.memory.scaler_units
    assert asked.memory.generation == 0


async def test_another_meter_is_told_and_what_was_learned_is_forgotten() -> None:
    site = Site()
    asked = job(site)
    await asked.run(FakeReader(answers()), site, NOW, always)
    for _ in range(2):
        await asked.run(FakeReader(answers(serial=b"70000001")), site, NOW, always)
    ((before, now),) = site.changes
    assert (before["serial_number"], now["serial_number"]) == ("69231253", "70000001")
    assert before["metrological_firmware"] == now["metrological_firmware"]
    assert asked.memory.scaler_units == {}
    assert asked.memory.generation == 1


async def test_what_was_kept_outlives_the_daemon() -> None:
    site = Site()
    await job(site).run(FakeReader(answers()), site, NOW, always)
    await job(site).run(FakeReader(answers(firmware=b"V1.08")), site, NOW, always)
    assert len(site.changes) == 1


async def test_a_meter_that_falls_silent_is_not_taken_for_another() -> None:
    site = Site()
    asked = job(site)
    await asked.run(FakeReader(answers()), site, NOW, always)
    silent = answers() | {FIRMWARE: NoAnswerError("silence")}
    with pytest.raises(NoAnswerError):
        await asked.run(FakeReader(silent), site, NOW, always)
    assert site.changes == []
    assert len(site.readings) == 1

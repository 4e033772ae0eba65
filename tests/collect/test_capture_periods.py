from datetime import UTC

from dcud.collect.capture_boundaries import CaptureBoundaries
from dcud.collect.capture_periods import CapturePeriods
from dcud.collect.meter_memory import MeterMemory
from dcud.dlms.access import DataAccessResult
from dcud.dlms.constructors import double_long_unsigned, octet_string
from dcud.dlms.obis import Obis
from tests.support.fake_meter import Answer, FakeReader

LOAD, DAILY = Obis.parse("1.0.99.1.0.255"), Obis.parse("1.0.99.2.0.255")


def periods(configured: float | None = None) -> CapturePeriods:
    memory = MeterMemory(meter="m1", bus="b1")
    return CapturePeriods(profiles={LOAD: configured, DAILY: 86_400.0}, memory=memory)


def telling(period: Answer) -> FakeReader:
    return FakeReader({f"7/{LOAD}/4": period})


def known(*seconds: float) -> CaptureBoundaries:
    return CaptureBoundaries(periods=seconds, zones=(UTC,))


async def test_the_meter_is_asked_once_for_what_is_not_configured() -> None:
    asked, reader = periods(), telling(double_long_unsigned(900))
    for _ in range(2):
        assert await asked.boundaries(reader, [UTC]) == known(900.0, 86_400.0)
    assert reader.asked == ["7/1.0.99.1.0.255/4"]


async def test_another_meter_is_asked_anew() -> None:
    asked = periods()
    await asked.boundaries(telling(double_long_unsigned(900)), [UTC])
    asked.memory.forget()
    told = await asked.boundaries(telling(double_long_unsigned(1800)), [UTC])
    assert told == known(1800.0, 86_400.0)


async def test_a_meter_is_not_asked_for_what_is_configured() -> None:
    reader = telling(double_long_unsigned(900))
    assert await periods(60.0).boundaries(reader, [UTC]) == known(60.0, 86_400.0)
    assert reader.asked == []


async def test_a_meter_that_does_not_tell_is_asked_again() -> None:
    asked = periods()
    for silent in (DataAccessResult.READ_WRITE_DENIED, octet_string(b"15 min")):
        assert await asked.boundaries(telling(silent), [UTC]) is None
    told = await asked.boundaries(telling(double_long_unsigned(900)), [UTC])
    assert told == known(900.0, 86_400.0)

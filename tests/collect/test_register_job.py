from datetime import UTC, datetime
from decimal import Decimal

import pytest

from dcud.collect.alignment import Alignment
from dcud.collect.job import JobOutcome, Timing
from dcud.collect.meter_memory import MeterMemory
from dcud.collect.register_job import Item, RegisterJob
from dcud.cosem.register import ScalerUnit
from dcud.dlms.access import DataAccessResult
from dcud.dlms.constructors import (
    double_long_unsigned,
    enum,
    integer,
    long_unsigned,
    octet_string,
    structure,
    unsigned,
)
from dcud.dlms.errors import DecodeError, NoAnswerError
from dcud.reading import MeterTime, Quality, Quantity
from tests.support.fake_meter import Answer, FakeReader, Kept, always, attribute

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
ENERGY, ENERGY_SCALER = "3/1.0.1.8.0.255/2", "3/1.0.1.8.0.255/3"
VOLTAGE, VOLTAGE_SCALER = "3/1.0.32.7.0.255/2", "3/1.0.32.7.0.255/3"
SERIAL, LDN, CLOCK = "1/0.0.96.1.0.255/2", "1/0.0.42.0.0.255/2", "8/0.0.1.0.0.255/2"


def answers() -> dict[str, Answer]:
    return {
        LDN: octet_string(b"LGZ1030769231253"),
        CLOCK: octet_string(bytes.fromhex("07EA0601010E000000FF8880")),
        SERIAL: octet_string(b"69231253"),
        ENERGY: double_long_unsigned(5009),
        ENERGY_SCALER: structure((integer(1), enum(30))),
        VOLTAGE: long_unsigned(2305),
        VOLTAGE_SCALER: structure((integer(-1), enum(35))),
    }


def job(
    *texts: str,
    with_clock: bool = True,
    fixed: ScalerUnit | None = None,
    companion: str = "none",
) -> RegisterJob:
    return RegisterJob(
        name="registers",
        timing=Timing(schedule=Alignment(interval=900)),
        items=[Item(attribute=attribute(text), name=text, scaler_unit=fixed) for text in texts],
        memory=MeterMemory(meter="m1", bus="b1", companion=companion),
        with_clock=with_clock,
    )


async def test_all_items_become_one_reading() -> None:
    kept, reader = Kept(), FakeReader(answers())
    outcome = await job(ENERGY, VOLTAGE, SERIAL).run(reader, kept, NOW, always)
    (reading,) = kept.readings
    assert outcome is JobOutcome.SUCCESS
    assert (reading.meter, reading.bus, reading.job) == ("m1", "b1", "registers")
    assert reading.logical_device_name == "LGZ1030769231253"
    assert reading.read_time == NOW
    assert reading.capture_time is None
    assert [(value.value, value.unit) for value in reading.values] == [
        (Quantity(magnitude=Decimal(50090)), "Wh"),
        (Quantity(magnitude=Decimal("230.5")), "V"),
        ("69231253", ""),
    ]


async def test_the_meters_clock_comes_with_its_offset_and_status() -> None:
    kept = Kept()
    await job(SERIAL).run(FakeReader(answers()), kept, NOW, always)
    shown = kept.readings[0].meter_time
    assert isinstance(shown, MeterTime)
    assert shown.time.isoformat() == "2026-06-01T14:00:00+02:00"
    assert shown.status == ("daylight_saving",)


@pytest.mark.parametrize("clock", [DataAccessResult.OBJECT_UNDEFINED, octet_string(bytes(12))])
async def test_a_meter_without_a_time_is_read_all_the_same(clock: Answer) -> None:
    kept = Kept()
    await job(SERIAL).run(FakeReader(answers() | {CLOCK: clock}), kept, NOW, always)
    assert kept.readings[0].meter_time is None


async def test_name_and_scalers_are_asked_for_once() -> None:
    reader, repeated = FakeReader(answers()), job(ENERGY, with_clock=False)
    await repeated.run(reader, Kept(), NOW, always)
    assert reader.asked == [LDN, ENERGY, ENERGY_SCALER]
    await repeated.run(reader, Kept(), NOW, always)
    assert reader.asked[3:] == [ENERGY]


async def test_a_refused_item_is_missing_and_holds_up_no_other() -> None:
    kept = Kept()
    refused = answers() | {ENERGY: DataAccessResult.SCOPE_OF_ACCESS_VIOLATED}
    outcome = await job(ENERGY, SERIAL).run(FakeReader(refused), kept, NOW, always)
    first, second = kept.readings[0].values
    assert outcome is JobOutcome.PARTIAL
    assert (first.quality, first.reason) == (Quality.MISSING, "scope-of-access-violated")
    assert second.value == "69231253"


async def test_a_register_without_a_scaler_is_missing_rather_than_off_by_a_power_of_ten() -> None:
    kept = Kept()
    unscaled = answers() | {ENERGY_SCALER: DataAccessResult.OBJECT_UNDEFINED}
    await job(ENERGY).run(FakeReader(unscaled), kept, NOW, always)
    assert kept.readings[0].values[0].reason == "the meter tells no scaler_unit"


async def test_a_configured_scaler_holds_instead_of_the_meters() -> None:
    kept, reader = Kept(), FakeReader(answers())
    await job(ENERGY, fixed=ScalerUnit(scaler=-3, unit=30)).run(reader, kept, NOW, always)
    assert kept.readings[0].values[0].value == Quantity(magnitude=Decimal("5.009"))
    assert ENERGY_SCALER not in reader.asked


async def test_an_extended_registers_capture_time_is_a_time() -> None:
    kept = Kept()
    captured = {
        "4/1.0.1.6.0.255/5": octet_string(bytes.fromhex("07E40106FF00030000FFC400")),
    }
    await job("4/1.0.1.6.0.255/5").run(FakeReader(answers() | captured), kept, NOW, always)
    assert kept.readings[0].values[0].value == "2020-01-06T00:03:00+01:00"


async def test_a_meter_that_falls_silent_breaks_the_job_and_nothing_is_kept() -> None:
    kept = Kept()
    silent = answers() | {VOLTAGE: NoAnswerError("silence")}
    with pytest.raises(NoAnswerError):
        await job(ENERGY, VOLTAGE).run(FakeReader(silent), kept, NOW, always)
    assert kept.calls == 0


async def test_octets_that_are_no_data_are_named_with_the_attribute() -> None:
    with pytest.raises(DecodeError, match=r"3/1\.0\.1\.8\.0\.255/2"):
        await job(ENERGY).run(FakeReader(answers() | {ENERGY: b"\x06\x00"}), Kept(), NOW, always)


async def test_octets_after_the_data_are_an_error() -> None:
    with pytest.raises(DecodeError, match=r"3/1\.0\.1\.8\.0\.255/2"):
        await job(ENERGY).run(
            FakeReader(answers() | {ENERGY: b"\x11\x00\x00"}), Kept(), NOW, always
        )


async def test_all_is_asked_for_with_one_request_where_the_meter_takes_lists() -> None:
    kept, reader = Kept(), FakeReader(answers(), list_limit=20)
    run = job(ENERGY, VOLTAGE, SERIAL)
    assert await run.run(reader, kept, NOW, always) is JobOutcome.SUCCESS
    assert reader.asked == []
    assert reader.lists == [[LDN, ENERGY_SCALER, VOLTAGE_SCALER, CLOCK, ENERGY, VOLTAGE, SERIAL]]
    single = Kept()
    await job(ENERGY, VOLTAGE, SERIAL).run(FakeReader(answers()), single, NOW, always)
    assert kept.readings == single.readings


async def test_what_is_known_is_not_asked_for_again() -> None:
    reader = FakeReader(answers(), list_limit=20)
    run = job(ENERGY, VOLTAGE, with_clock=False)
    for _ in range(2):
        await run.run(reader, Kept(), NOW, always)
    assert reader.lists[1] == [ENERGY, VOLTAGE]


async def test_what_is_scaled_by_configuration_needs_no_scaler() -> None:
    reader = FakeReader(answers(), list_limit=20)
    await job(ENERGY, VOLTAGE, fixed=ScalerUnit(scaler=0, unit=30)).run(reader, Kept(), NOW, always)
    assert reader.lists == [[LDN, CLOCK, ENERGY, VOLTAGE]]


@pytest.mark.parametrize(("companion", "text"), [("idis", "power up"), ("none", "")])
async def test_the_code_of_the_last_event_has_its_text(companion: str, text: str) -> None:
    kept = Kept()
    code = "1/0.0.96.11.0.255/2"
    said = answers() | {code: unsigned(2)}
    await job(code, companion=companion).run(FakeReader(said), kept, NOW, always)
    (value,) = kept.readings[0].values
    assert (value.value, value.text) == (2, text)

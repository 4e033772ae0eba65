from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from dcud.cli.profile_rows import ProfileRows
from dcud.cosem.profile_buffer import BufferLayout, ProfileEntry
from dcud.cosem.profile_columns import Column
from dcud.cosem.profile_generic import CLOCK_TIME, CaptureObject
from dcud.cosem.register import ScalerUnit
from dcud.cosem.value_texts import CellTexts
from dcud.dlms.obis import Obis

ENERGY = Obis.parse("1.0.1.8.0.255")
DEMAND = Obis.parse("1.0.1.6.0.255")
NOBODYS = Obis.parse("1.0.200.200.0.255")


def column(obis: Obis, attribute: int = 2, data_index: int = 0, unit: int | None = None) -> Column:
    return Column(
        capture_object=CaptureObject(
            class_id=4, logical_name=obis, attribute=attribute, data_index=data_index
        ),
        scaler_unit=None if unit is None else ScalerUnit(scaler=0, unit=unit),
    )


LAYOUT = BufferLayout(
    columns=(
        column(ENERGY, unit=30),
        Column(capture_object=CLOCK_TIME),
        column(DEMAND, unit=27),
        column(DEMAND, 5),
        column(NOBODYS, data_index=2),
    )
)
NO_EVENTS = CellTexts(companion="none", profile=Obis.parse("1.0.99.1.0.255"))
ROWS = ProfileRows(LAYOUT, {(ENERGY, None): "energy"}, NO_EVENTS)
CAPTURED = datetime(2026, 5, 4, 11, 45, tzinfo=UTC)


def entry(time: datetime | None, *status: str) -> ProfileEntry:
    return ProfileEntry(
        time=time,
        cells=(Decimal("1.5"), time, Decimal(7), CAPTURED, b"\x01\x02"),
        clock_status=status,
    )


def test_columns_have_names_and_units() -> None:
    assert [each.heading for each in ROWS.columns] == [
        "time",
        "utc_offset",
        "clock_status",
        "energy [Wh]",
        "active_power_import_maximum/2 [W]",
        "active_power_import_maximum/5",
        "1.0.200.200.0.255[2]",
    ]


def test_a_name_for_one_attribute_goes_before_one_for_all() -> None:
    names = {(DEMAND, 5): "when", (DEMAND, None): "demand"}
    assert [each.heading for each in ProfileRows(LAYOUT, names, NO_EVENTS).columns[4:6]] == [
        "demand [W]",
        "when",
    ]


@pytest.mark.parametrize(
    ("offset", "shown"),
    [
        (timedelta(hours=2), "UTC+02:00"),
        (timedelta(0), "UTC+00:00"),
        (-timedelta(hours=3, minutes=30), "UTC-03:30"),
    ],
)
def test_times_are_local_with_their_offset_beside(offset: timedelta, shown: str) -> None:
    time = datetime(2026, 5, 4, 12, 0, tzinfo=timezone(offset))
    assert ROWS.cells(entry(time, "daylight_saving", "doubtful_value")) == [
        "2026-05-04 12:00:00",
        shown,
        "daylight_saving doubtful_value",
        Decimal("1.5"),
        Decimal(7),
        CAPTURED,
        "0102",
    ]


def test_a_time_whose_offset_nobody_knows() -> None:
    naive = datetime(2026, 5, 4, 12, 0)  # noqa: DTZ001  # that is the case
    assert ROWS.cells(entry(naive))[:3] == ["2026-05-04 12:00:00", None, ""]


def test_an_entry_without_a_time() -> None:
    assert ROWS.cells(entry(None))[:3] == [None, None, ""]


def test_a_record_is_whole_in_itself() -> None:
    record = ROWS.record(entry(CAPTURED, "doubtful_value"))
    assert record["time"] == CAPTURED
    assert record["clock_status"] == ["doubtful_value"]
    values = record["values"]
    assert isinstance(values, list)
    assert values[0] == {
        "obis": "1.0.1.8.0.255",
        "attribute": 2,
        "name": "energy",
        "value": Decimal("1.5"),
        "unit": "Wh",
    }
    assert len(values) == 4


FRAUD_LOG, FRAUD_CODE = Obis.parse("0.0.99.98.1.255"), Obis.parse("0.0.96.11.1.255")
EVENT_LAYOUT = BufferLayout(
    columns=(Column(capture_object=CLOCK_TIME), column(FRAUD_CODE), column(ENERGY, unit=30))
)


def event(code: object) -> ProfileEntry:
    return ProfileEntry(time=CAPTURED, cells=(CAPTURED, code, Decimal(7)))  # type: ignore[arg-type]  # as spoilt as any


@pytest.mark.parametrize(
    ("code", "text"), [(40, "terminal cover removed"), (230, ""), (None, ""), (b"x", "")]
)
def test_event_codes_have_their_texts_beside_them(code: object, text: str) -> None:
    events = CellTexts(companion="idis", profile=FRAUD_LOG)
    shown = ProfileRows(EVENT_LAYOUT, {(FRAUD_CODE, None): "event_code"}, events)
    assert [each.heading for each in shown.columns[3:]] == [
        "event_code",
        "event_code_text",
        "active_energy_import [Wh]",
    ]
    assert shown.cells(event(code))[4:] == [text, Decimal(7)]
    values = shown.record(event(code))["values"]
    assert isinstance(values, list)
    assert values[0]["text"] == text
    assert "text" not in values[1]


def test_codes_of_a_meter_without_a_companion_profile_stay_numbers() -> None:
    events = CellTexts(companion="none", profile=FRAUD_LOG)
    shown = ProfileRows(EVENT_LAYOUT, {}, events)
    assert shown.cells(event(40))[3:] == [40, Decimal(7)]

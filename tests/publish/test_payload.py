import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from dcud.publish.payload import reading_payload
from dcud.publish.schema import load_schema
from dcud.reading import MeterTime, Quality, Quantity, Reading, Scalar, Value

_GOLDEN = Path(__file__).with_name("golden")
_SCHEMA = Draft202012Validator(load_schema("reading-1"))
_READ = datetime(2026, 3, 1, 12, 0, 3, 250_000, tzinfo=UTC)


def _reading(*values: Value) -> Reading:
    return Reading(
        meter="m1",
        logical_device_name="",
        bus="rs485-1",
        job="registers",
        read_time=_READ,
        values=values,
    )


def _value(value: Scalar) -> Value:
    return Value(obis="1.0.1.8.0.255", attribute=2, name="energy", value=value, unit="Wh")


def _published(value: Value) -> dict[str, Any]:
    body = json.loads(reading_payload(_reading(value), "gw-1"))
    _SCHEMA.validate(body)
    published: dict[str, Any] = body["values"][0]
    return published


_PROFILE_ENTRY = Reading(
    meter="house-7",
    logical_device_name="ABC0000000000007",
    bus="rs485-1",
    job="load_profile",
    read_time=_READ,
    capture_time=datetime(2026, 3, 1, 13, 45, tzinfo=timezone(timedelta(hours=2))),
    meter_time=MeterTime(
        time=datetime(2026, 3, 1, 14, 0, 2, tzinfo=timezone(timedelta(hours=2))),
        status=("daylight_saving",),
    ),
    values=(
        Value(
            obis="1.0.1.8.0.255",
            attribute=2,
            name="active_energy_import",
            value=Quantity(magnitude=Decimal("1234567.50")),
            unit="Wh",
        ),
        Value(obis="0.0.96.10.1.255", attribute=2, name="status", value=8),
    ),
)
_INSTANTANEOUS = Reading(
    meter="Zähler 8",
    logical_device_name="",
    bus="tcp-1",
    job="registers",
    read_time=_READ,
    meter_time=MeterTime(time=datetime(2026, 3, 1, 14, 0, 2)),  # noqa: DTZ001  # as the meter gave it
    values=(
        Value(
            obis="1.0.32.7.0.255",
            attribute=2,
            name="voltage_l1",
            value=Quantity(magnitude=Decimal(2301).scaleb(-1)),
            unit="V",
            quality=Quality.DOUBTFUL,
        ),
        Value(
            obis="1.0.1.8.0.255",
            attribute=2,
            name="active_energy_import",
            value=None,
            quality=Quality.MISSING,
            reason="read-write-denied",
        ),
        Value(obis="0.0.42.0.0.255", attribute=2, name="device", value="ABC0000000000008"),
        Value(obis="0.0.96.3.10.255", attribute=2, name="connected", value=True),
        Value(obis="0.0.96.1.0.255", attribute=2, name="counter", value=2**64 - 1),
    ),
)


@pytest.mark.parametrize(
    ("name", "reading"),
    [("reading-profile", _PROFILE_ENTRY), ("reading-instantaneous", _INSTANTANEOUS)],
)
def test_readings_look_as_they_always_did(name: str, reading: Reading) -> None:
    payload = reading_payload(reading, "gw-1")
    golden = json.loads((_GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    assert json.loads(payload) == golden
    assert payload == json.dumps(golden, ensure_ascii=False, separators=(",", ":")).encode()
    _SCHEMA.validate(golden)


def test_an_event_code_is_published_with_its_text() -> None:
    code = Value(obis="0.0.96.11.0.255", attribute=2, name="event_code", value=1, text="power down")
    assert _published(code) == {
        "obis": "0.0.96.11.0.255",
        "attribute": 2,
        "name": "event_code",
        "value": 1,
        "unit": "",
        "quality": "good",
        "text": "power down",
    }


@pytest.mark.parametrize(
    ("magnitude", "text"),
    [
        ("1.50", "1.50"),
        ("1E+3", "1000"),
        ("-5E-7", "-0.0000005"),
        ("18446744073709551615", "18446744073709551615"),
        ("0", "0"),
    ],
)
def test_quantities_are_plain_decimal_strings(magnitude: str, text: str) -> None:
    assert _published(_value(Quantity(magnitude=Decimal(magnitude))))["value"] == text


@pytest.mark.parametrize(
    ("value", "published"),
    [
        (2**53 - 1, 2**53 - 1),
        (-(2**53 - 1), -(2**53 - 1)),
        (2**53, "9007199254740992"),
        (-(2**63), "-9223372036854775808"),
        (0.1, "0.1"),
        (1e-7, "0.0000001"),
        (1e22, "10000000000000000000000"),
        (True, True),
        ("", ""),
        (None, None),
    ],
)
def test_other_values_stay_exact(value: Scalar, published: object) -> None:
    shown = _published(_value(value))["value"]
    assert shown == published
    assert type(shown) is type(published)


@pytest.mark.parametrize(
    "value", [float("nan"), float("-inf"), Quantity(magnitude=Decimal("Infinity"))]
)
def test_what_is_no_number_is_missing_and_never_zero(value: Scalar) -> None:
    shown = _published(_value(value))
    assert (shown["value"], shown["quality"], shown["reason"]) == (None, "missing", "not a number")


def test_what_is_missing_shows_no_value_and_has_a_reason() -> None:
    value = Value(obis="1.0.1.8.0.255", attribute=2, name="e", value=0, quality=Quality.MISSING)
    shown = _published(value)
    assert (shown["value"], shown["reason"]) == (None, "unknown")


@given(
    digits=st.integers(-(2**64), 2**64),
    exponent=st.integers(-128, 127),  # what a scaler can be
)
def test_any_quantity_reads_back_exactly(digits: int, exponent: int) -> None:
    magnitude = Decimal(digits).scaleb(exponent)
    assert Decimal(_published(_value(Quantity(magnitude=magnitude)))["value"]) == magnitude


@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_any_float_reads_back_exactly(value: float) -> None:
    assert float(_published(_value(value))["value"]) == value


def test_the_same_reading_is_the_same_octets() -> None:
    assert reading_payload(_PROFILE_ENTRY, "g") == reading_payload(_PROFILE_ENTRY, "g")

"""A reading as the octets of an MQTT message."""

from datetime import timedelta
from decimal import Decimal
from typing import Final

from dcud.publish.canonical import SCHEMA_VERSION, JsonValue, canonical_json, rfc3339
from dcud.reading import MeterTime, Quality, Quantity, Reading, Scalar, Value

_GREATEST_SAFE_INTEGER: Final = 2**53 - 1
"""Beyond it JSON parsers that know only doubles would round."""


def reading_payload(reading: Reading, gateway: str) -> bytes:
    """Return the canonical JSON of `schema/reading-1.json`."""
    body: dict[str, JsonValue] = {
        "schema_version": SCHEMA_VERSION,
        "message_id": str(reading.message_id(gateway)),
        "gateway": gateway,
        "meter": {"id": reading.meter, "logical_device_name": reading.logical_device_name},
        "bus": reading.bus,
        "job": reading.job,
        "read_time": rfc3339(reading.read_time),
    }
    if reading.capture_time is not None:
        body["capture_time"] = rfc3339(reading.capture_time)
    if reading.meter_time is not None:
        body["meter_time"] = meter_time_json(reading.meter_time)
    body["values"] = [value_json(value) for value in reading.values]
    return canonical_json(body)


def meter_time_json(shown: MeterTime) -> JsonValue:
    """Return the meter's clock; without an offset where the meter gives none."""
    offset = shown.time.utcoffset()
    body: dict[str, JsonValue] = {"time": shown.time.isoformat(timespec="milliseconds")}
    if offset is not None:
        body["offset_minutes"] = offset // timedelta(minutes=1)
    body["status"] = list(shown.status)
    return body


def value_json(value: Value) -> JsonValue:
    """Return one value; one that is no number is missing, and what is missing has a reason."""
    quality, reason = value.quality, value.reason
    if not _is_finite(value.value):
        quality, reason = Quality.MISSING, reason or "not a number"
    missing = quality is Quality.MISSING
    body: dict[str, JsonValue] = {
        "obis": value.obis,
        "attribute": value.attribute,
        "name": value.name,
        "value": None if missing else scalar_json(value.value),
        "unit": value.unit,
        "quality": quality.value,
    }
    if reason or missing:
        body["reason"] = reason or "unknown"
    if value.text:
        body["text"] = value.text
    return body


def _is_finite(scalar: Scalar) -> bool:
    """Tell NaN and the infinities from what JSON can hold."""
    match scalar:
        case Quantity(magnitude=magnitude):
            return magnitude.is_finite()
        case float():
            return Decimal(scalar).is_finite()
        case _:
            return True


def scalar_json(scalar: Scalar) -> JsonValue:
    """Return a value exactly: quantities and floats as decimal strings, never as JSON floats."""
    match scalar:
        case Quantity(magnitude=magnitude):
            return format(magnitude, "f")
        case bool() | str() | None:
            return scalar
        case float():
            return format(Decimal(repr(scalar)), "f")
        case int():
            return scalar if abs(scalar) <= _GREATEST_SAFE_INTEGER else str(scalar)

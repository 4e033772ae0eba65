"""The values of a Sparkplug B payload, to and from octets.

[Sparkplug 3.0: Payload Component Definitions, Data Types]
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from dcud.publish.sparkplug.errors import SparkplugError
from dcud.publish.sparkplug.wire import (
    Field,
    Fields,
    WireType,
    as_integer,
    as_octets,
    as_text,
    counted_field,
    double_field,
    float_field,
    text_field,
    varint_field,
)

Scalar = bool | int | float | str | bytes
"""What a metric or a property holds."""


class DataType(IntEnum):
    """What a value is; without the compound ones and the arrays, of which a meter has none."""

    UNKNOWN = 0
    INT8 = 1
    INT16 = 2
    INT32 = 3
    INT64 = 4
    UINT8 = 5
    UINT16 = 6
    UINT32 = 7
    UINT64 = 8
    FLOAT = 9
    DOUBLE = 10
    BOOLEAN = 11
    STRING = 12
    DATE_TIME = 13
    TEXT = 14
    UUID = 15
    BYTES = 17


_DATA_TYPES: Final = {data_type.value: data_type for data_type in DataType}


class Quality(IntEnum):
    """What the property "Quality" says; where it is absent, a value is good."""

    BAD = 0
    GOOD = 192
    STALE = 500


@dataclass(frozen=True, slots=True)
class Property:
    """What is said of a metric beyond its value.

    Attributes:
        value: None where it has none; never octets.
    """

    key: str
    data_type: DataType
    value: Scalar | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A value, and what it is.

    Attributes:
        value: None where it is null; milliseconds since 1970-01-01 UTC for a `DATE_TIME`.
        data_type: UNKNOWN where it isn't told.
        name: "" where it isn't told.
        alias: what stands for the name once a birth has told both; None where it isn't told.
        timestamp: when the value was captured, in milliseconds since 1970-01-01 UTC.
        is_historical: whether it is no current value.
    """

    value: Scalar | None = None
    data_type: DataType = DataType.UNKNOWN
    name: str = ""
    alias: int | None = None
    timestamp: int | None = None
    is_historical: bool = False
    properties: tuple[Property, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """What one message says.

    Attributes:
        timestamp: when it was published, in milliseconds since 1970-01-01 UTC.
        seq: 0..255; None in deaths and commands.
    """

    metrics: tuple[Metric, ...] = ()
    timestamp: int | None = None
    seq: int | None = None


class _Arm(IntEnum):
    """Which field bears a value: so many behind the first that may."""

    INT = 0
    LONG = 1
    FLOAT = 2
    DOUBLE = 3
    BOOLEAN = 4
    STRING = 5
    BYTES = 6


_PROPERTY_ARMS: Final = range(3, 9)
_METRIC_ARMS: Final = range(10, 17)

_INTEGERS: Final = {
    DataType.INT8: (_Arm.INT, 8, True),
    DataType.INT16: (_Arm.INT, 16, True),
    DataType.INT32: (_Arm.INT, 32, True),
    DataType.INT64: (_Arm.LONG, 64, True),
    DataType.UINT8: (_Arm.INT, 8, False),
    DataType.UINT16: (_Arm.INT, 16, False),
    DataType.UINT32: (_Arm.INT, 32, False),
    DataType.UINT64: (_Arm.LONG, 64, False),
    DataType.DATE_TIME: (_Arm.LONG, 64, False),
}
"""With how many bits each has, and whether one is the sign's."""

_ARMS: Final = {
    **{data_type: arm for data_type, (arm, _, _) in _INTEGERS.items()},
    DataType.FLOAT: _Arm.FLOAT,
    DataType.DOUBLE: _Arm.DOUBLE,
    DataType.BOOLEAN: _Arm.BOOLEAN,
    DataType.STRING: _Arm.STRING,
    DataType.TEXT: _Arm.STRING,
    DataType.UUID: _Arm.STRING,
    DataType.BYTES: _Arm.BYTES,
}


def encode(payload: Payload) -> bytes:
    """Return a payload as octets.

    Raises:
        ValueError: a value isn't of its data type, or does not fit into it.
    """
    return b"".join(
        (
            _optional(1, payload.timestamp),
            *(counted_field(2, _metric(metric)) for metric in payload.metrics),
            _optional(3, payload.seq),
        )
    )


def decode(octets: bytes) -> Payload:
    """Return what octets say; what a metric has beyond `Metric` is passed over.

    Raises:
        SparkplugError: the octets are no payload.
    """
    fields = Fields(octets)
    return Payload(
        timestamp=fields.integer(1),
        metrics=tuple(_decode_metric(Fields(metric)) for metric in fields.counted(2)),
        seq=fields.integer(3),
    )


def _optional(number: int, value: int | None) -> bytes:
    return b"" if value is None else varint_field(number, value)


def _metric(metric: Metric) -> bytes:
    return b"".join(
        (
            text_field(1, metric.name) if metric.name else b"",
            _optional(2, metric.alias),
            _optional(3, metric.timestamp),
            _optional(4, metric.data_type or None),
            varint_field(5, True) if metric.is_historical else b"",
            varint_field(7, True) if metric.value is None else b"",
            counted_field(9, _properties(metric.properties)) if metric.properties else b"",
            _value(metric.value, metric.data_type, _METRIC_ARMS),
        )
    )


def _properties(properties: Iterable[Property]) -> bytes:
    """Return a set of properties: all keys, then all values."""
    chosen = tuple(properties)
    return b"".join(
        (
            *(text_field(1, each.key) for each in chosen),
            *(counted_field(2, _property(each)) for each in chosen),
        )
    )


def _property(each: Property) -> bytes:
    null = varint_field(2, True) if each.value is None else b""
    value = _value(each.value, each.data_type, _PROPERTY_ARMS)
    return varint_field(1, each.data_type) + null + value


def _value(value: Scalar | None, data_type: DataType, arms: range) -> bytes:
    """Return a value in the field that its type asks for, nothing for null."""
    if value is None:
        return b""
    arm = _ARMS.get(data_type)
    if arm is None or arm >= len(arms):
        raise ValueError(f"no value can be {data_type.name} here: {value!r}")
    if data_type in _INTEGERS and isinstance(value, int):
        return varint_field(arms[arm], _unsigned(value, data_type))
    octets = _field(arms[arm], arm, value)
    if octets is None:
        raise ValueError(f"{value!r} is no {data_type.name}")
    return octets


def _field(number: int, arm: _Arm, value: Scalar) -> bytes | None:
    """Return what is no integer in its field, None if it isn't what the field holds."""
    match arm, value:
        case _Arm.FLOAT, float():
            return float_field(number, value)
        case _Arm.DOUBLE, float():
            return double_field(number, value)
        case _Arm.BOOLEAN, bool():
            return varint_field(number, value)
        case _Arm.STRING, str():
            return text_field(number, value)
        case _Arm.BYTES, bytes():
            return counted_field(number, value)
        case _:
            return None


def _unsigned(value: int, data_type: DataType) -> int:
    """Return an integer as its field holds it: a negative one as two's complement."""
    arm, bits, is_signed = _INTEGERS[data_type]
    least = -(1 << bits - 1) if is_signed else 0
    if not least <= value < least + (1 << bits):
        raise ValueError(f"{value} does not fit into {data_type.name}")
    return value % (1 << (32 if arm is _Arm.INT else 64))


def _decode_metric(fields: Fields) -> Metric:
    data_type = _data_type(fields.integer(4))
    properties = fields.counted(9)
    return Metric(
        name=fields.text(1) or "",
        alias=fields.integer(2),
        timestamp=fields.integer(3),
        data_type=data_type,
        is_historical=bool(fields.integer(5)),
        properties=_decode_properties(Fields(properties[-1])) if properties else (),
        value=_decode_value(fields, data_type, _METRIC_ARMS, is_null=bool(fields.integer(7))),
    )


def _data_type(number: int | None) -> DataType:
    data_type = _DATA_TYPES.get(number or 0)
    if data_type is None:
        raise SparkplugError(f"values of the data type {number} are not read")
    return data_type


def _decode_properties(fields: Fields) -> tuple[Property, ...]:
    keys, values = fields.texts(1), fields.counted(2)
    if len(keys) != len(values):
        raise SparkplugError(f"{len(keys)} properties have {len(values)} values")
    return tuple(map(_decode_property, keys, values))


def _decode_property(key: str, octets: bytes) -> Property:
    fields = Fields(octets)
    data_type = _data_type(fields.integer(1))
    is_null = bool(fields.integer(2))
    return Property(
        key, data_type, _decode_value(fields, data_type, _PROPERTY_ARMS, is_null=is_null)
    )


def _decode_value(
    fields: Fields, data_type: DataType, arms: range, *, is_null: bool
) -> Scalar | None:
    """Return a value, None where there is none; of an unknown type, as its field tells."""
    field = fields.last_of(arms)
    if is_null or field is None:
        return None
    arm = _Arm(field.number - arms.start)
    if _ARMS.get(data_type, arm) is not arm:
        raise SparkplugError(f"a value of {data_type.name} is not told as {arm.name}")
    value = _held(field, arm)
    if data_type not in _INTEGERS or not isinstance(value, int):
        return value
    _, bits, is_signed = _INTEGERS[data_type]
    value %= 1 << bits
    return value - (1 << bits) if is_signed and value >> bits - 1 else value


def _held(field: Field, arm: _Arm) -> Scalar:
    """Return what a field holds."""
    match arm:
        case _Arm.INT | _Arm.LONG:
            return as_integer(field)
        case _Arm.BOOLEAN:
            return bool(as_integer(field))
        case _Arm.FLOAT:
            return float(struct.unpack("<f", as_octets(field, WireType.FIXED32))[0])
        case _Arm.DOUBLE:
            return float(struct.unpack("<d", as_octets(field, WireType.FIXED64))[0])
        case _Arm.STRING:
            return as_text(as_octets(field))
        case _:
            return as_octets(field)

"""What a meter answered as the `Value` that is published."""

import json
from datetime import datetime
from decimal import Decimal

from dcud.cosem.clock import ClockConvention, parse_time
from dcud.cosem.profile_columns import Cell
from dcud.cosem.register import NotNumericError, ScalerUnit, scale
from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.data import Data, DataType, Native, to_native
from dcud.dlms.errors import DecodeError
from dcud.reading import Quality, Quantity, Scalar, Value

_TIMES = frozenset({(4, 5), (5, 6), (5, 7), (8, 2)})
"""Interface class and attribute of what is a time in an octet-string.

[IEC 62056-6-2: Extended register, Demand register, Clock]
"""


def value_of(
    template: Value,
    answer: Data,
    scaler_unit: ScalerUnit | None,
) -> Value:
    """Return `template` with what the meter answered.

    Args:
        template: a value of which obis, attribute and name count.
        answer: what the meter gave.
        scaler_unit: makes a quantity of a number; None for what is no quantity.
    """
    if answer.type is DataType.NULL_DATA:
        return missing(template, "null-data")
    if scaler_unit is None:
        return _with(template, plain(answer))
    try:
        magnitude = scale(answer, scaler_unit.scaler)
    except NotNumericError:
        # Shown as it is, but never as a number of that unit.
        return _with(template, plain(answer), quality=Quality.DOUBTFUL, reason="not a number")
    return _with(template, Quantity(magnitude=magnitude), unit=scaler_unit.symbol)


def is_time(attribute: AttributeDescriptor) -> bool:
    """Return whether the attribute's octets are a time."""
    return (attribute.class_id, attribute.attribute) in _TIMES


def time_of(template: Value, answer: Data, convention: ClockConvention) -> Value:
    """Return `template` with the time that the meter gave, as RFC 3339 where its offset is known.

    A time that is no moment (wildcards, "never") is missing.
    """
    try:
        moment = parse_time(answer, convention).moment
    except DecodeError as error:
        return _with(template, plain(answer), quality=Quality.DOUBTFUL, reason=error.message)
    if moment is None:
        return missing(template, "no moment")
    return _with(template, moment.isoformat())


def missing(template: Value, reason: str) -> Value:
    """Return `template` as a value that could not be read; never a zero."""
    return _with(template, None, quality=Quality.MISSING, reason=reason)


def _with(
    template: Value,
    value: Scalar,
    *,
    unit: str = "",
    quality: Quality = Quality.GOOD,
    reason: str = "",
) -> Value:
    return Value(
        obis=template.obis,
        attribute=template.attribute,
        name=template.name,
        value=value,
        unit=unit,
        quality=quality,
        reason=reason,
    )


def cell_value(template: Value, cell: Cell, scaler_unit: ScalerUnit | None) -> Value:
    """Return `template` with a cell of a profile.

    Args:
        template: a value of which obis, attribute and name count.
        cell: a physical value, a moment, or what the meter gave.
        scaler_unit: tells the unit of a physical value.
    """
    match cell:
        case None:
            return missing(template, "null-data")
        case Decimal():
            unit = scaler_unit.symbol if scaler_unit else ""
            return _with(template, Quantity(magnitude=cell), unit=unit)
        case datetime():
            return _with(template, cell.isoformat())
        case _ if scaler_unit is not None:
            return _with(template, scalar(cell), quality=Quality.DOUBTFUL, reason="not a number")
        case _:
            return _with(template, scalar(cell))


def plain(data: Data) -> Scalar:
    """Return data as one scalar; see `scalar`."""
    return scalar(to_native(data))


def scalar(native: Native) -> Scalar:
    """Return a native value as one scalar: octets as text where they are text, else as hex.

    What has an inside (arrays, structures) is JSON.
    """
    match native:
        case None | bool() | int() | float() | str():
            return native
        case bytes():
            return text_or_hex(native)
        case list() | tuple():
            return json.dumps(native, default=_json_default)
        case _:
            return str(native)


def _json_default(native: object) -> str:
    return text_or_hex(native) if isinstance(native, bytes) else str(native)


def text_or_hex(octets: bytes) -> str:
    """Return octets as text if they are printable ASCII, as serial numbers are, else as hex."""
    if octets and all(0x20 <= octet < 0x7F for octet in octets):
        return octets.decode("ascii")
    return octets.hex()

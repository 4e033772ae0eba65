"""What an attribute says, as people read it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dcud.cli.rendering import Cell
from dcud.collect.values import text_or_hex
from dcud.cosem.association_view import parse_object_list
from dcud.cosem.classes import interface_class
from dcud.cosem.clock import ClockConvention, parse_time, status_names
from dcud.cosem.meanings import has_meaning, meaning
from dcud.cosem.profile_generic import CaptureObject, SortMethod, parse_capture_objects
from dcud.cosem.register import NotNumericError, ScalerUnit, scale
from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.data import Data, DataType, Native, to_native
from dcud.dlms.errors import DecodeError
from dcud.dlms.obis import Obis


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A value as it is shown.

    Attributes:
        value: None where there is none; lists and dictionaries for what has an inside.
        unit: symbol, "" for none.
        remark: what else is to be said of it.
    """

    value: Cell
    unit: str = ""
    remark: str = ""


def attribute_name(attribute: AttributeDescriptor) -> str:
    """Return the class table's name of an attribute, else its number."""
    known = interface_class(attribute.class_id)
    described = known.attribute(attribute.attribute) if known else None
    return described.name if described else str(attribute.attribute)


def readable(
    attribute: AttributeDescriptor,
    data: Data,
    *,
    scaler_unit: ScalerUnit | None,
    convention: ClockConvention,
) -> Shown:
    """Return what `data`, the value of `attribute`, means.

    Args:
        attribute: what was read.
        data: what the meter gave.
        scaler_unit: that holds for the attribute; None where none does.
        convention: what the meter means by its times.
    """
    if data.type is DataType.NULL_DATA:
        return Shown(value=None, remark="null-data")
    if scaler_unit is not None:
        return _quantity(data, scaler_unit)
    name = attribute_name(attribute)
    special = _SPECIAL.get(name) or _SPECIAL_OF_CLASS.get((attribute.class_id, name))
    if special is None and not has_meaning(attribute.class_id, attribute.attribute):
        return Shown(value=plain(to_native(data)))
    try:
        if special is None:
            return Shown(value=meaning(attribute.class_id, attribute.attribute, data))
        return special(data, convention)
    except DecodeError as error:
        return Shown(value=plain(to_native(data)), remark=error.message)


def plain(native: Native) -> Cell:
    """Return a native value as what JSON can hold: octets as text where they are text, else hex."""
    match native:
        case float():
            # NaN and the infinities are no JSON.
            return native if native - native == 0 else str(native)
        case None | bool() | int() | str():
            return native
        case bytes():
            return text_or_hex(native)
        case list() | tuple():
            return [plain(item) for item in native]
        case _:
            return str(native)


def _quantity(data: Data, scaler_unit: ScalerUnit) -> Shown:
    try:
        return Shown(value=scale(data, scaler_unit.scaler), unit=scaler_unit.symbol)
    except NotNumericError as error:
        # Shown as it is, but never as a number of that unit.
        return Shown(value=plain(to_native(data)), remark=error.message)


def _time(data: Data, convention: ClockConvention) -> Shown:
    told = parse_time(data, convention)
    if told.moment is None:
        return Shown(value=str(told.raw), remark="no moment")
    return Shown(value=told.moment.isoformat(), remark=", ".join(told.status))


def _logical_name(data: Data, _convention: ClockConvention) -> Shown:
    if not isinstance(data.value, bytes) or len(data.value) != 6:
        raise DecodeError(f"{data.type.words} is no logical name")
    return Shown(value=str(Obis(data.value)))


def _scaler_unit(data: Data, _convention: ClockConvention) -> Shown:
    told = ScalerUnit.from_data(data)
    return Shown(value={"scaler": told.scaler, "unit": told.symbol})


def _capture_objects(data: Data, _convention: ClockConvention) -> Shown:
    return Shown(value=[_captured(each) for each in parse_capture_objects(data)])


def _sort_object(data: Data, _convention: ClockConvention) -> Shown:
    return Shown(value=_captured(CaptureObject.from_data(data)))


def _captured(captured: CaptureObject) -> str:
    part = f"[{captured.data_index}]" if captured.data_index else ""
    return f"{captured.descriptor}{part}"


def _sort_method(data: Data, _convention: ClockConvention) -> Shown:
    return Shown(value=SortMethod.from_data(data).name.lower())


def _object_list(data: Data, _convention: ClockConvention) -> Shown:
    elements = parse_object_list(data)
    return Shown(
        value=[f"{each.class_id}/{each.logical_name}" for each in elements],
        remark="dcud objects tells more",
    )


def _clock_status(data: Data, _convention: ClockConvention) -> Shown:
    if not isinstance(data.value, int):
        raise DecodeError(f"{data.type.words} is no clock status")
    return Shown(value=list(status_names(data.value)))


_Reader = Callable[[Data, ClockConvention], Shown]

_SPECIAL: Mapping[str, _Reader] = {
    "logical_name": _logical_name,
    "scaler_unit": _scaler_unit,
    "capture_objects": _capture_objects,
    "sort_object": _sort_object,
    "sort_method": _sort_method,
    "object_list": _object_list,
    "time": _time,
    "capture_time": _time,
    "start_time_current": _time,
}
"""By name of the attribute, in whatever class."""

_SPECIAL_OF_CLASS: Mapping[tuple[int, str], _Reader] = {(8, "status"): _clock_status}

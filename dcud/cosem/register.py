"""What registers hold, as exact physical values.

A value is the raw number times ten to the power of the scaler: a `Decimal` whose exponent keeps the
register's resolution. No float takes part and nothing is rounded, so that 64-bit registers keep
their last digit. [IEC 62056-6-2: scal_unit_type]
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from math import isfinite
from struct import Struct
from typing import ClassVar, Self

from dcud.cosem.clock import STANDARD, ClockConvention, ClockTime, parse_time
from dcud.cosem.units import unit_symbol
from dcud.dlms.data import Data, DataType, enum, integer, structure
from dcud.dlms.errors import DecodeError

INTEGER_TYPES = frozenset(
    {
        DataType.INTEGER,
        DataType.LONG,
        DataType.DOUBLE_LONG,
        DataType.LONG64,
        DataType.UNSIGNED,
        DataType.LONG_UNSIGNED,
        DataType.DOUBLE_LONG_UNSIGNED,
        DataType.LONG64_UNSIGNED,
    }
)
"""The types of whole numbers that have a size."""

EXACT = Context(prec=64)
"""Wide enough for any number that Data can hold."""
_FLOAT32 = Struct(">f")
_FLOAT32_DIGITS = 9
"""Significant digits that tell any two float32 apart."""


class NotNumericError(DecodeError):
    """A value that should be a number is none."""

    code: ClassVar[str] = "not_numeric"
    retryable: ClassVar[bool] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalerUnit:
    """The power of ten by which a raw value is multiplied, with its unit.

    Attributes:
        scaler: -128..127.
        unit: the unit's number; 255 for none.
    """

    scaler: int
    unit: int

    @property
    def symbol(self) -> str:
        """Return the unit's symbol, "" for none."""
        return unit_symbol(self.unit)

    @classmethod
    def from_data(cls, data: Data) -> Self:
        """Return what a scaler_unit attribute says.

        Raises:
            DecodeError: `data` is no structure of an integer with an enum.
        """
        match data:
            case Data(
                DataType.STRUCTURE,
                (Data(DataType.INTEGER, int(scaler)), Data(DataType.ENUM, int(unit))),
            ):
                return cls(scaler=scaler, unit=unit)
            case _:
                raise DecodeError(f"{data.type.words} is no scaler_unit of integer with enum")

    def to_data(self) -> Data:
        """Return the value of a scaler_unit attribute."""
        return structure((integer(self.scaler), enum(self.unit)))


def number(data: Data) -> Decimal:
    """Return the exact number that `data` holds; of a float the shortest decimal that means it.

    Raises:
        NotNumericError: `data` is no number, or not a finite one.
    """
    match data:
        case Data(kind, int(value)) if kind in INTEGER_TYPES:
            return Decimal(value)
        case Data(DataType.FLOAT32, float(value)) if isfinite(value):
            return _shortest_float32(value)
        case Data(DataType.FLOAT64, float(value)) if isfinite(value):
            return Decimal(repr(value))
        case Data(DataType.BCD, int(value)) if value >> 4 <= 9 and value & 0xF <= 9:
            return Decimal(10 * (value >> 4) + (value & 0xF))
        case _:
            raise NotNumericError(f"{data.type.words} holds no number")


def _shortest_float32(value: float) -> Decimal:
    candidates = (f"{value:.{digits}g}" for digits in range(1, _FLOAT32_DIGITS))
    shortest = next((text for text in candidates if _as_float32(float(text)) == value), None)
    return Decimal(shortest or f"{value:.{_FLOAT32_DIGITS}g}")


def _as_float32(value: float) -> float | None:
    try:
        octets = _FLOAT32.pack(value)
    except OverflowError:
        return None
    rounded: float = _FLOAT32.unpack(octets)[0]
    return rounded


def scale(raw: Data, scaler: int) -> Decimal:
    """Return `raw` times ten to the power of `scaler`, exactly.

    Raises:
        NotNumericError: `raw` is no number, or not a finite one.
    """
    return scale_number(number(raw), scaler)


def scale_number(raw: Decimal | int, scaler: int) -> Decimal:
    """Return `raw` times ten to the power of `scaler`, exactly for numbers of up to 64 digits."""
    return Decimal(raw).scaleb(scaler, EXACT)


def physical_value(raw: Data, scaler_unit: ScalerUnit | None) -> Decimal | Data:
    """Return the physical value, or `raw` itself where there is no scaler or it is no number."""
    if scaler_unit is None:
        return raw
    try:
        return scale(raw, scaler_unit.scaler)
    except NotNumericError:
        return raw


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendedRegister:
    """The attributes of an extended register; None for those that were not read.

    Attributes:
        value: exact, or the raw Data where it is no number or has no scaler.
        scaler_unit: what `value` is scaled by.
        status: the meter's own status of the value, as it came.
        capture_time: when the value was captured.
    """

    value: Decimal | Data | None = None
    scaler_unit: ScalerUnit | None = None
    status: Data | None = None
    capture_time: ClockTime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandRegister:
    """The attributes of a demand register; None for those that were not read.

    Attributes:
        current_average_value: of the running period: exact, or the raw Data as above.
        last_average_value: of the period that closed last, likewise.
        scaler_unit: what both are scaled by.
        status: the meter's own status of the last average, as it came.
        capture_time: when the last average was made.
        start_time_current: when the running period began.
        period: length of a period in seconds.
        number_of_periods: periods over which the last average slides.
    """

    current_average_value: Decimal | Data | None = None
    last_average_value: Decimal | Data | None = None
    scaler_unit: ScalerUnit | None = None
    status: Data | None = None
    capture_time: ClockTime | None = None
    start_time_current: ClockTime | None = None
    period: int | None = None
    number_of_periods: int | None = None


def parse_extended_register(
    attributes: Mapping[int, Data], convention: ClockConvention = STANDARD
) -> ExtendedRegister:
    """Return what the attributes of an extended register say, given by index, in whatever order.

    Raises:
        DecodeError: a scaler_unit or a time is none.
    """
    present = _Present(attributes, convention)
    scaler_unit = present.scaler_unit(3)
    return ExtendedRegister(
        value=present.physical_value(2, scaler_unit),
        scaler_unit=scaler_unit,
        status=present.data(4),
        capture_time=present.time(5),
    )


def parse_demand_register(
    attributes: Mapping[int, Data], convention: ClockConvention = STANDARD
) -> DemandRegister:
    """Return what the attributes of a demand register say, given by index, in whatever order.

    Raises:
        DecodeError: a scaler_unit, a time or a number of periods is none.
    """
    present = _Present(attributes, convention)
    scaler_unit = present.scaler_unit(4)
    return DemandRegister(
        current_average_value=present.physical_value(2, scaler_unit),
        last_average_value=present.physical_value(3, scaler_unit),
        scaler_unit=scaler_unit,
        status=present.data(5),
        capture_time=present.time(6),
        start_time_current=present.time(7),
        period=present.count(8),
        number_of_periods=present.count(9),
    )


class _Present:
    """The attributes that were read; null-data is nothing read."""

    def __init__(self, attributes: Mapping[int, Data], convention: ClockConvention) -> None:
        self._attributes = attributes
        self._convention = convention

    def data(self, index: int) -> Data | None:
        found = self._attributes.get(index)
        return None if found is None or found.type is DataType.NULL_DATA else found

    def scaler_unit(self, index: int) -> ScalerUnit | None:
        found = self.data(index)
        return None if found is None else ScalerUnit.from_data(found)

    def physical_value(self, index: int, scaler_unit: ScalerUnit | None) -> Decimal | Data | None:
        found = self.data(index)
        return None if found is None else physical_value(found, scaler_unit)

    def time(self, index: int) -> ClockTime | None:
        found = self.data(index)
        return None if found is None else parse_time(found, self._convention)

    def count(self, index: int) -> int | None:
        match self.data(index):
            case None:
                return None
            case Data(kind, int(value)) if kind in INTEGER_TYPES:
                return value
            case found:
                raise NotNumericError(f"attribute {index} is {found.type.words}, no whole number")

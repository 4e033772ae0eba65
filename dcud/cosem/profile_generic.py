"""What a profile captures: its columns. [IEC 62056-6-2: Profile generic]."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, Self

from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.data import Data, DataType, array, integer, long_unsigned, octet_string, structure
from dcud.dlms.errors import DecodeError, ProtocolError
from dcud.dlms.obis import Obis

_DATA, _REGISTER, _CLOCK = 1, 3, 8
_TIME_OR_VALUE = 2
_UNIX_CLOCKS = ((1, 1), (1, 2))
"""Value groups C, D of clocks that count seconds; [IEC 62056-6-1: abstract objects]."""


class NoTimeColumnError(ProtocolError):
    """A profile that captures no clock can't be read by time."""

    code: ClassVar[str] = "no_time_column"
    retryable: ClassVar[bool] = False


class SortMethod(IntEnum):
    """In which order a profile keeps its entries; a number that isn't known keeps it."""

    FIFO = 1
    LIFO = 2
    LARGEST = 3
    SMALLEST = 4
    NEAREST_TO_ZERO = 5
    FAREST_FROM_ZERO = 6

    @classmethod
    def _missing_(cls, value: object) -> "SortMethod | None":
        if not isinstance(value, int) or not 0 <= value <= 0xFF:
            return None
        unknown = int.__new__(cls, value)
        unknown._name_ = f"SORT_METHOD_{value}"
        unknown._value_ = value
        return unknown

    @classmethod
    def from_data(cls, data: Data) -> Self:
        """Return what the sort_method attribute says; `DecodeError` if it is no enum."""
        match data:
            case Data(DataType.ENUM, int(value)):
                return cls(value)
            case _:
                raise DecodeError(f"{data.type.words} is no sort method")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureObject:
    """One column of a profile: an attribute, or a part of one.

    [IEC 62056-6-2: capture_object_definition]

    Attributes:
        class_id: interface class, 0..65535; 0 for "no object".
        logical_name: the object.
        attribute: index of the attribute, -128..127.
        data_index: 0 for the whole attribute, n for its n-th element.
    """

    class_id: int
    logical_name: Obis
    attribute: int
    data_index: int = 0

    @property
    def descriptor(self) -> AttributeDescriptor:
        """Return the attribute that is captured."""
        return AttributeDescriptor(self.class_id, self.logical_name, self.attribute)

    @property
    def is_time(self) -> bool:
        """Return whether the column holds the time of a clock, of either kind."""
        if self.attribute != _TIME_OR_VALUE:
            return False
        unix_clock = self.logical_name.a == 0 and self.logical_name.octets[2:4] in _UNIX_CLOCK_NAMES
        return self.class_id == _CLOCK or (self.class_id in {_DATA, _REGISTER} and unix_clock)

    @classmethod
    def from_data(cls, data: Data) -> Self:
        """Return the column that a structure of capture_objects describes.

        Raises:
            DecodeError: `data` is no structure of class id, logical name, attribute, data index.
        """
        match data:
            case Data(
                DataType.STRUCTURE,
                (
                    Data(DataType.LONG_UNSIGNED, int(class_id)),
                    Data(DataType.OCTET_STRING, bytes(logical_name)),
                    Data(DataType.INTEGER, int(attribute)),
                    Data(DataType.LONG_UNSIGNED, int(data_index)),
                ),
            ) if len(logical_name) == 6:
                return cls(
                    class_id=class_id,
                    logical_name=Obis(logical_name),
                    attribute=attribute,
                    data_index=data_index,
                )
            case _:
                raise DecodeError(f"{data.type.words} is no capture object")

    def to_data(self) -> Data:
        """Return the structure that describes the column."""
        return structure(
            (
                long_unsigned(self.class_id),
                octet_string(self.logical_name.octets),
                integer(self.attribute),
                long_unsigned(self.data_index),
            )
        )


_UNIX_CLOCK_NAMES = frozenset(bytes(groups) for groups in _UNIX_CLOCKS)

CLOCK_TIME = CaptureObject(
    class_id=_CLOCK, logical_name=Obis.parse("0.0.1.0.0.255"), attribute=_TIME_OR_VALUE
)
"""The column that nearly every profile has."""


def parse_capture_objects(data: Data) -> tuple[CaptureObject, ...]:
    """Return the columns that the capture_objects attribute lists.

    Raises:
        DecodeError: `data` is no array of capture objects.
    """
    if data.type is not DataType.ARRAY or not isinstance(data.value, tuple):
        raise DecodeError(f"{data.type.words} is no array of capture objects")
    return tuple(CaptureObject.from_data(item) for item in data.value)


def capture_objects_data(columns: Sequence[CaptureObject]) -> Data:
    """Return the value of a capture_objects attribute with these columns."""
    return array(column.to_data() for column in columns)


def time_column(columns: Sequence[CaptureObject]) -> int | None:
    """Return the position, from 0, of the first column that holds a clock's time; None without."""
    return next((index for index, column in enumerate(columns) if column.is_time), None)


def restricting_object(
    columns: Sequence[CaptureObject], sort_object: CaptureObject | None = None
) -> CaptureObject:
    """Return the column by whose time a range is to be read.

    It is the sort object where that is one of the columns and a clock, else the first clock among
    the columns, wherever it stands.

    Raises:
        NoTimeColumnError: no column holds a clock's time.
    """
    times = [column for column in columns if column.is_time]
    if not times:
        raise NoTimeColumnError(
            "the profile captures no clock", remedy="read it by entry, or as a whole"
        )
    wanted = None if sort_object is None else sort_object.descriptor
    return next((column for column in times if column.descriptor == wanted), times[0])

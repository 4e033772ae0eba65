"""A function for each Data type that makes a value of it."""

from collections.abc import Callable, Iterable
from struct import Struct

from dcud.dlms.cosem_time import CosemDate, CosemDateTime, CosemTime
from dcud.dlms.data_types import BitString, CompactArray, Data, DataType, TypeDescription
from dcud.dlms.errors import EncodeError

_FLOAT32 = Struct(">f")
_FLOAT64 = Struct(">d")


def null_data() -> Data:
    """Return null-data."""
    return Data(DataType.NULL_DATA, None)


def dont_care() -> Data:
    """Return dont-care."""
    return Data(DataType.DONT_CARE, None)


def array(items: Iterable[Data]) -> Data:
    """Return an array."""
    return Data(DataType.ARRAY, tuple(items))


def structure(items: Iterable[Data]) -> Data:
    """Return a structure."""
    return Data(DataType.STRUCTURE, tuple(items))


def compact_array(
    description: TypeDescription, elements: Iterable[Data], *, explicit_counts: bool = False
) -> Data:
    """Return a compact-array of elements of the type described."""
    value = CompactArray(description, tuple(elements), explicit_counts)
    return Data(DataType.COMPACT_ARRAY, value)


def boolean(value: bool) -> Data:  # noqa: FBT001  # the value itself
    """Return a boolean."""
    return Data(DataType.BOOLEAN, value)


def bit_string(value: BitString | str) -> Data:
    """Return a bit-string; text is like `0101`."""
    bits = BitString.from_text(value) if isinstance(value, str) else value
    return Data(DataType.BIT_STRING, bits)


def octet_string(value: bytes) -> Data:
    """Return an octet-string."""
    return Data(DataType.OCTET_STRING, value)


def visible_string(value: str) -> Data:
    """Return a visible-string."""
    return Data(DataType.VISIBLE_STRING, value)


def utf8_string(value: str) -> Data:
    """Return a utf8-string."""
    return Data(DataType.UTF8_STRING, value)


def _float(kind: DataType, layout: Struct, value: float) -> Data:
    try:
        octets = layout.pack(value)
    except OverflowError:
        raise EncodeError(f"{value!r} can't be encoded as {kind.words}") from None
    (rounded,) = layout.unpack(octets)
    return Data(kind, rounded if rounded == rounded else octets)  # noqa: PLR0124  # only NaN differs from itself


def float32(value: float) -> Data:
    """Return a float32, `value` being rounded to one."""
    return _float(DataType.FLOAT32, _FLOAT32, value)


def float64(value: float) -> Data:
    """Return a float64."""
    return _float(DataType.FLOAT64, _FLOAT64, value)


def date_time(value: CosemDateTime) -> Data:
    """Return a date-time with a tag of its own; mostly it is an octet-string that is wanted."""
    return Data(DataType.DATE_TIME, value)


def date(value: CosemDate) -> Data:
    """Return a date with a tag of its own."""
    return Data(DataType.DATE, value)


def time(value: CosemTime) -> Data:
    """Return a time with a tag of its own."""
    return Data(DataType.TIME, value)


def _integer(kind: DataType) -> Callable[[int], Data]:
    def construct(value: int) -> Data:
        return Data(kind, value)

    construct.__doc__ = f"Return {kind.words}."
    return construct


double_long = _integer(DataType.DOUBLE_LONG)
double_long_unsigned = _integer(DataType.DOUBLE_LONG_UNSIGNED)
bcd = _integer(DataType.BCD)
integer = _integer(DataType.INTEGER)
long = _integer(DataType.LONG)
unsigned = _integer(DataType.UNSIGNED)
long_unsigned = _integer(DataType.LONG_UNSIGNED)
long64 = _integer(DataType.LONG64)
long64_unsigned = _integer(DataType.LONG64_UNSIGNED)
enum = _integer(DataType.ENUM)
delta_integer = _integer(DataType.DELTA_INTEGER)
delta_long = _integer(DataType.DELTA_LONG)
delta_double_long = _integer(DataType.DELTA_DOUBLE_LONG)
delta_unsigned = _integer(DataType.DELTA_UNSIGNED)
delta_long_unsigned = _integer(DataType.DELTA_LONG_UNSIGNED)
delta_double_long_unsigned = _integer(DataType.DELTA_DOUBLE_LONG_UNSIGNED)

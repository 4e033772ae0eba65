"""The encodings of those Data types that hold no other Data."""

from collections.abc import Callable
from dataclasses import dataclass
from struct import Struct
from struct import error as StructError  # noqa: N812  # the module names its exception in lower case

from dcud.dlms.cosem_time import CosemDate, CosemDateTime, CosemTime
from dcud.dlms.data_types import BitString, DataType, DataValue
from dcud.dlms.errors import EncodeError
from dcud.dlms.octets import Cursor, encode_length


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """How the contents of one type are read and written, tag excluded.

    Attributes:
        read: takes the contents from a cursor; `DecodeError`.
        write: returns the contents; `EncodeError` if the value is not of this type's range.
        least: octets that the contents take at least; 0 only for a type without contents.
    """

    read: Callable[[Cursor], DataValue]
    write: Callable[[DataValue], bytes]
    least: int


def _refuse(kind: DataType, value: DataValue) -> EncodeError:
    return EncodeError(f"{value!r} can't be encoded as {kind.words}")


def _nothing(kind: DataType) -> Scalar:
    def write(value: DataValue) -> bytes:
        if value is not None:
            raise _refuse(kind, value)
        return b""

    return Scalar(read=lambda _: None, write=write, least=0)


def _integer(kind: DataType, layout: str, read: Callable[[Cursor], int]) -> Scalar:
    packed = Struct(layout)

    def write(value: DataValue) -> bytes:
        try:
            return packed.pack(value)
        except StructError:
            raise _refuse(kind, value) from None

    return Scalar(read=read, write=write, least=packed.size)


def _float(kind: DataType, layout: str) -> Scalar:
    packed = Struct(layout)

    def read(cursor: Cursor) -> DataValue:
        octets = cursor.take(packed.size)
        value: float
        (value,) = packed.unpack(octets)
        return value if value == value else octets  # noqa: PLR0124  # only NaN differs from itself

    def write(value: DataValue) -> bytes:
        if isinstance(value, bytes):
            if len(value) != packed.size or isinstance(read(Cursor(value)), float):
                raise _refuse(kind, value)
            return value
        try:
            return packed.pack(value)
        except (StructError, OverflowError):
            raise _refuse(kind, value) from None

    return Scalar(read=read, write=write, least=packed.size)


def _read_boolean(cursor: Cursor) -> bool:
    return cursor.u8() != 0


def _write_boolean(value: DataValue) -> bytes:
    if not isinstance(value, bool):
        raise _refuse(DataType.BOOLEAN, value)
    return b"\x01" if value else b"\x00"


def _read_bit_string(cursor: Cursor) -> BitString:
    start = cursor.position
    length = cursor.length()
    size = (length + 7) // 8
    if size > cursor.remaining:
        error = cursor.overrun(f"{length} bits in {size} octets")
        cursor.position = start
        raise error
    octets = cursor.take(size)
    unused = -length % 8
    if unused:
        # What stands behind the last bit means nothing.
        octets = octets[:-1] + bytes((octets[-1] >> unused << unused,))
    return BitString(length, octets)


def _write_bit_string(value: DataValue) -> bytes:
    if not isinstance(value, BitString):
        raise _refuse(DataType.BIT_STRING, value)
    return encode_length(value.length) + value.octets


def _write_octet_string(value: DataValue) -> bytes:
    if not isinstance(value, bytes):
        raise _refuse(DataType.OCTET_STRING, value)
    return encode_length(len(value)) + value


def _read_visible_string(cursor: Cursor) -> str:
    return cursor.octet_string().decode("latin-1")


def _write_visible_string(value: DataValue) -> bytes:
    if not isinstance(value, str):
        raise _refuse(DataType.VISIBLE_STRING, value)
    try:
        octets = value.encode("latin-1")
    except UnicodeEncodeError:
        raise _refuse(DataType.VISIBLE_STRING, value) from None
    return encode_length(len(octets)) + octets


def _as_utf8(octets: bytes) -> str | bytes:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets


def _read_utf8_string(cursor: Cursor) -> str | bytes:
    return _as_utf8(cursor.octet_string())


def _write_utf8_string(value: DataValue) -> bytes:
    if isinstance(value, str):
        try:
            octets = value.encode()
        except UnicodeEncodeError:
            raise _refuse(DataType.UTF8_STRING, value) from None
    elif isinstance(value, bytes) and _as_utf8(value) == value:
        octets = value
    else:
        raise _refuse(DataType.UTF8_STRING, value)
    return encode_length(len(octets)) + octets


def _moment(
    kind: DataType, form: type[CosemDate] | type[CosemTime] | type[CosemDateTime], size: int
) -> Scalar:
    def read(cursor: Cursor) -> DataValue:
        return form.from_octets(cursor.take(size))

    def write(value: DataValue) -> bytes:
        if not isinstance(value, form):
            raise _refuse(kind, value)
        return value.to_octets()

    return Scalar(read=read, write=write, least=size)


def _integers() -> dict[DataType, Scalar]:
    layouts = (
        (DataType.DOUBLE_LONG, ">i", Cursor.i32),
        (DataType.DOUBLE_LONG_UNSIGNED, ">I", Cursor.u32),
        (DataType.BCD, ">B", Cursor.u8),
        (DataType.INTEGER, ">b", Cursor.i8),
        (DataType.LONG, ">h", Cursor.i16),
        (DataType.UNSIGNED, ">B", Cursor.u8),
        (DataType.LONG_UNSIGNED, ">H", Cursor.u16),
        (DataType.LONG64, ">q", Cursor.i64),
        (DataType.LONG64_UNSIGNED, ">Q", Cursor.u64),
        (DataType.ENUM, ">B", Cursor.u8),
        (DataType.DELTA_INTEGER, ">b", Cursor.i8),
        (DataType.DELTA_LONG, ">h", Cursor.i16),
        (DataType.DELTA_DOUBLE_LONG, ">i", Cursor.i32),
        (DataType.DELTA_UNSIGNED, ">B", Cursor.u8),
        (DataType.DELTA_LONG_UNSIGNED, ">H", Cursor.u16),
        (DataType.DELTA_DOUBLE_LONG_UNSIGNED, ">I", Cursor.u32),
    )
    return {kind: _integer(kind, layout, read) for kind, layout, read in layouts}


SCALARS: dict[DataType, Scalar] = {
    **_integers(),
    DataType.NULL_DATA: _nothing(DataType.NULL_DATA),
    DataType.DONT_CARE: _nothing(DataType.DONT_CARE),
    DataType.BOOLEAN: Scalar(read=_read_boolean, write=_write_boolean, least=1),
    DataType.BIT_STRING: Scalar(read=_read_bit_string, write=_write_bit_string, least=1),
    DataType.OCTET_STRING: Scalar(read=Cursor.octet_string, write=_write_octet_string, least=1),
    DataType.VISIBLE_STRING: Scalar(
        read=_read_visible_string, write=_write_visible_string, least=1
    ),
    DataType.UTF8_STRING: Scalar(read=_read_utf8_string, write=_write_utf8_string, least=1),
    DataType.FLOAT32: _float(DataType.FLOAT32, ">f"),
    DataType.FLOAT64: _float(DataType.FLOAT64, ">d"),
    DataType.DATE_TIME: _moment(DataType.DATE_TIME, CosemDateTime, 12),
    DataType.DATE: _moment(DataType.DATE, CosemDate, 5),
    DataType.TIME: _moment(DataType.TIME, CosemTime, 4),
}
"""Every type but array, structure and compact-array."""

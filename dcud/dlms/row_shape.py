"""What rows of a profile's buffer have in common: types, and strings of the same lengths.

A row of an array has a tag before each value; one of a compact array has none, its types being
described once for all. Either way a shape tells which octets are the same in all rows that have it,
and where the values stand between them.
"""

from dataclasses import dataclass
from struct import Struct

from dcud.dlms.data_types import DataType, TypeDescription
from dcud.dlms.errors import DecodeError
from dcud.dlms.octets import Cursor

LAYOUTS = {
    DataType.NULL_DATA: "",
    DataType.DONT_CARE: "",
    DataType.BOOLEAN: "?",
    DataType.DOUBLE_LONG: "i",
    DataType.DOUBLE_LONG_UNSIGNED: "I",
    DataType.BCD: "B",
    DataType.INTEGER: "b",
    DataType.LONG: "h",
    DataType.UNSIGNED: "B",
    DataType.LONG_UNSIGNED: "H",
    DataType.LONG64: "q",
    DataType.LONG64_UNSIGNED: "Q",
    DataType.ENUM: "B",
    DataType.FLOAT32: "f",
    DataType.FLOAT64: "d",
    DataType.DELTA_INTEGER: "b",
    DataType.DELTA_LONG: "h",
    DataType.DELTA_DOUBLE_LONG: "i",
    DataType.DELTA_UNSIGNED: "B",
    DataType.DELTA_LONG_UNSIGNED: "H",
    DataType.DELTA_DOUBLE_LONG_UNSIGNED: "I",
}
"""The types whose contents `struct` unpacks to what `to_native` gives."""

DATE_TIME_SIZE = 12
MAX_COLUMNS = 256
"""Columns that a shape may have; it bounds what a cache of plans can hold."""

_STRUCTURE = int(DataType.STRUCTURE)
_SIZES = {kind: Struct(f">{layout}").size for kind, layout in LAYOUTS.items()}
_SIZES[DataType.DATE_TIME] = DATE_TIME_SIZE
_KINDS = {int(kind): kind for kind in (*_SIZES, DataType.OCTET_STRING)}


@dataclass(frozen=True, slots=True)
class Cell:
    """One column: the type, the tag and length octets before the value, the value's octets."""

    type: DataType
    header: bytes
    size: int


@dataclass(frozen=True, slots=True)
class RowShape:
    """What all the rows of one run have in common: the octets before the cells, and the cells."""

    header: bytes
    cells: tuple[Cell, ...]


def shape_of_row(octets: bytes, start: int) -> RowShape | None:
    """Return the shape of the row of an array at `start`; None where no layout unpacks it."""
    cursor = Cursor(octets)
    cursor.position = start
    try:
        if cursor.u8() != _STRUCTURE:
            return None
        n = cursor.count()
        if n > MAX_COLUMNS:
            return None
        header = octets[start : cursor.position]
        return RowShape(header, tuple([_tagged_cell(cursor) for _ in range(n)]))
    except DecodeError:
        # Decoding the row as Data will say what is wrong with it.
        return None


def shape_of_element(contents: bytes, start: int, description: TypeDescription) -> RowShape | None:
    """Return the shape of a compact array's element at `start`; None where no layout unpacks it."""
    if description.type is not DataType.STRUCTURE or len(description.members) > MAX_COLUMNS:
        return None
    cursor = Cursor(contents)
    cursor.position = start
    try:
        return RowShape(b"", tuple([_cell(cursor, each.type) for each in description.members]))
    except DecodeError:
        return None


def _tagged_cell(cursor: Cursor) -> Cell:
    tag = cursor.u8()
    kind = _KINDS.get(tag)
    if kind is None:
        raise DecodeError(f"no layout for tag {tag:02X}")
    return _cell(cursor, kind, bytes((tag,)))


def _cell(cursor: Cursor, kind: DataType, tag: bytes = b"") -> Cell:
    if kind is not DataType.OCTET_STRING:
        size = _SIZES.get(kind)
        if size is None:
            raise DecodeError(f"no layout for {kind.words}")
        cursor.take(size)
        return Cell(kind, tag, size)
    start = cursor.position
    size = cursor.count()
    length = bytes(cursor.octets[start : cursor.position])
    cursor.take(size)
    return Cell(kind, tag + length, size)

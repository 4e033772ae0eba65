"""Rows of a profile's buffer, cut into runs of rows with the same types.

The values come from the row decoder; it tells no types, which are found here: with one look at each
tag's column of octets where all rows have the shape of the first, else by decoding them as Data.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from dcud.cosem.clock import ClockConvention
from dcud.dlms.cosem_time import NOT_SPECIFIED, CosemDateTime
from dcud.dlms.data import CompactArray, Data, DataType, Native, decode_data
from dcud.dlms.errors import DecodeError
from dcud.dlms.octets import Cursor
from dcud.dlms.rows import Row, RowDecoder

DELTA_TYPES = frozenset(
    {
        DataType.DELTA_INTEGER,
        DataType.DELTA_LONG,
        DataType.DELTA_DOUBLE_LONG,
        DataType.DELTA_UNSIGNED,
        DataType.DELTA_LONG_UNSIGNED,
        DataType.DELTA_DOUBLE_LONG_UNSIGNED,
    }
)
_OF_ANY_SIZE = frozenset(
    {
        DataType.ARRAY,
        DataType.STRUCTURE,
        DataType.COMPACT_ARRAY,
        DataType.BIT_STRING,
        DataType.VISIBLE_STRING,
        DataType.UTF8_STRING,
    }
)
"""Types that rows of one shape are not looked for in."""
Types = tuple[DataType, ...]
_Shape = tuple[Types, int]
"""The types of a row, with the clock status of its time of capture."""
_NO_ROWS = bytes((DataType.NULL_DATA,))
_DATE_TIME_SIZE = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Rows that follow on one another and have the same types.

    Attributes:
        types: for each column the type of its cells.
        columns: for each column its cells, as the row decoder gives them.
        statuses: for each row the clock status of the time of capture, 0xFF where there is none.
    """

    types: tuple[DataType, ...]
    columns: tuple[Sequence[Native | datetime], ...]
    statuses: Sequence[int]


def decode_runs(
    octets: bytes,
    convention: ClockConvention,
    *,
    time_columns: tuple[int, ...] = (),
    time_of_capture: int | None = None,
) -> list[Run]:
    """Return the rows of a buffer in their order; null-data is a buffer without rows.

    Args:
        octets: an array, or compact-array, of structures as it came: one encoded Data.
        convention: what the meter means by its times.
        time_columns: positions, from 0, of the columns that hold date-times.
        time_of_capture: the one of them whose clock status is wanted.

    Raises:
        DecodeError: the octets are no buffer, or hold deltas where nothing comes before.
    """
    if octets == _NO_ROWS:
        return []
    decoder = RowDecoder(date_time_columns=time_columns, sign=convention.sign, zone=convention.zone)
    rows = decoder.decode(octets)
    if not rows:
        return []
    alike = _shape_of_all(octets, len(rows), time_of_capture)
    if alike is not None:
        types, statuses = alike
        return [Run(types=types, columns=_columns(rows), statuses=statuses)]
    return list(_runs(rows, _shapes(octets, time_of_capture)))


def _runs(rows: Sequence[Row], shapes: Sequence[_Shape]) -> Iterator[Run]:
    start = 0
    for types, same in groupby(shapes, key=itemgetter(0)):
        statuses = [status for _, status in same]
        end = start + len(statuses)
        yield Run(types=types, columns=_columns(rows[start:end]), statuses=statuses)
        start = end


def _columns(rows: Sequence[Row]) -> tuple[Sequence[Native | datetime], ...]:
    """Return the columns of rows, by way of a list.

    From what doesn't tell its length beforehand, CPython makes a tuple that is too long, and cuts
    it. Once it goes, it is kept among the free tuples of its final length, and the next one is not
    made of it: each buffer that was read would leave a tuple behind, up to 2,000 of each length.
    """
    columns = list(zip(*rows, strict=True))
    return tuple(columns)


def _shape_of_all(
    octets: bytes, n: int, time_of_capture: int | None
) -> tuple[Types, Sequence[int]] | None:
    """Return the types of `n` rows that all have the shape of the first, None if they don't."""
    cursor = Cursor(octets)
    if cursor.u8() != DataType.ARRAY:
        return None
    cursor.length()
    start = cursor.position
    cursor.u8()
    cells = range(cursor.length())
    fixed = list(range(start, cursor.position))
    types: list[DataType] = []
    status = None
    for index in cells:
        tag = cursor.position
        cell = decode_data(cursor)
        if cell.type in _OF_ANY_SIZE:
            return None
        contents = len(cell.value) if isinstance(cell.value, bytes) else cursor.position - tag - 1
        fixed += range(tag, cursor.position - contents)
        types.append(cell.type)
        if index == time_of_capture and _clock_status(cell) is not None:
            status = cursor.position - 1
    stride = cursor.position - start
    if start + n * stride != len(octets):
        return None
    if any(octets[position::stride].count(octets[position]) != n for position in fixed):
        return None
    return tuple(types), octets[status::stride] if status else bytes((NOT_SPECIFIED,)) * n


def _shapes(octets: bytes, time_of_capture: int | None) -> list[_Shape]:
    """Return the types of each row, with its clock status."""
    return [_shape(_items(row), time_of_capture) for row in _items(decode_data(Cursor(octets)))]


def _shape(cells: Sequence[Data], time_of_capture: int | None) -> _Shape:
    if any(_holds_deltas(cell) for cell in cells):
        raise DecodeError("deltas within a cell of a profile's row: nothing tells from what")
    status = next(
        (_clock_status(cell) for index, cell in enumerate(cells) if index == time_of_capture), None
    )
    return tuple([cell.type for cell in cells]), NOT_SPECIFIED if status is None else status


def _items(data: Data) -> tuple[Data, ...]:
    match data.value:
        case CompactArray() as array:
            return array.elements
        case tuple(items):
            return items
        case _:
            return ()


def _holds_deltas(cell: Data) -> bool:
    return any(item.type in DELTA_TYPES or _holds_deltas(item) for item in _items(cell))


def _clock_status(cell: Data) -> int | None:
    match cell.value:
        case CosemDateTime() as time:
            return time.status
        case bytes(octets) if len(octets) == _DATE_TIME_SIZE:
            return octets[-1]
        case _:
            return None

"""The fast way from a profile's buffer to rows of Python values.

A buffer is an array of structures, and mostly each row has the same shape: the same types, and
strings of the same lengths. So the tags and lengths of many rows can be compared at once, each of
them being one column of octets at a fixed distance, and the values between them unpacked by one
compiled layout. No check is left out for speed: an octet that differs ends the run of rows, and the
next row's shape is taken anew. Shapes that no layout can unpack, and runs that are not worth it,
are decoded as Data. The result is the same either way.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone, tzinfo
from functools import lru_cache
from itertools import repeat
from operator import add, itemgetter
from struct import Struct
from typing import cast

from dcud.dlms.cosem_time import CosemDateTime, DeviationSign
from dcud.dlms.data import Data, DataType, Native, decode_data, to_native
from dcud.dlms.data_types import CompactArray
from dcud.dlms.errors import DecodeError
from dcud.dlms.octets import Cursor

Row = tuple[Native | datetime, ...]
"""The cells of one row: native values, and moments in the columns said to hold date-times."""

_STRUCTURE = int(DataType.STRUCTURE)
_OCTET_STRING = int(DataType.OCTET_STRING)
_DATE_TIME = int(DataType.DATE_TIME)
_DATE_TIME_SIZE = 12

_LAYOUTS = {
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

_SIZES = {int(kind): Struct(f">{layout}").size for kind, layout in _LAYOUTS.items()}
_SIZES[_DATE_TIME] = _DATE_TIME_SIZE

_FIRST_WINDOW = 64
_WINDOW_GROWTH = 8
_SHORT_RUN = 4
"""Runs of fewer rows are decoded as Data: setting the fast way up would cost more."""
_MAX_COLUMNS = 256
"""Columns that a shape may have; it bounds what the cache of plans can hold."""
_MOMENTS_AT_ONCE = 256
"""Rows whose date-times go one way together: if one is no plain moment, the slow one."""

_MICROSECONDS = tuple(n * 10_000 if n <= 99 else 0 for n in range(256))
_YEARS = range(2, 9999)


@dataclass(frozen=True, slots=True)
class _Cell:
    """The tag and length octets before a column's value, with the value's size in octets."""

    header: bytes
    size: int


@dataclass(frozen=True, slots=True)
class _Shape:
    """What all the rows of one run have in common."""

    header: bytes
    cells: tuple[_Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """How rows of one shape are unpacked.

    Attributes:
        stride: octets from row to row.
        fixed: position in the row, and value, of each octet that is the same in all rows.
        moments: positions in the row of the date-times.
        nothings: how many columns have no contents.
        layout: unpacks all the other columns of one row.
        order: puts moments, nothings, and the columns unpacked into the order of the columns; None
            where they are in it already.
    """

    stride: int
    fixed: tuple[tuple[int, bytes], ...]
    moments: tuple[int, ...]
    nothings: int
    layout: Struct
    order: Callable[[Row], Row] | None


def _shape(octets: bytes, start: int) -> _Shape | None:
    """Return the shape of the row at `start`; None where no layout unpacks it."""
    cursor = Cursor(octets)
    cursor.position = start
    try:
        if cursor.u8() != _STRUCTURE:
            return None
        n = cursor.count()
        if n > _MAX_COLUMNS:
            return None
        header = octets[start : cursor.position]
        cells = tuple([_cell(cursor) for _ in range(n)])
    except DecodeError:
        # Decoding the row as Data will say what is wrong with it.
        return None
    return _Shape(header, cells)


def _cell(cursor: Cursor) -> _Cell:
    start = cursor.position
    tag = cursor.u8()
    size = cursor.count() if tag == _OCTET_STRING else _SIZES.get(tag)
    if size is None:
        raise DecodeError(f"no layout for tag {tag:02X}")
    header = cursor.octets[start : cursor.position]
    cursor.take(size)
    return _Cell(bytes(header), size)


@lru_cache(maxsize=64)
def _plan(shape: _Shape, date_time_columns: tuple[int, ...]) -> _Plan | None:
    """Return the plan for a shape; None where no layout unpacks it."""
    headers = [(0, shape.header)]
    position = len(shape.header)
    layout = [f">{position}x"]
    moments: list[int] = []
    sources: list[tuple[int, int]] = []
    for index, cell in enumerate(shape.cells):
        headers.append((position, cell.header))
        position += len(cell.header)
        rank, code = _treatment(cell, is_date_time=index in date_time_columns)
        if rank is None:
            return None
        if rank == _MOMENT:
            moments.append(position)
        layout.append(f"{len(cell.header)}x{code}")
        sources.append((rank, index))
        position += cell.size
    places = {source: place for place, source in enumerate(sorted(sources))}
    order = [places[source] for source in sources]
    return _Plan(
        stride=position,
        fixed=tuple(
            (at + i, header[i : i + 1]) for at, header in headers for i in range(len(header))
        ),
        moments=tuple(moments),
        nothings=sum(rank == _NOTHING for rank, _ in sources),
        layout=Struct("".join(layout)),
        order=None if order == sorted(order) else itemgetter(*order),
    )


_MOMENT, _NOTHING, _VALUE = 0, 1, 2


def _treatment(cell: _Cell, *, is_date_time: bool) -> tuple[int | None, str]:
    """Return where a column's value comes from, and the part of the layout that covers it."""
    tag = cell.header[0]
    if tag in {_OCTET_STRING, _DATE_TIME} and is_date_time and cell.size == _DATE_TIME_SIZE:
        return _MOMENT, f"{cell.size}x"
    if tag == _OCTET_STRING:
        return _VALUE, f"{cell.size}s"
    if tag == _DATE_TIME:
        return None, ""
    return (_VALUE if cell.size else _NOTHING), _LAYOUTS[DataType(tag)]


def _run(octets: bytes, start: int, plan: _Plan, rows: int) -> int:
    """Return how many of the next `rows` rows have the plan's shape one after the other."""
    limit = min(rows, (len(octets) - start) // plan.stride)
    window = _FIRST_WINDOW
    matched = 0
    while matched < limit:
        n = min(window, limit - matched)
        same = _rows_alike(octets, start + matched * plan.stride, plan, n)
        matched += same
        if same < n:
            break
        window *= _WINDOW_GROWTH
    return matched


def _rows_alike(octets: bytes, start: int, plan: _Plan, n: int) -> int:
    """Return how many of `n` rows from `start` on have each fixed octet where it belongs."""
    stride = plan.stride
    for position, octet in plan.fixed:
        column = octets[start + position : start + n * stride : stride]
        if column.count(octet) != n:
            n -= len(column.lstrip(octet))
    return n


@lru_cache(maxsize=64)
def _time_zone(deviation: tuple[int, int], sign: DeviationSign) -> timezone | None:
    """Return the zone of a deviation's two octets; None where they specify none."""
    octets = bytes((0x07, 0xD0, 1, 1, 0xFF, 0, 0, 0, 0, *deviation, 0xFF))
    moment = cast("datetime", CosemDateTime.from_octets(octets).to_datetime(sign=sign))
    return cast("timezone | None", moment.tzinfo)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowDecoder:
    """Decodes the buffers of a profile.

    Attributes:
        date_time_columns: indices, from 0, of the columns that hold date-times. There an
            octet-string of 12 octets, or a date-time, becomes what `CosemDateTime.to_datetime`
            returns: a datetime, or None. Anything else stays what it is.
        sign: which way the meter counts its deviation.
        zone: the meter's time zone, for date-times without deviation.
    """

    date_time_columns: tuple[int, ...] = ()
    sign: DeviationSign = DeviationSign.UTC_MINUS_LOCAL
    zone: tzinfo | None = None

    def decode(self, octets: bytes) -> list[Row]:
        """Return the rows in the encoding of an array, or compact-array, of structures.

        Raises:
            DecodeError: the octets are none, or more than that.
        """
        cursor = Cursor(octets)
        if octets[:1] == bytes((DataType.ARRAY,)):
            cursor.u8()
            rows = self._array(cursor, octets)
        else:
            rows = self._compact_array(decode_data(cursor))
        cursor.expect_end()
        return rows

    def _compact_array(self, data: Data) -> list[Row]:
        if not isinstance(data.value, CompactArray):
            raise DecodeError(f"{data.type.words} where an array of rows was expected")
        return [self._row(element) for element in data.value.elements]

    def _array(self, cursor: Cursor, octets: bytes) -> list[Row]:
        rows: list[Row] = []
        left = cursor.count()
        while left:
            start = cursor.position
            plan = self._plan_at(octets, start)
            run = _run(octets, start, plan, left) if plan else 1
            if plan is None or run < _SHORT_RUN:
                rows.extend([self._row(decode_data(cursor, depth=1)) for _ in range(run)])
            else:
                rows.extend(self._unpack(octets, start, plan, run))
                cursor.position = start + run * plan.stride
            left -= run
        return rows

    def _plan_at(self, octets: bytes, start: int) -> _Plan | None:
        shape = _shape(octets, start)
        return None if shape is None else _plan(shape, self.date_time_columns)

    def _row(self, data: Data) -> Row:
        if data.type is not DataType.STRUCTURE:
            raise DecodeError(f"{data.type.words} where a row, a structure, was expected")
        cells = cast("tuple[Data, ...]", data.value)
        return tuple([self._value(index, cell) for index, cell in enumerate(cells)])

    def _value(self, index: int, data: Data) -> Native | datetime:
        value = data.value
        if index in self.date_time_columns:
            if isinstance(value, CosemDateTime):
                return value.to_datetime(sign=self.sign, zone=self.zone)
            if data.type is DataType.OCTET_STRING and len(cast("bytes", value)) == _DATE_TIME_SIZE:
                return self._moment(cast("bytes", value))
        return to_native(data)

    def _moment(self, octets: bytes) -> datetime | None:
        return CosemDateTime.from_octets(octets).to_datetime(sign=self.sign, zone=self.zone)

    def _unpack(self, octets: bytes, start: int, plan: _Plan, run: int) -> Iterator[Row]:
        view = memoryview(octets)[start : start + run * plan.stride]
        rows: Iterator[Row] = plan.layout.iter_unpack(view)
        before: list[Iterable[datetime | None]] = [
            self._moments(octets, start + position, plan.stride, run) for position in plan.moments
        ]
        before += [repeat(None)] * plan.nothings
        if before:
            rows = map(add, zip(*before, strict=False), rows)
        return rows if plan.order is None else map(plan.order, rows)

    def _moments(self, octets: bytes, start: int, stride: int, n: int) -> list[datetime | None]:
        """Return the moments of `n` date-times that stand `stride` octets apart."""
        moments: list[datetime | None] = []
        while n:
            some = min(n, _MOMENTS_AT_ONCE)
            end = start + some * stride
            columns = [octets[start + i : end : stride] for i in range(_DATE_TIME_SIZE)]
            moments += self._plain_moments(columns) or [
                self._moment(octets[at : at + _DATE_TIME_SIZE]) for at in range(start, end, stride)
            ]
            start = end
            n -= some
        return moments

    def _plain_moments(self, columns: list[bytes]) -> list[datetime] | None:
        """Return the moments of date-times given octet by octet; None unless all are plain ones."""
        high, low, months, days, _, hours, minutes, seconds, hundredths, *deviation, _ = columns
        years = [first << 8 | second for first, second in zip(high, low, strict=True)]
        zones = self._time_zones(*deviation)
        if zones is None or min(years) not in _YEARS or max(years) not in _YEARS:
            return None
        microseconds = map(_MICROSECONDS.__getitem__, hundredths)
        columns_of_time = (years, months, days, hours, minutes, seconds, microseconds, zones)
        try:
            return list(map(datetime, *columns_of_time))
        except ValueError:
            return None

    def _time_zones(self, high: bytes, low: bytes) -> Iterable[timezone | None] | None:
        """Return the zone of each deviation; None where one depends on more than the deviation."""
        found = {pair: _time_zone(pair, self.sign) for pair in set(zip(high, low, strict=True))}
        if self.zone is not None and None in found.values():
            return None
        if len(found) == 1:
            return repeat(*found.values())
        return [found[pair] for pair in zip(high, low, strict=True)]


def decode_rows(octets: bytes) -> list[Row]:
    """Return the rows of a buffer, all values native; errors as in `RowDecoder.decode`."""
    return RowDecoder().decode(octets)

"""The fast way from a profile's buffer to rows of Python values.

A buffer is an array of structures, and mostly each row has the same shape: the same types, and
strings of the same lengths. So the tags and lengths of many rows can be compared at once, each of
them being one column of octets at a fixed distance, and the values between them unpacked by one
compiled layout. No check is left out for speed: an octet that differs ends the run of rows, and the
next row's shape is looked for among those met last, else taken anew: where null-data stand for what
didn't change, rows go to and fro between a few shapes. What no layout can unpack, and what isn't
worth one, is decoded as Data. The result is the same either way.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone, tzinfo
from functools import lru_cache, partial
from itertools import chain, repeat
from operator import add
from typing import TypeVar, cast

from dcud.dlms.compact_array import (
    decode_compact_array,
    decode_type_description,
    element_reader,
)
from dcud.dlms.cosem_time import NOT_SPECIFIED, CosemDateTime, DeviationSign
from dcud.dlms.data import Data, DataType, Native, decode_data, to_native
from dcud.dlms.errors import DecodeError
from dcud.dlms.octets import Cursor
from dcud.dlms.row_plan import Row, RowPlan, row_plan
from dcud.dlms.row_shape import DATE_TIME_SIZE, RowShape, shape_of_element, shape_of_row

_NOT_SPECIFIED = bytes((NOT_SPECIFIED,))

_SHORT_RUN = 4
"""Runs of fewer rows are decoded as Data, unless their shape was seen before."""
_RECENT = 16
"""Shapes that are remembered within a buffer."""
_MOMENTS_AT_ONCE = 256
"""Rows whose date-times go one way together: if one is no plain moment, the slow one."""

_MICROSECONDS = tuple(n * 10_000 if n <= 99 else 0 for n in range(256))
_YEARS = range(2, 9999)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class RowRun:
    """Rows that follow on one another and have the same types.

    Attributes:
        types: for each column the type of its cells.
        rows: their cells.
        statuses: for each row the clock status in the status column, 0xFF where there is none.
    """

    types: tuple[DataType, ...]
    rows: list[Row]
    statuses: bytearray


@dataclass(slots=True)
class _Runs:
    """The runs of a buffer as they are being read, with the plans of the shapes met last."""

    runs: list[RowRun] = field(default_factory=list)
    recent: list[RowPlan] = field(default_factory=list)

    def add(self, types: tuple[DataType, ...], rows: Iterable[Row], statuses: bytes) -> None:
        """Put rows after those that were read before."""
        if not self.runs or self.runs[-1].types != types:
            self.runs.append(RowRun(types=types, rows=[], statuses=bytearray()))
        run = self.runs[-1]
        run.rows.extend(rows)
        run.statuses.extend(statuses)

    def remember(self, plan: RowPlan) -> None:
        """Look for this shape first from now on."""
        if plan in self.recent:
            self.recent.remove(plan)
        self.recent.insert(0, plan)
        del self.recent[_RECENT:]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """Rows in one of the two encodings.

    Attributes:
        cursor: where the next row begins.
        octets: that the cursor goes through.
        shape_at: returns the shape of the row there, None where it has none.
        read: reads one row as Data.
    """

    cursor: Cursor
    octets: bytes
    shape_at: Callable[[int], RowShape | None]
    read: Callable[[], Data]


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
        status_column: index of the column whose clock status is wanted; None for none.
        sign: which way the meter counts its deviation.
        zone: the meter's time zone, for date-times without deviation.
    """

    date_time_columns: tuple[int, ...] = ()
    status_column: int | None = None
    sign: DeviationSign = DeviationSign.UTC_MINUS_LOCAL
    zone: tzinfo | None = None

    def decode(self, octets: bytes) -> list[Row]:
        """Return the rows in the encoding of an array, or compact-array, of structures.

        Raises:
            DecodeError: the octets are none, or more than that.
        """
        return list(chain.from_iterable([run.rows for run in self.runs(octets)]))

    def runs(self, octets: bytes) -> list[RowRun]:
        """Return the same rows, in runs of rows with the same types.

        Raises:
            DecodeError: the octets are none, or more than that.
        """
        cursor = Cursor(octets)
        tag = cursor.u8()
        found = _Runs()
        if tag == DataType.ARRAY:
            self._array(cursor, octets, found)
        elif tag == DataType.COMPACT_ARRAY:
            self._compact_array(cursor, found)
        else:
            kind = decode_data(Cursor(octets)).type
            raise DecodeError(f"{kind.words} where an array of rows was expected")
        cursor.expect_end()
        return found.runs

    def _array(self, cursor: Cursor, octets: bytes, found: _Runs) -> None:
        source = _Source(
            cursor=cursor,
            octets=octets,
            shape_at=partial(shape_of_row, octets),
            read=partial(decode_data, cursor, depth=1),
        )
        left = cursor.count()
        while left:
            left -= self._read(source, left, found)

    def _compact_array(self, cursor: Cursor, found: _Runs) -> None:
        start = cursor.position
        description = decode_type_description(cursor)
        contents = cursor.octet_string()
        read = element_reader(description) if contents else None
        if read is None:
            cursor.position = start
            for element in decode_compact_array(cursor).elements:
                self._add_data(element, found)
            return
        within = Cursor(contents)
        source = _Source(
            cursor=within,
            octets=contents,
            shape_at=partial(shape_of_element, contents, description=description),
            read=partial(read, within),
        )
        while within.remaining:
            self._read(source, within.remaining, found)

    def _read(self, source: _Source, most: int, found: _Runs) -> int:
        """Read the rows that have the shape of the next one; returns how many, `most` at most."""
        start = source.cursor.position
        plan = self._plan_at(source, start, found.recent)
        if plan is None:
            self._add_data(source.read(), found)
            return 1
        run = plan.run(source.octets, start, most)
        is_known = plan in found.recent
        found.remember(plan)
        if run < _SHORT_RUN and not is_known:
            self._add_data(source.read(), found)
            return 1
        end = start + run * plan.stride
        statuses = _NOT_SPECIFIED * run
        if plan.clock_status is not None:
            statuses = source.octets[start + plan.clock_status : end : plan.stride]
        found.add(plan.types, self._unpack(source.octets, start, plan, run), statuses)
        source.cursor.position = end
        return run

    def _plan_at(self, source: _Source, start: int, recent: list[RowPlan]) -> RowPlan | None:
        for plan in recent:
            if plan.holds(source.octets, start):
                return plan
        shape = source.shape_at(start)
        if shape is None:
            return None
        return row_plan(shape, self.date_time_columns, self.status_column)

    def _add_data(self, data: Data, found: _Runs) -> None:
        if data.type is not DataType.STRUCTURE:
            raise DecodeError(f"{data.type.words} where a row, a structure, was expected")
        cells = cast("tuple[Data, ...]", data.value)
        row = tuple([self._value(index, cell) for index, cell in enumerate(cells)])
        clock = self.status_column
        status = NOT_SPECIFIED
        if clock is not None and clock < len(cells):
            status = _clock_status(cells[clock])
        found.add(tuple([cell.type for cell in cells]), [row], bytes((status,)))

    def _value(self, index: int, data: Data) -> Native | datetime:
        value = data.value
        if index in self.date_time_columns:
            if isinstance(value, CosemDateTime):
                return value.to_datetime(sign=self.sign, zone=self.zone)
            if data.type is DataType.OCTET_STRING and len(cast("bytes", value)) == DATE_TIME_SIZE:
                return self._moment(cast("bytes", value))
        return to_native(data)

    def _moment(self, octets: bytes) -> datetime | None:
        return CosemDateTime.from_octets(octets).to_datetime(sign=self.sign, zone=self.zone)

    def _unpack(self, octets: bytes, start: int, plan: RowPlan, run: int) -> Iterator[Row]:
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
            columns = [octets[start + i : end : stride] for i in range(DATE_TIME_SIZE)]
            moments += self._plain_moments(columns) or [
                self._moment(octets[at : at + DATE_TIME_SIZE]) for at in range(start, end, stride)
            ]
            start = end
            n -= some
        return moments

    def _plain_moments(self, columns: list[bytes]) -> list[datetime] | None:
        """Return the moments of date-times given octet by octet; None unless all are plain ones."""
        high, low, months, days, _, hours, minutes, seconds, hundredths, *deviation, _ = columns
        found = {pair: pair[0] << 8 | pair[1] for pair in set(zip(high, low, strict=True))}
        zones = self._time_zones(*deviation)
        if zones is None or min(found.values()) not in _YEARS or max(found.values()) not in _YEARS:
            return None
        years = _by_pair(found, high, low)
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
        return _by_pair(found, high, low)


def _by_pair(found: dict[tuple[int, int], T], high: bytes, low: bytes) -> Iterable[T]:
    """Return what was found for each pair of octets; mostly they are all the same."""
    if len(found) == 1:
        return repeat(*found.values())
    return map(found.__getitem__, zip(high, low, strict=True))


def _clock_status(cell: Data) -> int:
    match cell.value:
        case CosemDateTime() as time:
            return time.status
        case bytes(octets) if len(octets) == DATE_TIME_SIZE:
            return octets[-1]
        case _:
            return NOT_SPECIFIED


def decode_rows(octets: bytes) -> list[Row]:
    """Return the rows of a buffer, all values native; errors as in `RowDecoder.decode`."""
    return RowDecoder().decode(octets)


__all__ = ["Row", "RowDecoder", "RowRun", "decode_rows"]

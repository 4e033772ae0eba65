"""A simulated load profile, made on demand from the time that it is asked at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import Enum
from itertools import pairwise
from math import ceil, floor, inf
from typing import ClassVar

from dcud.dlms.access import Selection
from dcud.dlms.constructors import (
    array,
    integer,
    long_unsigned,
    octet_string,
    structure,
)
from dcud.dlms.cosem_time import CosemDateTime
from dcud.dlms.data import encode_data
from dcud.dlms.data_types import Data, DataType
from dcud.dlms.obis import Obis
from dcud.dlms.octets import encode_length
from dcud.errors import DcudError

CLOCK = Obis.parse("0.0.1.0.0.255")


class BufferEncoding(Enum):
    """In which form the rows of a buffer come."""

    PLAIN = "plain"
    NULL_DATA = "null-data"
    """Null-data for what is as in the row before, and for times a capture period after it."""
    COMPACT = "compact"
    """A compact array."""


class SelectionRefusedError(DcudError):
    """The selective access asked for is none that the simulated profile offers."""

    code: ClassVar[str] = "selection_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One captured attribute; `value` gives its Data at a unix second."""

    class_id: int
    logical_name: Obis
    attribute: int
    value: Callable[[float], Data]

    def capture_object(self) -> Data:
        """Return the column's element of capture_objects."""
        return structure(
            (
                long_unsigned(self.class_id),
                octet_string(self.logical_name.octets),
                integer(self.attribute),
                long_unsigned(0),
            )
        )


def clock_octets(t: float, zone: tzinfo) -> Data:
    """Return the clock's time attribute at unix second `t`."""
    moment = datetime.fromtimestamp(t, zone)
    return octet_string(CosemDateTime.from_datetime(moment).to_octets())


_Cells = list[bytes]
"""The cells of a row, each an encoded Data."""


def _plain(rows: list[_Cells]) -> bytes:
    header = b"\x02" + encode_length(len(rows[0])) if rows else b""
    return b"\x01" + encode_length(len(rows)) + b"".join(header + b"".join(row) for row in rows)


def _with_null_data(rows: list[_Cells]) -> bytes:
    """Leave out of every row but the first the time, and what is as in the row before."""
    thinned = rows[:1]
    for before, row in pairwise(rows):
        same = (b"\x00" if cell == old else cell for cell, old in zip(row, before, strict=True))
        thinned.append([b"\x00" if _is_time(row[0]) else row[0], *list(same)[1:]])
    return _plain(thinned)


def _compact(rows: list[_Cells]) -> bytes:
    if not rows:
        return _plain(rows)
    kinds = b"".join(cell[:1] for cell in rows[0])
    contents = b"".join(cell[1:] for row in rows for cell in row)
    description = b"\x13\x02" + encode_length(len(rows[0])) + kinds
    return description + encode_length(len(contents)) + contents


def _is_time(cell: bytes) -> bool:
    return cell[:2] == _TIME_HEADER


_TIME_HEADER = bytes((DataType.OCTET_STRING, 12))

_ENCODINGS: dict[BufferEncoding, Callable[[list[_Cells]], bytes]] = {
    BufferEncoding.PLAIN: _plain,
    BufferEncoding.NULL_DATA: _with_null_data,
    BufferEncoding.COMPACT: _compact,
}


class LoadProfile:
    """Entries at whole multiples of a period, oldest first; the newest `capacity` of them are held.

    Nothing is stored: an entry is what its columns say for its time, so a meter that was started
    again has the same past.
    """

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        period: int,
        capacity: int,
        started: float,
        zone: tzinfo = UTC,
        encoding: BufferEncoding = BufferEncoding.PLAIN,
    ) -> None:
        self.columns = (
            Column(
                class_id=8, logical_name=CLOCK, attribute=2, value=lambda t: clock_octets(t, zone)
            ),
            *columns,
        )
        self.period = period
        self.capacity = capacity
        self._first_ever = ceil(started / period)
        self._zone = zone
        self._encode = _ENCODINGS[encoding]

    def entries_in_use(self, now: float) -> int:
        """Return how many entries the profile holds at unix second `now`."""
        return len(self._held(now))

    def capture_objects(self) -> Data:
        """Return attribute 3."""
        return array(column.capture_object() for column in self.columns)

    def sort_object(self) -> Data:
        """Return attribute 6: the clock."""
        return self.columns[0].capture_object()

    def buffer(self, now: float, selection: Selection | None) -> bytes:
        """Return attribute 2 as A-XDR octets, selected as asked.

        Raises:
            SelectionRefusedError: the selection is none that the profile knows.
        """
        entries, columns = self._selected(self._held(now), selection)
        rows = [self._row(count, columns) for count in entries]
        return self._encode(rows)

    def _held(self, now: float) -> range:
        last = floor(now / self.period)
        return range(max(self._first_ever, last - self.capacity + 1), last + 1)

    def _row(self, count: int, columns: Sequence[Column]) -> _Cells:
        t = float(count * self.period)
        return [encode_data(column.value(t)) for column in columns]

    def _selected(
        self, entries: range, selection: Selection | None
    ) -> tuple[Sequence[int], Sequence[Column]]:
        """Apply a selection. [IEC 62056-6-2: Profile generic, selective access]."""
        if selection is None:
            return entries, self.columns
        match selection.selector:
            case 1:
                return self._by_range(entries, selection)
            case 2:
                return self._by_entry(entries, selection)
            case unknown:
                raise SelectionRefusedError(f"selector {unknown}")

    def _by_range(
        self, entries: range, selection: Selection
    ) -> tuple[Sequence[int], Sequence[Column]]:
        match selection.parameters:
            case Data(
                type=DataType.STRUCTURE,
                value=(
                    Data(type=DataType.STRUCTURE),
                    Data(value=bytes(first)),
                    Data(value=bytes(last)),
                    Data(type=DataType.ARRAY, value=tuple(selected)),
                ),
            ):
                after, before = self._second(first, -inf), self._second(last, inf)
            case _:
                raise SelectionRefusedError("not a range descriptor")
        wanted = [count for count in entries if after <= count * self.period <= before]
        columns = [column for column in self.columns if column.capture_object() in selected]
        return wanted, columns or self.columns

    def _second(self, octets: bytes, otherwise: float) -> float:
        moment = CosemDateTime.from_octets(octets).to_datetime(zone=self._zone)
        if moment is None:
            return otherwise
        return (moment if moment.tzinfo else moment.replace(tzinfo=self._zone)).timestamp()

    def _by_entry(
        self, entries: range, selection: Selection
    ) -> tuple[Sequence[int], Sequence[Column]]:
        match selection.parameters:
            case Data(
                type=DataType.STRUCTURE,
                value=(
                    Data(value=int(first)),
                    Data(value=int(last)),
                    Data(value=int(first_column)),
                    Data(value=int(last_column)),
                ),
            ):
                pass
            case _:
                raise SelectionRefusedError("not an entry descriptor")
        # Entries and columns count from 1; 0 as the end means the last.
        return (
            entries[max(first - 1, 0) : last or None],
            self.columns[max(first_column - 1, 0) : last_column or None],
        )

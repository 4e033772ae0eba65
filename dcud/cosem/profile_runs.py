"""Rows of a profile's buffer, cut into runs of rows with the same types.

The row decoder gives the runs; here they become columns, as whoever resolves null-data and deltas
goes down a column.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dcud.cosem.clock import ClockConvention
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
_CONTAINERS = frozenset({DataType.ARRAY, DataType.STRUCTURE, DataType.COMPACT_ARRAY})
_NO_ROWS = bytes((DataType.NULL_DATA,))


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
    decoder = RowDecoder(
        date_time_columns=time_columns,
        status_column=time_of_capture,
        sign=convention.sign,
        zone=convention.zone,
    )
    runs = decoder.runs(octets)
    if any(not _CONTAINERS.isdisjoint(run.types) for run in runs):
        _refuse_deltas_within(octets)
    return [Run(types=run.types, columns=_columns(run.rows), statuses=run.statuses) for run in runs]


def _refuse_deltas_within(octets: bytes) -> None:
    """Look into the cells of rows."""
    for row in _items(decode_data(Cursor(octets))):
        if any(_holds_deltas(cell) for cell in _items(row)):
            raise DecodeError("deltas within a cell of a profile's row: nothing tells from what")


def _columns(rows: Sequence[Row]) -> tuple[Sequence[Native | datetime], ...]:
    """Return the columns of rows, by way of a list.

    From what doesn't tell its length beforehand, CPython makes a tuple that is too long, and cuts
    it. Once it goes, it is kept among the free tuples of its final length, and the next one is not
    made of it: each buffer that was read would leave a tuple behind, up to 2,000 of each length.
    """
    columns = list(zip(*rows, strict=True))
    return tuple(columns)


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

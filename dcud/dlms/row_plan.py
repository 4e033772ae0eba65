"""How rows of one shape are recognised, all at once, for one compiled layout to unpack them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from struct import Struct

from dcud.dlms.data_types import DataType
from dcud.dlms.native import Native
from dcud.dlms.row_shape import DATE_TIME_SIZE, LAYOUTS, Cell, RowShape

_FIRST_WINDOW = 64
_WINDOW_GROWTH = 8
_MOMENT, _NOTHING, _VALUE = 0, 1, 2
Row = tuple[Native | datetime, ...]
"""The cells of one row: native values, and moments in the columns said to hold date-times."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RowPlan:
    """How rows of one shape are unpacked.

    Attributes:
        types: of the columns.
        stride: octets from row to row.
        headers: position in the row, and octets, of what is the same in all rows.
        fixed: the same, octet by octet.
        moments: positions in the row of the date-times.
        nothings: how many columns have no contents.
        layout: unpacks all the other columns of one row.
        order: puts moments, nothings, and the columns unpacked into the order of the columns; None
            where they are in it already.
        clock_status: position in the row of the octet with the clock status; None without.
    """

    types: tuple[DataType, ...]
    stride: int
    headers: tuple[tuple[int, bytes], ...]
    fixed: tuple[tuple[int, bytes], ...]
    moments: tuple[int, ...]
    nothings: int
    layout: Struct
    order: Callable[[Row], Row] | None
    clock_status: int | None

    def holds(self, octets: bytes, start: int) -> bool:
        """Tell whether the row at `start` has the shape."""
        if len(octets) - start < self.stride:
            return False
        for position, header in self.headers:  # noqa: SIM110  # all() takes twice the time
            if not octets.startswith(header, start + position):
                return False
        return True

    def run(self, octets: bytes, start: int, rows: int) -> int:
        """Return how many of the next `rows` rows have the shape, one after the other."""
        limit = min(rows, (len(octets) - start) // self.stride)
        window = _FIRST_WINDOW
        matched = 0
        while matched < limit:
            n = min(window, limit - matched)
            same = self._alike(octets, start + matched * self.stride, n)
            matched += same
            if same < n:
                break
            window *= _WINDOW_GROWTH
        return matched

    def _alike(self, octets: bytes, start: int, n: int) -> int:
        """Return how many of `n` rows from `start` on have each fixed octet where it belongs."""
        stride = self.stride
        for position, octet in self.fixed:
            column = octets[start + position : start + n * stride : stride]
            if column.count(octet) != n:
                n -= len(column.lstrip(octet))
        return n


@lru_cache(maxsize=64)
def row_plan(
    shape: RowShape, date_time_columns: tuple[int, ...], status_column: int | None
) -> RowPlan | None:
    """Return the plan for a shape; None where no layout unpacks it.

    Args:
        shape: of the rows.
        date_time_columns: indices, from 0, of the columns that hold date-times.
        status_column: index of the column whose clock status is wanted.
    """
    headers = [(0, shape.header)]
    position = len(shape.header)
    layout = [f">{position}x"]
    moments: list[int] = []
    sources: list[tuple[int, int]] = []
    clock_status = None
    for index, cell in enumerate(shape.cells):
        headers.append((position, cell.header))
        position += len(cell.header)
        rank, code = _treatment(cell, is_date_time=index in date_time_columns)
        if rank is None:
            return None
        if rank == _MOMENT:
            moments.append(position)
        if index == status_column and _holds_clock(cell):
            clock_status = position + DATE_TIME_SIZE - 1
        layout.append(f"{len(cell.header)}x{code}")
        sources.append((rank, index))
        position += cell.size
    places = {source: place for place, source in enumerate(sorted(sources))}
    order = [places[source] for source in sources]
    return RowPlan(
        types=tuple([cell.type for cell in shape.cells]),
        stride=position,
        headers=tuple([(at, header) for at, header in headers if header]),
        fixed=tuple(
            (at + i, header[i : i + 1]) for at, header in headers for i in range(len(header))
        ),
        moments=tuple(moments),
        nothings=sum(rank == _NOTHING for rank, _ in sources),
        layout=Struct("".join(layout)),
        order=None if order == sorted(order) else itemgetter(*order),
        clock_status=clock_status,
    )


def _holds_clock(cell: Cell) -> bool:
    return cell.type in {DataType.OCTET_STRING, DataType.DATE_TIME} and cell.size == DATE_TIME_SIZE


def _treatment(cell: Cell, *, is_date_time: bool) -> tuple[int | None, str]:
    """Return where a column's value comes from, and the part of the layout that covers it."""
    if is_date_time and _holds_clock(cell):
        return _MOMENT, f"{cell.size}x"
    if cell.type is DataType.OCTET_STRING:
        return _VALUE, f"{cell.size}s"
    if cell.type is DataType.DATE_TIME:
        return None, ""
    return (_VALUE if cell.size else _NOTHING), LAYOUTS[cell.type]

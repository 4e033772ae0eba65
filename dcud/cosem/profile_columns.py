"""The columns of a profile's buffer, with what meters leave out of them put back.

A meter may write null-data for what follows from the entry before, and a delta for what differs
from it. Columns are resolved in the meter's own order, a segment at a time: a stretch of cells that
are all of one type. [IEC 62056-6-2: Profile generic, buffer]
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from enum import Enum
from functools import lru_cache
from itertools import accumulate, chain, repeat
from operator import mul
from typing import NamedTuple, cast

from dcud.cosem.classes import interface_class
from dcud.cosem.clock import unix_time
from dcud.cosem.profile_generic import CaptureObject
from dcud.cosem.profile_runs import DELTA_TYPES
from dcud.cosem.register import EXACT, INTEGER_TYPES, NotNumericError, ScalerUnit, scale
from dcud.dlms.data import Data, DataType, DataValue, Native

Cell = Decimal | datetime | Native
"""A physical value, a time, or what the meter gave as a plain Python value."""

NOTHING_TYPES = frozenset({DataType.NULL_DATA, DataType.DONT_CARE})
_TIMES = frozenset({"time", "capture_time", "start_time_current"})
"""Attributes whose values are date-times, in whatever class."""


class Segment(NamedTuple):
    """Cells of one column that follow on one another and are all of one type; at least one."""

    type: DataType
    cells: Sequence[Native | datetime]


class NullData(Enum):
    """What null-data in a buffer stands for."""

    REPEATED = "repeated"
    """The value of the entry before; for the time of capture a capture period more."""
    NO_VALUE = "no-value"
    """No value at all. [field: null-data for no value]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a buffer, with what is needed to tell what its cells mean.

    Attributes:
        capture_object: what is captured.
        scaler_unit: of the captured object, where it has one; None leaves numbers as they are.
    """

    capture_object: CaptureObject
    scaler_unit: ScalerUnit | None = None

    @property
    def holds_times(self) -> bool:
        """Return whether the cells are date-times."""
        captured = self.capture_object
        return captured.is_time or _is_named_time(captured.class_id, captured.attribute)


@lru_cache(maxsize=256)
def _is_named_time(class_id: int, index: int) -> bool:
    known = interface_class(class_id)
    attribute = known.attribute(index) if known else None
    return attribute is not None and attribute.name in _TIMES


def resolve_values(
    column: Column, segments: Iterable[Segment], null_data: NullData
) -> Sequence[Cell]:
    """Return the cells of a column: physical values exact, times as moments, the rest plain.

    None stands where the meter gave no value, or a delta to a value that it never gave.
    """
    resolver = _Resolver(column, null_data)
    resolved = [resolver.resolve(segment) for segment in segments]
    return resolved[0] if len(resolved) == 1 else list(chain.from_iterable(resolved))


class _Resolver:
    """Resolves the segments of one column; `_base` is the last whole number, with its type."""

    def __init__(self, column: Column, null_data: NullData) -> None:
        self._scaler_unit = column.scaler_unit
        self._holds_times = column.holds_times
        self._repeats = null_data is NullData.REPEATED
        self._previous: Cell = None
        self._base: tuple[DataType, int] | None = None

    def resolve(self, segment: Segment) -> Sequence[Cell]:
        if segment.type in NOTHING_TYPES:
            return [self._previous if self._repeats else None] * len(segment.cells)
        absolute = self._accumulated(segment) if segment.type in DELTA_TYPES else segment
        if absolute is None:
            return [None] * len(segment.cells)
        cells = self._meaning(absolute)
        self._previous = cells[-1]
        last = absolute.cells[-1]
        self._base = None
        if absolute.type in INTEGER_TYPES:
            self._base = absolute.type, cast("int", last)
        return cells

    def _accumulated(self, deltas: Segment) -> Segment | None:
        """Return deltas as absolute values, of the type of the last absolute one."""
        if self._base is None:
            return None
        kind, base = self._base
        numbers = cast("Sequence[int]", deltas.cells)
        return Segment(kind, list(accumulate(numbers, initial=base))[1:])

    def _meaning(self, segment: Segment) -> Sequence[Cell]:
        kind, cells = segment
        if self._holds_times and kind is DataType.DOUBLE_LONG_UNSIGNED:
            return [unix_time(seconds) for seconds in cast("Sequence[int]", cells)]
        if self._scaler_unit is None:
            return cells
        if kind in INTEGER_TYPES:
            one = Decimal(1).scaleb(self._scaler_unit.scaler, EXACT)
            with localcontext(EXACT):  # half as long as the context's own `multiply`
                return list(map(mul, cast("Sequence[int]", cells), repeat(one)))
        return [_scaled(kind, cell, self._scaler_unit.scaler) for cell in cells]


def _scaled(kind: DataType, cell: Cell, scaler: int) -> Cell:
    try:
        return scale(Data(kind, cast("DataValue", cell)), scaler)
    except NotNumericError:
        return cell


def resolve_times(
    segments: Iterable[Segment], null_data: NullData, period: timedelta
) -> list[datetime | None]:
    """Return the times of capture; where one is null-data, `period` after the one before.

    A negative period suits a buffer whose newest entry comes first. None stands where the meter
    gave no time that can be known.
    """
    times: list[datetime | None] = []
    counts_seconds = False
    for kind, cells in segments:
        previous = times[-1] if times else None
        if kind in NOTHING_TYPES:
            step = period if null_data is NullData.REPEATED else None
            times += _stepped(previous, [step] * len(cells))
        elif kind in DELTA_TYPES:
            numbers = cast("Sequence[int]", cells)
            steps = [timedelta(seconds=n) if counts_seconds else None for n in numbers]
            times += _stepped(previous, steps)
        else:
            counts_seconds = kind is DataType.DOUBLE_LONG_UNSIGNED
            times += _moments(kind, cells)
    return times


def _stepped(start: datetime | None, steps: Iterable[timedelta | None]) -> list[datetime | None]:
    moments: list[datetime | None] = []
    moment = start
    for step in steps:
        moment = _later(moment, step)
        moments.append(moment)
    return moments


def _later(moment: datetime | None, step: timedelta | None) -> datetime | None:
    try:
        return moment + step if moment is not None and step is not None else None
    except OverflowError:
        return None


def _moments(kind: DataType, cells: Sequence[Native | datetime]) -> Sequence[datetime | None]:
    if kind is DataType.DOUBLE_LONG_UNSIGNED:
        return [unix_time(seconds) for seconds in cast("Sequence[int]", cells)]
    if set(map(type, cells)) == {datetime}:  # nearly always
        return cast("Sequence[datetime]", cells)
    return [cell if isinstance(cell, datetime) else None for cell in cells]

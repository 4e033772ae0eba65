"""The entries of a profile, from the octets of its buffer. [IEC 62056-6-2: Profile generic]."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, groupby, repeat
from operator import gt, lt
from typing import NamedTuple

from dcud.cosem.clock import STANDARD, ClockConvention, status_names
from dcud.cosem.profile_columns import (
    NOTHING_TYPES,
    Cell,
    Column,
    NullData,
    Segment,
    resolve_times,
    resolve_values,
)
from dcud.cosem.profile_generic import SortMethod, time_column
from dcud.cosem.profile_runs import Run, decode_runs
from dcud.cosem.profile_selection import TimeRange
from dcud.dlms.errors import DecodeError


@dataclass(frozen=True, slots=True, kw_only=True)
class BufferLayout:
    """What has to be known of a profile to understand its buffer.

    Attributes:
        columns: the columns that were asked for, in the order of the capture objects.
        capture_period: seconds from entry to entry; 0 where captures are triggered otherwise.
        sort_method: the order that the meter tells; what the times tell goes before it.
        null_data: what null-data stands for.
        convention: what the meter means by its times.
    """

    columns: tuple[Column, ...]
    capture_period: int = 0
    sort_method: SortMethod = SortMethod.FIFO
    null_data: NullData = NullData.REPEATED
    convention: ClockConvention = STANDARD

    @property
    def time_of_capture(self) -> int | None:
        """Return the position, from 0, of the column with the time of capture; None without."""
        return time_column([column.capture_object for column in self.columns])


class ProfileEntry(NamedTuple):
    """One entry of a profile; a tuple, since a buffer has very many.

    Attributes:
        time: when it was captured; None where the meter doesn't tell, naive (the meter's local
            time) where neither the meter nor its convention tells the offset.
        cells: a cell for each column, that of the time of capture included.
        clock_status: names of the bits that the clock had set at the capture.
    """

    time: datetime | None
    cells: tuple[Cell, ...]
    clock_status: tuple[str, ...] = ()


def decode_buffer(octets: bytes, layout: BufferLayout) -> list[ProfileEntry]:
    """Return the entries of a buffer, doubles as often as the meter has them.

    They come oldest first, unless the profile sorts them by something else than their time.

    Args:
        octets: the buffer attribute as it came: one encoded Data.
        layout: what is known of the profile.

    Raises:
        DecodeError: the octets are no buffer, or their rows don't have the layout's columns.
    """
    position = layout.time_of_capture
    time_columns = [index for index, column in enumerate(layout.columns) if column.holds_times]
    runs = decode_runs(
        octets,
        layout.convention,
        time_columns=tuple(time_columns),
        time_of_capture=position,
    )
    _check_width(runs, len(layout.columns))
    statuses = [status for run in runs for status in run.statuses]
    shown: Sequence[Cell] = ()
    times: Sequence[datetime | None] = [None] * len(statuses)
    newest_first = layout.sort_method is SortMethod.LIFO
    if position is not None:
        segments = _segments(runs, position)
        times, newest_first = _times(segments, layout)
        shown = _shown(times, layout.columns[position], segments)
    columns = [
        shown
        if index == position
        else resolve_values(column, _segments(runs, index), layout.null_data)
        for index, column in enumerate(layout.columns)
    ]
    rows = zip(*columns, strict=True) if columns else repeat((), len(statuses))
    names = {status: status_names(status) for status in set(statuses)}
    named = map(names.__getitem__, statuses)
    # Each is a tuple already but for its type; the constructor would take it apart for every row.
    entries = list(map(tuple.__new__, repeat(ProfileEntry), zip(times, rows, named, strict=True)))
    return entries[::-1] if newest_first else entries


def within(entries: Iterable[ProfileEntry], wanted: TimeRange) -> list[ProfileEntry]:
    """Return the entries captured in a range; those without a time stay, as nobody can tell.

    [field: bounds rounded by the meter]
    """
    return [entry for entry in entries if entry.time is None or wanted.holds(entry.time)]


def _check_width(runs: Iterable[Run], columns: int) -> None:
    for run in runs:
        if len(run.types) != columns:
            raise DecodeError(
                f"a row of the buffer has {len(run.types)} cells, but {columns} columns were asked",
                remedy="read the capture objects anew",
            )


def _segments(runs: Sequence[Run], index: int) -> list[Segment]:
    """Return the cells of a column; runs that differ in other columns go together here."""
    if len(runs) == 1:
        return [Segment(runs[0].types[index], runs[0].columns[index])]
    return [
        Segment(kind, list(chain.from_iterable([run.columns[index] for run in alike])))
        for kind, alike in groupby(runs, key=lambda run: run.types[index])
    ]


def _shown(
    times: Sequence[datetime | None], column: Column, segments: Iterable[Segment]
) -> Sequence[Cell]:
    """Return the cells of the time of capture: the times, and as it came what is no time."""
    if all(times):  # no moment is false
        return times
    told = resolve_values(column, segments, NullData.NO_VALUE)
    return [cell if time is None else time for cell, time in zip(told, times, strict=True)]


def _times(
    segments: Sequence[Segment], layout: BufferLayout
) -> tuple[Sequence[datetime | None], bool]:
    """Return the times of capture, with whether the newest entry comes first."""
    period = timedelta(seconds=layout.capture_period)
    told = resolve_times(segments, NullData.NO_VALUE, period)
    newest_first = _newest_first(told, layout.sort_method)
    if all(segment.type not in NOTHING_TYPES for segment in segments):
        return told, newest_first
    step = -period if newest_first else period
    return resolve_times(segments, layout.null_data, step), newest_first


def _newest_first(times: Iterable[datetime | None], sort_method: SortMethod) -> bool:
    """Judge by most of the steps in time, as clocks are also set back; else by the method."""
    if sort_method not in {SortMethod.FIFO, SortMethod.LIFO}:
        return False
    known = [time for time in times if time is not None]
    try:
        rises, falls = _steps(known)
    except TypeError:  # naive ones among others
        rises, falls = _steps([_instant(time) for time in known])
    return sort_method is SortMethod.LIFO if rises == falls else falls > rises


def _steps(times: Sequence[datetime]) -> tuple[int, int]:
    """Count the steps forth and back."""
    rises = sum(map(lt, times, times[1:]))
    all_rise = rises == len(times) - 1  # nearly always
    return rises, 0 if all_rise else sum(map(gt, times, times[1:]))


def _instant(time: datetime) -> datetime:
    """Return a time that compares with all others; a naive one counts as UTC."""
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time

"""A profile's entries as rows with named columns."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import chain

from dcud.cli.readable import plain
from dcud.cli.rendering import Cell, Column
from dcud.collect.profile_reader import ColumnNames
from dcud.cosem.obis_names import obis_name
from dcud.cosem.profile_buffer import BufferLayout, ProfileEntry
from dcud.cosem.profile_columns import Cell as ProfileCell
from dcud.cosem.profile_generic import CaptureObject
from dcud.cosem.value_texts import CellTexts

_TIME_COLUMNS = (
    Column(heading="time", whole=True),
    Column(heading="utc_offset", sparse=True, whole=True),
    Column(heading="clock_status", sparse=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Captured:
    """One column besides the time of capture.

    Attributes:
        position: its place in an entry's cells.
        text: tells what its cells mean, where they are event codes.
    """

    position: int
    obis: str
    attribute: int
    name: str
    unit: str
    text: Callable[[object], str] | None = None

    def columns(self) -> Iterator[Column]:
        heading = f"{self.name} [{self.unit}]" if self.unit else self.name
        yield Column(heading=heading, right=True)
        if self.text:
            yield Column(heading=f"{self.name}_text", sparse=True)

    def cells(self, cells: Sequence[ProfileCell]) -> Iterator[Cell]:
        cell = _cell(cells[self.position])
        yield cell
        if self.text:
            yield self.text(cell)

    def record(self, cells: Sequence[ProfileCell]) -> Mapping[str, Cell]:
        cell = _cell(cells[self.position])
        record: dict[str, Cell] = {
            "obis": self.obis,
            "attribute": self.attribute,
            "name": self.name,
            "value": cell,
            "unit": self.unit,
        }
        if self.text:
            record["text"] = self.text(cell)
        return record


class ProfileRows:
    """Turns entries of one profile into cells for people and spreadsheets, and records for JSON."""

    def __init__(self, layout: BufferLayout, names: ColumnNames, events: CellTexts) -> None:
        self._captured = _captured(layout, names, events)

    @property
    def columns(self) -> list[Column]:
        """Return the columns: the time with its offset and status, then what was captured."""
        return [
            *_TIME_COLUMNS,
            *chain.from_iterable(each.columns() for each in self._captured),
        ]

    def cells(self, entry: ProfileEntry) -> list[Cell]:
        """Return an entry as cells; its time is the meter's local one, the offset beside it."""
        offset = None if entry.time is None else entry.time.utcoffset()
        return [
            None if entry.time is None else _local(entry.time),
            None if offset is None else _offset(offset),
            " ".join(entry.clock_status),
            *chain.from_iterable(each.cells(entry.cells) for each in self._captured),
        ]

    def record(self, entry: ProfileEntry) -> Mapping[str, Cell]:
        """Return an entry as a record that is whole in itself."""
        return {
            "time": entry.time,
            "clock_status": list(entry.clock_status),
            "values": [each.record(entry.cells) for each in self._captured],
        }


def _captured(layout: BufferLayout, names: ColumnNames, events: CellTexts) -> Sequence[_Captured]:
    captured = [
        _Captured(
            position=position,
            obis=str(column.capture_object.logical_name),
            attribute=column.capture_object.attribute,
            name=_name(column.capture_object, names),
            unit=column.scaler_unit.symbol if column.scaler_unit else "",
            text=_text(column.capture_object, events),
        )
        for position, column in enumerate(layout.columns)
        if position != layout.time_of_capture
    ]
    uses = Counter(each.name for each in captured)
    return [_told_apart(each, uses[each.name]) for each in captured]


def _text(captured: CaptureObject, events: CellTexts) -> Callable[[object], str] | None:
    return partial(events.text, captured) if events.explains(captured) else None


def _name(captured: CaptureObject, names: ColumnNames) -> str:
    obis = captured.logical_name
    name = (
        names.get((obis, captured.attribute))
        or names.get((obis, None))
        or obis_name(obis)
        or str(obis)
    )
    return f"{name}[{captured.data_index}]" if captured.data_index else name


def _told_apart(captured: _Captured, uses: int) -> _Captured:
    """Return the column with its attribute in its name, where others have the same name."""
    if uses == 1:
        return captured
    return replace(captured, name=f"{captured.name}/{captured.attribute}")


def _local(time: datetime) -> str:
    # The form that spreadsheets take for a time without being told.
    return time.strftime("%Y-%m-%d %H:%M:%S")


def _offset(offset: timedelta) -> str:
    minutes = offset // timedelta(minutes=1)
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"


def _cell(cell: ProfileCell) -> Cell:
    return cell if isinstance(cell, Decimal | datetime) else plain(cell)

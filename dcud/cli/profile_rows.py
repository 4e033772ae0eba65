"""A profile's entries as rows with named columns."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from dcud.cli.readable import plain
from dcud.cli.rendering import Cell, Column
from dcud.collect.profile_reader import ColumnNames
from dcud.cosem.obis_names import obis_name
from dcud.cosem.profile_buffer import BufferLayout, ProfileEntry
from dcud.cosem.profile_columns import Cell as ProfileCell
from dcud.cosem.profile_generic import CaptureObject

_TIME_COLUMNS = (
    Column(heading="time", whole=True),
    Column(heading="utc_offset", sparse=True, whole=True),
    Column(heading="clock_status", sparse=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Captured:
    """One column besides the time of capture; `position` is its place in an entry's cells."""

    position: int
    obis: str
    attribute: int
    name: str
    unit: str


class ProfileRows:
    """Turns entries of one profile into cells for people and spreadsheets, and records for JSON."""

    def __init__(self, layout: BufferLayout, names: ColumnNames) -> None:
        self._captured = _captured(layout, names)

    @property
    def columns(self) -> list[Column]:
        """Return the columns: the time with its offset and status, then what was captured."""
        return [
            *_TIME_COLUMNS,
            *(
                Column(heading=f"{each.name} [{each.unit}]" if each.unit else each.name, right=True)
                for each in self._captured
            ),
        ]

    def cells(self, entry: ProfileEntry) -> list[Cell]:
        """Return an entry as cells; its time is the meter's local one, the offset beside it."""
        offset = None if entry.time is None else entry.time.utcoffset()
        return [
            None if entry.time is None else _local(entry.time),
            None if offset is None else _offset(offset),
            " ".join(entry.clock_status),
            *(_cell(entry.cells[each.position]) for each in self._captured),
        ]

    def record(self, entry: ProfileEntry) -> Mapping[str, Cell]:
        """Return an entry as a record that is whole in itself."""
        return {
            "time": entry.time,
            "clock_status": list(entry.clock_status),
            "values": [
                {
                    "obis": each.obis,
                    "attribute": each.attribute,
                    "name": each.name,
                    "value": _cell(entry.cells[each.position]),
                    "unit": each.unit,
                }
                for each in self._captured
            ],
        }


def _captured(layout: BufferLayout, names: ColumnNames) -> Sequence[_Captured]:
    captured = [
        _Captured(
            position=position,
            obis=str(column.capture_object.logical_name),
            attribute=column.capture_object.attribute,
            name=_name(column.capture_object, names),
            unit=column.scaler_unit.symbol if column.scaler_unit else "",
        )
        for position, column in enumerate(layout.columns)
        if position != layout.time_of_capture
    ]
    uses = Counter(each.name for each in captured)
    return [_told_apart(each, uses[each.name]) for each in captured]


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
    return _Captured(
        position=captured.position,
        obis=captured.obis,
        attribute=captured.attribute,
        name=f"{captured.name}/{captured.attribute}",
        unit=captured.unit,
    )


def _local(time: datetime) -> str:
    # The form that spreadsheets take for a time without being told.
    return time.strftime("%Y-%m-%d %H:%M:%S")


def _offset(offset: timedelta) -> str:
    minutes = offset // timedelta(minutes=1)
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"


def _cell(cell: ProfileCell) -> Cell:
    return cell if isinstance(cell, Decimal | datetime) else plain(cell)

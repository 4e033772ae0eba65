"""Which part of a profile's buffer is asked for, as selective access describes it.

[IEC 62056-6-2: Profile generic, selective access to the buffer]
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from dcud.cosem.clock import STANDARD, ClockConvention, TimeForm, encode_time
from dcud.cosem.profile_generic import (
    CaptureObject,
    capture_objects_data,
    parse_capture_objects,
)
from dcud.dlms.access import Selection
from dcud.dlms.data import Data, DataType, double_long_unsigned, long_unsigned, structure
from dcud.dlms.errors import DecodeError

_BY_RANGE = 1
_BY_ENTRY = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeDescriptor:
    """The entries whose restricting object lies between two values, both included.

    Attributes:
        restricting_object: the column that is compared.
        from_value: the least value, of the type that the column has.
        to_value: the greatest value, likewise.
        selected_values: the columns wanted; none stands for all.
    """

    restricting_object: CaptureObject
    from_value: Data
    to_value: Data
    selected_values: tuple[CaptureObject, ...] = ()

    @classmethod
    def from_selection(cls, selection: Selection) -> Self:
        """Return the range that a selection asks for; `DecodeError` if it asks for none."""
        match selection:
            case Selection(
                selector=1,
                parameters=Data(
                    DataType.STRUCTURE,
                    (Data() as restricting, Data() as low, Data() as high, Data() as selected),
                ),
            ):
                return cls(
                    restricting_object=CaptureObject.from_data(restricting),
                    from_value=low,
                    to_value=high,
                    selected_values=parse_capture_objects(selected),
                )
            case _:
                raise DecodeError(f"selector {selection.selector} without a range descriptor")

    def to_selection(self) -> Selection:
        """Return the selection to ask with."""
        parameters = structure(
            (
                self.restricting_object.to_data(),
                self.from_value,
                self.to_value,
                capture_objects_data(self.selected_values),
            )
        )
        return Selection(_BY_RANGE, parameters)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryDescriptor:
    """A part of the table of entries, both ends included, counted from 1.

    Attributes:
        from_entry: the first entry; 1 is the oldest where entries are sorted first in, first out.
        to_entry: the last entry; 0 for the last that there is.
        from_selected_value: the first column.
        to_selected_value: the last column; 0 for the last that there is.
    """

    from_entry: int = 1
    to_entry: int = 0
    from_selected_value: int = 1
    to_selected_value: int = 0

    @classmethod
    def from_selection(cls, selection: Selection) -> Self:
        """Return the entries that a selection asks for; `DecodeError` if it asks for none."""
        match selection:
            case Selection(
                selector=2,
                parameters=Data(
                    DataType.STRUCTURE,
                    (
                        Data(DataType.DOUBLE_LONG_UNSIGNED, int(from_entry)),
                        Data(DataType.DOUBLE_LONG_UNSIGNED, int(to_entry)),
                        Data(DataType.LONG_UNSIGNED, int(from_selected_value)),
                        Data(DataType.LONG_UNSIGNED, int(to_selected_value)),
                    ),
                ),
            ):
                return cls(
                    from_entry=from_entry,
                    to_entry=to_entry,
                    from_selected_value=from_selected_value,
                    to_selected_value=to_selected_value,
                )
            case _:
                raise DecodeError(f"selector {selection.selector} without an entry descriptor")

    def to_selection(self) -> Selection:
        """Return the selection to ask with."""
        parameters = structure(
            (
                double_long_unsigned(self.from_entry),
                double_long_unsigned(self.to_entry),
                long_unsigned(self.from_selected_value),
                long_unsigned(self.to_selected_value),
            )
        )
        return Selection(_BY_ENTRY, parameters)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeRange:
    """A stretch of time as people ask for it, both ends included.

    Attributes:
        start: the earliest capture time wanted; aware, or naive in the meter's local time.
        end: the latest capture time wanted, likewise.
    """

    start: datetime
    end: datetime

    def selection(
        self,
        column: CaptureObject,
        *,
        form: TimeForm | None = None,
        convention: ClockConvention = STANDARD,
        selected_values: Sequence[CaptureObject] = (),
    ) -> Selection:
        """Return the selection that asks a meter for these entries.

        Args:
            column: the time column, see `restricting_object`.
            form: how the meter writes times, by default whole date-times in octet-strings; best
                `TimeForm.like` a time of the meter's own rows.
            convention: what the meter means by its times.
            selected_values: the columns wanted; none stands for all.

        Raises:
            EncodeError: an end is outside of what the form can tell.
        """
        written = form or TimeForm()
        return RangeDescriptor(
            restricting_object=column,
            from_value=encode_time(self.start, written, convention),
            to_value=encode_time(self.end, written, convention),
            selected_values=tuple(selected_values),
        ).to_selection()

    def holds(self, moment: datetime) -> bool:
        """Return whether `moment` lies in the range.

        Where it or an end is naive, wall clocks are compared: offsets are then nobody's knowledge.
        """
        moments = (self.start, moment, self.end)
        if any(each.tzinfo is None for each in moments):
            moments = (_wall(self.start), _wall(moment), _wall(self.end))
        start, moment, end = moments
        return start <= moment <= end


def _wall(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)

"""Reading a profile: what it is made of, then a part of its entries."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from dcud.collect.job import Reader
from dcud.collect.lists import prefetch
from dcud.collect.meter_memory import MeterMemory, get_data
from dcud.cosem.clock import TimeEncoding, TimeForm
from dcud.cosem.profile_buffer import BufferLayout, ProfileEntry, decode_buffer
from dcud.cosem.profile_columns import Column, NullData
from dcud.cosem.profile_generic import (
    CaptureObject,
    SortMethod,
    parse_capture_objects,
    restricting_object,
)
from dcud.cosem.profile_selection import EntryDescriptor, TimeRange
from dcud.dlms.access import AttributeDescriptor, DataAccessResult, Selection
from dcud.dlms.data import Data, DataType
from dcud.dlms.errors import DecodeError
from dcud.dlms.obis import Obis
from dcud.dlms.refusal_causes import explain_result
from dcud.errors import DcudError

PROFILE_GENERIC = 7
BUFFER, CAPTURE_OBJECTS, CAPTURE_PERIOD, SORT_METHOD, SORT_OBJECT, ENTRIES_IN_USE = range(2, 8)
PROFILE_ENTRIES = 8
"""Attributes. [IEC 62056-6-2: Profile generic]."""

FAR_FUTURE = datetime(2089, 12, 31, 23, 0, tzinfo=UTC)
"""An end that one make demands; [field: only an end far in the future]."""


class ProfileRefusedError(DcudError):
    """The meter does not give a profile, or not in the way it was asked for."""

    code: ClassVar[str] = "profile_refused"
    retryable: ClassVar[bool] = True


class ProfileAccess(StrEnum):
    """How entries are asked for."""

    RANGE = "range"
    ENTRY = "entry"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileQuirks:
    """What has to be known of a meter to read its profile.

    Attributes:
        bounds: the type of Data in which it takes the bounds of a range.
        step: seconds; bounds must be whole multiples, 0 for any.
        far_end: whether it takes only a far future as the end of a range.
        capture_period: seconds, instead of what the meter says.
        null_data: what null-data stands for.
    """

    bounds: TimeEncoding = TimeEncoding.OCTET_STRING
    step: float = 0.0
    far_end: bool = False
    capture_period: int | None = None
    null_data: NullData = NullData.REPEATED


@dataclass(slots=True, kw_only=True, eq=False)
class ProfileReader:
    """Reads one profile of one meter; what it is made of is asked once."""

    logical_name: Obis
    memory: MeterMemory
    quirks: ProfileQuirks = field(default_factory=ProfileQuirks)
    _layout: BufferLayout | None = None
    _time_column: CaptureObject | None = None
    _generation: int = 0  # of the memory, when the layout was learned

    async def layout(self, reader: Reader) -> BufferLayout:
        """Return columns, capture period and order of the profile."""
        if self._generation != self.memory.generation:
            self.forget()
            self._generation = self.memory.generation
        if self._layout is None:
            captured = parse_capture_objects(await self._attribute(reader, CAPTURE_OBJECTS))
            reader = await prefetch(reader, self._wanted(captured), self.memory.lists)
            self._layout = BufferLayout(
                columns=tuple([await self._column(reader, each) for each in captured]),
                capture_period=await self._capture_period(reader),
                sort_method=SortMethod.from_data(await self._attribute(reader, SORT_METHOD)),
                null_data=self.quirks.null_data,
                convention=self.memory.convention,
            )
        return self._layout

    def _wanted(self, captured: Iterable[CaptureObject]) -> list[AttributeDescriptor]:
        whole = [each.descriptor for each in captured if not each.data_index]
        period = [] if self.quirks.capture_period is not None else [CAPTURE_PERIOD]
        return [
            *self.memory.unknown(whole),
            *[self._descriptor(index) for index in (*period, SORT_METHOD)],
        ]

    async def by_range(
        self, reader: Reader, wanted: TimeRange, progress: Callable[[int], None] | None = None
    ) -> list[ProfileEntry]:
        """Return the entries captured within `wanted`, both ends included, oldest first."""
        layout = await self.layout(reader)
        captured = [column.capture_object for column in layout.columns]
        if self._time_column is None:
            sort_object = await self._sort_object(reader)
            self._time_column = restricting_object(captured, sort_object)
        selection = self._asked(wanted).selection(
            self._time_column,
            form=TimeForm(encoding=self.quirks.bounds),
            convention=self.memory.convention,
        )
        entries = await self._entries(reader, selection, progress)
        # Meters round bounds, or take them for something else. [field: meters that round the
        # bounds]
        return [entry for entry in entries if entry.time is None or wanted.holds(entry.time)]

    async def by_entry(
        self,
        reader: Reader,
        first: int,
        last: int = 0,
        progress: Callable[[int], None] | None = None,
    ) -> list[ProfileEntry]:
        """Return entries by number, from 1 for the oldest to 0 for the last there is."""
        selection = EntryDescriptor(from_entry=first, to_entry=last).to_selection()
        return await self._entries(reader, selection, progress)

    async def whole(
        self, reader: Reader, progress: Callable[[int], None] | None = None
    ) -> list[ProfileEntry]:
        """Return all entries."""
        return await self._entries(reader, None, progress)

    async def entries_in_use(self, reader: Reader) -> int:
        """Return how many entries the profile holds now."""
        return _whole_number(await self._attribute(reader, ENTRIES_IN_USE))

    async def capacity(self, reader: Reader) -> int:
        """Return how many entries the profile holds at most."""
        return _whole_number(await self._attribute(reader, PROFILE_ENTRIES))

    def forget(self) -> None:
        """Ask anew next time what the profile is made of."""
        self._layout = None
        self._time_column = None

    def _asked(self, wanted: TimeRange) -> TimeRange:
        """Return the range with the bounds that the meter takes."""
        start, end = wanted.start, FAR_FUTURE if self.quirks.far_end else wanted.end
        if self.quirks.step:
            start = _floor(start, self.quirks.step)
            floor = _floor(end, self.quirks.step)
            end = floor if floor == end else floor + timedelta(seconds=self.quirks.step)
        return TimeRange(start=start, end=end)

    async def _entries(
        self, reader: Reader, selection: Selection | None, progress: Callable[[int], None] | None
    ) -> list[ProfileEntry]:
        layout = await self.layout(reader)
        answer = await reader.get(self._descriptor(BUFFER), selection, progress=progress)
        if isinstance(answer, DataAccessResult):
            raise ProfileRefusedError(
                f"profile {self.logical_name}: {answer.words}",
                remedy=explain_result(answer).remedy,
            )
        try:
            return decode_buffer(answer, layout)
        except DecodeError:
            self.forget()
            raise

    async def _column(self, reader: Reader, captured: CaptureObject) -> Column:
        if captured.data_index:
            return Column(capture_object=captured)
        scaler_unit = await self.memory.scaler_unit(reader, captured.descriptor)
        return Column(capture_object=captured, scaler_unit=scaler_unit)

    async def _capture_period(self, reader: Reader) -> int:
        if self.quirks.capture_period is not None:
            return self.quirks.capture_period
        return _whole_number(await self._attribute(reader, CAPTURE_PERIOD))

    async def _sort_object(self, reader: Reader) -> CaptureObject | None:
        answer = await get_data(reader, self._descriptor(SORT_OBJECT))
        if isinstance(answer, DataAccessResult) or answer.type is not DataType.STRUCTURE:
            return None
        return CaptureObject.from_data(answer)

    async def _attribute(self, reader: Reader, index: int) -> Data:
        answer = await get_data(reader, self._descriptor(index))
        if isinstance(answer, DataAccessResult):
            raise ProfileRefusedError(
                f"profile {self.logical_name}, attribute {index}: {answer.words}",
                remedy=explain_result(answer).remedy,
            )
        return answer

    def _descriptor(self, index: int) -> AttributeDescriptor:
        return AttributeDescriptor(PROFILE_GENERIC, self.logical_name, index)


ColumnNames = Mapping[tuple[Obis, int | None], str]
"""Names by logical name and attribute; None for whichever attribute."""


def _whole_number(data: Data) -> int:
    if not isinstance(data.value, int):
        raise DecodeError(f"{data.type.words} is no number")
    return data.value


def _floor(moment: datetime, step: float) -> datetime:
    seconds = moment.timestamp()
    return moment - timedelta(seconds=seconds % step)

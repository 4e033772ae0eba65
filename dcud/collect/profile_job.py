"""The job that reads a profile from where its last reading ended."""

import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import takewhile
from math import ceil
from typing import Protocol, assert_never

from dcud.collect import clock_moves
from dcud.collect.clock_moves import Repeated
from dcud.collect.gaps import AT_MOST, Gap, from_text, gaps_between, left_of, to_text
from dcud.collect.job import JobOutcome, Keep, MayGoOn, Reader, Timing
from dcud.collect.overwriting import Overwriting
from dcud.collect.profile_cursor import NEVER, ProfileCursor, captured
from dcud.collect.profile_reader import (
    ColumnNames,
    ProfileAccess,
    ProfileReader,
    ProfileRefusedError,
)
from dcud.collect.values import cell_value
from dcud.cosem.profile_buffer import BufferLayout, ProfileEntry, within
from dcud.cosem.profile_generic import CaptureObject, SortMethod
from dcud.cosem.profile_selection import TimeRange
from dcud.cosem.value_texts import CellTexts
from dcud.reading import Reading, Value
from dcud.store.rows import Cursor, CursorMove

_LOGGER = logging.getLogger("dcud.collect")

ENTRIES_AT_ONCE = 200
"""Entries that one request asks for, so that an outage is caught up in steps that each are kept."""
SPAN_WITHOUT_PERIOD = timedelta(days=7)
"""The stretch that one request asks for where captures have no period."""
SETTLED = timedelta(days=1)
"""The age at which an empty stretch counts as empty for good, and is not asked for again."""

NEAR = 0.1
"""Part of a capture period by which captures may be off their instants."""

Position = Callable[[str, str], Awaitable[Cursor | None]]
"""How far an object of a meter was read; `dcud.store.store.Store.cursor` is one."""


class GapObserver(Protocol):
    """Who wants to know what is missing of profiles."""

    def captures_missing(self, bus: str, meter: str, job: str, captures: int) -> None:
        """So many captures are known to be missing, and are still asked for."""
        ...

    def captures_lost(self, bus: str, meter: str, job: str, gap: Gap) -> None:
        """These can't be had: the meter doesn't have them, whenever it was asked."""
        ...

    def captures_overwritten(
        self, bus: str, meter: str, job: str, after: datetime, oldest: datetime
    ) -> None:
        """The profile was full: what it had between these times may be gone."""
        ...


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Entries that were asked for at once, oldest first.

    Attributes:
        is_last: whether nothing is left to be asked for.
        settled: up to when the profile will have no entry that is not among them; NEVER if unknown.
    """

    entries: list[ProfileEntry]
    is_last: bool
    settled: datetime = NEVER


@dataclass(frozen=True, slots=True)
class _Span:
    """From where to where entries were looked for, and when."""

    after: datetime
    upto: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class _Again:
    """What it takes to ask for gaps once more."""

    reader: Reader
    keep: Keep
    may_go_on: MayGoOn
    now: datetime
    logical_device_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileJob:
    """Reads the entries after the cursor and keeps each chunk of them with the cursor's move.

    The cursor is the time of capture up to which all is kept. After an outage the entries since
    then are
    asked for in stretches, oldest first, each kept before the next is asked for: whatever breaks in
    between, nothing is missing and nothing comes twice.

    Where captures have a period, those that should be among the entries and are not are noted
    beside the cursor, and asked for again. Where the meter's clock was moved back over captures,
    the stretch that it goes through twice is read once more when it has: the second entries of a
    time are told from the first by their sequence.

    Attributes:
        initial_history: how far back the first reading goes.
        max_range: longest stretch that one request may span; None leaves it to `ENTRIES_AT_ONCE`.
        names: names of columns.
        position: where the cursor stands.
        observer: learns what is missing.
    """

    name: str
    timing: Timing
    profile: ProfileReader
    access: ProfileAccess
    initial_history: timedelta
    max_range: timedelta | None
    names: ColumnNames
    position: Position
    observer: GapObserver

    async def run(
        self, reader: Reader, keep: Keep, now: datetime, may_go_on: MayGoOn
    ) -> JobOutcome:
        """Read and keep what is new, stretch by stretch; see `Job.run`."""
        logical_device_name = await self.profile.memory.identify(reader)
        layout = await self.profile.layout(reader)
        cursor = await self._cursor(now)
        overwriting = Overwriting(
            profile=self.profile, access=self.access, layout=layout, cursor=cursor
        )
        gaps = await self._noted_gaps()
        async for stretch in self._stretches(reader, layout, cursor.time, now):
            new = cursor.new(stretch.entries)
            behind = cursor.behind(new, stretch.settled)
            if behind != cursor:
                readings = list(self._readings(new, layout, logical_device_name, now, cursor))
                span = _Span(cursor.time, behind.time, now)
                gaps = self._with_gaps(gaps, _missing(new, span, layout, gaps))
                self._tell_overwritten(
                    cursor.time, await overwriting.oldest(reader, stretch.entries)
                )
                await keep(readings, [self._move(behind), *self._note(gaps)])
                cursor = behind
                if not stretch.is_last and not may_go_on():
                    return JobOutcome.UNFINISHED
        again = _Again(reader, keep, may_go_on, now, logical_device_name)
        outcome = await self._ask_again(again)
        return outcome if outcome is not JobOutcome.SUCCESS else await self._read_twice(again)

    async def read_again(self, reader: Reader, keep: Keep, wanted: TimeRange, now: datetime) -> int:
        """Read what was captured within a range once more and keep it; the cursor stays.

        Returns:
            How many captures there were.

        Raises:
            DcudError: as `run`.
        """
        logical_device_name = await self.profile.memory.identify(reader)
        layout = await self.profile.layout(reader)
        found = 0
        async for entries in self._captured_within(reader, layout, wanted):
            readings = list(self._readings(entries, layout, logical_device_name, now))
            if readings:
                await keep(readings)
            found += len(readings)
        return found

    async def _captured_within(
        self, reader: Reader, layout: BufferLayout, wanted: TimeRange
    ) -> AsyncIterator[list[ProfileEntry]]:
        """Give what was captured within a range, both ends included, chunk by chunk."""
        if self.access is not ProfileAccess.RANGE:
            async for stretch in self._stretches(reader, layout, NEVER, wanted.end):
                yield within(stretch.entries, wanted)
            return
        span = _span(layout, self.max_range)
        start, done = wanted.start, NEVER
        while True:
            end = min(start + span, wanted.end)
            entries = await self.profile.by_range(reader, TimeRange(start=start, end=end))
            # What was captured at the seam of two stretches comes with both.
            yield [entry for entry in self._timed(entries) if captured(entry) > done]
            if end >= wanted.end:
                return
            start = done = end

    async def _ask_again(self, again: _Again) -> JobOutcome:
        """Ask for the gaps whose time has come."""
        layout = await self.profile.layout(again.reader)
        if not layout.capture_period:  # whatever was noted while there was one
            self._tell_missing((), layout)
            return JobOutcome.SUCCESS
        gaps = await self._noted_gaps() or []
        for gap in [each for each in gaps if each.not_before <= again.now]:
            if not again.may_go_on():
                return JobOutcome.UNFINISHED
            found = await self._within(gap, again.reader, layout)
            gaps = [each for each in gaps if each is not gap]
            gaps = self._with_gaps(gaps, self._rest(gap, found, layout, again.now)) or []
            name = again.logical_device_name
            readings = list(self._readings(found, layout, name, again.now))
            await again.keep(readings, self._note(gaps))
        self._tell_missing(gaps, layout)
        return JobOutcome.SUCCESS

    async def _read_twice(self, again: _Again) -> JobOutcome:
        """Read what a clock that was moved back went through a second time."""
        for stretch in await self._repeated(again.now):
            if not again.may_go_on():
                return JobOutcome.UNFINISHED
            wanted = TimeRange(start=stretch.first, end=stretch.last)
            await self.read_again(again.reader, again.keep, wanted, again.now)
            noted = stretch.noted.astimezone(UTC).isoformat()
            meter = self.profile.memory.meter
            await again.keep((), [CursorMove(meter=meter, key=self._twice_key, position=noted)])
        return JobOutcome.SUCCESS

    async def _repeated(self, now: datetime) -> list[Repeated]:
        """Return the stretches that are past and were not read again, the oldest first."""
        meter = self.profile.memory.meter
        kept = await self.position(meter, clock_moves.KEY)
        if kept is None:
            return []
        done = await self.position(meter, self._twice_key)
        upto = NEVER if done is None else datetime.fromisoformat(done.position)
        new = [each for each in clock_moves.from_text(kept.position) if each.noted > upto]
        return list(takewhile(lambda each: each.is_past(now), new))

    async def _within(self, gap: Gap, reader: Reader, layout: BufferLayout) -> list[ProfileEntry]:
        """Return what the meter has of a gap after all."""
        near = _period(layout) / 2
        wanted = TimeRange(start=gap.first - near, end=gap.last + near)
        try:
            entries = await self.profile.by_range(reader, wanted)
        except ProfileRefusedError:  # as some do where they hold nothing
            return []
        return self._timed(entries)

    def _rest(
        self, gap: Gap, found: Sequence[ProfileEntry], layout: BufferLayout, now: datetime
    ) -> list[Gap]:
        """Return what is left of a gap that was asked for; tell what is given up."""
        rest = []
        for each in left_of(gap, [captured(entry) for entry in found], _period(layout)):
            again = each.asked_in_vain(now)
            if again is None:
                self._lose(each)
            else:
                rest.append(again)
        return rest

    def _with_gaps(self, gaps: list[Gap] | None, more: list[Gap] | None) -> list[Gap] | None:
        """Return gaps with more of them; tell of those for which there is no means, or no room."""
        if more is None:
            return gaps
        if self.access is not ProfileAccess.RANGE:  # nothing else can be asked than what was
            for gap in more:
                self._lose(gap)
            return gaps or []
        whole = sorted([*(gaps or []), *more], key=lambda gap: gap.first)
        for gap in whole[:-AT_MOST]:
            self._lose(gap)
        return whole[-AT_MOST:]

    def _lose(self, gap: Gap) -> None:
        memory = self.profile.memory
        self.observer.captures_lost(memory.bus, memory.meter, self.name, gap)

    def _tell_missing(self, gaps: Iterable[Gap], layout: BufferLayout) -> None:
        memory, period = self.profile.memory, _period(layout)
        missing = sum(gap.captures(period) for gap in gaps) if period else 0
        self.observer.captures_missing(memory.bus, memory.meter, self.name, missing)

    async def _noted_gaps(self) -> list[Gap] | None:
        """Return the gaps that are noted; None where not one capture was seen yet."""
        noted = await self.position(self.profile.memory.meter, self._gaps_key)
        return None if noted is None else from_text(noted.position)

    def _note(self, gaps: list[Gap] | None) -> list[CursorMove]:
        if gaps is None:
            return []
        meter = self.profile.memory.meter
        return [CursorMove(meter=meter, key=self._gaps_key, position=to_text(gaps))]

    @property
    def _key(self) -> str:
        return f"{self.name}/{self.profile.logical_name}"

    @property
    def _gaps_key(self) -> str:
        return f"{self._key}/gaps"

    @property
    def _twice_key(self) -> str:
        return f"{self._key}/twice"

    def _tell_overwritten(self, after: datetime, oldest: datetime | None) -> None:
        if oldest is not None:
            memory = self.profile.memory
            self.observer.captures_overwritten(memory.bus, memory.meter, self.name, after, oldest)

    async def _cursor(self, now: datetime) -> ProfileCursor:
        """Return the place behind which everything is new."""
        kept = await self.position(self.profile.memory.meter, self._key)
        if kept is None:
            return ProfileCursor(now - self.initial_history)
        return ProfileCursor.from_text(kept.position)

    def _move(self, cursor: ProfileCursor) -> CursorMove:
        meter = self.profile.memory.meter
        return CursorMove(meter=meter, key=self._key, position=cursor.to_text())

    def _stretches(
        self, reader: Reader, layout: BufferLayout, after: datetime, now: datetime
    ) -> AsyncIterator[_Stretch]:
        match self.access:
            case ProfileAccess.RANGE:
                return self._by_range(reader, layout, after, now)
            case ProfileAccess.ENTRY:
                return self._by_entry(reader, layout, after, now)
            case ProfileAccess.WHOLE:
                return self._whole(reader)
            case _:
                assert_never(self.access)

    async def _by_range(
        self, reader: Reader, layout: BufferLayout, after: datetime, now: datetime
    ) -> AsyncIterator[_Stretch]:
        span = _span(layout, self.max_range)
        if await self._has_few(reader, layout, span, now - after):
            span = now - after if self.max_range is None else min(self.max_range, now - after)
        start = after
        while start < now:
            end = min(start + span, now)
            entries = await self.profile.by_range(reader, TimeRange(start=start, end=end))
            settled = end if end <= now - SETTLED else NEVER
            yield _Stretch(self._timed(entries), is_last=end >= now, settled=settled)
            start = end

    async def _has_few(
        self, reader: Reader, layout: BufferLayout, span: timedelta, since: timedelta
    ) -> bool:
        """Tell whether all there is comes with one request, as of billing values and event logs."""
        if layout.capture_period or since <= span:
            return False
        try:
            return await self.profile.entries_in_use(reader) <= ENTRIES_AT_ONCE
        except ProfileRefusedError:
            return False

    async def _by_entry(
        self, reader: Reader, layout: BufferLayout, after: datetime, now: datetime
    ) -> AsyncIterator[_Stretch]:
        in_use = await self.profile.entries_in_use(reader)
        if layout.sort_method is not SortMethod.FIFO:
            yield await self._newest_first(reader, layout, after, in_use, now)
            return
        first = await self._first_entry(reader, _expected(layout, after, now), after, in_use)
        for start in range(first, in_use + 1, ENTRIES_AT_ONCE):
            end = min(start + ENTRIES_AT_ONCE - 1, in_use)
            entries = await self.profile.by_entry(reader, start, end)
            yield _Stretch(self._timed(entries), is_last=end == in_use)

    async def _newest_first(
        self, reader: Reader, layout: BufferLayout, after: datetime, in_use: int, now: datetime
    ) -> _Stretch:
        """Return what is new of a profile that doesn't keep its newest entry at the end.

        It is asked for at once: each new entry would shift the numbers of what is left.
        """
        if not in_use:
            return _Stretch([], is_last=True)
        count = in_use  # sorted by a value, what is new is anywhere
        if layout.sort_method is SortMethod.LIFO:
            count = _expected(layout, after, now) or in_use
        while True:
            entries = self._timed(await self.profile.by_entry(reader, 1, min(count, in_use)))
            if count >= in_use or any(captured(entry) < after for entry in entries):
                return _Stretch(entries, is_last=True)
            count *= 2

    async def _first_entry(
        self, reader: Reader, expected: int, after: datetime, in_use: int
    ) -> int:
        """Return the number of an entry before `after`, or 1: what is new begins thereafter."""
        count = expected or in_use
        while (first := max(1, in_use - count + 1)) > 1:
            entries = self._timed(await self.profile.by_entry(reader, first, first))
            if not entries or captured(entries[0]) < after:
                break
            # Captures came faster than the period says: what is new begins further back.
            count *= 2
        return first

    async def _whole(self, reader: Reader) -> AsyncIterator[_Stretch]:
        yield _Stretch(self._timed(await self.profile.whole(reader)), is_last=True)

    def _timed(self, entries: Sequence[ProfileEntry]) -> list[ProfileEntry]:
        """Return the entries that have a time of capture; the others have no identity."""
        timed = [entry for entry in entries if entry.time is not None]
        if len(timed) < len(entries):
            _LOGGER.warning(
                "meter %s: profile %s: %d entries without a time of capture are left out",
                self.profile.memory.meter,
                self.profile.logical_name,
                len(entries) - len(timed),
            )
        return timed

    def _readings(
        self,
        entries: Sequence[ProfileEntry],
        layout: BufferLayout,
        logical_device_name: str,
        now: datetime,
        cursor: ProfileCursor | None = None,
    ) -> Iterator[Reading]:
        """Give a reading for each entry; `cursor`: what stands before them, if anything does."""
        position = layout.time_of_capture
        columns = [
            (index, column.scaler_unit, self._template(column.capture_object))
            for index, column in enumerate(layout.columns)
            if index != position
        ]
        explained = self._explained(layout)
        for entry, sequence in _numbered(entries, cursor):
            values = [
                cell_value(template, entry.cells[index], scaler_unit)
                for index, scaler_unit, template in columns
            ]
            for place, text in explained:
                values[place] = replace(values[place], text=text(values[place].value))
            yield Reading(
                meter=self.profile.memory.meter,
                logical_device_name=logical_device_name,
                bus=self.profile.memory.bus,
                job=self.name,
                read_time=now,
                capture_time=captured(entry),
                values=tuple(values),
                sequence=sequence,
            )

    def _explained(self, layout: BufferLayout) -> list[tuple[int, Callable[[object], str]]]:
        """Return the places of event codes among the values, each with what tells their texts."""
        memory = self.profile.memory
        events = CellTexts(companion=memory.companion, profile=self.profile.logical_name)
        captured = [
            column.capture_object
            for index, column in enumerate(layout.columns)
            if index != layout.time_of_capture
        ]
        return [
            (place, partial(events.text, each))
            for place, each in enumerate(captured)
            if events.explains(each)
        ]

    def _template(self, captured: CaptureObject) -> Value:
        obis = str(captured.logical_name)
        name = (
            self.names.get((captured.logical_name, captured.attribute))
            or self.names.get((captured.logical_name, None))
            or obis
        )
        return Value(obis=obis, attribute=captured.attribute, name=name, value=None)


def _numbered(
    entries: Iterable[ProfileEntry], cursor: ProfileCursor | None
) -> Iterator[tuple[ProfileEntry, int]]:
    """Give entries with how many of their second come before them, at the cursor or here."""
    times: Counter[datetime] = Counter()
    if cursor is not None:
        times[cursor.time] = cursor.count or 0
    for entry in entries:
        time = captured(entry)
        yield entry, times[time]
        times[time] += 1


def _period(layout: BufferLayout) -> timedelta:
    return timedelta(seconds=layout.capture_period)


def _missing(
    new: Iterable[ProfileEntry], span: _Span, layout: BufferLayout, noted: list[Gap] | None
) -> list[Gap] | None:
    """Return the gaps among new captures; None where nobody can tell yet.

    Args:
        new: all there will ever be within the span.
        span: where they were looked for.
        layout: of the profile.
        noted: None where these are the first captures ever seen: nothing is missing before them.
    """
    period, upto, now = _period(layout), span.upto, span.now
    if not period:
        return None
    times = sorted(map(captured, new))
    if not times:
        return None if noted is None else gaps_between((), span.after, upto, period, now)
    first = times[0]
    if noted is None:
        return gaps_between(times, first, upto, period, now)
    before = max(0, ceil((first - span.after) / period - NEAR) - 1)
    return gaps_between(times, first - (before + 1) * period, upto, period, now)


def _span(layout: BufferLayout, max_range: timedelta | None) -> timedelta:
    """Return the stretch that one request is to ask for."""
    period = layout.capture_period
    span = timedelta(seconds=ENTRIES_AT_ONCE * period) if period else SPAN_WITHOUT_PERIOD
    return span if max_range is None else min(span, max_range)


def _expected(layout: BufferLayout, after: datetime, now: datetime) -> int:
    """Return how many entries there should be since `after`, with one more; 0 if nobody knows."""
    if not layout.capture_period:
        return 0
    return int((now - after).total_seconds() // layout.capture_period) + 2

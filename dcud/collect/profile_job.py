"""The job that reads a profile from where its last reading ended."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import takewhile
from math import ceil
from typing import Protocol

from dcud.collect import clock_moves
from dcud.collect.clock_moves import Position, Repeated
from dcud.collect.gaps import (
    AT_MOST,
    Gap,
    from_text,
    gaps_between,
    halves_of,
    joined,
    left_of,
    refused_gap,
    to_text,
)
from dcud.collect.job import JobOutcome, Keep, MayGoOn, Reader, Timing
from dcud.collect.overwriting import Overwriting
from dcud.collect.profile_cursor import NEVER, ProfileCursor, captured
from dcud.collect.profile_reader import (
    ColumnNames,
    ProfileAccess,
    ProfileReader,
    ProfileRefusedError,
)
from dcud.collect.profile_stretches import Stretches
from dcud.collect.values import cell_value
from dcud.cosem.profile_buffer import BufferLayout, ProfileEntry, within
from dcud.cosem.profile_generic import CaptureObject
from dcud.cosem.profile_selection import TimeRange
from dcud.cosem.value_texts import CellTexts
from dcud.reading import Reading, Value
from dcud.store.rows import CursorMove

HALVINGS = 16
"""In one run: what it takes to find one bad capture, or the oldest that is held, in any profile."""
NEAR = 0.1
"""Part of a capture period by which captures may be off their instants."""


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
class _Span:
    """From where to where entries were looked for, and when.

    Attributes:
        refused: what of it the meter refused to give.
    """

    after: datetime
    upto: datetime
    now: datetime
    refused: Sequence[TimeRange] = ()


@dataclass(slots=True)
class _Again:
    """What it takes to ask for gaps once more.

    Attributes:
        halvings: how often what is refused may be asked for in halves.
    """

    reader: Reader
    keep: Keep
    may_go_on: MayGoOn
    now: datetime
    logical_device_name: str
    halvings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileJob:
    """Reads the entries after the cursor and keeps each chunk of them with the cursor's move.

    The cursor is the time of capture up to which all is kept. After an outage the entries since
    then are asked for in stretches, oldest first, each kept before the next is asked for: whatever
    breaks in between, nothing is missing and nothing comes twice.

    Where captures have a period, those that should be among the entries and are not are noted
    beside the cursor, and asked for again; so is what the meter refused while it gave what is
    newer. Where the meter's clock was moved back, the stretch that it goes through twice is read
    once more when it has: the second entries of a time are told from the first by their sequence.

    Attributes:
        initial_history: how far back the first reading goes.
        max_range: longest stretch that one request may span; None leaves it to `Stretches`.
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
        gaps, refused = await self._noted_gaps(), list[TimeRange]()
        async for stretch in self._stretches.since(reader, layout, cursor.time, now):
            refused += stretch.refused
            new = cursor.new(stretch.entries)
            behind = cursor.behind(new, stretch.settled)
            if behind != cursor:
                readings = list(self._readings(new, layout, logical_device_name, now, cursor))
                span = _Span(cursor.time, behind.time, now, refused)
                gaps = self._with_gaps(gaps, _missing(new, span, layout, gaps))
                self._tell_overwritten(
                    cursor.time, await overwriting.oldest(reader, stretch.entries)
                )
                await keep(readings, [self._move(behind), *self._note(gaps)])
                cursor, refused = behind, []
                if not stretch.is_last and not may_go_on():
                    return JobOutcome.UNFINISHED
        again = _Again(reader, keep, may_go_on, now, logical_device_name, HALVINGS)
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
            async for stretch in self._stretches.since(reader, layout, NEVER, wanted.end):
                yield within(stretch.entries, wanted)
            return
        async for entries in self._stretches.within(reader, layout, wanted):
            yield entries

    async def _ask_again(self, again: _Again) -> JobOutcome:
        """Ask for the gaps whose time has come."""
        layout = await self.profile.layout(again.reader)
        gaps = await self._noted_gaps() or []
        for gap in [each for each in gaps if each.not_before <= again.now]:
            if not again.may_go_on():
                return JobOutcome.UNFINISHED
            found, left = await self._within(gap, again, layout)
            gaps = [each for each in gaps if each is not gap]
            gaps = self._with_gaps(gaps, self._rest(left, again.now)) or []
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

    async def _within(
        self, gap: Gap, again: _Again, layout: BufferLayout
    ) -> tuple[list[ProfileEntry], list[Gap]]:
        """Return what the meter has of a gap after all, and what is left of the gap.

        Some refuse where they hold nothing, or can't read one entry of their memory: that must not
        hide what is beside it, so what is refused is asked for in halves, the newer first.
        """
        period = _period(layout)
        asked, found, refused = [gap], list[ProfileEntry](), list[Gap]()
        while asked:
            piece = asked.pop()
            wanted = TimeRange(start=piece.first - period / 2, end=piece.last + period / 2)
            try:
                entries = await self.profile.by_range(again.reader, wanted)
            except ProfileRefusedError:
                halves = halves_of(piece, period)
                if len(halves) == 1 or not again.halvings:
                    refused.append(piece)
                else:
                    again.halvings -= 1
                    asked += halves
            else:
                found += self._stretches.timed(entries)
        found.sort(key=captured)
        if not period:
            return found, joined(refused)
        return found, left_of(gap, list(map(captured, found)), period)

    def _rest(self, left: Iterable[Gap], now: datetime) -> list[Gap]:
        """Return which gaps are asked for once more; tell of those that are given up."""
        rest = []
        for each in left:
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
        missing = sum(gap.captures(period) for gap in gaps)
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
    def _stretches(self) -> Stretches:
        return Stretches(profile=self.profile, access=self.access, max_range=self.max_range)

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
        return [refused_gap(each, now) for each in span.refused] or None
    if span.refused and noted is None:
        noted = []
    times = sorted(map(captured, new))
    if not times:
        return None if noted is None else gaps_between((), span.after, upto, period, now)
    first = times[0]
    if noted is None:
        return gaps_between(times, first, upto, period, now)
    before = max(0, ceil((first - span.after) / period - NEAR) - 1)
    return gaps_between(times, first - (before + 1) * period, upto, period, now)

"""How what is new in a profile is asked for: in stretches, each bounded, oldest first."""

import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from dcud.collect.job import Reader
from dcud.collect.profile_cursor import NEVER, captured
from dcud.collect.profile_reader import ProfileAccess, ProfileReader, ProfileRefusedError
from dcud.cosem.profile_buffer import BufferLayout, ProfileEntry
from dcud.cosem.profile_generic import SortMethod
from dcud.cosem.profile_selection import TimeRange

_LOGGER = logging.getLogger("dcud.collect")

ENTRIES_AT_ONCE = 200
"""Entries that one request asks for, so that an outage is caught up in steps that each are kept."""
SPAN_WITHOUT_PERIOD = timedelta(days=7)
"""The stretch that one request asks for where captures have no period."""
SETTLED = timedelta(days=1)
"""The age at which an empty stretch counts as empty for good, and is not asked for again."""
_NEWEST_PERIODS = 2
"""Capture periods at the end of a refused stretch, of which one capture at least is past."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Entries that were asked for at once, oldest first.

    Attributes:
        entries: each with its time of capture.
        is_last: whether nothing is left to be asked for.
        settled: up to when the profile will have no entry that is not among them; NEVER if unknown.
        refused: what the meter refused to give before it gave these.
    """

    entries: list[ProfileEntry]
    is_last: bool
    settled: datetime = NEVER
    refused: tuple[TimeRange, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretches:
    """The stretches of a profile.

    Attributes:
        max_range: longest stretch that one request may span; None leaves it to `ENTRIES_AT_ONCE`.
    """

    profile: ProfileReader
    access: ProfileAccess
    max_range: timedelta | None

    def since(
        self, reader: Reader, layout: BufferLayout, after: datetime, now: datetime
    ) -> AsyncIterator[Stretch]:
        """Give what may be new since `after`, which may hold entries from before.

        Raises:
            ProfileRefusedError: nothing is given that is as new as this.
        """
        match self.access:
            case ProfileAccess.RANGE:
                return self._by_range(reader, layout, after, now)
            case ProfileAccess.ENTRY:
                return self._by_entry(reader, layout, after, now)
            case ProfileAccess.WHOLE:
                return self._whole(reader)
            case _:
                assert_never(self.access)

    async def within(
        self, reader: Reader, layout: BufferLayout, wanted: TimeRange
    ) -> AsyncIterator[list[ProfileEntry]]:
        """Give what was captured within a range that may be long, both ends included."""
        span = _span(layout, self.max_range)
        start, done = wanted.start, NEVER
        while True:
            end = min(start + span, wanted.end)
            entries = await self.profile.by_range(reader, TimeRange(start=start, end=end))
            # What was captured at the seam of two stretches comes with both.
            yield [entry for entry in self.timed(entries) if captured(entry) > done]
            if end >= wanted.end:
                return
            start = done = end

    def timed(self, entries: Sequence[ProfileEntry]) -> list[ProfileEntry]:
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

    async def _by_range(
        self, reader: Reader, layout: BufferLayout, after: datetime, now: datetime
    ) -> AsyncIterator[Stretch]:
        span = _span(layout, self.max_range)
        if await self._has_few(reader, layout, span, now - after):
            span = now - after if self.max_range is None else min(self.max_range, now - after)
        start = after
        refused: list[TimeRange] = []
        while start < now:
            wanted = TimeRange(start=start, end=min(start + span, now))
            start = wanted.end
            try:
                entries = await self.profile.by_range(reader, wanted)
            except ProfileRefusedError as error:
                # One that is refused may be what the meter does where it holds nothing, or can't
                # read its memory. [field: a range without entries is refused]
                if start < now:
                    refused.append(wanted)
                    continue
                newest = _newest_part(wanted, layout)
                entries = await self._newest(reader, newest, error)
                refused.append(TimeRange(start=wanted.start, end=newest.start))
            settled = start if start <= now - SETTLED else NEVER
            yield Stretch(self.timed(entries), start >= now, settled, tuple(refused))
            refused.clear()

    async def _newest(
        self, reader: Reader, newest: TimeRange, refusal: ProfileRefusedError
    ) -> list[ProfileEntry]:
        """Return the newest part of a refused stretch; raise the refusal if that is refused too."""
        try:
            return await self.profile.by_range(reader, newest)
        except ProfileRefusedError:
            raise refusal from None

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
    ) -> AsyncIterator[Stretch]:
        in_use = await self.profile.entries_in_use(reader)
        if layout.sort_method is not SortMethod.FIFO:
            yield await self._newest_first(reader, layout, after, in_use, now)
            return
        first = await self._first_entry(reader, _expected(layout, after, now), after, in_use)
        for start in range(first, in_use + 1, ENTRIES_AT_ONCE):
            end = min(start + ENTRIES_AT_ONCE - 1, in_use)
            entries = await self.profile.by_entry(reader, start, end)
            yield Stretch(self.timed(entries), is_last=end == in_use)

    async def _newest_first(
        self, reader: Reader, layout: BufferLayout, after: datetime, in_use: int, now: datetime
    ) -> Stretch:
        """Return what is new of a profile that doesn't keep its newest entry at the end.

        It is asked for at once: each new entry would shift the numbers of what is left.
        """
        if not in_use:
            return Stretch([], is_last=True)
        count = in_use  # sorted by a value, what is new is anywhere
        if layout.sort_method is SortMethod.LIFO:
            count = _expected(layout, after, now) or in_use
        while True:
            entries = self.timed(await self.profile.by_entry(reader, 1, min(count, in_use)))
            if count >= in_use or any(captured(entry) < after for entry in entries):
                return Stretch(entries, is_last=True)
            count *= 2

    async def _first_entry(
        self, reader: Reader, expected: int, after: datetime, in_use: int
    ) -> int:
        """Return the number of an entry before `after`, or 1: what is new begins thereafter."""
        count = expected or in_use
        while (first := max(1, in_use - count + 1)) > 1:
            entries = self.timed(await self.profile.by_entry(reader, first, first))
            if not entries or captured(entries[0]) < after:
                break
            # Captures came faster than the period says: what is new begins further back.
            count *= 2
        return first

    async def _whole(self, reader: Reader) -> AsyncIterator[Stretch]:
        yield Stretch(self.timed(await self.profile.whole(reader)), is_last=True)


def _newest_part(wanted: TimeRange, layout: BufferLayout) -> TimeRange:
    """Return the part of a stretch that shows whether what is new is given."""
    length = timedelta(seconds=_NEWEST_PERIODS * layout.capture_period)
    if not length:
        length = (wanted.end - wanted.start) / 2
    return TimeRange(start=max(wanted.start, wanted.end - length), end=wanted.end)


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

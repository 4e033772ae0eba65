"""Reads of a profile's entries, a chunk at a time."""

from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from dcud.cli.progress import Progress
from dcud.collect.job import Reader
from dcud.collect.profile_reader import ProfileAccess, ProfileReader, ProfileRefusedError
from dcud.cosem.profile_buffer import ProfileEntry, within
from dcud.cosem.profile_selection import TimeRange

ENTRIES_AT_ONCE = 200
"""Entries that one request asks for, so that rows come while the meter still has more."""
_SPAN_WITHOUT_PERIOD = timedelta(days=7)
"""The stretch that one request asks for where captures have no period."""
_WIDEST = 32
"""Times that a stretch is widened while nothing is found in it."""

Chunks = AsyncIterator[list[ProfileEntry]]


async def chunks(
    reader: Reader,
    profile: ProfileReader,
    access: ProfileAccess,
    wanted: TimeRange | None,
    progress: Progress,
) -> Chunks:
    """Give the entries, oldest first as far as the profile tells.

    Args:
        reader: the open association.
        profile: what is read.
        access: how it is asked for.
        wanted: None for every entry; a range can't be without bounds, so entries are then asked
            for by number.
        progress: told how far it is.

    Raises:
        ProfileRefusedError: the meter doesn't give it in this way.
    """
    if access is ProfileAccess.WHOLE:
        source = _whole(reader, profile, progress)
    elif access is ProfileAccess.RANGE and wanted is not None:
        source = _by_range(reader, profile, wanted, progress)
    else:
        source = _by_entry(reader, profile, wanted, progress)
    async for entries in source:
        yield entries if wanted is None else within(entries, wanted)


async def _by_range(
    reader: Reader, profile: ProfileReader, wanted: TimeRange, progress: Progress
) -> Chunks:
    period = (await profile.layout(reader)).capture_period
    span = timedelta(seconds=ENTRIES_AT_ONCE * period) if period else _SPAN_WITHOUT_PERIOD
    if period and progress.is_shown:
        count = int((wanted.end - wanted.start).total_seconds() / period)
        progress.expect(count, await _octets_per_entry(reader, profile))
    start, done, width = wanted.start, None, 1
    while True:
        end = min(wanted.end, _later(start, span * width, wanted.end))
        found = await profile.by_range(
            reader, TimeRange(start=start, end=end), progress=progress.octets
        )
        yield list(_after(found, done))
        if period:
            progress.entries(int((end - wanted.start).total_seconds() / period))
        if end >= wanted.end:
            return
        # What was captured at the very seam would come twice, as both ends are included.
        start = done = end
        width = 1 if found else min(2 * width, _WIDEST)


def _later(moment: datetime, span: timedelta, at_most: datetime) -> datetime:
    try:
        return moment + span
    except OverflowError:
        return at_most


def _after(entries: Iterable[ProfileEntry], done: datetime | None) -> Iterable[ProfileEntry]:
    if done is None:
        return entries
    return (entry for entry in entries if entry.time is None or entry.time != done)


async def _by_entry(
    reader: Reader, profile: ProfileReader, wanted: TimeRange | None, progress: Progress
) -> Chunks:
    in_use = await profile.entries_in_use(reader)
    first = 1 if wanted is None else await _first_entry(reader, profile, wanted.start, in_use)
    progress.expect(in_use - first + 1, await _octets_per_entry(reader, profile))
    for begin in range(first, in_use + 1, ENTRIES_AT_ONCE):
        last = min(begin + ENTRIES_AT_ONCE - 1, in_use)
        yield await profile.by_entry(reader, begin, last, progress=progress.octets)
        progress.entries(last - first + 1)


async def _first_entry(reader: Reader, profile: ProfileReader, start: datetime, in_use: int) -> int:
    """Return the number of an entry that was captured before `start`, or 1: no further back.

    The entries are in their order, so it is found by halving.
    """
    low, high = 1, in_use
    while high - low > ENTRIES_AT_ONCE:
        middle = (low + high) // 2
        times = [entry.time for entry in await profile.by_entry(reader, middle, middle)]
        if len(times) != 1 or times[0] is None or times[0].tzinfo is None:
            return 1
        low, high = (middle, high) if times[0] < start else (low, middle)
    return low


async def _whole(reader: Reader, profile: ProfileReader, progress: Progress) -> Chunks:
    if progress.is_shown:
        with suppress(ProfileRefusedError):  # the octets tell enough
            in_use = await profile.entries_in_use(reader)
            progress.expect(in_use, await _octets_per_entry(reader, profile))
    entries = await profile.whole(reader, progress=progress.octets)
    progress.entries(len(entries))
    yield entries


async def _octets_per_entry(reader: Reader, profile: ProfileReader) -> int:
    """Return a guess: a structure of date-times in octet-strings and numbers of 32 bits."""
    columns = (await profile.layout(reader)).columns
    return 2 + sum(14 if column.holds_times else 5 for column in columns)

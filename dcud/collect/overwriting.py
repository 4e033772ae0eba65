"""Whether a profile without period has overwritten entries before they were read.

Nobody can tell how many entries an event log should have. But where it is full, and what was read
last is no more in it, all that is older is gone, and what is newer may have gone with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dcud.collect.job import Reader
from dcud.collect.profile_cursor import ProfileCursor, captured
from dcud.collect.profile_reader import ProfileAccess, ProfileReader, ProfileRefusedError
from dcud.cosem.profile_buffer import BufferLayout, ProfileEntry
from dcud.cosem.profile_generic import SortMethod


@dataclass(slots=True, kw_only=True)
class Overwriting:
    """Looks, once a run, whether what was read last is still there.

    Attributes:
        cursor: where the last run ended.
        is_open: whether there is still something to find out.
    """

    profile: ProfileReader
    access: ProfileAccess
    layout: BufferLayout
    cursor: ProfileCursor
    is_open: bool = True

    def __post_init__(self) -> None:
        """Have nothing to find out where captures have a period, or nothing was read yet."""
        self.is_open = not self.layout.capture_period and self.cursor.count is not None

    async def oldest(self, reader: Reader, entries: Sequence[ProfileEntry]) -> datetime | None:
        """Return the time of the oldest entry there is if others may have gone before it.

        Args:
            reader: the association.
            entries: what was read behind the cursor, with what stands at it.

        Raises:
            DcudError: the association broke down.
        """
        if not self.is_open or not entries:
            return None
        self.is_open = False
        if any(captured(entry) <= self.cursor.time for entry in entries):
            return None
        try:
            return await self._oldest_of_a_full_log(reader, entries)
        except ProfileRefusedError:  # then nobody can tell
            return None

    async def _oldest_of_a_full_log(
        self, reader: Reader, entries: Sequence[ProfileEntry]
    ) -> datetime | None:
        in_use = await self.profile.entries_in_use(reader)
        if in_use < await self.profile.capacity(reader):
            return None
        if self.access is not ProfileAccess.WHOLE:
            number = in_use if self.layout.sort_method is SortMethod.LIFO else 1
            entries = await self.profile.by_entry(reader, number, number)
        oldest = min(map(captured, entries), default=self.cursor.time)
        return oldest if oldest > self.cursor.time else None

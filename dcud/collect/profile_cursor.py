"""How far a profile was read: up to which time of capture, and how many captures of that time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from dcud.cosem.profile_buffer import ProfileEntry

NEVER = datetime.min.replace(tzinfo=UTC)

_COUNT = "#"


def captured(entry: ProfileEntry) -> datetime:
    """Return the entry's time of capture, aware; `NEVER` where it has none."""
    time = entry.time
    if time is None:
        return NEVER
    return time if time.tzinfo else time.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ProfileCursor:
    """The place behind the last entry that is kept.

    An event log has entries of the same second, and may be read between two of them.

    Attributes:
        time: of capture up to which all is kept, aware.
        count: entries of exactly that time that are kept; None: all there ever are.
    """

    time: datetime
    count: int | None = None

    @classmethod
    def from_text(cls, text: str) -> "ProfileCursor":
        """Return what `to_text` noted down; an older note has no count."""
        time, _, count = text.partition(_COUNT)
        return cls(datetime.fromisoformat(time), int(count) if count else None)

    def to_text(self) -> str:
        """Return it in the notation in which it is stored."""
        time = self.time.astimezone(UTC).isoformat()
        return time if self.count is None else f"{time}{_COUNT}{self.count}"

    def new(self, entries: Iterable[ProfileEntry]) -> list[ProfileEntry]:
        """Return those that lie behind it, in their order."""
        found, at_cursor = [], 0
        for entry in entries:
            time = captured(entry)
            if time == self.time and self.count is not None:
                at_cursor += 1
                if at_cursor > self.count:
                    found.append(entry)
            elif time > self.time:
                found.append(entry)
        return found

    def behind(self, new: Sequence[ProfileEntry], settled: datetime) -> "ProfileCursor":
        """Return the place behind what is new as well.

        Args:
            new: what lies behind this one.
            settled: up to when the profile will have no entry that is not among them.
        """
        times = [captured(entry) for entry in new]
        upto = max([self.time, settled, *times])
        if upto > self.time:
            return ProfileCursor(upto, times.count(upto))
        return self if self.count is None else ProfileCursor(upto, self.count + times.count(upto))

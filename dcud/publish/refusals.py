"""Which messages a broker refused, and when they are tried again."""

from dataclasses import dataclass
from math import inf
from typing import Final

from dcud.store.rows import OutboxRow

MOST_ATTEMPTS: Final = 5
_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 60.0


@dataclass(slots=True)
class _Head:
    """A meter's message that was refused, before which none of its later ones goes.

    Attributes:
        passed: how many messages of whichever meter had passed when it was refused first.
        again_at: when it is tried again, on the loop's clock; infinity while it is on its way.
    """

    row_id: int
    passed: int
    attempts: int = 0
    again_at: float = inf


class Refusals:
    """Keeps the messages of a meter behind one of its that is refused, and those of no other.

    One that is refused again and again while others pass is given up; as long as nothing passes,
    the fault is not its own.
    """

    def __init__(self) -> None:
        self._heads: dict[str, _Head] = {}
        self._passed = 0
        self._has_freed = False

    def begin_again(self, now: float) -> None:
        """Take it that what was on its way was lost with the connection."""
        for head in self._heads.values():
            head.again_at = min(head.again_at, now)

    def passed(self, row: OutboxRow) -> None:
        """Note that the broker took a message."""
        self._passed += 1
        head = self._heads.get(row.meter)
        if head is not None and head.row_id == row.row_id:
            self._free(row.meter)

    def refused(self, row: OutboxRow, now: float) -> bool:
        """Note that it refused one; tell whether that one is to be given up."""
        head = self._heads.setdefault(row.meter, _Head(row.row_id, self._passed))
        if head.row_id != row.row_id:
            return False  # its turn comes when the other one is through
        head.attempts += 1
        if head.attempts >= MOST_ATTEMPTS and self._passed > head.passed:
            self._free(row.meter)
            return True
        head.again_at = now + min(_FIRST_PAUSE * 2.0 ** (head.attempts - 1), _LONGEST_PAUSE)
        return False

    def is_held(self, row: OutboxRow) -> bool:
        """Tell whether a message has to wait for another one of its meter, or for its own time."""
        head = self._heads.get(row.meter)
        if head is None or row.row_id < head.row_id:
            return False
        return row.row_id > head.row_id or head.again_at < inf

    def next_at(self) -> float | None:
        """Return when the first one is tried again; None where none waits for that."""
        first = min((head.again_at for head in self._heads.values()), default=inf)
        return None if first == inf else first

    def let_go(self, now: float) -> bool:
        """Let those be tried whose time has come; tell whether any message may go now."""
        due = [head for head in self._heads.values() if head.again_at <= now]
        for head in due:
            head.again_at = inf
        may_go, self._has_freed = bool(due) or self._has_freed, False
        return may_go

    def _free(self, meter: str) -> None:
        del self._heads[meter]
        self._has_freed = True

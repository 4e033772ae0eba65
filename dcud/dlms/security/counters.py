"""Invocation counters: ours, which are given out once, and a peer's, which must grow.

[IEC 62056-5-3: invocation counter]
"""

from collections import deque
from typing import Protocol

from dcud.dlms.errors import CountersSpentError, ReplayError

LAST_COUNTER = 0xFFFFFFFE
"""The last one that is used; the one after it says that the key must be replaced."""


class InvocationCounter(Protocol):
    """Our counter under one key and one system title."""

    @property
    def remaining(self) -> int:
        """How many can be taken before more must be had."""
        ...

    def next(self) -> int:
        """Take one; nobody gets it again.

        Raises:
            CountersSpentError: none is at hand.
        """
        ...


class GrantedCounters:
    """Counters granted in blocks, given out one by one.

    There is no way to look at a counter without taking it, nor one to give it back.
    """

    __slots__ = ("_blocks", "_remaining")

    def __init__(self) -> None:
        self._blocks: deque[tuple[int, int]] = deque()
        self._remaining = 0

    @property
    def remaining(self) -> int:
        """How many can be taken before more must be granted."""
        return self._remaining

    def grant(self, first: int, count: int) -> None:
        """Add the counters from `first` on; whoever grants answers for their never being used."""
        if count > 0:
            self._blocks.append((first, first + count))
            self._remaining += count

    def revoke(self) -> None:
        """Forget what is left, since the peer expects more than that."""
        self._blocks.clear()
        self._remaining = 0

    def next(self) -> int:
        """Take one; nobody gets it again.

        Raises:
            CountersSpentError: none is at hand.
        """
        if not self._blocks:
            raise CountersSpentError(
                "no invocation counter is at hand for a key",
                remedy="see what the log says of the counter store",
            )
        first, end = self._blocks.popleft()
        if first + 1 < end:
            self._blocks.appendleft((first + 1, end))
        self._remaining -= 1
        return first


class FreshCounter:
    """The counter under a key that nobody has used before and nobody will use again."""

    __slots__ = ("_next",)

    def __init__(self, first: int = 0) -> None:
        self._next = first

    @property
    def remaining(self) -> int:
        """How many can be taken."""
        return max(LAST_COUNTER + 1 - self._next, 0)

    def next(self) -> int:
        """Take one.

        Raises:
            CountersSpentError: the key is used up.
        """
        if self._next > LAST_COUNTER:
            raise CountersSpentError("a key's invocation counter is at its end")
        self._next += 1
        return self._next - 1


class ReceivedCounter:
    """What a peer's counter under one key must not fall below.

    Attributes:
        floor: the least that is accepted next.
    """

    __slots__ = ("floor",)

    def __init__(self, floor: int = 0) -> None:
        self.floor = floor

    def check(self, counter: int) -> None:
        """Refuse what was seen before.

        Raises:
            ReplayError: the counter is old, or equal to the last.
        """
        if counter < self.floor:
            raise ReplayError(
                f"an APDU bears the invocation counter {counter}, but {self.floor} is the least"
                " that may come: it is old, or somebody repeats it",
                counter=counter,
                floor=self.floor,
            )

    def advance(self, counter: int) -> None:
        """Learn a counter whose APDU was verified."""
        self.floor = max(self.floor, counter + 1)

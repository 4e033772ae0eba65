"""The sending half of a numbered link: what is cut, sent, acknowledged.

[IEC 62056-46: segmentation] What is longer than the information field is cut into segments; each
gets the next N(S). [ISO/IEC 13239: send state variable] At most a window of them is on the way
unacknowledged; what the peer's N(R) doesn't acknowledge is sent again from there on.
"""

from collections import deque
from collections.abc import Sequence
from enum import Enum, auto
from itertools import islice
from typing import NamedTuple


class Segment(NamedTuple):
    """What one I frame carries; a tuple, since one is made for every request.

    Attributes:
        number: its N(S).
        information: its octets.
        more: whether another segment of the same APDU follows.
        secret: half-open ranges of `information` that no log may show.
    """

    number: int
    information: bytes
    more: bool
    secret: tuple[tuple[int, int], ...] = ()

    def __repr__(self) -> str:
        """Return number and octets in hex, or only how many there are where any is secret."""
        octets = self.information
        shown = f"{len(octets)} octets" if self.secret else octets.hex()
        return f"Segment({self.number}, {shown}, more={self.more})"


class Acknowledgement(Enum):
    """What an N(R) says to the sender."""

    PROGRESS = auto()  # something was acknowledged
    NOTHING_NEW = auto()
    OUTDATED = auto()  # it acknowledges less than one before it: a late frame
    IMPOSSIBLE = auto()  # it acknowledges what was never sent

    __hash__ = object.__hash__  # members are themselves alone; Enum's own hashes their names


_PROGRESS = Acknowledgement.PROGRESS  # an enumeration looks its members up slowly
_NOTHING_NEW = Acknowledgement.NOTHING_NEW

CONTRADICTIONS = frozenset((Acknowledgement.OUTDATED, Acknowledgement.IMPOSSIBLE))
"""What no frame in sequence says."""


def cut(octets: bytes, size: int, secret: Sequence[tuple[int, int]], first: int) -> deque[Segment]:
    """Cut octets into segments of at most `size`, numbered from `first` modulo 8."""
    if len(octets) <= size:  # nearly always
        return deque((Segment(first, octets, False, _within(secret, 0, size)),))
    starts = range(0, max(len(octets), 1), size)
    return deque(
        Segment(
            number=(first + index) % 8,
            information=octets[start : start + size],
            more=start + size < len(octets),
            secret=_within(secret, start, start + size),
        )
        for index, start in enumerate(starts)
    )


def _within(ranges: Sequence[tuple[int, int]], start: int, end: int) -> tuple[tuple[int, int], ...]:
    if not ranges:
        return ()
    return tuple(
        (max(low, start) - start, min(high, end) - start)
        for low, high in ranges
        if max(low, start) < min(high, end)
    )


class Outgoing:
    """The segments of one APDU, or of several on end, on their way to the peer."""

    __slots__ = ("_max_info", "_oldest", "_segments", "_sent", "_window")

    def __init__(self, *, max_info: int, window: int) -> None:
        self._max_info = max_info
        self._window = window
        self._oldest = 0  # N(S) of the first segment that isn't acknowledged
        self._segments: deque[Segment] = deque()  # from the first unacknowledged one on
        self._sent = 0  # how many of them were sent

    @property
    def max_info(self) -> int:
        """Octets of the longest information field."""
        return self._max_info

    def load(self, octets: bytes, secret: Sequence[tuple[int, int]] = ()) -> None:
        """Put an APDU (with its LLC octets) in place of whatever was left of the one before."""
        self.clear()
        self._segments = cut(octets, self._max_info, secret, self._oldest)

    def add(self, octets: bytes, secret: Sequence[tuple[int, int]] = ()) -> None:
        """Put one more APDU behind what is still to be sent."""
        first = (self._oldest + len(self._segments)) % 8
        self._segments += cut(octets, self._max_info, secret, first)

    def clear(self) -> None:
        """Forget what was left of an APDU: the peer has gone on without it."""
        self._oldest = self.next_number
        self._segments.clear()
        self._sent = 0

    @property
    def next_number(self) -> int:
        """[ISO/IEC 13239: send state variable] V(S), the N(S) of the next new segment."""
        return (self._oldest + self._sent) % 8

    @property
    def pending(self) -> bool:
        """Whether segments wait to be sent or acknowledged."""
        return bool(self._segments)

    @property
    def unacknowledged(self) -> int:
        """How many segments were sent that no N(R) acknowledged."""
        return self._sent

    def burst(self) -> list[Segment]:
        """Return what is to be sent when it is our turn: a window, unacknowledged ones first."""
        segments = list(islice(self._segments, self._window))
        self._sent = len(segments)
        return segments

    def acknowledge(self, receive_sequence: int) -> Acknowledgement:
        """Take note of an N(R)."""
        if receive_sequence == self._oldest:
            return _NOTHING_NEW
        count = (receive_sequence - self._oldest) % 8
        if count > self._sent:
            late = (self._oldest - receive_sequence) % 8 <= self._window
            return Acknowledgement.OUTDATED if late else Acknowledgement.IMPOSSIBLE
        for _ in range(count):
            self._segments.popleft()
        self._sent -= count
        self._oldest = receive_sequence
        return _PROGRESS

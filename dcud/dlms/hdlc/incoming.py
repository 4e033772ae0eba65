"""The receiving half of a numbered link: what arrived and what it adds up to."""

from enum import Enum, auto

from dcud.dlms.hdlc.frame import HdlcFrame


class Assembly:
    """Puts segments together.

    `limit` bounds what it holds: octets, counting one more for each segment so that empty ones end
    too.
    """

    __slots__ = ("_limit", "_octets", "_size")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._octets = bytearray()
        self._size = 0

    @property
    def begun(self) -> bool:
        """Whether segments are held that wait for more."""
        return self._size > 0

    def add(self, octets: bytes) -> bool:
        """Take a segment; tell whether there was room for it."""
        self._size += len(octets) + 1
        if self._size > self._limit:
            return False
        self._octets += octets
        return True

    def take(self) -> bytes:
        """Return what the segments add up to; begin anew."""
        octets = bytes(self._octets)
        self.clear()
        return octets

    def clear(self) -> None:
        """Forget what was taken."""
        self._octets.clear()
        self._size = 0


class Arrival(Enum):
    """What an I frame turned out to be."""

    SEGMENT = auto()  # in sequence, more to come
    LAST = auto()  # in sequence, and the APDU is whole
    DUPLICATE = auto()  # the one before, again
    GAP = auto()  # one before it is missing
    TOO_LONG = auto()  # in sequence, but the APDU grew past all bounds


_SEGMENT = Arrival.SEGMENT  # an enumeration looks its members up slowly
_LAST = Arrival.LAST


class Incoming:
    """The segments of one APDU at a time on their way from the peer."""

    __slots__ = ("_assembly", "expected")

    def __init__(self, *, limit: int) -> None:
        self.expected = 0  # [ISO/IEC 13239: receive state variable] V(R)
        self._assembly = Assembly(limit)

    @property
    def begun(self) -> bool:
        """Whether an APDU is there in part."""
        return self._assembly.begun

    def accept(self, frame: HdlcFrame) -> Arrival:
        """Take an I frame."""
        number = frame.control.send_sequence
        if number != self.expected:
            duplicate = number == (self.expected - 1) % 8
            return Arrival.DUPLICATE if duplicate else Arrival.GAP
        self.expected = (self.expected + 1) % 8
        if not self._assembly.add(frame.information):
            return Arrival.TOO_LONG
        return _SEGMENT if frame.segmented else _LAST

    def take(self) -> bytes:
        """Return the whole APDU (with its LLC octets)."""
        return self._assembly.take()

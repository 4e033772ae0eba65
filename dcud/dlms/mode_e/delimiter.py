"""Cuts what is heard on a line that signs on into messages.

Every octet ends up in exactly one message or one stretch of noise; parity bits are removed first,
so that a line in 7E1 is read through a port in 8N1 as well. [IEC 62056-21: messages]
"""

from enum import Enum, auto
from typing import Final, NamedTuple

from dcud.dlms.mode_e.messages import ACK, BREAK, CR, LF, NAK, SLASH, SOH, STX
from dcud.dlms.mode_e.parity import without_parity

_LONGEST: Final = 128
"""Octets after which something that began like a message is noise."""
_FIRST_PRINTABLE: Final = 0x20


class Kind(Enum):
    """What a stretch of octets is, by its first octet and its end."""

    LINE = auto()  # a request or an identification: from "/" to line feed
    OPTION = auto()  # from ACK to line feed
    NAK = auto()
    READOUT = auto()  # STX: data that nobody asked for in mode E
    BREAK = auto()
    NOISE = auto()


class Part(NamedTuple):
    """A stretch of octets, parity removed."""

    kind: Kind
    octets: bytes


_ALONE: Final = {NAK: Kind.NAK, STX: Kind.READOUT}
_TO_LINE_FEED: Final = {SLASH: Kind.LINE, ACK: Kind.OPTION}
_STARTS: Final = frozenset((*_ALONE, *_TO_LINE_FEED, SOH))


class Delimiter:
    """What one end of a line has heard and not yet understood."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._parts: list[Part] = []

    def feed(self, octets: bytes) -> list[Part]:
        """Take octets as they come, and return what is complete with them."""
        for octet in without_parity(octets):
            self._take(octet)
        if self._held and self._held[0] not in _STARTS:
            self._give_up()
        return self._take_parts()

    def flush(self) -> list[Part]:
        """Give up waiting for the end of a message."""
        self._give_up()
        return self._take_parts()

    def _take(self, octet: int) -> None:
        held = self._held
        if octet in _STARTS:
            self._give_up()
        held.append(octet)
        first = held[0]
        if first in _ALONE:
            self._complete(_ALONE[first])
        elif first in _TO_LINE_FEED:
            if octet == LF:
                self._complete(_TO_LINE_FEED[first])
            elif len(held) > 1 and (
                len(held) >= _LONGEST or (octet < _FIRST_PRINTABLE and octet != CR)
            ):
                self._give_up()
        elif held == BREAK:
            self._complete(Kind.BREAK)
        elif len(held) >= _LONGEST or (first == SOH and not BREAK.startswith(held)):
            self._give_up()

    def _complete(self, kind: Kind) -> None:
        self._parts.append(Part(kind, bytes(self._held)))
        self._held.clear()

    def _give_up(self) -> None:
        if self._held:
            self._complete(Kind.NOISE)

    def _take_parts(self) -> list[Part]:
        parts, self._parts = self._parts, []
        return parts

"""Telnet's octets: data, commands and subnegotiations in one stream, told apart by IAC.

[RFC 854: TELNET command structure] 0xFF (IAC) begins a command; as data it stands doubled. Between
IAC SB and IAC SE an option has its say, with 0xFF doubled there as well. The decoder takes any
octets in any cut: what is no telnet becomes `Unreadable`, and decoding goes on.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

IAC: Final = 0xFF

MAX_SUBNEGOTIATION: Final = 1024
"""Octets after which a subnegotiation that doesn't end is given up."""

_SE: Final = 0xF0
_SB: Final = 0xFA
_ESCAPE: Final = bytes((IAC,))
_ESCAPED: Final = bytes((IAC, IAC))


class Verb(IntEnum):
    """What one side says of an option: [RFC 855: telnet option specifications]."""

    WILL = 0xFB
    WONT = 0xFC
    DO = 0xFD
    DONT = 0xFE

    __hash__ = object.__hash__  # members are themselves alone; they are keys of tables


_VERBS: Final = {verb.value: verb for verb in Verb}


@dataclass(frozen=True, slots=True)
class Payload:
    """Data, with IAC undoubled."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class Negotiated:
    """The far end offers, asks for or refuses an option; `option` is its number, 0..255."""

    verb: Verb
    option: int


@dataclass(frozen=True, slots=True)
class Subnegotiated:
    """What an option has to say; `octets` comes after its number, with IAC undoubled."""

    option: int
    octets: bytes


@dataclass(frozen=True, slots=True)
class CommandReceived:
    """A command without parameter, 0xF1..0xF9: no-operation, break, are-you-there, ..."""

    code: int


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Octets that break telnet's grammar; `octets` as they came, with IAC undoubled."""

    octets: bytes


TelnetEvent = Payload | Negotiated | Subnegotiated | CommandReceived | Unreadable


def escape(octets: bytes) -> bytes:
    """Return data as it goes out: each 0xFF twice."""
    return octets.replace(_ESCAPE, _ESCAPED)


def encode_verb(verb: Verb, option: int) -> bytes:
    """Return the three octets of a negotiation; `option` is 0..255."""
    return bytes((IAC, verb, option))


def encode_subnegotiation(option: int, octets: bytes) -> bytes:
    """Return the octets with which an option says `octets`."""
    return bytes((IAC, _SB, option)) + escape(octets) + bytes((IAC, _SE))


def looks_like_telnet(octets: bytes) -> bool:
    """Tell whether a connection that begins so is greeted by a telnet server.

    Telnet servers negotiate at once. HDLC begins with 7E, the wrapper with 00 01, and no meter
    begins what it says with IAC and a verb.
    """
    return len(octets) > 1 and octets[0] == IAC and octets[1] in _VERBS


class TelnetDecoder:
    """One direction of one connection."""

    __slots__ = ("_command", "_in_subnegotiation", "_subnegotiation")

    def __init__(self) -> None:
        self._command = b""  # IAC with what came of its command so far
        self._in_subnegotiation = False
        self._subnegotiation = bytearray()

    def feed(self, octets: bytes) -> list[TelnetEvent]:
        """Take octets, cut anywhere; return what they say."""
        events: list[TelnetEvent] = []
        position = 0
        while position < len(octets):
            if self._command:
                self._take_command(octets[position], events)
                position += 1
                continue
            found = octets.find(_ESCAPE, position)
            end = found if found >= 0 else len(octets)
            self._take_plain(octets[position:end], events)
            position = end + 1
            if found >= 0:
                self._command = _ESCAPE
        return events

    def _take_plain(self, octets: bytes, events: list[TelnetEvent]) -> None:
        """Take octets as they are meant."""
        if not octets:
            return
        if not self._in_subnegotiation:
            events.append(Payload(octets))
            return
        room = MAX_SUBNEGOTIATION - len(self._subnegotiation)
        self._subnegotiation += octets[:room]
        if len(octets) > room:
            self._give_up_subnegotiation(events)
            events.append(Payload(octets[room:]))

    def _take_command(self, octet: int, events: list[TelnetEvent]) -> None:
        """Take the octet after IAC, or after IAC and a verb."""
        begun, self._command = self._command, b""
        if len(begun) > 1:
            events.append(Negotiated(_VERBS[begun[1]], octet))
        elif octet == IAC:
            self._take_plain(_ESCAPE, events)
        elif octet == _SE:
            self._end_subnegotiation(events)
        else:
            self._begin_command(octet, events)

    def _begin_command(self, octet: int, events: list[TelnetEvent]) -> None:
        if self._in_subnegotiation:  # nothing but IAC and SE may follow IAC there
            self._give_up_subnegotiation(events)
        if octet == _SB:
            self._in_subnegotiation = True
        elif octet in _VERBS:
            self._command = bytes((IAC, octet))
        elif octet > _SE:
            events.append(CommandReceived(octet))
        else:
            events.append(Unreadable(bytes((IAC, octet))))

    def _end_subnegotiation(self, events: list[TelnetEvent]) -> None:
        said = bytes(self._subnegotiation)
        if not self._in_subnegotiation or not said:
            self._give_up_subnegotiation(events)
            return
        self._in_subnegotiation = False
        self._subnegotiation.clear()
        events.append(Subnegotiated(said[0], said[1:]))

    def _give_up_subnegotiation(self, events: list[TelnetEvent]) -> None:
        events.append(Unreadable(bytes(self._subnegotiation)))
        self._in_subnegotiation = False
        self._subnegotiation.clear()

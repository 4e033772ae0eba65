"""What the machines of a sign-on want done, as data; whoever holds the line carries it out."""

from dataclasses import dataclass

from dcud.dlms.errors import ProtocolError
from dcud.dlms.mode_e.identification import Identification


@dataclass(frozen=True, slots=True)
class Transmit:
    """Send these octets; the machine learns by `transmitted` that the last of them has left.

    It is always the last of the actions that it comes with.
    """

    octets: bytes


@dataclass(frozen=True, slots=True)
class SetLine:
    """Give the line this speed and format, and forget what was heard before."""

    baud: int
    format: str


@dataclass(frozen=True, slots=True)
class Done:
    """The next octet is HDLC's.

    Attributes:
        identification: what the meter said of itself.
        baud: what the meter speaks from now on.
    """

    identification: Identification
    baud: int


@dataclass(frozen=True, slots=True)
class Failed:
    """There will be no HDLC, and `error` says why."""

    error: ProtocolError


@dataclass(frozen=True, slots=True)
class MessageHeard:
    """A whole message was on the line, ours that came back included; parity bits removed."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class OctetsDiscarded:
    """Octets that are part of no message, parity bits removed."""

    octets: bytes


Action = Transmit | SetLine | Done | Failed | MessageHeard | OctetsDiscarded

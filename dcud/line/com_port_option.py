"""What telnet's com-port option says, by which a client rules the serial port of a server.

[RFC 2217: com port control option] A client's command is a number of 0..12 with its value; the
server answers with the number plus 100 and the value that holds now, which may be another than the
one asked for. Two of the server's numbers are notices that nobody asked for.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from dcud.line.telnet import encode_subnegotiation

COM_PORT: Final = 44
"""The option's number."""

_SERVER: Final = 100
"""The difference between a command and its answer."""


class Command(IntEnum):
    """What the option can say."""

    SIGNATURE = 0
    SET_BAUDRATE = 1
    SET_DATASIZE = 2
    SET_PARITY = 3
    SET_STOPSIZE = 4
    SET_CONTROL = 5
    NOTIFY_LINESTATE = 6
    NOTIFY_MODEMSTATE = 7
    FLOWCONTROL_SUSPEND = 8
    FLOWCONTROL_RESUME = 9
    SET_LINESTATE_MASK = 10
    SET_MODEMSTATE_MASK = 11
    PURGE_DATA = 12

    __hash__ = object.__hash__


class Control(IntEnum):
    """Values of SET-CONTROL, as far as they are used here."""

    NO_FLOW_CONTROL = 1
    XON_XOFF = 2
    HARDWARE_FLOW_CONTROL = 3
    DTR_ON = 8
    DTR_OFF = 9
    RTS_ON = 11
    RTS_OFF = 12


LINE_ERRORS: Final = {0x02: "overrun", 0x04: "parity", 0x08: "framing", 0x10: "break"}
"""The bits of a line state that tell of octets gone wrong."""

PURGE_RECEIVED: Final = 1
"""Value of PURGE-DATA for what the server received and has not passed on."""

PARITIES: Final = {"N": 1, "O": 2, "E": 3}
"""Values of SET-PARITY by the letter of a character format."""

STOP_BITS: Final = {"1": 1, "2": 2}
"""Values of SET-STOPSIZE."""

_WIDTHS: Final = {
    Command.SET_BAUDRATE: 4,
    Command.FLOWCONTROL_SUSPEND: 0,
    Command.FLOWCONTROL_RESUME: 0,
}
"""Octets of a command's value, where it isn't one; a signature's is a text."""

_COMMANDS: Final = {command.value: command for command in Command}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server says of a command; `value` is the one that holds now."""

    command: Command
    value: int


@dataclass(frozen=True, slots=True)
class Signature:
    """What the server calls itself; empty where it asks for our name."""

    text: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """What the server said that the option doesn't know, or not in this shape."""

    octets: bytes


ServerSays = Answer | Signature | Unknown


def encode_command(command: Command, value: int = 0) -> bytes:
    """Return a client's command as it goes out; `value` is within its octets."""
    octets = bytes((command,)) + value.to_bytes(_WIDTHS.get(command, 1))
    return encode_subnegotiation(COM_PORT, octets)


def encode_signature(text: str) -> bytes:
    """Return the client's name as it goes out; an empty one asks for the server's."""
    return encode_subnegotiation(COM_PORT, bytes((Command.SIGNATURE,)) + text.encode("latin-1"))


def decode_answer(octets: bytes) -> ServerSays:
    """Return what a server's subnegotiation, without the option's number, means."""
    command = _COMMANDS.get(octets[0] - _SERVER) if octets else None
    if command is None:
        return Unknown(octets)
    value = octets[1:]
    if command is Command.SIGNATURE:
        return Signature(value.decode("latin-1"))
    if len(value) != _WIDTHS.get(command, 1):
        return Unknown(octets)
    return Answer(command, int.from_bytes(value))

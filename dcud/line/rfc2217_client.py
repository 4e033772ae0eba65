"""The client's side of one RFC 2217 connection, without its I/O.

Octets go in and what the meters said comes out; what is to be sent to the server is taken with
`octets_to_send`. The connection is usable once `is_agreed`; a server that refuses what is needed
says so in `refusal`. The data of both directions may flow all the time, whatever is negotiated.

```
   start            both ends WILL BINARY, server DO COM-PORT-OPTION
  ------> ASKED ----------------------------------------------------> AGREED
            |  any of them refused                                       |  taken back later
            +----------------------------> REFUSED <---------------------+
```
"""

from collections import Counter
from typing import Final

from dcud.line.com_port_option import (
    COM_PORT,
    LINE_ERRORS,
    PARITIES,
    STOP_BITS,
    Answer,
    Command,
    Control,
    Signature,
    Unknown,
    decode_answer,
    encode_command,
    encode_signature,
)
from dcud.line.telnet import (
    CommandReceived,
    Negotiated,
    Payload,
    Subnegotiated,
    TelnetDecoder,
    TelnetEvent,
    Unreadable,
    escape,
)
from dcud.line.telnet_options import BINARY, SUPPRESS_GO_AHEAD, OptionNegotiation, Standing

_NAME: Final = "dcud"

_LINE: Final = {
    Command.SET_BAUDRATE: "{} baud",
    Command.SET_DATASIZE: "{} data bits",
    Command.SET_PARITY: "parity {}",
    Command.SET_STOPSIZE: "stop bits {}",
}
"""The commands that make up a line's speed and format, with how their values are told."""

_VALUES: Final = {
    Command.SET_PARITY: {1: "N", 2: "O", 3: "E", 4: "mark", 5: "space"},
    Command.SET_STOPSIZE: {1: "1", 2: "2", 3: "1.5"},
}

_FLOW_CONTROLS: Final = frozenset(
    {Control.NO_FLOW_CONTROL, Control.XON_XOFF, Control.HARDWARE_FLOW_CONTROL}
)

_NEEDED: Final = {COM_PORT: "the com-port option", BINARY: "binary transmission"}


class Rfc2217Client:
    """One connection.

    Attributes:
        may_send: whether the server has room for what its line is to send.
        line_errors: octets that the server's UART received wrongly, by reason.
        faults: how often the server said what nobody could read.
        signature: what the server calls itself, "" while unknown.
        eats_octets: whether the server keeps XON/XOFF on, for which 0x11 and 0x13 are no data.
    """

    def __init__(self) -> None:
        self.may_send = True
        self.line_errors: Counter[str] = Counter()
        self.faults = 0
        self.signature = ""
        self.eats_octets = False
        self._decoder = TelnetDecoder()
        self._options = OptionNegotiation(
            ours=(COM_PORT, BINARY, SUPPRESS_GO_AHEAD), theirs=(BINARY, SUPPRESS_GO_AHEAD)
        )
        self._outgoing = bytearray()
        self._answers: dict[Command, int] = {}
        self._heard_negotiation = False
        self._asked: dict[Command, int] = {}

    def start(self) -> None:
        """Ask for what is needed."""
        self._outgoing += self._options.start()

    @property
    def is_agreed(self) -> bool:
        """Whether the server lets its port be ruled, and passes all octets as they are."""
        return all(self._options.standing(option) is Standing.AGREED for option in _NEEDED)

    @property
    def refusal(self) -> str:
        """What the server refuses that is needed, in words; "" where nothing."""
        refused = [
            name
            for option, name in _NEEDED.items()
            if self._options.standing(option) is Standing.REFUSED
        ]
        return " and ".join(refused)

    @property
    def speaks_telnet(self) -> bool:
        """Whether the server has negotiated anything at all."""
        return self._heard_negotiation

    def send(self, octets: bytes) -> None:
        """Queue data for the line."""
        self._outgoing += escape(octets)

    def command(self, command: Command, value: int) -> None:
        """Queue a command, and forget what was answered to it before."""
        self._answers.pop(command, None)
        self._outgoing += encode_command(command, value)

    def ask_line(self, baud: int, character_format: str) -> None:
        """Queue the commands that give the line its speed and format, such as 300 and "7E1"."""
        data, parity, stop = tuple(character_format)
        self._asked = {
            Command.SET_BAUDRATE: baud,
            Command.SET_DATASIZE: int(data),
            Command.SET_PARITY: PARITIES[parity],
            Command.SET_STOPSIZE: STOP_BITS[stop],
        }
        for command, value in self._asked.items():
            self.command(command, value)

    def ask_signature(self) -> None:
        """Queue the question what the server calls itself."""
        self._outgoing += encode_signature("")

    @property
    def unanswered(self) -> list[Command]:
        """What of the last `ask_line` the server hasn't answered yet."""
        return [command for command in self._asked if command not in self._answers]

    @property
    def disagreement(self) -> str:
        """Where the server set something else than the last `ask_line` asked, in words; or ""."""
        return ", ".join(
            f"{_tell(command, self._answers[command])} instead of {_tell(command, asked)}"
            for command, asked in self._asked.items()
            if command in self._answers and self._answers[command] != asked
        )

    def octets_to_send(self) -> bytes:
        """Take (and forget) the octets that are to go to the server now."""
        octets = bytes(self._outgoing)
        self._outgoing.clear()
        return octets

    def receive(self, octets: bytes) -> bytes:
        """Take octets, cut anywhere; return the data among them."""
        return b"".join([self._take(event) for event in self._decoder.feed(octets)])

    def _take(self, event: TelnetEvent) -> bytes:
        match event:
            case Payload(octets=octets):
                return octets
            case Negotiated():
                self._heard_negotiation = True
                self._outgoing += self._options.receive(event)
            case Subnegotiated(option=option, octets=octets) if option == COM_PORT:
                self._take_answer(octets)
            case Subnegotiated() | Unreadable():
                self.faults += 1
            case CommandReceived():
                pass  # no-operation, are-you-there, break: nothing that concerns a meter
        return b""

    def _take_answer(self, octets: bytes) -> None:
        match decode_answer(octets):
            case Signature(text=text):
                self._take_signature(text)
            case Answer(command=Command.FLOWCONTROL_SUSPEND | Command.FLOWCONTROL_RESUME as said):
                self.may_send = said is Command.FLOWCONTROL_RESUME
            case Answer(command=Command.NOTIFY_LINESTATE, value=state):
                self.line_errors.update(name for bit, name in LINE_ERRORS.items() if state & bit)
            case Answer(command=Command.SET_CONTROL, value=value):
                if value in _FLOW_CONTROLS:
                    self.eats_octets = value == Control.XON_XOFF
            case Answer(command=command, value=value):
                self._answers[command] = value
            case Unknown():
                self.faults += 1

    def _take_signature(self, text: str) -> None:
        if text:
            self.signature = text
        else:
            self._outgoing += encode_signature(_NAME)


def _tell(command: Command, value: int) -> str:
    return _LINE[command].format(_VALUES.get(command, {}).get(value, value))

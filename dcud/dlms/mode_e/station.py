"""The meter's side of a sign-on, for simulated meters.

[IEC 62056-21: mode E] A meter waits at 300 baud until it is asked, names itself, is told how to go
on, confirms that at the new speed, and speaks HDLC from then on until somebody says that this is
over. What it is told and can't do it answers as old meters do: with a readout of its data.

    WAITING      at the initial speed
    NAMING       was asked; will say who it is
    OFFERING     has said so; an option is to be selected
    CHANGING     was told; will confirm at the new speed
    BINARY       speaks HDLC, which is none of this machine's business
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from dcud.dlms.errors import DecodeError
from dcud.dlms.mode_e.actions import Action, SetLine, Transmit
from dcud.dlms.mode_e.baud import BAUD
from dcud.dlms.mode_e.delimiter import Delimiter, Kind, Part
from dcud.dlms.mode_e.identification import Identification
from dcud.dlms.mode_e.messages import NAK, OptionSelect, parse_option_select, parse_request

READOUT: Final = b"\x020.0.0(12345678)\r\n!\r\n\x03\x1b"
"""A data readout, as short as one can be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeEStationParameters:
    """What can be chosen about a meter; times in seconds.

    Attributes:
        identification: what it says of itself.
        device_address: which requests it heeds, besides those to anyone; leading zeros don't count.
        initial_baud: speed at which it waits.
        reaction_time: between what it hears and what it says.
        patience: after which it no longer waits for an option to be selected.
        confirms: whether it repeats the option at the new speed.
        speaks_hdlc: whether it has mode E at all.
    """

    identification: Identification
    device_address: str = ""
    initial_baud: int = 300
    reaction_time: float = 0.2
    patience: float = 3.0
    confirms: bool = True
    speaks_hdlc: bool = True


class _State(Enum):
    WAITING = auto()
    NAMING = auto()
    OFFERING = auto()
    CHANGING = auto()
    BINARY = auto()


class ModeEStation:
    """One meter at its optical port.

    Attributes:
        baud: what it speaks and understands now.
    """

    def __init__(self, parameters: ModeEStationParameters) -> None:
        self.baud = parameters.initial_baud
        self._parameters = parameters
        self._state = _State.WAITING
        self._delimiter = Delimiter()
        self._selected = OptionSelect(baud_character="0")
        self._deadline: float | None = None

    @property
    def is_binary(self) -> bool:
        """Whether what comes next is HDLC's."""
        return self._state is _State.BINARY

    def receive_data(self, octets: bytes, now: float) -> list[Action]:
        """Take octets as they come, unless `is_binary`."""
        actions: list[Action] = []
        for part in self._delimiter.feed(octets):
            actions += self._hear(part, now)
        return actions

    def next_timeout(self) -> float | None:
        """Return when `handle_timeout` wants to be called, on the clock of `now`, or None."""
        return self._deadline

    def handle_timeout(self, now: float) -> list[Action]:
        """Act on time that has passed; harmless when called early."""
        if self._deadline is None or now < self._deadline:
            return []
        self._deadline = None
        if self._state is _State.NAMING:
            self._wait(_State.OFFERING, now + self._parameters.patience)
            return [Transmit(self._parameters.identification.build())]
        if self._state is _State.CHANGING:
            return self._change()
        return self._return()

    def end_binary(self) -> list[Action]:
        """Learn that HDLC was left, by DISC or after its inactivity timeout."""
        return self._return()

    def _hear(self, part: Part, now: float) -> list[Action]:
        try:
            if part.kind is Kind.LINE:
                self._hear_request(part.octets, now)
            elif part.kind is Kind.OPTION and self._state is _State.OFFERING:
                return self._hear_option(part.octets, now)
            elif part.kind is Kind.BREAK:
                return self._return()
        except DecodeError:
            pass  # a meter that doesn't understand says nothing
        return []

    def _hear_request(self, octets: bytes, now: float) -> None:
        asked = parse_request(octets).device_address.lstrip("0")
        if asked in {"", self._parameters.device_address.lstrip("0")}:
            self._wait(_State.NAMING, now + self._parameters.reaction_time)

    def _hear_option(self, octets: bytes, now: float) -> list[Action]:
        self._selected = parse_option_select(octets)
        baud = BAUD.get(self._selected.baud_character)
        if baud is None or baud > (self._parameters.identification.baud or 0):
            return [Transmit(bytes((NAK,)))]
        self._wait(_State.CHANGING, now + self._parameters.reaction_time)
        return []

    def _change(self) -> list[Action]:
        baud = BAUD[self._selected.baud_character]
        if not (self._selected.is_mode_e and self._parameters.speaks_hdlc):
            self._state = _State.WAITING
            changed: list[Action] = [SetLine(baud, "7E1"), Transmit(READOUT)]
            return changed + self._return()
        self._state = _State.BINARY
        self.baud = baud
        confirmation: list[Action] = [SetLine(baud, "7E1"), Transmit(self._selected.build())]
        ready = SetLine(baud, "8N1")
        return [*confirmation, ready] if self._parameters.confirms else [ready]

    def _return(self) -> list[Action]:
        self._state = _State.WAITING
        self._deadline = None
        self.baud = self._parameters.initial_baud
        return [SetLine(self.baud, "7E1")]

    def _wait(self, state: _State, until: float) -> None:
        self._state = state
        self._deadline = until

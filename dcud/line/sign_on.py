"""The sign-on of mode E, carried out over a port before a session opens."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from dcud.dlms.datalink import ClientSap
from dcud.dlms.errors import ProtocolError
from dcud.dlms.hdlc.address import ServerAddress, client_octets
from dcud.dlms.hdlc.delimiter import Delimited, Delimiter, Discarded
from dcud.dlms.hdlc.frame import FrameKind, HdlcFrame, unnumbered
from dcud.dlms.mode_e.actions import (
    Action,
    Done,
    Failed,
    MessageHeard,
    OctetsDiscarded,
    SetLine,
    Transmit,
)
from dcud.dlms.mode_e.baud import BAUD
from dcud.dlms.mode_e.errors import ModeEUnavailableError, NoIdentificationError
from dcud.dlms.mode_e.parameters import Head, ModeEParameters
from dcud.dlms.mode_e.parity import without_parity
from dcud.dlms.mode_e.sign_on import HDLC_FORMAT
from dcud.dlms.mode_e.sign_on import SignOn as Machine
from dcud.line.line_settings import LineSettings
from dcud.line.port import Port
from dcud.line.session import Watch

_FAREWELL_LIMIT: Final = 0.6
"""Seconds for a meter to answer DISC; the slowest begin after half a second."""
_NOISE: Final = "sign_on"
"""The reason under which octets that belong to no message of a sign-on are accounted for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOn:
    """How a meter is brought to speak HDLC.

    Attributes:
        parameters: of the exchange.
        disconnect: the DISC frame that ends what an earlier session may have left open.
    """

    parameters: ModeEParameters
    disconnect: bytes

    @classmethod
    def to(
        cls, client_sap: ClientSap, server_address: ServerAddress, parameters: ModeEParameters
    ) -> "SignOn":
        """Return how the meter at this address is brought to speak HDLC with this client."""
        frame = HdlcFrame(
            destination=server_address.octets,
            source=client_octets(client_sap),
            control=unnumbered(FrameKind.DISC),
        )
        return cls(parameters=parameters, disconnect=frame.build())


async def sign_on(port: Port, how: SignOn, watch: Watch, *, left_at: int | None = None) -> Done:
    """Bring a meter to speak HDLC, and the port to the speed at which it does.

    A meter that doesn't identify itself may still be in the HDLC of a session that broke. It is
    then sent DISC at the speed at which it was `left_at` (None: at those that it may have been),
    and asked once more.

    Raises:
        ProtocolError: the meter doesn't come to speak HDLC; the error names it.
        PortError: the line is gone, or can't be set.
    """
    parameters = _suiting(port, how.parameters, watch)
    try:
        return await _carry_out(port, parameters, watch)
    except NoIdentificationError as silence:
        try:
            await _end_what_was_left(port, how, watch, left_at)
            once = replace(parameters, attempts=1)
            return await _carry_out(port, once, watch)
        except NoIdentificationError:
            raise _of_meter(silence, watch) from None
    except ProtocolError as error:
        raise _of_meter(error, watch) from error


async def say_goodbye(port: Port, how: SignOn, watch: Watch) -> bool:
    """Send DISC at the port's present speed; returns whether a station answered.

    Raises:
        PortError: the line is gone.
    """
    watch.tracer.frame(watch.bus, "tx", watch.meter, how.disconnect, ())
    await port.write(how.disconnect)
    loop = asyncio.get_running_loop()
    until = loop.time() + _FAREWELL_LIMIT
    delimiter = Delimiter()
    while (remaining := until - loop.time()) > 0:
        heard = delimiter.feed(await port.read(remaining))
        if _is_answered(heard, how, watch):
            return True
    return _is_answered(delimiter.flush(), how, watch)


def _is_answered(heard: Sequence[Delimited | Discarded], how: SignOn, watch: Watch) -> bool:
    """Report what was heard; return whether a good frame is in it that isn't our own."""
    answered = False
    for part in heard:
        if isinstance(part, Delimited):
            watch.tracer.frame(watch.bus, "rx", watch.meter, part.octets, ())
            answered |= part.octets != how.disconnect  # which the head may bring back
        else:
            watch.tracer.discarded(watch.bus, watch.meter, part.reason, part.octets)
    return answered


async def _end_what_was_left(port: Port, how: SignOn, watch: Watch, left_at: int | None) -> None:
    parameters = how.parameters
    if not isinstance(port, LineSettings) or parameters.head is Head.FOLLOWING:
        await say_goodbye(port, how, watch)
        return
    for baud in [left_at] if left_at else _likely(parameters):
        await port.set_line(baud, HDLC_FORMAT)
        if await say_goodbye(port, how, watch):
            return


def _likely(parameters: ModeEParameters) -> list[int]:
    """Return the speeds that a meter may have been left at, the likeliest first."""
    if parameters.head is Head.FIXED:
        return [parameters.initial_baud]
    speeds = {baud for baud in BAUD.values() if baud <= parameters.max_baud}
    return sorted(speeds - {parameters.initial_baud}, reverse=True)


def _suiting(port: Port, parameters: ModeEParameters, watch: Watch) -> ModeEParameters:
    """Return the choices as this port can have them."""
    if isinstance(port, LineSettings):
        return parameters
    if parameters.head is Head.SWITCHING:
        raise ModeEUnavailableError(
            f"meter {watch.meter}: mode E changes the line's speed, and bus {watch.bus} can't",
            remedy="have the serial server speak RFC 2217, or set mode_e.head to fixed, with "
            "initial_baud as it is set there",
        )
    return replace(parameters, software_parity=True)


async def _carry_out(port: Port, parameters: ModeEParameters, watch: Watch) -> Done:
    """Do what the machine wants done, until it has come to an end."""
    loop = asyncio.get_running_loop()
    port.discard_input()  # of whatever was said before
    machine = Machine(parameters)
    actions: Sequence[Action] = machine.start(loop.time())
    while True:
        for action in actions:
            _report(action, watch)
            if isinstance(action, Done):
                return action
            if isinstance(action, Failed):
                raise action.error
        if await _act(port, actions):
            actions = machine.transmitted(loop.time())
        else:
            actions = await _listen(port, machine)


async def _act(port: Port, actions: Sequence[Action]) -> bool:
    """Do what is to be done on the line; returns whether something was transmitted."""
    transmitted = False
    for action in actions:
        if isinstance(action, SetLine) and isinstance(port, LineSettings):
            await port.set_line(action.baud, action.format)
            port.discard_input()
        elif isinstance(action, Transmit):
            await port.write(action.octets)
            transmitted = True
    return transmitted


async def _listen(port: Port, machine: Machine) -> Sequence[Action]:
    loop = asyncio.get_running_loop()
    timeout = machine.next_timeout()
    octets = await port.read(max(0.0, (timeout or 0.0) - loop.time()))
    now = loop.time()
    heard = machine.receive_data(octets, now) if octets else []
    # On a line that is never silent the time passes all the same.
    return [*heard, *machine.handle_timeout(now)]


def _report(action: Action, watch: Watch) -> None:
    """Tell the tracer what a port in 7E1 sends and receives, also where parity is made here."""
    match action:
        case Transmit(octets=octets):
            watch.tracer.frame(watch.bus, "tx", watch.meter, without_parity(octets), ())
        case MessageHeard(octets=octets):
            watch.tracer.frame(watch.bus, "rx", watch.meter, octets, ())
        case OctetsDiscarded(octets=octets):
            watch.tracer.discarded(watch.bus, watch.meter, _NOISE, octets)
        case _:
            pass


def _of_meter(error: ProtocolError, watch: Watch) -> ProtocolError:
    return type(error)(f"meter {watch.meter}: {error.message}", remedy=error.remedy)

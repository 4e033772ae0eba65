"""Simulated lines with their meters, as an operator describes them."""

import argparse
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from dcud.cli.impaired_line import ImpairedLine
from dcud.cli.main import UsageError
from dcud.dlms.gateway import GatewayAddress
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.negotiation import LinkSizes
from dcud.dlms.hdlc.station import StationParameters
from dcud.dlms.llc_432 import HEADER_SIZE
from dcud.dlms.mode_e.identification import Identification
from dcud.dlms.mode_e.station import ModeEStationParameters
from dcud.dlms.prime.messages import NewDevice
from dcud.dlms.server import ServerParameters
from dcud.dlms.server_security import ServerDemand
from dcud.dlms.sfsk.mac import MAX_M_SDU
from dcud.dlms.sfsk.modem_framing import MODEM
from dcud.sim.device import Device
from dcud.sim.gateway import SimulatedGateway
from dcud.sim.hdlc_line import HdlcLine
from dcud.sim.load_profile import BufferEncoding
from dcud.sim.meter import MeterParameters, SimulatedMeter
from dcud.sim.mode_e_line import ModeELine
from dcud.sim.prime_line import PrimeBaseNode, PrimeMeter
from dcud.sim.serving import Line
from dcud.sim.sfsk_hdlc_line import SfskHdlcLine
from dcud.sim.sfsk_line import SfskLine, SfskMeter
from dcud.sim.wrapper_line import WrapperLine

FIRST_PHYSICAL_ADDRESS: Final = 17
"""Of the first meter on an HDLC bus; 16 is the first that standards leave free."""

IDENTIFICATION = Identification(manufacturer="SIM", baud_character="5", escapes=("2",), name="DCUD")
"""What the meters say at their optical port: mode E, up to 9600 baud."""

Meters = Mapping[int, Device]
"""By number, from 1."""
MakeMeter = Callable[[MeterParameters, Callable[[], float]], Device]
"""A meter of its parameters and a clock."""
MakeLine = Callable[[], Line]
"""A line is made anew for each connection."""

_LINK = StationParameters(sizes=LinkSizes(max_info_transmit=1024, max_info_receive=1024))
_SFSK_LINK = StationParameters(sizes=LinkSizes(max_info_transmit=64, max_info_receive=64))
"""With room for the rest of a frame in a MAC frame."""
_MAX_SFSK_APDU: Final = MAX_M_SDU - HEADER_SIZE


@dataclass(frozen=True, slots=True, kw_only=True)
class _Framing:
    """What goes with a framing.

    Attributes:
        places: where it is spoken, by the names of the options.
        make: from the meters by number, and what they ask of clients, to what makes lines.
        options: those that mean something with it, of the ones that don't with every one.
    """

    places: tuple[str, ...]
    make: Callable[[Meters, ServerParameters, argparse.Namespace], MakeLine]
    options: tuple[str, ...] = ()


def framing_of(arguments: argparse.Namespace) -> str:
    """Return the framing that was asked for, or that follows from the place."""
    framing: str = arguments.framing or ("wrapper" if arguments.udp else "hdlc")
    return framing


def check_line(arguments: argparse.Namespace) -> None:
    """Refuse options that don't go together.

    Raises:
        UsageError: names the two.
    """
    framing = framing_of(arguments)
    place = next((name for name in _PLACES if getattr(arguments, name)), "pty")
    suitable = [_PLACES[name] for name in _FRAMINGS[framing].places]
    if _PLACES[place] not in suitable:
        raise UsageError(
            f"--framing {framing} is not served on {_PLACES[place]}",
            remedy=f"serve it on {' or '.join(suitable)}",
        )
    given = [option for option in _FRAMINGS_WITH if getattr(arguments, option)]
    for option in given:
        if option not in _FRAMINGS[framing].options:
            raise UsageError(
                f"{_flag(option)} means nothing with --framing {framing}",
                remedy=f"leave it out, or take --framing {_FRAMINGS_WITH[option]}",
            )
    if arguments.replay:
        for option in [*given, *(["udp"] if arguments.udp else [])]:
            raise UsageError(f"{_flag(option)} contradicts --replay", remedy="keep one of the two")


def _flag(option: str) -> str:
    return f"--{option.replace('_', '-')}"


def line_maker(
    arguments: argparse.Namespace,
    authentication: ServerDemand,
    make_meter: MakeMeter = SimulatedMeter,
) -> MakeLine:
    """Return what makes a line to the meters, one for each connection."""
    meters, parameters = _simulated(arguments, authentication, make_meter)
    return _FRAMINGS[framing_of(arguments)].make(meters, parameters, arguments)


def datagram_line_maker(
    arguments: argparse.Namespace,
    authentication: ServerDemand,
    make_meter: MakeMeter = SimulatedMeter,
) -> Callable[[], WrapperLine]:
    """Return what makes a line to the meters, one for each client of a UDP port."""
    return _wrapper(*_simulated(arguments, authentication, make_meter), arguments)


def _simulated(
    arguments: argparse.Namespace, authentication: ServerDemand, make_meter: MakeMeter
) -> tuple[Meters, ServerParameters]:
    clock = time.time  # noqa: TID251  # what simulated meters show is this machine's time
    installed = clock() - arguments.history
    meters = {
        number: make_meter(
            MeterParameters(
                number=number,
                installed=installed,
                capture_period=int(arguments.capture_period),
                zone=arguments.time_zone,
                buffer_encoding=BufferEncoding(arguments.buffer),
            ),
            clock,
        )
        for number in range(1, arguments.meters + 1)
    }
    size = arguments.max_pdu
    if framing_of(arguments) == "s-fsk":
        size = min(size, _MAX_SFSK_APDU)
    return meters, ServerParameters(
        authentication=authentication, max_receive_pdu_size=size, max_send_pdu_size=size
    )


def _hdlc(
    meters: Meters,
    parameters: ServerParameters,
    arguments: argparse.Namespace,
) -> MakeLine:
    addresses = {
        _hdlc_address(number): device for number, device in _devices(meters, arguments).items()
    }
    random = Random(arguments.seed)  # noqa: S311  # a seed is the point

    def make() -> Line:
        line = HdlcLine(addresses, parameters, _LINK)
        return line if arguments.impair is None else ImpairedLine(line, arguments.impair, random)

    if arguments.mode_e is None:
        return make
    station = ModeEStationParameters(
        identification=IDENTIFICATION, device_address="1", initial_baud=arguments.mode_e
    )
    return lambda: ModeELine(make(), station)


def _wrapper(
    meters: Meters,
    parameters: ServerParameters,
    arguments: argparse.Namespace,
) -> Callable[[], WrapperLine]:
    devices = _devices(meters, arguments)
    return lambda: WrapperLine(devices, parameters)


def _sfsk(
    meters: Meters,
    parameters: ServerParameters,
    arguments: argparse.Namespace,  # noqa: ARG001  # as every framing
) -> MakeLine:
    def make() -> Line:
        registered = [
            SfskMeter(
                meter=meter,
                system_title=b"SIM" + number.to_bytes(3, "big"),
                mac_address=_mac(number),
            )
            for number, meter in meters.items()
        ]
        return SfskLine(registered, parameters, MODEM.mirrored)

    return make


def _sfsk_hdlc(
    meters: Meters,
    parameters: ServerParameters,
    arguments: argparse.Namespace,  # noqa: ARG001  # as every framing
) -> MakeLine:
    def make() -> Line:
        lines = {
            _mac(number): HdlcLine({_hdlc_address(number): meter}, parameters, _SFSK_LINK)
            for number, meter in meters.items()
        }
        return SfskHdlcLine(lines, MODEM.mirrored)

    return make


def _prime(
    meters: Meters,
    parameters: ServerParameters,
    arguments: argparse.Namespace,  # noqa: ARG001  # as every framing
) -> MakeLine:
    nodes = [PrimeMeter(meter, _node(number)) for number, meter in meters.items()]
    return lambda: PrimeBaseNode(nodes, parameters)


def _devices(meters: Meters, arguments: argparse.Namespace) -> Mapping[int, Device]:
    """Return what stands on the line: the meters, or a concentrator before them."""
    if not arguments.gateway:
        return meters
    return {
        1: SimulatedGateway(
            {
                GatewayAddress(network_id=0, device_address=str(number).encode()): meter
                for number, meter in meters.items()
            }
        )
    }


def _hdlc_address(number: int) -> ServerAddress:
    return ServerAddress(logical=1, physical=FIRST_PHYSICAL_ADDRESS - 1 + number)


def _mac(number: int) -> int:
    return FIRST_PHYSICAL_ADDRESS - 1 + number


def _node(number: int) -> NewDevice:
    return NewDevice(
        device_id=number,
        capabilities=1,
        identifier=f"SIM{number:010d}".encode(),
        eui48=number.to_bytes(6, "big"),
    )


_FRAMINGS = {
    "hdlc": _Framing(places=("pty", "tcp"), make=_hdlc, options=("gateway", "impair", "mode_e")),
    "wrapper": _Framing(places=("tcp", "udp"), make=_wrapper, options=("gateway",)),
    "s-fsk": _Framing(places=("pty", "tcp"), make=_sfsk),
    "s-fsk-hdlc": _Framing(places=("pty", "tcp"), make=_sfsk_hdlc),
    "prime": _Framing(places=("tcp",), make=_prime),
}
FRAMINGS = tuple(_FRAMINGS)
"""What `--framing` may say."""

_FRAMINGS_WITH = {"gateway": "hdlc or wrapper", "impair": "hdlc", "mode_e": "hdlc"}
"""By the names of the options."""
_PLACES = {"tcp": "TCP (--tcp)", "udp": "UDP (--udp)", "pty": "a pseudo-terminal"}
"""Likewise; the last is the default."""

"""`dcud simulate`: a bus of meters that are not there."""

import argparse
import asyncio
import json
import signal
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dcud.cli.impaired_line import KINDS, ImpairedLine, impairment
from dcud.cli.main import UsageError
from dcud.cli.replay_choice import add_replay_arguments, replay_lines
from dcud.config.key_file import Access, key_file, read_secret_file
from dcud.config.key_ring import parse_keys
from dcud.config.kind import SocketAddress
from dcud.config.quantity import QuantityError, parse_duration
from dcud.dlms.authentication import NO_SECURITY, AuthenticationMechanism, LowLevelSecurity
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.negotiation import LinkSizes
from dcud.dlms.hdlc.station import StationParameters
from dcud.dlms.mode_e.baud import BAUD
from dcud.dlms.mode_e.identification import Identification
from dcud.dlms.mode_e.station import ModeEStationParameters
from dcud.dlms.server import ServerParameters
from dcud.line.errors import PortError
from dcud.sim.hdlc_line import HdlcLine
from dcud.sim.meter import MeterParameters, SimulatedMeter
from dcud.sim.mode_e_line import ModeELine
from dcud.sim.serving import Line, serve_pty, serve_tcp
from dcud.sim.wrapper_line import WrapperLine

summary = "serve simulated meters on a pseudo-terminal or on TCP"

FIRST_PHYSICAL_ADDRESS = 17
"""Of the first meter on an HDLC bus; 16 is the first that standards leave free."""

IDENTIFICATION = Identification(manufacturer="SIM", baud_character="5", escapes=("2",), name="DCUD")
"""What the meters say at their optical port: mode E, up to 9600 baud."""

_EPILOG = """\
Meter number N answers on HDLC at logical device 1, physical device 16 + N; over the wrapper at
server port N. Each has registers, a clock and the load profile 1.0.99.1.0.255. One line of JSON on
standard output tells where they are; then they serve until SIGTERM or Ctrl-C."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--pty",
        type=Path,
        metavar="LINK",
        help="serve on a pseudo-terminal, and put a symbolic link to it here",
    )
    where.add_argument(
        "--tcp", type=_address, metavar="HOST:PORT", help="serve on TCP; port 0 takes a free one"
    )
    parser.add_argument(
        "--framing", choices=("hdlc", "wrapper"), default="hdlc", help="on TCP (default: hdlc)"
    )
    parser.add_argument("--meters", type=_count, default=3, metavar="N", help="default: 3")
    parser.add_argument(
        "--capture-period",
        type=_duration,
        default=900.0,
        metavar="TIME",
        help='of the load profile (default: "15 min")',
    )
    parser.add_argument(
        "--history",
        type=_duration,
        default=86_400.0,
        metavar="TIME",
        help='that the meters have behind them (default: "1 d")',
    )
    parser.add_argument(
        "--time-zone", type=_zone, default="UTC", metavar="ZONE", help="of their clocks"
    )
    parser.add_argument(
        "--max-pdu",
        type=_pdu_size,
        default=1024,
        metavar="OCTETS",
        help="of the APDUs that they take and send (default: %(default)s)",
    )
    parser.add_argument(
        "--key-file",
        type=Path,
        metavar="FILE",
        help="demand the lls_password that stands in this key file under [meter.simulated]",
    )
    parser.add_argument(
        "--impair",
        type=impairment,
        metavar="KIND=SHARE,...",
        help="make the HDLC line bad: corruption=0.01 damages one octet in a hundred, loss=0.02 "
        f"loses two frames in a hundred, both ways; also {', '.join(KINDS[2:])}",
    )
    parser.add_argument(
        "--seed", type=int, default=1, metavar="N", help="of what befalls that line (default: 1)"
    )
    parser.add_argument(
        "--mode-e",
        type=int,
        choices=BAUD.values(),
        nargs="?",
        const=300,
        metavar="BAUD",
        help="want a sign-on (device address 1) before HDLC, at this speed (default: %(const)s)",
    )
    add_replay_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Serve until told to stop."""
    if arguments.framing == "wrapper" and arguments.tcp is None:
        raise UsageError("the wrapper runs over TCP", remedy="add --tcp 127.0.0.1:4059")
    if arguments.framing == "wrapper" and arguments.impair is not None:
        raise UsageError("TCP loses and damages nothing", remedy="drop --impair, or take hdlc")
    if arguments.framing == "wrapper" and arguments.mode_e is not None:
        raise UsageError("mode E leads to HDLC", remedy="leave out --framing wrapper")
    authentication = _authentication(arguments.key_file)
    try:
        asyncio.run(_serve(arguments, authentication))
    except OSError as error:
        raise PortError(
            f"the meters can't be served: {error.strerror}: {_place(arguments)}",
            remedy="choose another place, with --pty LINK or --tcp HOST:PORT",
        ) from None
    return 0


def _place(arguments: argparse.Namespace) -> str:
    if arguments.tcp is not None:
        return f"{arguments.tcp.host}:{arguments.tcp.port}"
    return str(arguments.pty or "a pseudo-terminal")


async def _serve(arguments: argparse.Namespace, authentication: AuthenticationMechanism) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    make_line, meters = _line_maker(arguments, authentication), arguments.meters
    if arguments.replay is not None:
        make_line, meters = replay_lines(arguments)
    async with AsyncExitStack() as stack:
        if arguments.tcp is None:
            path = await stack.enter_async_context(serve_pty(make_line(), arguments.pty))
            endpoint = {"device": str(path)}
        else:
            host, port = await stack.enter_async_context(
                serve_tcp(make_line, arguments.tcp.host, arguments.tcp.port)
            )
            endpoint = {"host": host, "port": str(port), "framing": arguments.framing}
        print(json.dumps({**endpoint, "meters": meters}), flush=True)
        await stopping.wait()


def _line_maker(
    arguments: argparse.Namespace, authentication: AuthenticationMechanism
) -> Callable[[], Line]:
    """Return what makes a line to the meters, one for each connection."""
    clock = time.time  # noqa: TID251  # what simulated meters show is this machine's time
    installed = clock() - arguments.history
    meters = [
        SimulatedMeter(
            MeterParameters(
                number=number,
                installed=installed,
                capture_period=int(arguments.capture_period),
                zone=arguments.time_zone,
            ),
            clock,
        )
        for number in range(1, arguments.meters + 1)
    ]
    parameters = ServerParameters(
        authentication=authentication,
        max_receive_pdu_size=arguments.max_pdu,
        max_send_pdu_size=arguments.max_pdu,
    )
    if arguments.framing == "wrapper":
        ports = dict(enumerate(meters, start=1))
        return lambda: WrapperLine(ports, parameters)
    addresses = {
        ServerAddress(logical=1, physical=FIRST_PHYSICAL_ADDRESS + index): meter
        for index, meter in enumerate(meters)
    }
    link = StationParameters(sizes=LinkSizes(max_info_transmit=1024, max_info_receive=1024))
    return _hdlc_line_maker(arguments, lambda: HdlcLine(addresses, parameters, link))


def _hdlc_line_maker(
    arguments: argparse.Namespace, make_line: Callable[[], HdlcLine]
) -> Callable[[], Line]:
    """Return what makes a line in the state and behind the sign-on that were asked for."""
    random = Random(arguments.seed)  # noqa: S311  # a seed is the point

    def make() -> Line:
        line = make_line()
        return line if arguments.impair is None else ImpairedLine(line, arguments.impair, random)

    if arguments.mode_e is None:
        return make
    station = ModeEStationParameters(
        identification=IDENTIFICATION, device_address="1", initial_baud=arguments.mode_e
    )
    return lambda: ModeELine(make(), station)


def _authentication(path: Path | None) -> AuthenticationMechanism:
    if path is None:
        return NO_SECURITY
    entries = parse_keys(path, read_secret_file(key_file(str(path)), Access.of_this_process()))
    password = entries.get(("meter", "simulated", "lls_password"))
    if password is None:
        raise UsageError(
            f"{path} holds no password for the simulated meters",
            remedy='add lls_password = "..." under [meter.simulated]',
        )
    return LowLevelSecurity(password)


def _address(text: str) -> SocketAddress:
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or int(port) > 0xFFFF:
        raise argparse.ArgumentTypeError(f"{text!r} is no HOST:PORT")
    return SocketAddress(host=host.strip("[]"), port=int(port))


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of meters, 1 to 1000")
    return int(text)


def _pdu_size(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 12 <= int(text) <= 0xFFFF:
        raise argparse.ArgumentTypeError(f"{text!r} is no APDU size, 12 to 65535")
    return int(text)


def _duration(text: str) -> float:
    try:
        seconds = parse_duration(text)
    except QuantityError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if seconds < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is less than a second")
    return seconds


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError):
        raise argparse.ArgumentTypeError(f"{text!r} is no time zone") from None

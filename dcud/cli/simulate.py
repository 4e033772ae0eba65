"""`dcud simulate`: a bus of meters that are not there."""

import argparse
import asyncio
import json
import signal
from contextlib import AsyncExitStack
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dcud.cli.core_dumps import forbid_core_dumps
from dcud.cli.impaired_line import KINDS, impairment
from dcud.cli.main import UsageError
from dcud.cli.replay_choice import add_replay_arguments, replay_lines
from dcud.cli.simulated_lines import (
    FRAMINGS,
    MakeLine,
    MakeMeter,
    check_line,
    datagram_line_maker,
    framing_of,
    line_maker,
)
from dcud.cli.simulated_security_choice import add_security_arguments, demands_security
from dcud.config.key_entries import parse_keys
from dcud.config.key_file import Access, key_file, read_secret_file
from dcud.config.kind import SocketAddress
from dcud.config.quantity import QuantityError, parse_duration
from dcud.dlms.authentication import NO_SECURITY, LowLevelSecurity
from dcud.dlms.mode_e.baud import BAUD
from dcud.dlms.server_security import ServerDemand
from dcud.line.errors import PortError
from dcud.sim.load_profile import BufferEncoding
from dcud.sim.meter import SimulatedMeter
from dcud.sim.serving import serve_pty, serve_tcp
from dcud.sim.udp_serving import serve_udp

summary = "serve simulated meters on a pseudo-terminal, on TCP or on UDP"

_EPILOG = """\
Meter number N answers on HDLC at logical device 1, physical device 16 + N; over the wrapper at
server port N; over S-FSK at MAC address 16 + N; over PRIME as node SIM and ten digits of N. With
--gateway a concentrator stands in the first one's place, and meter N behind it has the address N.
Each has registers, a clock and the load profile 1.0.99.1.0.255. One line of JSON on standard output
tells where they are; then they serve until SIGTERM or Ctrl-C."""


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
    where.add_argument(
        "--udp", type=_address, metavar="HOST:PORT", help="serve on UDP; port 0 takes a free one"
    )
    parser.add_argument("--framing", choices=FRAMINGS, help="(default: hdlc, over UDP the wrapper)")
    parser.add_argument(
        "--gateway", action="store_true", help="put a concentrator before the meters"
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
        "--buffer",
        choices=[each.value for each in BufferEncoding],
        default=BufferEncoding.PLAIN.value,
        help="the form in which the rows of the load profile come (default: %(default)s)",
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
        "--short-names",
        action="store_true",
        help="have the meters know their objects by short names",
    )
    parser.add_argument(
        "--key-file",
        type=Path,
        metavar="FILE",
        help="demand the lls_password that stands in this key file under [meter.simulated], or what"
        " the options below say",
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
    add_security_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Serve until told to stop."""
    check_line(arguments)
    demand = _demand(arguments)
    try:
        asyncio.run(_serve(arguments, *demand))
    except OSError as error:
        raise PortError(
            f"the meters can't be served: {error.strerror}: {_place(arguments)}",
            remedy="choose another place, with --pty LINK, --tcp HOST:PORT or --udp HOST:PORT",
        ) from None
    return 0


def _place(arguments: argparse.Namespace) -> str:
    address = arguments.tcp or arguments.udp
    return (
        f"{address.host}:{address.port}" if address else str(arguments.pty or "a pseudo-terminal")
    )


async def _serve(
    arguments: argparse.Namespace, authentication: ServerDemand, make_meter: MakeMeter
) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with AsyncExitStack() as stack:
        if arguments.replay is not None:
            make_line, meters = replay_lines(arguments)
            endpoint = await _serve_line(make_line, arguments, stack)
        elif arguments.udp is not None:
            meters = arguments.meters
            make_datagram_line = datagram_line_maker(arguments, authentication, make_meter)
            place = serve_udp(make_datagram_line, arguments.udp.host, arguments.udp.port)
            endpoint = _network(arguments, *await stack.enter_async_context(place))
        else:
            meters = arguments.meters
            make = line_maker(arguments, authentication, make_meter)
            endpoint = await _serve_line(make, arguments, stack)
        print(json.dumps({**endpoint, "meters": meters}), flush=True)
        await stopping.wait()


async def _serve_line(
    make_line: MakeLine, arguments: argparse.Namespace, stack: AsyncExitStack
) -> dict[str, str]:
    """Serve for as long as `stack` lasts; return where."""
    if arguments.tcp is not None:
        place = serve_tcp(make_line, arguments.tcp.host, arguments.tcp.port)
        return _network(arguments, *await stack.enter_async_context(place))
    path = await stack.enter_async_context(serve_pty(make_line(), arguments.pty))
    return {"device": str(path)}


def _network(arguments: argparse.Namespace, host: str, port: int) -> dict[str, str]:
    return {"host": host, "port": str(port), "framing": framing_of(arguments)}


def _demand(arguments: argparse.Namespace) -> tuple[ServerDemand, MakeMeter]:
    """Return how clients have to prove who they are, and what makes the meters."""
    path: Path | None = arguments.key_file
    if path is not None:
        forbid_core_dumps()
    access = Access.of_this_process()
    entries = (
        {} if path is None else parse_keys(path, read_secret_file(key_file(str(path)), access))
    )
    if demands_security(arguments) and arguments.short_names:
        raise UsageError(
            "the simulated meters with short names protect nothing",
            remedy="leave out --short-names, or the options of security",
        )
    if demands_security(arguments):
        # Unsecured simulations are not to wait for what they don't need.
        from dcud.cli.simulated_security import secured_meters  # noqa: PLC0415  # as said

        return NO_SECURITY, secured_meters(arguments, entries)
    if arguments.authentication == "lls" and path is None:
        raise UsageError("--authentication lls needs a password", remedy="name a --key-file")
    if path is None or arguments.authentication == "none":
        return NO_SECURITY, _meters(arguments)
    password = entries.get(("meter", "simulated", "lls_password"))
    if password is None:
        raise UsageError(
            f"{path} holds no password for the simulated meters",
            remedy='add lls_password = "..." under [meter.simulated]',
        )
    return LowLevelSecurity(password), _meters(arguments)


def _meters(arguments: argparse.Namespace) -> MakeMeter:
    if not arguments.short_names:
        return SimulatedMeter
    from dcud.sim.short_named_meter import ShortNamedMeter  # noqa: PLC0415  # few want them

    return ShortNamedMeter


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

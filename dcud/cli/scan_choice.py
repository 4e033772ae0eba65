"""What a scan is to try: from options to ranges."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dcud.assembly.scanning import usual_timing
from dcud.cli.check import DEFAULT_PATH
from dcud.cli.main import UsageError
from dcud.config import model
from dcud.config.load import load
from dcud.config.quantity import QuantityError, parse_duration
from dcud.config.report import suggestion
from dcud.dlms.errors import MisuseError
from dcud.line.line_settings import check_format
from dcud.line.scan import likely
from dcud.line.scan.ranges import AS_IT_IS, HIGHEST, LineSetting, ScanRanges
from dcud.line.scan.timing import ScanTiming

BUS_ID = "bus-1"
"""Of the bus that no configuration names."""

MAX_VALUES = 20_000
"""Of one range."""

_LINES = ("serial", "tcp", "rfc2217", "bus")
_NETWORK_ALONE = ("wrapper", "prime")
_POWER_LINES = ("s-fsk", "prime")
_QUICK_PHYSICALS = (*range(16, 33), *range(1, 16))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenLine:
    """The line to scan.

    Attributes:
        bus: the line, as the configuration has it or would have it.
        configured: whether it stands in a configuration, so that a daemon may be polling it.
        meters: those that the configuration has on it.
    """

    bus: model.Bus
    configured: bool = False
    meters: tuple[model.Meter, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanChoice:
    """A line, with what to try on it.

    Attributes:
        bus: the line, as the configuration has it or would have it.
        configured: whether it stands in a configuration, so that a daemon may be polling it.
    """

    bus: model.Bus
    ranges: ScanRanges
    timing: ScanTiming
    configured: bool = False


def numbers(text: str) -> tuple[int, ...]:
    """Return numbers and ranges, as 1-127,1000-1099, each once."""
    found: dict[int, None] = {}
    for part in text.split(","):
        low, dash, high = part.strip().partition("-")
        last = high if dash else low
        if not (low.isascii() and low.isdigit() and last.isascii() and last.isdigit()):
            raise argparse.ArgumentTypeError(f"{part.strip()!r} is no number and no range of them")
        if int(last) < int(low) or int(last) - int(low) >= MAX_VALUES:
            raise argparse.ArgumentTypeError(f"{part.strip()!r} holds no number, or too many")
        found.update(dict.fromkeys(range(int(low), int(last) + 1)))
    return tuple(found)


def _sizes(text: str) -> tuple[int, ...]:
    sizes = numbers(text)
    if not set(sizes) <= HIGHEST.keys():
        raise argparse.ArgumentTypeError(f"{text!r}: an address has 1, 2 or 4 octets")
    return sizes


def _formats(text: str) -> tuple[str, ...]:
    formats = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    for each in formats:
        try:
            check_format(each)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None
    return formats


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) <= 0xFFFF:
        raise argparse.ArgumentTypeError(f"{text!r} is no HOST:PORT")
    return host.strip("[]"), int(port)


def _duration(text: str) -> float:
    try:
        return float(text) if text.replace(".", "", 1).isdigit() else parse_duration(text)
    except QuantityError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _pace(text: str) -> float:
    try:
        pace = float(text)
    except ValueError:
        pace = 0.0
    if not 0 < pace <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of frames per second")
    return pace


def add_scan_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options that say where to look for what."""
    where = parser.add_argument_group("the line")
    where.add_argument("--serial", metavar="DEVICE", help="a serial port")
    where.add_argument(
        "--tcp", type=_address, metavar="HOST:PORT", help="a serial server, or a meter's network"
    )
    where.add_argument(
        "--framing",
        choices=("hdlc", "wrapper", "s-fsk", "prime"),
        help="what is spoken on the line: wrapper and prime on TCP alone (default: hdlc)",
    )
    where.add_argument(
        "--rfc2217",
        type=_address,
        metavar="HOST:PORT",
        help="a serial server whose port can be set from here",
    )
    where.add_argument("--bus", metavar="ID", help="a bus of the configuration")
    where.add_argument(
        "--config", type=Path, metavar="FILE", help=f"the configuration (default: {DEFAULT_PATH})"
    )
    _add_range_arguments(parser)
    manners = parser.add_argument_group("manners")
    manners.add_argument(
        "--pace", type=_pace, metavar="N", help="frames per second at most (default: 10)"
    )
    manners.add_argument(
        "--response-timeout",
        type=_duration,
        metavar="TIME",
        help='for an answer to begin (default: from "150 ms" on, as the answers seen suggest)',
    )
    manners.add_argument(
        "--listen",
        type=_duration,
        metavar="TIME",
        help='hear first whether the line is in use (default: "3 s")',
    )


def _add_range_arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_argument_group("what to try, in this order; LIST is as 1-127,1000-1099")
    what.add_argument("--baud", type=numbers, metavar="LIST", help="speeds of a serial port")
    what.add_argument(
        "--line-format", type=_formats, metavar="8N1,8E1", help="character formats (default: 8N1)"
    )
    what.add_argument("--sizes", type=_sizes, metavar="LIST", help="octets of server addresses")
    what.add_argument(
        "--logical", type=numbers, metavar="LIST", help="logical devices, or server ports"
    )
    what.add_argument("--physical", type=numbers, metavar="LIST", help="physical devices")
    what.add_argument(
        "--meter-number",
        type=numbers,
        metavar="LIST",
        help="serial numbers on the meters' plates: the addresses that follow from them come first",
    )
    what.add_argument("--clients", type=numbers, metavar="LIST", help="client addresses")
    what.add_argument(
        "--mode-e",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="try the sign-on of IEC 62056-21 as well (default: on a serial port)",
    )
    what.add_argument(
        "--all-settings",
        action="store_true",
        help="go on with other speeds after a meter was found at one",
    )
    depth = what.add_mutually_exclusive_group()
    depth.add_argument(
        "--quick", action="store_true", help="only where something answers a general call"
    )
    depth.add_argument(
        "--thorough", action="store_true", help="all physical devices to 10999, by three clients"
    )


def choose_line(arguments: argparse.Namespace) -> ChosenLine:
    """Return the line that the options choose.

    Raises:
        UsageError: they choose none, or several.
        ConfigError: the configuration can't be used.
    """
    given = [name for name in _LINES if getattr(arguments, name) is not None]
    if len(given) != 1:
        what = "; ".join(f"--{name}" for name in given) or "nothing"
        raise UsageError(
            f"which line? {what} was given",
            remedy="give one of --serial, --tcp, --rfc2217 and --bus",
        )
    if arguments.bus is not None:
        return _configured(arguments)
    if arguments.config is not None:
        raise UsageError(f"--config contradicts --{given[0]}", remedy="name a --bus, or a line")
    bus = _direct(arguments)
    return ChosenLine(bus=replace(bus, medium="plc") if bus.framing in _POWER_LINES else bus)


def choose_scan(arguments: argparse.Namespace, line: ChosenLine) -> ScanChoice:
    """Return what the options choose on a line with HDLC or the wrapper.

    Raises:
        UsageError: they contradict each other.
    """
    return ScanChoice(
        bus=line.bus,
        ranges=_ranges(arguments, line.bus),
        timing=_timing(arguments, line.bus),
        configured=line.configured,
    )


def _direct(arguments: argparse.Namespace) -> model.Bus:
    framing = arguments.framing or "hdlc"
    if arguments.tcp is not None:
        host, port = arguments.tcp
        return model.Bus(
            id=BUS_ID,
            tcp=model.Tcp(host=host, port=port),
            framing=framing,
            medium="network",
            turnaround=0.01,
        )
    if framing in _NETWORK_ALONE:
        raise UsageError(f"--framing {framing} needs a network", remedy="give --tcp HOST:PORT")
    if arguments.serial is not None:
        device = os.path.abspath(arguments.serial)  # noqa: PTH100  # symbolic links stay
        return model.Bus(id=BUS_ID, serial=model.Serial(device=device), framing=framing)
    host, port = arguments.rfc2217
    return model.Bus(id=BUS_ID, rfc2217=model.Rfc2217(host=host, port=port), framing=framing)


def _configured(arguments: argparse.Namespace) -> ChosenLine:
    if arguments.framing is not None:
        raise UsageError("--framing contradicts --bus", remedy="the configuration tells it")
    configuration = load(arguments.config or DEFAULT_PATH)
    for bus in configuration.buses:
        if bus.id == arguments.bus:
            meters = tuple(meter for meter in configuration.meters if meter.bus == bus.id)
            return ChosenLine(bus=bus, configured=True, meters=meters)
    names = [bus.id for bus in configuration.buses]
    raise UsageError(
        f"no bus {arguments.bus} is configured", remedy=suggestion(arguments.bus, names)
    )


def _timing(arguments: argparse.Namespace, bus: model.Bus) -> ScanTiming:
    usual = usual_timing(bus)
    patience, hail, least = usual.patience, usual.hail_patience, usual.least_patience
    if arguments.response_timeout is not None:
        patience = hail = least = arguments.response_timeout
    return ScanTiming(
        patience=patience,
        least_patience=least,
        hail_patience=max(patience, hail),
        turnaround=usual.turnaround,
        frames_per_second=arguments.pace or usual.frames_per_second,
        listen=usual.listen if arguments.listen is None else arguments.listen,
    )


def _ranges(arguments: argparse.Namespace, bus: model.Bus) -> ScanRanges:
    wrapper = bus.framing == "wrapper"
    limit = 0xFFFF if wrapper else model.HDLC_CLIENT_SAPS
    clients, sweep_clients = _clients(arguments)
    _bound("--clients", clients, limit)
    logicals = arguments.logical or (likely.SERVER_PORTS if wrapper else likely.LOGICALS)
    physicals = _physicals(arguments)
    _bound("--logical", logicals, HIGHEST[4])
    _bound("--physical", physicals, HIGHEST[4])
    lines = _lines(arguments, bus)
    return _checked(
        lines=lines,
        sizes=arguments.sizes or (1, 2, 4),
        logicals=logicals,
        physicals=physicals,
        clients=clients,
        sweep_clients=sweep_clients,
        wrapper=wrapper,
        mode_e=_mode_e(arguments, bus),
        silent_lines=not arguments.quick,
        all_lines=arguments.all_settings,
    )


def _checked(**ranges: Any) -> ScanRanges:
    try:
        return ScanRanges(**ranges)
    except MisuseError as error:
        raise UsageError(error.message, remedy="give other ranges") from None


def _mode_e(arguments: argparse.Namespace, bus: model.Bus) -> bool:
    is_serial = bus.serial is not None
    if arguments.mode_e and not is_serial:
        raise UsageError("--mode-e needs a serial port", remedy="give --serial DEVICE")
    return is_serial and arguments.mode_e is not False


def _bound(option: str, values: Sequence[int], limit: int) -> None:
    if max(values, default=0) > limit:
        raise UsageError(f"{option}: {max(values)} is out of range", remedy=f"up to {limit}")


def _clients(arguments: argparse.Namespace) -> tuple[tuple[int, ...], int]:
    """Return the clients, and with how many of them every address is tried."""
    if arguments.clients:
        return arguments.clients, len(arguments.clients)
    if arguments.thorough:
        return (*likely.CLIENTS, *likely.MORE_CLIENTS), 3
    return likely.CLIENTS, 1


def _physicals(arguments: argparse.Namespace) -> tuple[int, ...]:
    first = likely.physicals_of(arguments.meter_number or ())
    if arguments.physical is not None:
        usual: tuple[int, ...] = arguments.physical
    elif arguments.quick:
        usual = _QUICK_PHYSICALS
    else:
        usual = likely.PHYSICALS + (likely.MORE_PHYSICALS if arguments.thorough else ())
    return tuple(dict.fromkeys((*first, *usual)))


def _lines(arguments: argparse.Namespace, bus: model.Bus) -> tuple[LineSetting, ...]:
    line = bus.serial or bus.rfc2217
    if line is None:
        for option in ("baud", "line_format"):
            if getattr(arguments, option) is not None:
                flag = option.replace("_", "-")
                raise UsageError(
                    f"--{flag} needs a serial port", remedy="the serial server has it set"
                )
        return (AS_IT_IS,)
    formats = arguments.line_format or ("8N1",)
    if arguments.baud or arguments.line_format:
        bauds = arguments.baud or [each.baud for each in likely.SETTINGS]
        told = [LineSetting(baud, each) for each in formats for baud in bauds]
    else:
        told = [LineSetting(line.baud, line.format), *likely.SETTINGS]
    for each in told:
        if not 300 <= (each.baud or 0) <= 4_000_000:
            raise UsageError(f"--baud: {each.baud} is out of range", remedy="300 to 4000000")
    return tuple(dict.fromkeys(told))

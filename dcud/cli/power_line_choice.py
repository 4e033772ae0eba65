"""How a power line is to be searched: from options to parameters."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from dcud.cli.main import UsageError
from dcud.cli.scan_choice import ChosenLine, numbers
from dcud.config import model
from dcud.config.kind import HEX_PREFIX, parse_octets
from dcud.dlms.sfsk.mac import FIRST_INITIATOR, MAX_CREDIT
from dcud.line.scan import likely

if TYPE_CHECKING:
    from dcud.line.discovery import Inquiry

FRAMINGS: Final = ("s-fsk", "prime")
"""Those of power lines that know themselves who is on them."""

SYSTEM_TITLE: Final = b"DCU\x00\x00\x01"
"""Ours, unless another is given."""

_TITLE_SIZE = 6
_POOL = tuple(range(100, 200))
_HIGHEST_ADDRESS = FIRST_INITIATOR - 1
"""Of meters; those above are initiators'."""
_PATIENCE = 5.0
_RESPONSE_TIMEOUT = 20.0
_MOST_SLOTS = 0xFFFF
_MOST_ROUNDS = 1000

_WITH_SFSK = ("s-fsk",)
_WITH_ADDRESSES = ("hdlc", "wrapper")
_OPTIONS: Final = {
    "mac_addresses": _WITH_SFSK,
    "no_register": _WITH_SFSK,
    "system_title": _WITH_SFSK,
    "slots": _WITH_SFSK,
    "rounds": _WITH_SFSK,
    "report_credit": _WITH_SFSK,
    "baud": ("hdlc", "wrapper", "s-fsk"),
    "line_format": ("hdlc", "wrapper", "s-fsk"),
    **dict.fromkeys(
        ("sizes", "logical", "physical", "meter_number", "mode_e", "all_settings"), _WITH_ADDRESSES
    ),
    **dict.fromkeys(("quick", "thorough", "pace", "listen", "state", "force"), _WITH_ADDRESSES),
}
"""By option: the framings with which it means something, where that isn't every one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerLineChoice:
    """A power line, with how it is to be searched.

    Attributes:
        line: with the meters that are configured on it.
        clients: as which meters are asked who they are.
        response_timeout: seconds, of a meter behind a base node.
        patience: seconds; None for what the framing suggests.
        addresses: MAC addresses to give away, none of them configured; none to register nobody.
        registers: whether new meters are registered.
        system_title: ours, six octets.
        slots: how many time slots new meters pick from.
        rounds: without a new meter, that end the search.
        report_credit: how often stations repeat what new meters report, 0..7.
    """

    line: ChosenLine
    clients: Sequence[int]
    response_timeout: float
    patience: float | None = None
    addresses: Sequence[int] = ()
    registers: bool = True
    system_title: bytes = SYSTEM_TITLE
    slots: int = 10
    rounds: int = 2
    report_credit: int = 0

    @property
    def bus(self) -> model.Bus:
        """The line alone."""
        return self.line.bus

    def inquiry(self) -> "Inquiry":
        """Return what finds the meters, not started yet."""
        return _INQUIRIES[self.bus.framing](self)


def _title(text: str) -> bytes:
    try:
        title = parse_octets(text)
    except ValueError:
        title = b""
    if len(title) != _TITLE_SIZE:
        raise argparse.ArgumentTypeError(
            f'{text!r} is no system title of {_TITLE_SIZE} octets, as text or as "{HEX_PREFIX}01AB"'
        )
    return title


def add_power_line_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options that mean something on power lines alone."""
    group = parser.add_argument_group("on an S-FSK power line")
    group.add_argument(
        "--mac-addresses",
        type=numbers,
        metavar="LIST",
        help="addresses to give to new meters, but for those of configured ones (default: 100-199)",
    )
    group.add_argument(
        "--no-register", action="store_true", help="only list new meters, give no addresses"
    )
    group.add_argument(
        "--system-title",
        type=_title,
        metavar="TITLE",
        help="of this concentrator, six octets; one of its own where several hear each other "
        f'(default: "{HEX_PREFIX}{SYSTEM_TITLE.hex(" ").upper()}", DCU and number 1)',
    )
    group.add_argument(
        "--slots",
        type=int,
        metavar="N",
        help="time slots that new meters pick from to report; more for many meters (default: 10)",
    )
    group.add_argument(
        "--rounds", type=int, metavar="N", help="without a new meter, to end with (default: 2)"
    )
    group.add_argument(
        "--report-credit",
        type=int,
        metavar="N",
        help="how often the others repeat such a report, 0 to 7; more for meters far away, which "
        "then need more slots (default: 0)",
    )


def check_options(arguments: argparse.Namespace, framing: str) -> None:
    """Refuse options that mean nothing with a framing, and framings that no scan knows.

    Raises:
        UsageError: names them.
    """
    if framing not in (*_WITH_ADDRESSES, *FRAMINGS):
        raise UsageError(
            f"a bus with framing {framing} can't be scanned",
            remedy="with HDLC in its frames, meters have system titles that no discovery "
            "of dcud's knows; read their addresses off the concentrator that registered them",
        )
    for name, framings in _OPTIONS.items():
        if getattr(arguments, name) not in {None, False} and framing not in framings:
            raise UsageError(
                f"--{name.replace('_', '-')} means nothing with framing {framing}",
                remedy=f"leave it out; it is for {', '.join(framings)}",
            )


def choose_power_line(arguments: argparse.Namespace, line: ChosenLine) -> PowerLineChoice:
    """Return what the options choose.

    Raises:
        UsageError: they are out of range, or leave no address to give away.
    """
    patience = arguments.response_timeout
    return PowerLineChoice(
        line=replace(line, bus=_set(arguments, line.bus)),
        clients=_checked("--clients", arguments.clients or likely.CLIENTS[:1], 1, 0xFF),
        response_timeout=_RESPONSE_TIMEOUT if patience is None else patience,
        patience=patience,
        addresses=_addresses(arguments, line) if line.bus.framing == "s-fsk" else (),
        registers=not arguments.no_register,
        system_title=arguments.system_title or SYSTEM_TITLE,
        slots=_one("--slots", arguments.slots, 10, _MOST_SLOTS),
        rounds=_one("--rounds", arguments.rounds, 2, _MOST_ROUNDS),
        report_credit=_checked("--report-credit", [arguments.report_credit or 0], 0, MAX_CREDIT)[0],
    )


def _checked(option: str, values: Sequence[int], least: int, most: int) -> Sequence[int]:
    for each in values:
        if not least <= each <= most:
            raise UsageError(f"{option}: {each} is out of range", remedy=f"{least} to {most}")
    return values


def _one(option: str, told: int | None, usual: int, most: int) -> int:
    return _checked(option, [usual if told is None else told], 1, most)[0]


def _set(arguments: argparse.Namespace, bus: model.Bus) -> model.Bus:
    """Return the bus with the speed that was told, of which there is one at most."""
    told = {"baud": arguments.baud, "format": arguments.line_format}
    keys = {}
    for name, values in told.items():
        if values is None:
            continue
        if len(values) > 1:
            raise UsageError(
                "a modem has one speed and one character format", remedy="give one of each"
            )
        keys[name] = values[0]
    if not keys:
        return bus
    if bus.serial is not None:
        return replace(bus, serial=replace(bus.serial, **keys))
    if bus.rfc2217 is not None:
        return replace(bus, rfc2217=replace(bus.rfc2217, **keys))
    raise UsageError(
        "--baud and --line-format need a serial port", remedy="the serial server has them set"
    )


def _addresses(arguments: argparse.Namespace, line: ChosenLine) -> Sequence[int]:
    if arguments.no_register:
        return ()
    pool = _checked("--mac-addresses", arguments.mac_addresses or _POOL, 1, _HIGHEST_ADDRESS)
    taken = {meter.sfsk.mac_address for meter in line.meters if meter.sfsk is not None}
    taken.add(line.bus.sfsk.initiator)
    free = [each for each in pool if each not in taken]
    if not free:
        raise UsageError(
            "all these addresses are those of configured meters",
            remedy="give others with --mac-addresses, or only list new meters with --no-register",
        )
    return free


def _discovery(choice: PowerLineChoice) -> "Inquiry":
    from dcud.assembly.links import sfsk_parameters  # noqa: PLC0415  # few have it: start-up
    from dcud.dlms.sfsk.ciase import DiscoverRequest  # noqa: PLC0415  # likewise
    from dcud.dlms.sfsk.discovery import Discovery, DiscoveryParameters  # noqa: PLC0415  # likewise

    link = sfsk_parameters(choice.bus.sfsk)
    if choice.patience is not None:
        margin = min(link.timing.margin, choice.patience)
        timing = replace(link.timing, server_delay=choice.patience, margin=margin)
        link = replace(link, timing=timing)
    parameters = DiscoveryParameters(
        initiator_title=choice.system_title,
        link=link,
        request=DiscoverRequest(
            allowed_time_slots=choice.slots, report_credit=choice.report_credit
        ),
        quiet_rounds=choice.rounds,
        max_rounds=_MOST_ROUNDS,
    )
    return Discovery(parameters, choice.addresses)


def _roll_call(choice: PowerLineChoice) -> "Inquiry":
    from dcud.dlms.prime.roll_call import RollCall  # noqa: PLC0415  # few have it: start-up

    return RollCall(_PATIENCE if choice.patience is None else choice.patience)


_INQUIRIES = {"s-fsk": _discovery, "prime": _roll_call}

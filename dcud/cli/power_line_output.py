"""What a scan of a power line found: as rows, and as configuration to paste."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TextIO

from dcud.cli.rendering import Cell, Column, Rows
from dcud.cli.scan_choice import ChosenLine
from dcud.cli.scan_output import IDENTITY_COLUMNS, identity_cells, identity_fields
from dcud.cli.scan_tables import PlacedMeter, bus_table, line_keys, meter_table
from dcud.config import model
from dcud.config.kind import HEX_PREFIX, quoted
from dcud.dlms.prime.messages import NewDevice
from dcud.dlms.prime.network import NodeJoined, NodeLeft, is_named
from dcud.dlms.sfsk.discovery import MeterDiscovered, MeterRegistered, RegistrationFailed
from dcud.dlms.sfsk.mac import NEW
from dcud.line.discovery import Finding
from dcud.line.scan import likely
from dcud.line.scan.power_line import PrimeStation, SfskStation, Station
from dcud.line.scan.ranges import AS_IT_IS, LineSetting

_LEAST_NAME, _MOST_NAME = 6, 32
"""Octets of a node's name in the configuration."""
_MAKER_SIZE = 3

_FAILURES: Final = {
    "no_answer": "does not answer at the address that it was told",
    "no_address": "gets no address, for none is left: --mac-addresses gives more",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """How meters of one framing are shown.

    Attributes:
        columns: what stands before who they are.
        cells: of these columns.
        fields: the same as JSON has it.
        name: of a meter, in what is said and in the configuration.
        remark: what is odd about it.
        is_configured: whether a meter of the configuration is the one that was found.
    """

    columns: tuple[Column, ...]
    cells: Callable[[Any], list[Cell]]
    fields: Callable[[Any], dict[str, Cell]]
    name: Callable[[Any], str]
    remark: Callable[[Any], str]
    is_configured: Callable[[model.Meter, Any], bool]


def maker(system_title: bytes) -> str:
    """Return the letters of the manufacturer; "" where there are none."""
    letters = system_title[:_MAKER_SIZE].decode("ascii", "replace")
    return letters if letters.isascii() and letters.isalpha() else ""


def identifier_text(node: NewDevice) -> str:
    """Return a node's identifier without its padding: text where it's text, else hex."""
    bare = node.identifier.rstrip(b"\0 ")
    text = bare.decode("ascii", "replace")
    return text if text.isascii() and text.isprintable() else bare.hex()


def _sfsk_cells(station: SfskStation) -> list[Cell]:
    title = station.system_title
    return [station.mac_address, title.hex().upper(), maker(title), station.alarm]


def _sfsk_fields(station: SfskStation) -> dict[str, Cell]:
    title = station.system_title
    return {
        "mac_address": station.mac_address,
        "system_title": title.hex(),
        "manufacturer": maker(title),
        "alarm": station.alarm,
        "told": station.told,
    }


def _sfsk_name(station: SfskStation) -> str:
    address = station.mac_address
    return station.system_title.hex().upper() if address is None else str(address)


def _sfsk_remark(station: SfskStation) -> str:
    if station.is_reachable:
        return ""
    if station.told is None:
        return "has no address"
    return f"was told address {station.told}, and has not answered there"


def _prime_cells(station: PrimeStation) -> list[Cell]:
    node = station.node
    return [node.device_id, identifier_text(node), node.eui48.hex().upper()]


def _prime_fields(station: PrimeStation) -> dict[str, Cell]:
    node = station.node
    return {
        "node": node.device_id,
        "identifier": identifier_text(node),
        "eui48": node.eui48.hex(),
        "capabilities": node.capabilities,
    }


_KINDS: Final = {
    SfskStation: _Kind(
        columns=(
            Column(heading="address", right=True),
            Column(heading="system title"),
            Column(heading="maker", sparse=True),
            Column(heading="alarm", right=True, sparse=True),
        ),
        cells=_sfsk_cells,
        fields=_sfsk_fields,
        name=_sfsk_name,
        remark=_sfsk_remark,
        is_configured=lambda meter, station: (
            meter.sfsk is not None and meter.sfsk.mac_address == station.mac_address
        ),
    ),
    PrimeStation: _Kind(
        columns=(
            Column(heading="node", right=True),
            Column(heading="identifier"),
            Column(heading="EUI-48"),
        ),
        cells=_prime_cells,
        fields=_prime_fields,
        name=lambda station: station.node.eui48.hex().upper(),
        remark=lambda _: "",
        is_configured=lambda meter, station: (
            meter.prime is not None and is_named(station.node, meter.prime.node)
        ),
    ),
}


def columns(station: Station) -> tuple[Column, ...]:
    """Return the columns for a meter and its like."""
    remark = Column(heading="remark", sparse=True)
    return (*_KINDS[type(station)].columns, *IDENTITY_COLUMNS, remark)


def station_name(station: Station) -> str:
    """Return the name under which a meter is spoken of, and its frames are shown."""
    return _KINDS[type(station)].name(station)


def add_station(shown: Rows, station: Station, meters: Sequence[model.Meter]) -> None:
    """Show one meter; `meters` are those of the configuration."""
    kind = _KINDS[type(station)]
    remark = _remark(station, meters)
    shown.add(
        [*kind.cells(station), *identity_cells(station.identity), remark],
        {**kind.fields(station), **identity_fields(station.identity), "remark": remark},
    )


def _remark(station: Station, meters: Sequence[model.Meter]) -> str:
    known = configured_as(station, meters)
    return f"configured as {known}" if known else _KINDS[type(station)].remark(station)


def configured_as(station: Station, meters: Sequence[model.Meter]) -> str:
    """Return the id of the configured meter that a station is; "" where there is none."""
    is_configured = _KINDS[type(station)].is_configured
    return next((meter.id for meter in meters if is_configured(meter, station)), "")


def show_power_line(line: ChosenLine, stations: Sequence[Station], out: TextIO) -> None:
    """Write tables that the configuration takes as they are, but for those that it has."""
    bus, meters = line.bus, line.meters
    tables = [] if line.configured else [bus_table(bus, line_keys(bus, _setting(bus)))]
    names = Counter(each.node.identifier for each in stations if isinstance(each, PrimeStation))
    taken = {meter.id for meter in meters}
    for station in stations:
        remark = _remark(station, meters)
        if remark:
            tables.append([f"# {station_name(station)}: {remark}"])
            continue
        is_single = not isinstance(station, PrimeStation) or names[station.node.identifier] == 1
        tables.append(meter_table(_placed(bus, station, is_single=is_single), taken))
    print(*("\n".join(table) for table in tables), sep="\n\n", file=out)


def _setting(bus: model.Bus) -> LineSetting:
    told = bus.serial or bus.rfc2217
    return AS_IT_IS if told is None else LineSetting(told.baud, told.format)


def _placed(bus: model.Bus, station: Station, *, is_single: bool) -> PlacedMeter:
    place, remark = _place(station, is_single=is_single)
    who = station.identity
    return PlacedMeter(
        bus=bus.id,
        place=[place],
        suffix=station_name(station),
        client=who.clients[0].client if who and who.clients else likely.CLIENTS[0],
        identity=who,
        remarks=[remark],
    )


def _place(station: Station, *, is_single: bool) -> tuple[str, str]:
    """Return the key that says where a meter is, with what else is known of it."""
    if isinstance(station, SfskStation):
        title = station.system_title.hex().upper()
        return f"sfsk = {{ mac_address = {station.mac_address} }}", f"system title {title}"
    node = station.node
    text = identifier_text(node)
    eui48 = node.eui48.hex(" ").upper()
    fits = text.encode() == node.identifier.rstrip(b"\0 ") and is_single
    if fits and _LEAST_NAME <= len(text) <= _MOST_NAME and not text.startswith(HEX_PREFIX):
        return f"prime = {{ node = {quoted(text)} }}", f"EUI-48 {eui48}"
    return f"prime = {{ node = {quoted(HEX_PREFIX + eui48)} }}", f"identifier {text}"


def finding_words(finding: Finding) -> str:
    """Return the line that tells of a finding as it comes; "" where nothing is to be told."""
    match finding:
        case MeterDiscovered(system_title=title, alarm=alarm, mac_address=address):
            parts = [f"found {title.hex().upper()}", maker(title) and f"of {maker(title)}"]
            parts.append("" if address == NEW else f"at {address}")
            parts.append("" if alarm is None else f"with alarm {alarm}")
            return " ".join(filter(None, parts))
        case MeterRegistered(system_title=title, mac_address=address):
            return f"{title.hex().upper()} has address {address}"
        case RegistrationFailed(system_title=title, reason=reason):
            return f"{title.hex().upper()} {_FAILURES[reason]}"
        case NodeJoined(node=node):
            return f"found node {node.device_id}: {identifier_text(node)}"
        case NodeLeft(device_id=device_id):
            return f"node {device_id} has left"
        case _:  # the end
            return ""


def identified_words(station: Station) -> str:
    """Return the line that tells who a meter is."""
    who = station.identity
    said = "; ".join(each.words or each.standing for each in who.clients) if who else ""
    name = who.logical_device_name if who else ""
    return f"{station_name(station)}: {name or said}"

"""Tables of configuration for what a scan found."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dcud.config import model
from dcud.config.kind import quoted
from dcud.line.scan.found import OPEN, Identity
from dcud.line.scan.ranges import LineSetting

_NO_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_ID = 64
_TEMPLATE = "generic-electricity"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedMeter:
    """A meter as its table tells of it.

    Attributes:
        bus: id of its bus.
        place: lines that say where on the bus it is.
        suffix: what tells it from all others; its id where it doesn't say its name.
        client: to whom it answered.
        identity: what it says of itself; None where it wasn't asked.
        remarks: what people should know.
    """

    bus: str
    place: Sequence[str]
    suffix: str
    client: int
    identity: Identity | None
    remarks: Sequence[str] = ()


def bus_table(bus: model.Bus, line: Sequence[str]) -> list[str]:
    """Return the table of a bus that is reached as the lines of `line` say."""
    return ["[[bus]]", f"id = {quoted(bus.id)}", *line]


def line_keys(bus: model.Bus, setting: LineSetting) -> list[str]:
    """Return the keys that say how a bus is reached, and what is spoken there."""
    framing = [] if bus.framing == "hdlc" else [f'framing = "{bus.framing}"']
    own = f'baud = {setting.baud}, format = "{setting.format}"'
    if bus.serial is not None:
        return [f"serial = {{ device = {quoted(bus.serial.device)}, {own} }}", *framing]
    server = bus.rfc2217
    if server is not None:
        there = f"host = {quoted(server.host)}, port = {server.port}"
        return [f"rfc2217 = {{ {there}, {own} }}", *framing]
    if bus.tcp is None:
        return []
    return [f"tcp = {{ host = {quoted(bus.tcp.host)}, port = {bus.tcp.port} }}", *framing]


def meter_table(meter: PlacedMeter, taken: set[str]) -> list[str]:
    """Return the table of a meter, under an id that isn't in `taken` and will be."""
    who = meter.identity
    client = who.open_client if who else None
    lines = ["[[meter]]", f"id = {quoted(_id(meter, taken))}", f"bus = {quoted(meter.bus)}"]
    lines += meter.place
    lines.append(f"client_sap = {meter.client if client is None else client}")
    if client is None:
        lines += [
            "enabled = false",
            "# No client gets in without a password. With one, in a key file:",
            '# authentication = "lls"',
        ]
    lines.append(f'template = "{_TEMPLATE}"  # or one for gas, water, heat: what is read of it')
    for each in who.clients if who else ():
        if each.standing != OPEN:
            lines.append(f"# client {each.client}: {each.standing} {each.words}".rstrip())
    return [*lines, *(f"# {remark}" for remark in meter.remarks)]


def _id(meter: PlacedMeter, taken: set[str]) -> str:
    """Return a name that no other meter has, from what the meter says of itself."""
    who, suffix = meter.identity, meter.suffix
    told = (who.logical_device_name or who.serial_number) if who else ""
    name = _NO_NAME.sub("-", told).strip("-._")[:_LONGEST_ID] or f"meter-{suffix}"
    if name in taken:
        name = f"{name[: _LONGEST_ID - len(suffix) - 1]}-{suffix}"
    taken.add(name)
    return name

"""What a scan found: as rows, and as configuration to paste."""

import re
from collections.abc import Sequence
from typing import TextIO

from dcud.cli.rendering import Cell, Column, Rows
from dcud.config import model
from dcud.config.kind import quoted
from dcud.dlms.hdlc.address import ServerAddress
from dcud.line.scan.found import OPEN, ClientStanding, Found, FoundMeter, SignedOn
from dcud.line.scan.hdlc_prober import station_name
from dcud.line.scan.ranges import LineSetting, is_shared

COLUMNS = (
    Column(heading="server"),
    Column(heading="size", right=True),
    Column(heading="line"),
    Column(heading="name"),
    Column(heading="serial number", sparse=True),
    Column(heading="clients"),
    Column(heading="remark", sparse=True),
)

_NO_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_ID = 64
_TEMPLATE = "generic-electricity"


def add_meter(shown: Rows, meter: FoundMeter, setting: LineSetting) -> None:
    """Show one meter."""
    best, who = meter.best, meter.best.identity
    standings = who.clients if who else ()
    devices = who.logical_devices if who else ()
    address = best.address
    name = who.logical_device_name if who else ""
    serial_number = who.serial_number if who else ""
    remark = "; ".join(_remarks(meter))
    cells: list[Cell] = [
        station_name(address),
        address.octet_count,
        str(setting),
        name,
        serial_number,
        ", ".join(map(_standing, standings)),
        remark,
    ]
    shown.add(
        cells,
        {
            "logical": address.logical,
            "physical": address.physical,
            "size": address.octet_count,
            "baud": setting.baud,
            "line_format": None if setting.baud is None else setting.format,
            "answer": best.answer,
            "answer_time": round(best.seconds, 3),
            "logical_device_name": name,
            "serial_number": serial_number,
            "clients": [
                {"client": each.client, "standing": each.standing, "words": each.words}
                for each in standings
            ],
            "logical_devices": [{"sap": each.sap, "name": each.name} for each in devices],
            "also_at": [station_name(each.address) for each in meter.stations[1:]],
            "mode_e": None,
            "remark": remark,
        },
    )


def add_signed_on(shown: Rows, who: SignedOn) -> None:
    """Show who answered the sign-on of mode E."""
    address, identity = who.address, who.identity
    standings = identity.clients if identity else ()
    name = identity.logical_device_name if identity else ""
    serial_number = identity.serial_number if identity else ""
    remark = signed_on_words(who)
    cells: list[Cell] = [
        station_name(address) if address else None,
        address.octet_count if address else None,
        "300 7E1",
        name,
        serial_number,
        ", ".join(map(_standing, standings)),
        remark,
    ]
    shown.add(
        cells,
        {
            "logical": address.logical if address else None,
            "physical": address.physical if address else None,
            "size": address.octet_count if address else None,
            "baud": who.baud,
            "line_format": None,
            "answer": "identification",
            "answer_time": None,
            "logical_device_name": name,
            "serial_number": serial_number,
            "clients": [
                {"client": each.client, "standing": each.standing, "words": each.words}
                for each in standings
            ],
            "logical_devices": [],
            "also_at": [],
            "mode_e": {
                "identification": who.identification,
                "manufacturer": who.manufacturer,
                "hdlc": who.hdlc,
            },
            "remark": remark,
        },
    )


def signed_on_words(who: SignedOn) -> str:
    """Return what a sign-on brought, in a line."""
    words = f"identifies itself as {who.identification}"
    if who.address is not None:
        return f"mode E: {words}, speaks HDLC after the sign-on"
    if who.hdlc:
        return f"mode E: {words}, but answers at none of the usual addresses in HDLC"
    return f"{words}, and announces no mode E"


def found_words(station: Found, setting: LineSetting) -> str:
    """Return the line that tells of a station as soon as it is found."""
    who = station.identity
    name = who.logical_device_name if who else ""
    words = f"found {station_name(station.address)} at {setting}"
    return f"{words}: {name or station.answer}"


def _standing(each: ClientStanding) -> str:
    return f"{each.client} {each.standing}"


def _remarks(meter: FoundMeter) -> list[str]:
    best = meter.best
    remarks = []
    if best.is_crowded:
        remarks.append("several stations answer: give each an address of its own")
    if is_shared(best.address) and best.address.physical is not None:
        remarks.append("a general address, good only while the meter is alone on the line")
    if len(meter.stations) > 1:
        others = ", ".join(str(each.address) for each in meter.stations[1:])
        remarks.append(f"also at {others}")
    if best.identity and not best.identity.clients:
        remarks.append("no client got further than the link")
    return remarks


def show_configuration(
    bus: model.Bus,
    found: Sequence[tuple[FoundMeter, LineSetting]],
    out: TextIO,
    *,
    configured: bool,
) -> None:
    """Write tables that the configuration takes as they are.

    Args:
        bus: the line.
        found: the meters, each with the setting of the line at which it was found.
        out: where to.
        configured: whether the bus stands in the configuration already.
    """
    if not found:
        return
    setting = found[0][1]
    if configured:
        print(f"# The bus {bus.id} is to run at {setting}.", file=out)
    else:
        print(*_bus(bus, _line(bus, setting)), sep="\n", file=out)
    taken: set[str] = set()
    for meter, own in found:
        lines = _meter(bus, meter, taken)
        if own != setting:
            lines = [f"# At {own}: a bus has one speed, so this meter can't be on it.", *lines]
            lines = [line if line.startswith("#") else f"# {line}" for line in lines]
        print("", *lines, sep="\n", file=out)


def show_optical_configuration(
    bus: model.Bus, who: SignedOn, out: TextIO, *, configured: bool
) -> None:
    """Write the same for a meter that speaks HDLC after a sign-on, else a remark."""
    print(f"# {signed_on_words(who)}", file=out)
    if who.address is None or bus.serial is None:
        return
    if not configured:
        line = [f"serial = {{ device = {quoted(bus.serial.device)} }}", 'medium = "optical"']
        print(*_bus(bus, line), "", sep="\n", file=out)
    station = Found(
        line=0, client=who.client, address=who.address, answer="UA", identity=who.identity
    )
    lines = _meter(bus, FoundMeter(stations=(station,)), set())
    print(*lines, "mode_e = {}", sep="\n", file=out)


def _bus(bus: model.Bus, line: Sequence[str]) -> list[str]:
    return ["[[bus]]", f"id = {quoted(bus.id)}", *line]


def _line(bus: model.Bus, setting: LineSetting) -> list[str]:
    own = f'baud = {setting.baud}, format = "{setting.format}"'
    if bus.serial is not None:
        return [f"serial = {{ device = {quoted(bus.serial.device)}, {own} }}"]
    server = bus.rfc2217
    if server is not None:
        there = f"host = {quoted(server.host)}, port = {server.port}"
        return [f"rfc2217 = {{ {there}, {own} }}"]
    if bus.tcp is None:
        return []
    lines = [f"tcp = {{ host = {quoted(bus.tcp.host)}, port = {bus.tcp.port} }}"]
    return [*lines, 'framing = "wrapper"'] if bus.framing == "wrapper" else lines


def _meter(bus: model.Bus, meter: FoundMeter, taken: set[str]) -> list[str]:
    best = meter.best
    client = best.identity.open_client if best.identity else None
    lines = ["[[meter]]", f"id = {quoted(_id(meter, taken))}", f"bus = {quoted(bus.id)}"]
    lines.append(f"server_address = {{ {_address(best.address)} }}")
    lines.append(f"client_sap = {best.client if client is None else client}")
    if client is None:
        lines += [
            "enabled = false",
            "# No client gets in without a password. With one, in a key file:",
            '# authentication = "lls"',
        ]
    lines.append(f'template = "{_TEMPLATE}"  # or one for gas, water, heat: what is read of it')
    standings = best.identity.clients if best.identity else ()
    for each in standings:
        if each.standing != OPEN:
            lines.append(f"# client {each.client}: {each.standing} {each.words}".rstrip())
    lines += [f"# {remark}" for remark in _remarks(meter)]
    return lines


def _address(address: ServerAddress) -> str:
    parts = [f"logical = {address.logical}"]
    if address.physical is not None:
        parts.append(f"physical = {address.physical}")
    if address != ServerAddress(address.logical, address.physical, None) and (
        address.octet_count != ServerAddress(address.logical, address.physical).octet_count
    ):
        parts.append(f"size = {address.octet_count}")
    return ", ".join(parts)


def _id(meter: FoundMeter, taken: set[str]) -> str:
    """Return a name that no other meter has, from what the meter says of itself."""
    who, address = meter.best.identity, meter.best.address
    told = (who.logical_device_name or who.serial_number) if who else ""
    usual = f"meter-{station_name(address).replace('/', '-')}"
    name = _NO_NAME.sub("-", told).strip("-._")[:_LONGEST_ID] or usual
    if name in taken:
        name = f"{name[: _LONGEST_ID - 12]}-{station_name(address).replace('/', '-')}"
    taken.add(name)
    return name

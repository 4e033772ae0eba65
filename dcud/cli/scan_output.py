"""What a scan found: as rows, and as configuration to paste."""

from collections.abc import Sequence
from typing import TextIO

from dcud.cli.rendering import Cell, Column, Rows
from dcud.cli.scan_tables import PlacedMeter, bus_table, line_keys, meter_table
from dcud.config import model
from dcud.config.kind import quoted
from dcud.dlms.hdlc.address import ServerAddress
from dcud.line.scan.found import Found, FoundMeter, Identity, SignedOn
from dcud.line.scan.hdlc_prober import station_name
from dcud.line.scan.ranges import LineSetting, is_shared

IDENTITY_COLUMNS = (
    Column(heading="name"),
    Column(heading="serial number", sparse=True),
    Column(heading="clients"),
)
COLUMNS = (
    Column(heading="server"),
    Column(heading="size", right=True),
    Column(heading="line"),
    *IDENTITY_COLUMNS,
    Column(heading="remark", sparse=True),
)


def identity_cells(who: Identity | None) -> list[Cell]:
    """Return the cells of `IDENTITY_COLUMNS`."""
    known = who or Identity()
    clients = ", ".join(f"{each.client} {each.standing}" for each in known.clients)
    return [known.logical_device_name, known.serial_number, clients]


def identity_fields(who: Identity | None) -> dict[str, Cell]:
    """Return what a meter says of itself, as JSON has it."""
    known = who or Identity()
    return {
        "logical_device_name": known.logical_device_name,
        "serial_number": known.serial_number,
        "clients": [
            {"client": each.client, "standing": each.standing, "words": each.words}
            for each in known.clients
        ],
        "logical_devices": [{"sap": each.sap, "name": each.name} for each in known.logical_devices],
    }


def add_meter(shown: Rows, meter: FoundMeter, setting: LineSetting) -> None:
    """Show one meter."""
    best = meter.best
    address = best.address
    remark = "; ".join(_remarks(meter))
    shown.add(
        [
            station_name(address),
            address.octet_count,
            str(setting),
            *identity_cells(best.identity),
            remark,
        ],
        {
            "logical": address.logical,
            "physical": address.physical,
            "size": address.octet_count,
            "baud": setting.baud,
            "line_format": None if setting.baud is None else setting.format,
            "answer": best.answer,
            "answer_time": round(best.seconds, 3),
            **identity_fields(best.identity),
            "also_at": [station_name(each.address) for each in meter.stations[1:]],
            "mode_e": None,
            "remark": remark,
        },
    )


def add_signed_on(shown: Rows, who: SignedOn) -> None:
    """Show who answered the sign-on of mode E."""
    address = who.address
    remark = signed_on_words(who)
    shown.add(
        [
            station_name(address) if address else None,
            address.octet_count if address else None,
            "300 7E1",
            *identity_cells(who.identity),
            remark,
        ],
        {
            "logical": address.logical if address else None,
            "physical": address.physical if address else None,
            "size": address.octet_count if address else None,
            "baud": who.baud,
            "line_format": None,
            "answer": "identification",
            "answer_time": None,
            **identity_fields(who.identity),
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
        print(*bus_table(bus, line_keys(bus, setting)), sep="\n", file=out)
    taken: set[str] = set()
    for meter, own in found:
        lines = meter_table(_placed(bus, meter), taken)
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
        print(*bus_table(bus, line), "", sep="\n", file=out)
    station = Found(
        line=0, client=who.client, address=who.address, answer="UA", identity=who.identity
    )
    lines = meter_table(_placed(bus, FoundMeter(stations=(station,))), set())
    print(*lines, "mode_e = {}", sep="\n", file=out)


def _placed(bus: model.Bus, meter: FoundMeter) -> PlacedMeter:
    best = meter.best
    return PlacedMeter(
        bus=bus.id,
        place=[f"server_address = {{ {_address(best.address)} }}"],
        suffix=station_name(best.address).replace("/", "-"),
        client=best.client,
        identity=best.identity,
        remarks=_remarks(meter),
    )


def _address(address: ServerAddress) -> str:
    parts = [f"logical = {address.logical}"]
    if address.physical is not None:
        parts.append(f"physical = {address.physical}")
    if address != ServerAddress(address.logical, address.physical, None) and (
        address.octet_count != ServerAddress(address.logical, address.physical).octet_count
    ):
        parts.append(f"size = {address.octet_count}")
    return ", ".join(parts)

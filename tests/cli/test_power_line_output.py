import io
from dataclasses import replace
from pathlib import Path

import pytest

from dcud.cli.power_line_output import (
    add_station,
    columns,
    finding_words,
    identified_words,
    maker,
    show_power_line,
)
from dcud.cli.rendering import rows
from dcud.cli.scan_choice import ChosenLine
from dcud.config import model
from dcud.config.load import load
from dcud.dlms.prime.messages import NewDevice
from dcud.dlms.prime.network import NodeJoined, NodeLeft
from dcud.dlms.sfsk.discovery import (
    DiscoveryFinished,
    MeterDiscovered,
    MeterRegistered,
    RegistrationFailed,
)
from dcud.dlms.sfsk.mac import NEW
from dcud.line.discovery import Finding
from dcud.line.scan.found import ClientStanding, Identity
from dcud.line.scan.power_line import PrimeStation, SfskStation, Station

OPEN = Identity(clients=(ClientStanding(client=16, standing="open"),), logical_device_name="ABC1")
TITLE = b"ABC\0\0\1"
SFSK = ChosenLine(
    bus=model.Bus(id="b", rfc2217=model.Rfc2217(host="h", port=2217, baud=19_200), framing="s-fsk")
)
PRIME = ChosenLine(bus=model.Bus(id="b", tcp=model.Tcp(host="h"), framing="prime"))
AT_7 = SfskStation(system_title=TITLE, mac_address=7, identity=OPEN)
NODE = NewDevice(
    device_id=3, capabilities=1, identifier=b"ABC0000000001\0", eui48=b"\0\x80\xe1\0\0\1"
)


def tables(line: ChosenLine, *stations: Station) -> str:
    out = io.StringIO()
    show_power_line(line, stations, out)
    return out.getvalue()


def loaded(text: str, tmp_path: Path) -> model.Configuration:
    path = tmp_path / "dcud.toml"
    path.write_text(f'[gateway]\nid = "gw"\n{text}')
    return load(path)


def csv_of(station: Station, *meters: model.Meter) -> str:
    out = io.StringIO()
    with rows("csv", columns(station), out) as shown:
        add_station(shown, station, meters)
    return out.getvalue().splitlines()[1]


def test_the_line_is_told_as_it_was_given(tmp_path: Path) -> None:
    (bus,) = loaded(tables(SFSK, AT_7), tmp_path).buses
    assert bus.rfc2217 is not None
    assert (bus.rfc2217.baud, bus.framing) == (19_200, "s-fsk")
    there = replace(SFSK, configured=True)
    assert tables(there, AT_7).startswith("[[meter]]\n")


def test_meters_that_nobody_can_ask_are_remarks(tmp_path: Path) -> None:
    new = SfskStation(system_title=TITLE)
    assert csv_of(new) == ",414243000001,ABC,,,,,has no address"
    text = tables(SFSK, new, replace(new, told=8))
    assert "# 414243000001: was told address 8, and has not answered there\n" in text
    assert loaded(text, tmp_path).meters == ()


def test_configured_meters_are_not_told_again(tmp_path: Path) -> None:
    seven = model.Meter(id="ABC1", bus="b", sfsk=model.SfskMeter(mac_address=7))
    line = replace(SFSK, meters=(seven,))
    assert "# 7: configured as ABC1\n" in tables(line, AT_7)
    # nor is its id given to another
    eight = loaded(tables(line, replace(AT_7, mac_address=8)), tmp_path).meters
    assert [each.id for each in eight] == ["ABC1-8"]
    assert csv_of(AT_7, seven).endswith(",configured as ABC1")
    named = model.Meter(id="x", bus="b", prime=model.Prime(node=NODE.eui48))
    assert csv_of(PrimeStation(node=NODE), seven, named).endswith(",configured as x")


def test_meters_that_were_not_asked_come_disabled(tmp_path: Path) -> None:
    (meter,) = loaded(tables(SFSK, replace(AT_7, identity=None)), tmp_path).meters
    assert (meter.id, meter.client_sap, meter.enabled) == ("meter-7", 16, False)


@pytest.mark.parametrize(
    ("identifier", "node"),
    [
        (b"ABC0000000001", b"ABC0000000001"),
        (b"ABC0000000001\0\0", b"ABC0000000001"),
        (b'A"BC\\DEF', b'A"BC\\DEF'),
        (b"ABC", NODE.eui48),
        (b"", NODE.eui48),
        (b"A" * 33, NODE.eui48),
        (b"ABC\xff\xff\xff\xff", NODE.eui48),
        (b"hex:0102", NODE.eui48),
    ],
)
def test_a_node_goes_by_its_identifier_where_that_is_a_name(
    identifier: bytes, node: bytes, tmp_path: Path
) -> None:
    station = PrimeStation(node=replace(NODE, identifier=identifier), identity=OPEN)
    (meter,) = loaded(tables(PRIME, station), tmp_path).meters
    assert meter.prime is not None
    assert meter.prime.node == node


def test_nodes_of_one_identifier_go_by_their_eui_48(tmp_path: Path) -> None:
    stations = [
        PrimeStation(node=replace(NODE, eui48=bytes((0, 0, 0, 0, 0, n))), identity=OPEN)
        for n in (1, 2)
    ]
    meters = loaded(tables(PRIME, *stations), tmp_path).meters
    assert [each.prime and each.prime.node.hex() for each in meters] == [
        "000000000001",
        "000000000002",
    ]
    assert [each.id for each in meters] == ["ABC1", "ABC1-000000000002"]


def test_a_maker_has_letters() -> None:
    assert maker(TITLE) == "ABC"
    assert maker(b"\0BC\0\0\1") == ""
    assert maker(b"\xc4BC\0\0\1") == ""
    assert csv_of(replace(AT_7, system_title=b"123456")) == "7,313233343536,,,ABC1,,16 open,"


@pytest.mark.parametrize(
    ("finding", "words"),
    [
        (
            MeterDiscovered(system_title=TITLE, alarm=None, mac_address=NEW),
            "found 414243000001 of ABC",
        ),
        (
            MeterDiscovered(system_title=b"123456", alarm=2, mac_address=9),
            "found 313233343536 at 9 with alarm 2",
        ),
        (MeterRegistered(system_title=TITLE, mac_address=7), "414243000001 has address 7"),
        (
            RegistrationFailed(system_title=TITLE, reason="no_address"),
            "414243000001 gets no address, for none is left: --mac-addresses gives more",
        ),
        (
            RegistrationFailed(system_title=TITLE, reason="no_answer"),
            "414243000001 does not answer at the address that it was told",
        ),
        (NodeJoined(node=NODE), "found node 3: ABC0000000001"),
        (NodeLeft(device_id=3, node=NODE), "node 3 has left"),
        (DiscoveryFinished(rounds=2), ""),
    ],
)
def test_findings_are_told_as_they_come(finding: Finding, words: str) -> None:
    assert finding_words(finding) == words


def test_a_meter_says_its_name_or_why_not() -> None:
    assert identified_words(AT_7) == "7: ABC1"
    deaf = ClientStanding(client=16, standing="failed", words="no answer")
    assert identified_words(replace(AT_7, identity=Identity(clients=(deaf,)))) == "7: no answer"
    assert identified_words(replace(AT_7, identity=None)) == "7: "

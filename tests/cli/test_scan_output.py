import io
from dataclasses import replace
from pathlib import Path

from dcud.cli.rendering import rows
from dcud.cli.scan_output import (
    COLUMNS,
    add_meter,
    add_signed_on,
    found_words,
    show_configuration,
    show_optical_configuration,
    signed_on_words,
)
from dcud.config import model
from dcud.config.load import load
from dcud.dlms.hdlc.address import ServerAddress
from dcud.line.scan.found import (
    ClientStanding,
    Found,
    FoundMeter,
    Identity,
    LogicalDevice,
    SignedOn,
)
from dcud.line.scan.ranges import AS_IT_IS, LineSetting

AT_9600 = LineSetting(9600)
BUS = model.Bus(id="bus-1", serial=model.Serial(device="/dev/ttyS0"))
OPEN = Identity(
    clients=(ClientStanding(client=16, standing="open"),),
    logical_device_name="ABC 1/2",
    serial_number="12",
    logical_devices=(LogicalDevice(sap=1, name="ABC 1/2"),),
)
AT_17 = Found(line=0, client=16, address=ServerAddress(1, 17, 2), answer="UA", identity=OPEN)


def only(station: Found) -> FoundMeter:
    return FoundMeter(stations=(station,))


def configuration(
    *found: tuple[FoundMeter, LineSetting], bus: model.Bus = BUS, configured: bool = False
) -> str:
    out = io.StringIO()
    show_configuration(bus, found, out, configured=configured)
    return out.getvalue()


def csv_of(meter: FoundMeter, setting: LineSetting = AT_9600) -> str:
    out = io.StringIO()
    with rows("csv", COLUMNS, out) as shown:
        add_meter(shown, meter, setting)
    return out.getvalue().splitlines()[1]


def loaded(text: str, tmp_path: Path) -> model.Configuration:
    path = tmp_path / "dcud.toml"
    path.write_text(f'[gateway]\nid = "gw"\n{text}')
    return load(path)


def test_a_meter_is_a_row() -> None:
    assert csv_of(only(AT_17)) == "1/17,2,9600 8N1,ABC 1/2,12,16 open,"


def test_what_is_odd_is_remarked() -> None:
    unnamed = replace(AT_17, identity=None)
    assert csv_of(only(replace(unnamed, answers=2))).endswith(
        "several stations answer: give each an address of its own"
    )
    general = replace(unnamed, address=ServerAddress(1, 127, 2))
    assert "good only while the meter is alone" in csv_of(only(general))
    one_octet = replace(AT_17, address=ServerAddress(1, None, 1))
    also = FoundMeter(stations=(AT_17, one_octet))
    assert csv_of(also).endswith("also at 1 (1 octet)")
    assert csv_of(only(replace(AT_17, identity=Identity()))).endswith("further than the link")


def test_a_station_is_told_of_as_soon_as_it_is_found() -> None:
    assert found_words(AT_17, AT_9600) == "found 1/17 at 9600 8N1: ABC 1/2"
    assert found_words(replace(AT_17, identity=None), AT_9600) == "found 1/17 at 9600 8N1: UA"


def test_names_become_ids_each_of_its_own(tmp_path: Path) -> None:
    same_name = replace(AT_17, address=ServerAddress(1, 18, 2))
    nameless = replace(
        AT_17,
        address=ServerAddress(1, None, 1),
        identity=replace(OPEN, logical_device_name="", serial_number="--"),
    )
    text = configuration(*((only(each), AT_9600) for each in (AT_17, same_name, nameless)))
    meters = loaded(text, tmp_path).meters
    assert [each.id for each in meters] == ["ABC-1-2", "ABC-1-2-1-18", "meter-1"]
    long = replace(AT_17, identity=replace(OPEN, logical_device_name="x" * 80))
    text = configuration((only(long), AT_9600))
    assert loaded(text, tmp_path).meters[0].id == "x" * 64


def test_meters_at_another_speed_are_told_of_but_left_out(tmp_path: Path) -> None:
    other = replace(AT_17, line=1, address=ServerAddress(1, 18, 2))
    text = configuration((only(AT_17), AT_9600), (only(other), LineSetting(2400)))
    assert "# At 2400 8N1: a bus has one speed" in text
    assert "\n# [[meter]]\n" in text
    assert len(loaded(text, tmp_path).meters) == 1


def test_meters_that_let_nobody_in_are_not_enabled(tmp_path: Path) -> None:
    words = "the meter refused the association: rejected-permanent"
    standing = ClientStanding(client=32, standing="refused", words=words)
    locked = replace(AT_17, client=32, identity=Identity(clients=(standing,)))
    text = configuration((only(locked), AT_9600))
    assert f"# client 32: refused {words}\n" in text
    (meter,) = loaded(text, tmp_path).meters
    assert (meter.enabled, meter.client_sap) == (False, 32)


def test_the_line_is_told_as_it_was_given(tmp_path: Path) -> None:
    bus = model.Bus(id="n", tcp=model.Tcp(host="::1", port=4059), framing="wrapper")
    port_2 = replace(AT_17, address=ServerAddress(2), answer="APDU")
    told = loaded(configuration((only(port_2), AS_IT_IS), bus=bus), tmp_path)
    assert (told.buses[0].tcp, told.buses[0].framing) == (bus.tcp, "wrapper")
    assert told.meters[0].server_address.logical == 2
    server = model.Bus(id="r", rfc2217=model.Rfc2217(host="h", port=2217))
    text = configuration((only(AT_17), LineSetting(2400, "8E1")), bus=server)
    line = loaded(text, tmp_path).buses[0].rfc2217
    assert line is not None
    assert (line.host, line.port, line.baud, line.format) == ("h", 2217, 2400, "8E1")


def test_a_size_stands_there_only_where_it_is_not_the_least(tmp_path: Path) -> None:
    wide = replace(AT_17, address=ServerAddress(1, 17, 4))
    assert "physical = 17, size = 4" in configuration((only(wide), AT_9600))
    assert "size" not in configuration((only(AT_17), AT_9600))


def test_a_configured_bus_is_not_told_again() -> None:
    text = configuration((only(AT_17), AT_9600), configured=True)
    assert "[[bus]]" not in text
    assert text.startswith("# The bus bus-1 is to run at 9600 8N1.\n")
    assert configuration() == ""


def test_who_signed_on_is_a_row_as_well() -> None:
    who = SignedOn(
        identification="/LGZ5\\2ZMD", manufacturer="LGZ", baud=9600, hdlc=True, client=16
    )
    assert "answers at none of the usual addresses" in signed_on_words(who)
    assert "announces no mode E" in signed_on_words(replace(who, hdlc=False))
    there = replace(who, address=ServerAddress(1, 17, 2), identity=OPEN)
    out = io.StringIO()
    with rows("csv", COLUMNS, out) as shown:
        add_signed_on(shown, there)
        add_signed_on(shown, who)
    first, second = out.getvalue().splitlines()[1:]
    assert first.startswith("1/17,2,300 7E1,ABC 1/2,12,16 open,")
    assert "speaks HDLC after the sign-on" in first
    assert second.startswith(",,300 7E1,,,,")


def test_a_meter_at_a_head_has_its_sign_on_in_its_configuration(tmp_path: Path) -> None:
    who = SignedOn(
        identification="/LGZ5\\2ZMD",
        manufacturer="LGZ",
        baud=9600,
        hdlc=True,
        client=16,
        address=ServerAddress(1, 17, 2),
        identity=OPEN,
    )
    out = io.StringIO()
    show_optical_configuration(BUS, who, out, configured=False)
    told = loaded(out.getvalue(), tmp_path)
    assert told.buses[0].medium == "optical"
    assert told.meters[0].mode_e == model.ModeE()
    assert told.meters[0].server_address.physical == 17
    out = io.StringIO()
    show_optical_configuration(BUS, who, out, configured=True)
    assert "[[bus]]" not in out.getvalue()
    out = io.StringIO()
    show_optical_configuration(BUS, replace(who, address=None), out, configured=False)
    assert out.getvalue().startswith("# mode E: identifies itself as /LGZ5")
    assert len(out.getvalue().splitlines()) == 1

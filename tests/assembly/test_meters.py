from pathlib import Path

import pytest

from dcud.assembly.links import Links
from dcud.assembly.meters import bus_parameters, plain_target
from dcud.dlms.application_context import ApplicationContext
from dcud.dlms.conformance import IMPLEMENTED, IMPLEMENTED_BY_SHORT_NAMES, Conformance
from dcud.dlms.connection import ClientConnection
from dcud.dlms.datalink import LinkConnected
from dcud.dlms.prime.messages import NewDevice
from dcud.dlms.wrapper import Wpdu
from dcud.line.bus import Target
from tests.support.small_configuration import configured

OVER_TCP = 'tcp.host = "h"\nframing = '


def reached(directory: Path, line: str, told: str = "") -> Target:
    bus, meter = configured(directory, line, told)
    return plain_target(Links(bus), meter, None)


def first_octets(reached: Target) -> bytes:
    """Return what the link says first."""
    connection = reached.connect()
    assert isinstance(connection, ClientConnection)
    connection.open(0.0)
    connection.handle_timeout(0.0)
    return b"".join(frame.octets for frame in connection.frames_to_send())


def test_a_wrapper_keeps_no_connection_and_no_turnaround(tmp_path: Path) -> None:
    line = 'framing = "wrapper"\ntcp.host = "h"'
    bus, _ = configured(tmp_path, line)
    assert not bus_parameters(bus, Links(bus)).keep_open
    wrapped = reached(tmp_path, line)
    assert wrapped.timing is not None
    assert wrapped.timing.turnaround == 0
    assert first_octets(wrapped)[:6].hex() == "000100100001"


def test_a_request_is_repeated_over_udp_alone(tmp_path: Path) -> None:
    def requests(line: str) -> int:
        connection = reached(tmp_path, line, "response_timeout = 1\nwrapper.retries = 2").connect()
        connection.open(0.0)
        sent = 0
        for now in range(10):
            connection.handle_timeout(float(now))
            sent += len(connection.frames_to_send())
            connection.frames_sent(float(now))
        return sent

    assert requests('udp.host = "h"') == 3
    assert requests('framing = "wrapper"\ntcp.host = "h"') == 1


def test_a_meter_may_have_to_be_signed_on_to(tmp_path: Path) -> None:
    serial = 'serial.device = "/dev/ttyUSB0"\nmedium = "optical"'
    assert reached(tmp_path, serial).sign_on is None
    signed_on = reached(
        tmp_path, serial, 'mode_e = { device_address = "42", head = "fixed" }'
    ).sign_on
    assert signed_on is not None
    assert signed_on.parameters.device_address == "42"
    assert signed_on.parameters.head.value == "fixed"
    assert signed_on.disconnect.hex() == "7ea00703215303c77e"


@pytest.mark.parametrize(
    ("line", "mode_e", "baud"),
    [
        ('serial.device = "/dev/ttyUSB0"', "{}", 300),
        ('serial.device = "/dev/ttyUSB0"', "{ initial_baud = 2400 }", 2400),
        ('serial.device = "/dev/ttyUSB0"', '{ head = "fixed" }', 9600),
        ('serial.device = "/dev/ttyUSB0"', '{ head = "following" }', 300),
        ('rfc2217 = { host = "h", baud = 4800 }', '{ head = "fixed" }', 4800),
        ('tcp.host = "h"', '{ head = "fixed", initial_baud = 1200 }', 1200),
        ('tcp.host = "h"', '{ head = "following" }', 300),
    ],
)
def test_a_sign_on_begins_at_300_baud_or_at_a_fixed_heads_speed(
    tmp_path: Path, line: str, mode_e: str, baud: int
) -> None:
    signed_on = reached(tmp_path, line, f"mode_e = {mode_e}").sign_on
    assert signed_on is not None
    assert signed_on.parameters.initial_baud == baud


def test_a_meter_behind_a_concentrator_has_its_prefix_and_a_smaller_pdu(tmp_path: Path) -> None:
    line = 'framing = "wrapper"\ntcp.host = "h"'
    meter = 'max_receive_pdu_size = 500\ngateway = { network_id = 3, device_address = "hex:A1 B2" }'
    octets = first_octets(reached(tmp_path, line, meter))
    assert octets[8:13].hex() == "e60302a1b2"
    assert octets[13] == 0x60  # AARQ
    assert octets[-2:] == (500 - 5).to_bytes(2, "big")


def test_a_line_that_a_sign_on_changes_gets_its_own_speed_back(tmp_path: Path) -> None:
    bus, _ = configured(tmp_path, 'serial = { device = "/dev/ttyUSB0", baud = 2400 }')
    assert bus_parameters(bus, Links(bus)).line == (2400, "8N1")
    bus, _ = configured(tmp_path, OVER_TCP + '"hdlc"')
    assert bus_parameters(bus, Links(bus)).line is None


@pytest.mark.parametrize(
    ("line", "meter", "octets"),
    [
        (OVER_TCP + '"s-fsk"', "sfsk.mac_address = 5", b"\x90\x01\x10\x60"),
        (OVER_TCP + '"s-fsk-hdlc"', "sfsk.mac_address = 5", b"\x7e\xa0\x1e\x03\x21\x93"),
        (OVER_TCP + '"hdlc"', "", b"\x7e\xa0\x1e\x03\x21\x93"),
        (OVER_TCP + '"prime"', 'prime.node = "ABC0012345678"', b"\x00\x01"),
    ],
)
def test_each_framing_has_its_link(tmp_path: Path, line: str, meter: str, octets: bytes) -> None:
    assert octets in first_octets(reached(tmp_path, line, meter))


def test_an_apdu_fits_a_frame_of_s_fsk(tmp_path: Path) -> None:
    bus, meter = configured(tmp_path, OVER_TCP + '"s-fsk"', "sfsk.mac_address = 5")
    assert Links(bus).max_receive_pdu_size(meter) == 239


def test_the_nodes_of_a_base_node_are_forgotten_with_its_connection(tmp_path: Path) -> None:
    bus, meter = configured(tmp_path, OVER_TCP + '"prime"', 'prime.node = "ABC0012345678"')
    links = Links(bus)
    links.port_opened()  # before there is anything to forget
    make = links.to(meter)
    joined = NewDevice(device_id=7, capabilities=1, identifier=b"ABC0012345678", eui48=bytes(6))

    def connects(*units: Wpdu) -> bool:
        link = make()
        link.connect(0.0)
        events = link.handle_timeout(0.0)
        for unit in units:
            events += link.receive_data(unit.build(), 0.1)
        return any(isinstance(event, LinkConnected) for event in events)

    assert not connects()
    assert connects(Wpdu(0, 1, joined.encode()))
    assert connects()
    links.port_opened()
    assert not connects()


@pytest.mark.parametrize(
    "line",
    [
        ('serial.device = "/dev/ttyUSB0"', ""),
        (OVER_TCP + '"wrapper"', ""),
        (OVER_TCP + '"s-fsk"', "sfsk = { mac_address = 100 }"),
        (OVER_TCP + '"prime"', 'prime = { node = "ABC0012345678" }'),
    ],
    ids=["hdlc", "wrapper", "s-fsk", "prime"],
)
@pytest.mark.parametrize("matched", ["true", "false"])
def test_a_meter_may_answer_under_an_invoke_id_of_its_own(
    tmp_path: Path, line: tuple[str, str], matched: str
) -> None:
    bus, place = line
    told = f"{place}\nmatch_invoke_id = {matched}"
    connection = reached(tmp_path, bus, told).connect()
    assert isinstance(connection, ClientConnection)
    assert connection._exchange_parameters.match_invoke_id is (matched == "true")
    match = getattr(connection._link, "_match", None)
    assert match is None or match._match_invoke_id is (matched == "true")


def test_a_meter_that_knows_short_names(tmp_path: Path) -> None:
    told = 'referencing = "short-names"\navoid = ["write"]'
    target = reached(tmp_path, OVER_TCP + '"wrapper"', told)
    connection, other = target.connect(), target.connect()
    assert isinstance(connection, ClientConnection)
    parameters = connection._parameters
    assert parameters.application_context is ApplicationContext.SHORT_NAMES
    assert IMPLEMENTED_BY_SHORT_NAMES & ~parameters.conformance == Conformance.WRITE
    assert connection.names is not None
    assert connection.names is other.names


def test_services_that_a_meter_does_badly(tmp_path: Path) -> None:
    told = 'avoid = ["general-block-transfer", "set"]\nblock_window = 2\nlongest_list = 3'
    connection = reached(tmp_path, OVER_TCP + '"wrapper"', told).connect()
    assert isinstance(connection, ClientConnection)
    proposed = connection._parameters.conformance
    assert IMPLEMENTED & ~proposed == Conformance.GENERAL_BLOCK_TRANSFER | Conformance.SET
    assert connection._exchange_parameters.block_window == 2

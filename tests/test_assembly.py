"""From a configuration to the parts that a bus is made of."""

from pathlib import Path

import pytest

from dcud import assembly
from dcud.config import model
from dcud.config.load import load
from dcud.dlms.connection import ClientConnection
from dcud.line.bus import Target
from dcud.line.port import Port
from dcud.line.rfc2217_port import Rfc2217Port
from dcud.line.serial_port import SerialPort
from dcud.line.tcp_port import TcpPort
from dcud.line.udp_port import UdpPort

METER = '[[meter]]\nid = "m"\nbus = "b"\nenabled = false\n'


def configured(directory: Path, bus: str, meter: str = "") -> tuple[model.Bus, model.Meter]:
    path = directory / "dcud.toml"
    path.write_text(f'[gateway]\nid = "gw"\n[[bus]]\nid = "b"\n{bus}\n{METER}{meter}\n')
    configuration = load(path)
    return configuration.buses[0], configuration.meters[0]


def target(directory: Path, bus: str, meter: str = "") -> Target:
    return assembly.target(*configured(directory, bus, meter), password=None)


def first_octets(target: Target) -> bytes:
    """Return what the link says first, over the wrapper the AARQ."""
    connection = target.connect()
    assert isinstance(connection, ClientConnection)
    connection.open(0.0)
    connection.handle_timeout(0.0)
    return b"".join(frame.octets for frame in connection.frames_to_send())


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ('serial = { device = "/dev/null", rs485 = {} }', SerialPort),
        ('tcp.host = "h"', TcpPort),
        ('rfc2217.host = "h"', Rfc2217Port),
        ('udp.host = "h"', UdpPort),
    ],
)
def test_each_line_has_its_port(tmp_path: Path, line: str, kind: type[Port]) -> None:
    bus, _ = configured(tmp_path, line)
    port = assembly.port(bus)
    assert isinstance(port, kind)
    assert not port.is_open


def test_a_wrapper_keeps_no_connection_and_no_turnaround(tmp_path: Path) -> None:
    line = 'framing = "wrapper"\ntcp.host = "h"'
    bus, _ = configured(tmp_path, line)
    assert not assembly.bus_parameters(bus).keep_open
    reached = target(tmp_path, line)
    assert reached.timing is not None
    assert reached.timing.turnaround == 0
    assert first_octets(reached)[:6].hex() == "000100100001"


def test_a_request_is_repeated_over_udp_alone(tmp_path: Path) -> None:
    def requests(line: str) -> int:
        connection = target(tmp_path, line, "response_timeout = 1\nwrapper.retries = 2").connect()
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
    assert target(tmp_path, serial).sign_on is None
    signed_on = target(
        tmp_path, serial, 'mode_e = { device_address = "42", head = "fixed" }'
    ).sign_on
    assert signed_on is not None
    assert signed_on.parameters.device_address == "42"
    assert signed_on.parameters.head.value == "fixed"
    assert signed_on.disconnect.hex() == "7ea00703215303c77e"


def test_a_meter_behind_a_concentrator_has_its_prefix_and_a_smaller_pdu(tmp_path: Path) -> None:
    line = 'framing = "wrapper"\ntcp.host = "h"'
    meter = 'max_receive_pdu_size = 500\ngateway = { network_id = 3, device_address = "hex:A1 B2" }'
    octets = first_octets(target(tmp_path, line, meter))
    assert octets[8:13].hex() == "e60302a1b2"
    assert octets[13] == 0x60  # AARQ
    assert octets[-2:] == (500 - 5).to_bytes(2, "big")

from pathlib import Path

import pytest

from dcud.assembly import ports
from dcud.line.port import Port
from dcud.line.rfc2217_port import Rfc2217Port
from dcud.line.serial_port import SerialPort
from dcud.line.tcp_port import TcpPort
from dcud.line.udp_port import UdpPort
from tests.support.small_configuration import configured


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
    port = ports.port(bus)
    assert isinstance(port, kind)
    assert not port.is_open

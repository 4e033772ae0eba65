"""A meter of mode E behind a real ser2net, whose line is brought to each speed from here."""

from pathlib import Path

import pytest

from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.association import AssociationParameters
from dcud.dlms.connection import ClientConnection
from dcud.dlms.datalink import ClientSap
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.link import HdlcLink
from dcud.dlms.mode_e.identification import Identification
from dcud.dlms.mode_e.parameters import ModeEParameters
from dcud.dlms.mode_e.station import ModeEStationParameters
from dcud.dlms.obis import Obis
from dcud.dlms.server import ServerParameters
from dcud.line.bus import Bus, Target
from dcud.line.far_end import FarEnd
from dcud.line.rfc2217_port import Rfc2217Parameters, Rfc2217Port
from dcud.line.sign_on import SignOn
from dcud.sim.hdlc_line import HdlcLine
from dcud.sim.meter import MeterParameters, SimulatedMeter
from dcud.sim.mode_e_line import ModeELine
from dcud.sim.serving import serve_pty
from tests.support.scripted_line import Recorder
from tests.support.ser2net import RFC2217, Ser2Net

pytestmark = pytest.mark.e2e

NAME = AttributeDescriptor(1, Obis.parse("0.0.42.0.0.255"), 2)
AT_17 = ServerAddress(logical=1, physical=17)
METER = SimulatedMeter(MeterParameters(number=1, installed=0.0), lambda: 1_800_000_000.0)
IDENTIFICATION = Identification(manufacturer="LGZ", baud_character="5", escapes=("2",), name="ZMD")


def connect() -> ClientConnection:
    link = HdlcLink(client_sap=ClientSap(16), server_address=AT_17)
    return ClientConnection(link, AssociationParameters())


async def test_sign_on_at_300_baud_then_hdlc_at_9600(tmp_path: Path) -> None:
    hdlc = HdlcLine({AT_17: METER}, ServerParameters())
    line = ModeELine(hdlc, ModeEStationParameters(identification=IDENTIFICATION))
    recorder = Recorder()
    target = Target(
        meter="m",
        connect=connect,
        sign_on=SignOn.to(ClientSap(16), AT_17, ModeEParameters()),
    )
    async with serve_pty(line) as device:
        with Ser2Net(tmp_path, str(device), mode=RFC2217) as server:
            end = FarEnd(host="127.0.0.1", port=server.port)
            port = Rfc2217Port(Rfc2217Parameters(server=end, baud=300, format="7E1"))
            bus = Bus("b", port, tracer=recorder, observer=recorder)
            for _ in range(2):
                async with bus.session(target) as session:
                    assert line.baud == 9600
                    assert await session.get(NAME) == b"\x09\x10SIM0000000000001"
            await bus.close()

"""Meters behind a real ser2net, which gives one end of a pseudo-terminal to the network."""

import asyncio
import termios
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.association import AssociationParameters
from dcud.dlms.connection import ClientConnection
from dcud.dlms.constructors import array, double_long_unsigned, octet_string, structure
from dcud.dlms.data import encode_data
from dcud.dlms.datalink import ClientSap
from dcud.dlms.gateway import GatewayAddress, GatewayLink
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.link import HdlcLink
from dcud.dlms.hdlc.parameters import HdlcParameters
from dcud.dlms.obis import Obis
from dcud.dlms.server import ServerParameters
from dcud.line.bus import Bus, BusParameters, Target
from dcud.line.errors import PortError
from dcud.line.far_end import FarEnd
from dcud.line.port import Port
from dcud.line.rfc2217_port import Rfc2217Parameters, Rfc2217Port
from dcud.line.session import SessionTiming
from dcud.line.tcp_port import TcpPort
from dcud.sim.gateway import SimulatedGateway
from dcud.sim.hdlc_line import HdlcLine
from dcud.sim.meter import MeterParameters, SimulatedMeter
from tests.support.pty_bus import PtyBus
from tests.support.sans_io_meter import HdlcMeter, Values
from tests.support.scripted_line import Recorder
from tests.support.ser2net import RAW, RFC2217, TELNET, Ser2Net

pytestmark = pytest.mark.e2e

ENERGY = AttributeDescriptor(3, Obis.parse("1.0.1.8.0.255"), 2)
PROFILE = AttributeDescriptor(7, Obis.parse("1.0.99.1.0.255"), 2)
ENERGY_OCTETS = bytes.fromhex("06ffffffff")  # telnet's own octet, which must come through
ROWS = encode_data(
    array(
        [
            structure([octet_string(n.to_bytes(12, "big")), double_long_unsigned(0xFF00 + n)])
            for n in range(400)
        ]
    )
)
VALUES: Values = {str(ENERGY): ENERGY_OCTETS, str(PROFILE): ROWS}
AT_17 = ServerAddress(1, 17)
EVERY_OCTET = bytes(range(256)) + b"\xff\xff\r\n\r\0\xff\xf0"


@pytest.fixture
def line() -> Iterator[PtyBus]:
    with PtyBus() as bus:
        yield bus


def rfc2217_port(server: Ser2Net, baud: int = 115_200, character_format: str = "8N1") -> Port:
    end = FarEnd(host="127.0.0.1", port=server.port)
    return Rfc2217Port(
        Rfc2217Parameters(server=end, baud=baud, format=character_format, answer_timeout=2.0)
    )


def tcp_port(server: Ser2Net) -> Port:
    return TcpPort(FarEnd(host="127.0.0.1", port=server.port), serial_server=True)


def at_17() -> ClientConnection:
    link = HdlcLink(
        client_sap=ClientSap(16),
        server_address=AT_17,
        parameters=HdlcParameters(response_timeout=2.0),
    )
    return ClientConnection(link, AssociationParameters())


METER = Target(meter="m", connect=at_17, timing=SessionTiming(turnaround=0.0))


def serve(line: PtyBus) -> None:
    narrow = ServerParameters(max_send_pdu_size=512)
    line.answer(HdlcMeter(VALUES, server_address=AT_17, application=narrow).reply)


def bus_over(port: Port, recorder: Recorder, first_pause: float = 1.0) -> Bus:
    parameters = BusParameters(first_pause=first_pause)
    return Bus("b", port, tracer=recorder, observer=recorder, parameters=parameters)


async def read_both(bus: Bus) -> None:
    async with bus.session(METER) as session:
        assert await session.get(ENERGY) == ENERGY_OCTETS
        assert await session.get(PROFILE) == ROWS


@pytest.mark.parametrize(
    ("mode", "port_to"), [(RAW, tcp_port), (RFC2217, rfc2217_port)], ids=["raw", "rfc2217"]
)
async def test_a_register_and_a_profile(
    line: PtyBus, tmp_path: Path, mode: str, port_to: Callable[[Ser2Net], Port]
) -> None:
    serve(line)
    recorder = Recorder()
    with Ser2Net(tmp_path, line.device, mode=mode) as server:
        bus = bus_over(port_to(server), recorder)
        for _ in range(2):
            await read_both(bus)
        await bus.close()
    assert not [told for told in recorder.told if "discarded" in told or "retransmitted" in told]


async def test_a_meter_behind_a_gateway_behind_a_serial_server(
    line: PtyBus, tmp_path: Path
) -> None:
    now = 1_800_000_000.0
    meter = SimulatedMeter(MeterParameters(number=1, installed=now - 86_400), lambda: now)
    behind = GatewayAddress(network_id=1, device_address=b"\xff\x2a")
    bus_line = HdlcLine({AT_17: SimulatedGateway({behind: meter})}, ServerParameters())
    line.answer(lambda octets: bus_line.receive(octets, 0.0) or b"")

    def connect() -> ClientConnection:
        link = HdlcLink(client_sap=ClientSap(16), server_address=AT_17)
        parameters = AssociationParameters(max_receive_pdu_size=behind.reduced(512))
        return ClientConnection(GatewayLink(link, behind), parameters)

    with Ser2Net(tmp_path, line.device, mode=RFC2217) as server:
        bus = bus_over(rfc2217_port(server), Recorder())
        async with bus.session(Target(meter="m", connect=connect)) as session:
            assert await session.get(PROFILE) == meter.read(PROFILE, None)
        await bus.close()


async def test_a_server_that_is_not_raw_is_hinted_at_once(
    line: PtyBus, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Ser2Net(tmp_path, line.device, mode=TELNET) as server:
        port = tcp_port(server)
        for _ in range(2):
            await port.open()
            assert await port.read(2.0)
            await port.close()
    assert f"127.0.0.1:{server.port} greets with telnet" in caplog.text
    assert caplog.text.count("configure the bus with rfc2217") == 1


async def test_every_octet_comes_through_both_ways(line: PtyBus, tmp_path: Path) -> None:
    with Ser2Net(tmp_path, line.device, mode=RFC2217) as server:
        port = rfc2217_port(server)
        await port.open()
        await port.write(EVERY_OCTET)
        assert await line.read_exactly(len(EVERY_OCTET)) == EVERY_OCTET
        line.write(EVERY_OCTET)
        heard = b""
        while len(heard) < len(EVERY_OCTET):
            octets = await port.read(2.0)
            assert octets, heard
            heard += octets
        assert heard == EVERY_OCTET
        await port.close()


def speeds(line: PtyBus) -> tuple[int, int]:
    """Return the line's input and output speed, as termios numbers them."""
    attributes = termios.tcgetattr(line.descriptor)
    return attributes[4], attributes[5]


def flags(line: PtyBus) -> tuple[bool, bool]:
    """Return whether the parity is odd, and whether there are two stop bits.

    Linux keeps neither whether there is a parity at all nor the data bits on a pseudo-terminal.
    """
    control = termios.tcgetattr(line.descriptor)[2]
    return bool(control & termios.PARODD), bool(control & termios.CSTOPB)


async def test_baud_and_format_arrive_at_the_line(line: PtyBus, tmp_path: Path) -> None:
    with Ser2Net(tmp_path, line.device, mode=RFC2217) as server:
        port = Rfc2217Port(
            Rfc2217Parameters(
                server=FarEnd(host="127.0.0.1", port=server.port), baud=19_200, format="8N1"
            )
        )
        await port.open()
        seen = [(speeds(line), flags(line))]
        for baud, character_format in ((300, "7E1"), (4800, "8O2"), (9600, "8O1"), (2400, "8E2")):
            await port.set_line(baud, character_format)
            seen.append((speeds(line), flags(line)))
        await port.close()
        await port.open()
        seen.append((speeds(line), flags(line)))
        await port.close()
    assert seen == [
        ((termios.B19200, termios.B19200), (False, False)),
        ((termios.B300, termios.B300), (False, False)),
        ((termios.B4800, termios.B4800), (True, True)),
        ((termios.B9600, termios.B9600), (True, False)),
        ((termios.B2400, termios.B2400), (False, True)),
        ((termios.B19200, termios.B19200), (False, False)),
    ]


@pytest.mark.parametrize(
    ("mode", "reason"),
    [(TELNET, "speaks telnet but refuses the com-port option"), (RAW, "doesn't speak telnet")],
)
async def test_a_server_without_rfc2217_is_told_with_the_remedy(
    line: PtyBus, tmp_path: Path, mode: str, reason: str
) -> None:
    with Ser2Net(tmp_path, line.device, mode=mode) as server:
        end = FarEnd(host="127.0.0.1", port=server.port)
        port = Rfc2217Port(Rfc2217Parameters(server=end, answer_timeout=0.5))
        with pytest.raises(PortError, match=reason) as caught:
            await port.open()
    assert "telnet(rfc2217)" in caught.value.remedy
    assert "plain tcp" in caught.value.remedy


@pytest.mark.parametrize(
    ("mode", "port_to"), [(RAW, tcp_port), (RFC2217, rfc2217_port)], ids=["raw", "rfc2217"]
)
async def test_a_server_that_reboots_is_found_again(
    line: PtyBus, tmp_path: Path, mode: str, port_to: Callable[[Ser2Net], Port]
) -> None:
    serve(line)
    recorder = Recorder()
    server = Ser2Net(tmp_path, line.device, mode=mode)
    server.start()
    try:
        bus = bus_over(port_to(server), recorder, first_pause=0.01)
        await read_both(bus)

        def reboot(total: int) -> None:
            if total > 2000:
                server.stop()

        with pytest.raises(PortError, match="ended"):
            async with bus.session(METER) as session:
                await session.get(PROFILE, progress=reboot)
        await asyncio.sleep(0.02)
        with pytest.raises(PortError, match="can't connect"):
            await read_both(bus)
        assert recorder.told[-1] == "b down"
        server.start()
        await asyncio.sleep(0.04)
        await read_both(bus)
        assert recorder.told.count("b up") == 2
        await bus.close()
    finally:
        server.stop()


async def test_a_port_that_another_client_holds(line: PtyBus, tmp_path: Path) -> None:
    with Ser2Net(tmp_path, line.device, mode=RFC2217, kicks=False) as server:
        holder, port = rfc2217_port(server), rfc2217_port(server)
        await holder.open()
        with pytest.raises(PortError, match="it said 'Port already in use'") as caught:
            await port.open()
        assert "nobody else uses" in caught.value.remedy
        await holder.close()


async def test_a_device_that_is_missing(tmp_path: Path) -> None:
    with Ser2Net(tmp_path, str(tmp_path / "ttyUSB0"), mode=RFC2217) as server:
        with pytest.raises(PortError, match="it said") as caught:
            await rfc2217_port(server).open()
        assert caught.value.remedy

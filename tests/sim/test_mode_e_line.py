"""The simulated optical port, served on a pseudo-terminal and on TCP, heard by our client."""

import asyncio
import termios
from pathlib import Path

import pytest

from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.association import AssociationParameters
from dcud.dlms.connection import ClientConnection
from dcud.dlms.datalink import ClientSap
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.link import HdlcLink
from dcud.dlms.hdlc.parameters import HdlcParameters
from dcud.dlms.mode_e.errors import WrongMeterError
from dcud.dlms.mode_e.identification import Identification
from dcud.dlms.mode_e.parameters import Head, ModeEParameters
from dcud.dlms.mode_e.station import ModeEStationParameters
from dcud.dlms.obis import Obis
from dcud.dlms.server import ServerParameters
from dcud.line.bus import Bus, BusParameters, Target
from dcud.line.far_end import FarEnd
from dcud.line.port import Port
from dcud.line.rfc2217_port import Rfc2217Parameters, Rfc2217Port
from dcud.line.serial_port import SerialParameters, SerialPort
from dcud.line.session import SessionTiming
from dcud.line.sign_on import SignOn
from dcud.line.tcp_port import TcpPort
from dcud.sim.hdlc_line import HdlcLine
from dcud.sim.meter import MeterParameters, SimulatedMeter
from dcud.sim.mode_e_line import ModeELine
from dcud.sim.serving import TimedLine, serve_pty, serve_tcp
from tests.support.scripted_line import Recorder
from tests.support.ser2net import RFC2217, Ser2Net

NAME = AttributeDescriptor(1, Obis.parse("0.0.42.0.0.255"), 2)
NAME_OCTETS = b"\x09\x10SIM0000000000001"  # octet-string of 16
AT_17 = ServerAddress(1, 17)
STATION = ModeEStationParameters(
    identification=Identification(
        manufacturer="SIM", baud_character="5", escapes=("2",), name="DCUD"
    ),
    device_address="00000001",
)


def line(initial_baud: int = 300) -> ModeELine:
    meter = SimulatedMeter(MeterParameters(number=1, installed=0.0), lambda: 1_800_000_000.0)
    hdlc = HdlcLine({AT_17: meter}, ServerParameters())
    return ModeELine(
        hdlc,
        ModeEStationParameters(
            identification=STATION.identification,
            device_address=STATION.device_address,
            initial_baud=initial_baud,
        ),
        inactivity_timeout=60.0,
    )


def target(parameters: ModeEParameters) -> Target:
    def connect() -> ClientConnection:
        link = HdlcLink(
            client_sap=ClientSap(16),
            server_address=AT_17,
            parameters=HdlcParameters(response_timeout=1.0, connect_retries=1),
        )
        return ClientConnection(link, AssociationParameters())

    return Target(
        meter="m",
        connect=connect,
        timing=SessionTiming(turnaround=0.0),
        sign_on=SignOn.to(ClientSap(16), AT_17, parameters),
    )


def bus_on(port: Port, recorder: Recorder, parameters: BusParameters | None = None) -> Bus:
    return Bus("b", port, tracer=recorder, observer=recorder, parameters=parameters)


def speed_of(device: Path) -> int:
    with device.open("rb", buffering=0) as terminal:
        return int(termios.tcgetattr(terminal)[5])


def test_it_keeps_its_own_time() -> None:
    assert isinstance(line(), TimedLine)


async def test_a_register_is_read_through_a_sign_on_twice() -> None:
    recorder = Recorder()
    async with serve_pty(line()) as device:
        bus = bus_on(
            SerialPort(SerialParameters(device=str(device))),
            recorder,
            BusParameters(line=(2400, "8N1")),
        )
        for _ in range(2):
            async with bus.session(target(ModeEParameters(device_address="1"))) as session:
                assert await session.get(NAME) == NAME_OCTETS
                assert speed_of(device) == termios.B9600
            assert speed_of(device) == termios.B2400
        await bus.close()
    assert [told for told in recorder.told if "\\r\\n" in told] == [
        "b tx m /?1!\\r\\n",
        "b rx m /SIM5\\\\2DCUD\\r\\n",
        "b tx m \\x06252\\r\\n",
        "b rx m \\x06252\\r\\n",
    ] * 2
    assert not [told for told in recorder.told if "discarded" in told]


async def test_a_meter_left_in_hdlc_is_found_again() -> None:
    recorder = Recorder()
    parameters = ModeEParameters(attempts=1, max_baud=9600, answer_timeout=0.6)
    async with serve_pty(line()) as device:
        port = SerialPort(SerialParameters(device=str(device)))
        crashed = bus_on(port, recorder)
        session = crashed.session(target(parameters))
        await session.__aenter__()  # and never left, as when the power goes
        await port.close()
        bus = bus_on(SerialPort(SerialParameters(device=str(device))), recorder)
        async with bus.session(target(parameters)) as again:
            assert await again.get(NAME) == NAME_OCTETS
        await bus.close()
        await session.gen.aclose()  # the generator behind it


async def test_another_meter_is_refused() -> None:
    async with serve_pty(line()) as device:
        bus = bus_on(SerialPort(SerialParameters(device=str(device))), Recorder())
        with pytest.raises(WrongMeterError, match="meter m: /SIM5"):
            async with bus.session(target(ModeEParameters(expected="LGZ"))):
                pass
        await bus.close()


async def test_through_a_serial_server_at_a_fixed_speed() -> None:
    parameters = ModeEParameters(head=Head.FIXED, initial_baud=9600)
    async with serve_tcp(lambda: line(9600)) as (host, port):
        bus = bus_on(TcpPort(FarEnd(host=host, port=port)), Recorder())
        for _ in range(2):
            async with bus.session(target(parameters)) as session:
                assert await session.get(NAME) == NAME_OCTETS
        await bus.close()


@pytest.mark.e2e
async def test_through_ser2net_that_lets_its_speed_be_set(tmp_path: Path) -> None:
    recorder = Recorder()
    async with serve_pty(line()) as device:
        with Ser2Net(tmp_path, str(device), mode=RFC2217) as server:
            end = FarEnd(host="127.0.0.1", port=server.port)
            bus = bus_on(Rfc2217Port(Rfc2217Parameters(server=end)), recorder)
            # A server on a pseudo-terminal can't have 7E1; one on a UART can.
            for _ in range(2):
                async with bus.session(target(ModeEParameters(software_parity=True))) as session:
                    assert await session.get(NAME) == NAME_OCTETS
            await bus.close()
    assert recorder.told.count("b rx m \\x06252\\r\\n") == 2  # the confirmation was in time


@pytest.mark.e2e
async def test_through_ser2net_that_has_one_speed(tmp_path: Path) -> None:
    async with serve_pty(line(9600)) as device:
        with Ser2Net(tmp_path, str(device)) as server:
            port = TcpPort(FarEnd(host="127.0.0.1", port=server.port))
            bus = bus_on(port, Recorder())
            fixed = ModeEParameters(head=Head.FIXED, initial_baud=9600)
            async with bus.session(target(fixed)) as session:
                assert await session.get(NAME) == NAME_OCTETS
            await bus.close()


def test_silence_ends_hdlc() -> None:
    optical = line()
    optical.receive(b"/?!\r\n", 0.0)
    assert optical.next_timeout() == pytest.approx(5 * 10 / 300 + 0.2)
    assert optical.handle_timeout(1.0) == b"/SIM5\\2DCUD\r\n"
    optical.receive(b"\x06252\r\n", 1.0)
    assert optical.handle_timeout(2.0) == b"\x06252\r\n"
    assert optical.baud == 9600
    optical.receive(b"\x7e", 10.0)
    assert optical.next_timeout() == 70.0
    assert optical.handle_timeout(69.0) == b""
    assert optical.baud == 9600
    assert optical.handle_timeout(70.0) == b""
    assert optical.baud == 300
    assert optical.next_timeout() is None


async def test_at_another_speed_nothing_is_understood() -> None:
    async with serve_pty(line()) as device:
        port = SerialPort(SerialParameters(device=str(device), baud=9600))
        await port.open()
        await port.write(b"/?!\r\n")
        await asyncio.sleep(0)
        assert await port.read(0.6) == b""
        await port.set_line(300, "7E1")
        await port.write(b"/?!\r\n")
        assert await port.read(0.6) == b"/SIM5\\2DCUD\r\n"
        await port.close()

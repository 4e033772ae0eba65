"""Devices and servers that go and come back, found again by the bus that uses them."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.association import AssociationParameters
from dcud.dlms.connection import ClientConnection
from dcud.dlms.datalink import ClientSap
from dcud.dlms.errors import NoAnswerError
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.link import HdlcLink
from dcud.dlms.hdlc.parameters import HdlcParameters
from dcud.dlms.obis import Obis
from dcud.line.bus import Bus, BusParameters, Target
from dcud.line.errors import PortError
from dcud.line.far_end import FarEnd
from dcud.line.port import Port
from dcud.line.serial_port import SerialParameters, SerialPort
from dcud.line.session import SessionTiming
from dcud.line.tcp_port import TcpPort
from tests.support.descriptors import open_descriptors
from tests.support.pty_bus import PtyBus
from tests.support.sans_io_meter import HdlcMeter
from tests.support.scripted_line import Recorder
from tests.support.until import until

ENERGY = AttributeDescriptor(3, Obis.parse("1.0.1.8.0.255"), 2)
ENERGY_OCTETS = bytes.fromhex("0600BC614E")
AT_17 = ServerAddress(1, 17)
LONG = BusParameters(first_pause=30.0, longest_pause=60.0)
"""Pauses that no test waits for."""


def connect() -> ClientConnection:
    hasty = HdlcParameters(response_timeout=0.1, connect_retries=0, disconnect_retries=0)
    link = HdlcLink(client_sap=ClientSap(16), server_address=AT_17, parameters=hasty)
    return ClientConnection(link, AssociationParameters())


METER = Target(meter="m", connect=connect, timing=SessionTiming(turnaround=0.0, release_limit=0.2))


def meter() -> Callable[[bytes], bytes]:
    return HdlcMeter({str(ENERGY): ENERGY_OCTETS}, server_address=AT_17).reply


async def reads(bus: Bus) -> float:
    """Read the meter; return how long that took."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with bus.session(METER) as session:
        assert await session.get(ENERGY) == ENERGY_OCTETS
    return loop.time() - began


def plug_in(link: Path) -> PtyBus:
    """Return a device that the stable link points to, under whatever name it has this time."""
    device = PtyBus()
    device.answer(meter())
    link.unlink(missing_ok=True)
    link.symlink_to(device.device)
    return device


def bus_at(port: Port, recorder: Recorder, parameters: BusParameters = LONG) -> Bus:
    return Bus("b", port, tracer=recorder, observer=recorder, parameters=parameters)


def serial(link: Path) -> SerialPort:
    return SerialPort(SerialParameters(device=str(link)))


@pytest.mark.parametrize("noticed", [True, False])
async def test_an_adapter_replugged_between_two_sessions_is_blamed_on_nobody(
    noticed: bool,  # noqa: FBT001  # a column
    tmp_path: Path,
) -> None:
    recorder, link = Recorder(), tmp_path / "usb-FTDI-if00"
    first = plug_in(link)
    port = serial(link)
    bus = bus_at(port, recorder)
    await reads(bus)
    held = PtyBus()  # so that the device comes back under another name
    name = first.device
    first.unplug()
    if noticed:
        await until(lambda: not port.is_open)
    second = plug_in(link)
    third = PtyBus() if second.device == name else None
    assert port.is_open is not noticed
    assert await reads(bus) < 1.0
    assert [told for told in recorder.told if told.endswith((" up", " down"))] == ["b up"]
    await bus.close()
    for device in (second, held, third):
        if device is not None:
            device.unplug()


async def test_an_adapter_that_stays_away_is_found_with_the_first_use_after_its_return(
    tmp_path: Path,
) -> None:
    recorder, link = Recorder(), tmp_path / "usb-FTDI-if00"
    first = plug_in(link)
    port = serial(link)
    bus = bus_at(port, recorder)
    await reads(bus)
    first.unplug()
    link.unlink()
    with pytest.raises(PortError, match="can't open serial device"):
        await reads(bus)
    for _ in range(3):
        with pytest.raises(PortError, match=r"bus b is down: .*next try in 30 s"):
            await reads(bus)
    before = open_descriptors()
    second = plug_in(link)
    assert await reads(bus) < 1.0  # though the pause was 30 s
    assert [told for told in recorder.told if told.endswith((" up", " down"))] == [
        "b up",
        "b down",
        "b up",
    ]
    await bus.close()
    second.unplug()
    assert open_descriptors() <= before


async def test_a_dead_link_is_not_tried_without_a_pause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = tmp_path / "usb-FTDI-if00"
    link.symlink_to(tmp_path / "gone")
    port = serial(link)
    tried = 0
    really_open = port.open

    async def count() -> None:
        nonlocal tried
        tried += 1
        await really_open()

    monkeypatch.setattr(port, "open", count)
    bus = bus_at(port, Recorder())
    for _ in range(50):
        with pytest.raises(PortError):
            await reads(bus)
    assert tried == 1


async def test_a_device_that_is_there_but_dead_is_tried_once_for_each_time_it_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = tmp_path / "not-a-terminal"
    link.write_bytes(b"")
    port = serial(link)
    tried = 0
    really_open = port.open

    async def count() -> None:
        nonlocal tried
        tried += 1
        await really_open()

    monkeypatch.setattr(port, "open", count)
    bus = bus_at(port, Recorder())
    for expected in (1, 2):
        for _ in range(10):
            with pytest.raises(PortError):
                await reads(bus)
        assert tried == expected
        link.unlink()
        link.write_bytes(b"another")
    await bus.close()


async def test_other_buses_go_on_while_one_is_down(tmp_path: Path) -> None:
    link = tmp_path / "usb-FTDI-if00"
    device = plug_in(link)
    good = bus_at(serial(link), Recorder())
    bad = bus_at(serial(tmp_path / "missing"), Recorder())
    with pytest.raises(PortError):
        await reads(bad)
    assert await reads(good) < 1.0
    await good.close()
    device.unplug()


class Server:
    """A serial server that can be told to hang up, reset, refuse and fall silent."""

    def __init__(self) -> None:
        self.writers: list[asyncio.StreamWriter] = []
        self.accepted = 0
        self.is_dumb = False
        self.port = 0
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", self.port, reuse_address=True
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        self.writers.append(writer)
        reply = meter()
        try:
            while octets := await reader.read(4096):
                if not self.is_dumb:
                    writer.write(reply(octets))
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def hang_up(self) -> None:
        for writer in self.writers:
            writer.close()
        self.writers.clear()

    async def reset(self) -> None:
        for writer in self.writers:
            if writer.is_closing():
                continue
            peer: socket.socket = writer.get_extra_info("socket")
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        self.writers.clear()

    async def stop(self) -> None:
        """Go down, as in a reboot."""
        assert self._server is not None
        self._server.close()
        await self.reset()
        await self._server.wait_closed()


@asynccontextmanager
async def served() -> AsyncIterator[Server]:
    server = Server()
    await server.start()
    yield server
    await server.stop()


def tcp(server: Server) -> TcpPort:
    return TcpPort(FarEnd(host="127.0.0.1", port=server.port, connect_timeout=0.3))


@pytest.mark.parametrize("way", ["hang_up", "reset"])
@pytest.mark.parametrize("noticed", [True, False])
async def test_an_idle_connection_that_ended_is_made_anew_and_blamed_on_nobody(
    way: str,
    noticed: bool,  # noqa: FBT001  # a column
) -> None:
    recorder = Recorder()
    async with served() as server:
        port = tcp(server)
        bus = bus_at(port, recorder)
        await reads(bus)
        await getattr(server, way)()
        if noticed:
            await until(lambda: not port.is_open)
        assert await reads(bus) < 1.0
        assert server.accepted == 2
        assert [told for told in recorder.told if told.endswith((" up", " down"))] == ["b up"]
        await bus.close()


async def test_a_server_that_reboots_is_found_with_the_first_try_after_it() -> None:
    recorder = Recorder()
    async with served() as server:
        bus = bus_at(tcp(server), recorder, BusParameters(first_pause=0.05, longest_pause=0.1))
        await reads(bus)
        await server.stop()
        failures: list[str] = []
        for _ in range(20):
            with pytest.raises(PortError) as caught:
                await reads(bus)
            failures.append(caught.value.message)
            await asyncio.sleep(0.01)
        assert any("Connection refused" in failure for failure in failures)
        assert sum("bus b is down" in failure for failure in failures) > 10
        await server.start()
        await asyncio.sleep(0.1)
        assert await reads(bus) < 1.0
        await bus.close()


async def test_a_server_that_forgot_the_connection_is_found_by_opening_anew() -> None:
    """As behind a firewall that dropped its state: nothing comes back, not even a reset."""
    recorder = Recorder()
    async with served() as server:
        bus = bus_at(tcp(server), recorder)
        await reads(bus)
        server.is_dumb = True
        for _ in range(3):
            with pytest.raises(NoAnswerError):
                await reads(bus)
        server.is_dumb = False
        assert await reads(bus) < 1.0
        assert server.accepted == 2
        await bus.close()


async def test_a_server_that_takes_no_connection_is_the_lines_fault_not_the_meters() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        host, port = full.getsockname()
        waiting = [socket.socket() for _ in range(3)]
        for client in waiting:
            client.setblocking(False)
            client.connect_ex((host, port))
        bus = bus_at(TcpPort(FarEnd(host=host, port=port, connect_timeout=0.2)), Recorder())
        with pytest.raises(PortError, match="no answer in time"):
            await reads(bus)
        await bus.close()
        for client in waiting:
            client.close()

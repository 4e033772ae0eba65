"""UDP and the gateway protocol, with gurux-dlms at the far end or as the client."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest

from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.association import AssociationParameters
from dcud.dlms.authentication import LowLevelSecurity
from dcud.dlms.connection import ClientConnection
from dcud.dlms.datalink import ClientSap, DataLink
from dcud.dlms.gateway import RESPONSE_TAG, GatewayAddress, GatewayLink, Prefixed, decode
from dcud.dlms.obis import Obis
from dcud.dlms.secret import Secret
from dcud.dlms.server import ServerParameters
from dcud.dlms.wrapper import (
    OVER_TCP,
    Unreadable,
    Wpdu,
    WrapperDelimiter,
    WrapperLink,
    WrapperVariant,
)
from dcud.line.far_end import FarEnd
from dcud.line.port import Port
from dcud.line.session import Session, SessionTiming, Watch
from dcud.line.tcp_port import TcpPort
from dcud.line.tracer import NoTracer
from dcud.line.udp_port import UdpPort
from dcud.sim.gateway import SimulatedGateway
from dcud.sim.meter import MeterParameters, SimulatedMeter
from dcud.sim.serving import serve_tcp
from dcud.sim.wrapper_line import WrapperLine
from tests.support.gurux_peer import Peer, PeerMeter, gurux_peer

pytestmark = pytest.mark.e2e

CLIENT = Path(__file__).parent / "gurux_gateway_client.py"
WATCH = Watch(tracer=NoTracer(), bus="b", meter="m")
SWIFT = SessionTiming(turnaround=0.0)
OVER_UDP = WrapperVariant(datagrams=True, retries=3)
BEHIND = GatewayAddress(network_id=7, device_address=b"\x00\x00\x00\x2a")


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    with gurux_peer(rows=200, meters=2) as running:
        yield running


class UdpFront(asyncio.DatagramProtocol):
    """Gives the units of datagrams to the peer's TCP port, and its answers back; loses every nth.

    A request that is repeated is answered from memory: the peer is not asked twice.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, lost: int
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._lost = lost
        self._count = 0
        self._answers: dict[bytes, bytes] = {}
        self._pending: asyncio.Queue[tuple[bytes, tuple[str, int]]] = asyncio.Queue()
        self._transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)  # typed too widely

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._pending.put_nowait((data, addr))

    async def run(self) -> None:
        while True:
            request, address = await self._pending.get()
            if request not in self._answers:
                self._writer.write(request)
                header = await self._reader.readexactly(8)
                apdu = await self._reader.readexactly(int.from_bytes(header[6:]))
                self._answers = {request: header + apdu}
            self._count += 1
            if self._count % self._lost:
                self._transport.sendto(self._answers[request], address)


@asynccontextmanager
async def on_udp(peer: Peer, lost: int) -> AsyncIterator[Port]:
    reader, writer = await asyncio.open_connection(*peer.wrapper)
    transport, front = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: UdpFront(reader, writer, lost), local_addr=("127.0.0.1", 0)
    )
    host, number = transport.get_extra_info("sockname")
    try:
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(front.run())
            yield UdpPort(FarEnd(host=host, port=number))
            running.cancel()
    finally:
        transport.close()
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def behind_a_gateway(peer: Peer) -> AsyncIterator[Port]:
    """Pass on what is for `BEHIND` to the peer's first meter, as a gateway does."""
    gone = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(*peer.wrapper)
        delimiter = WrapperDelimiter()
        while octets := await reader.read(4096):
            for unit in delimiter.feed(octets):
                assert not isinstance(unit, Unreadable)
                request = decode(unit.apdu)
                assert request is not None
                assert request.address == BEHIND
                far_writer.write(Wpdu(unit.source, unit.destination, request.apdu).build())
                header = await far_reader.readexactly(8)
                answer = await far_reader.readexactly(int.from_bytes(header[6:]))
                said = Prefixed(RESPONSE_TAG, BEHIND, answer).build()
                writer.write(Wpdu(unit.destination, unit.source, said).build())
        for each in (far_writer, writer):
            each.close()
            await each.wait_closed()
        gone.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    address: tuple[str, int] = server.sockets[0].getsockname()
    async with server:
        yield TcpPort(FarEnd(host=address[0], port=address[1]))
        await gone.wait()


def wrapper(peer: Peer, meter: PeerMeter, variant: WrapperVariant = OVER_TCP) -> WrapperLink:
    return WrapperLink(
        client_sap=ClientSap(peer.reading_client),
        server_sap=meter.wrapper_sap,
        response_timeout=0.5,
        variant=variant,
    )


@asynccontextmanager
async def session_over(port: Port, link: DataLink, peer: Peer, size: int) -> AsyncIterator[Session]:
    parameters = AssociationParameters(
        authentication=LowLevelSecurity(Secret(peer.password)), max_receive_pdu_size=size
    )
    session = Session(port, ClientConnection(link, parameters), watch=WATCH, timing=SWIFT)
    await port.open()
    try:
        await session.open()
        yield session
    finally:
        await session.close()
        await port.close()


async def read_all(session: Session, meter: PeerMeter) -> bytes:
    """Check every attribute; return the load profile's octets."""
    for (class_id, name, index), octets in meter.attributes.items():
        wanted = AttributeDescriptor(class_id, Obis.parse(name), index)
        assert await session.get(wanted) == octets
    profile = await session.get(AttributeDescriptor(7, Obis.parse(meter.load_profile), 2))
    assert isinstance(profile, bytes)
    return profile


@pytest.fixture
async def expected(peer: Peer) -> bytes:
    """The load profile of the first meter as it comes over TCP."""
    meter = peer.meters[0]
    port = TcpPort(FarEnd(host=peer.wrapper[0], port=peer.wrapper[1]))
    async with session_over(port, wrapper(peer, meter), peer, 1024) as session:
        return await read_all(session, meter)


@pytest.mark.parametrize("lost", [1000, 9])
async def test_every_attribute_and_a_profile_over_udp(
    peer: Peer, expected: bytes, lost: int
) -> None:
    meter = peer.meters[0]
    async with (
        on_udp(peer, lost) as port,
        session_over(port, wrapper(peer, meter, OVER_UDP), peer, 1024) as session,
    ):
        assert await read_all(session, meter) == expected


async def test_every_attribute_and_a_profile_through_a_gateway(peer: Peer, expected: bytes) -> None:
    meter = peer.meters[0]
    link = GatewayLink(wrapper(peer, meter), BEHIND)
    async with (
        behind_a_gateway(peer) as port,
        session_over(port, link, peer, BEHIND.reduced(1024)) as session,
    ):
        assert await read_all(session, meter) == expected


async def test_the_peers_client_reads_a_meter_behind_our_gateway() -> None:
    now = 1_800_000_000.0
    meter = SimulatedMeter(MeterParameters(number=1, installed=now - 86_400), lambda: now)
    gateway = SimulatedGateway({BEHIND: meter})
    line = WrapperLine({1: gateway}, ServerParameters())
    async with serve_tcp(lambda: line) as (host, number):
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(CLIENT),
            *(host, str(number), "7", "0000002A", "0.0.42.0.0.255"),
            stdout=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(30):
            told, _ = await process.communicate()
    assert [bytes.fromhex(value) for value in json.loads(told)] == [b"SIM0000000000001"]

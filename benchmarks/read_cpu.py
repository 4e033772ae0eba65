"""Whole readings of a meter over loopback: the client's CPU time, beside gurux-dlms.

The meter is the gurux-dlms server of the tests, in a process of its own that isn't measured; both
clients speak HDLC over TCP to it. `read_cpu` is a whole reading as a daemon takes it, again and
again: link and association, eight registers, the load profile of a day, release. Scalers and
columns are known from an earlier one, and both sides end up with scaled numbers and aware times.
`read_cpu_register` is the least there is to read: one register within an association that stands.

The peer's loop is the leanest that is right: a blocking socket, nothing logged, nothing bounded.
Ours is the daemon's own path: its event loop, a port, a session, every wait bounded; and for
`read_cpu_logged` a log of every frame, as the daemon has it.
"""

import asyncio
import contextlib
import math
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from gurux_dlms import GXByteBuffer, GXDLMSClient, GXReplyData
from gurux_dlms.enums import InterfaceType
from gurux_dlms.objects import GXDLMSObject, GXDLMSProfileGeneric, GXDLMSRegister

from benchmarks.result import Result
from dcud.cli.event_loop import new_event_loop
from dcud.collect.meter_memory import MeterMemory, get_data
from dcud.collect.profile_reader import ProfileReader
from dcud.cosem.profile_buffer import ProfileEntry
from dcud.cosem.register import scale
from dcud.dlms.access import AttributeDescriptor, DataAccessResult
from dcud.dlms.association import AssociationParameters
from dcud.dlms.connection import ClientConnection
from dcud.dlms.datalink import ClientSap, DataLink
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.link import HdlcLink
from dcud.dlms.hdlc.parameters import HdlcParameters
from dcud.dlms.obis import Obis
from dcud.line.far_end import FarEnd
from dcud.line.session import Session, SessionTiming, Watch
from dcud.line.tcp_port import TcpPort
from dcud.line.tracer import FrameTracer, NoTracer
from dcud.observe.frame_log import FrameLog
from tests.support.gurux_peer import Peer, gurux_peer

ROUNDS = 7
READINGS = 5
"""In a round."""

REGISTER_READS = 200
"""Likewise."""

ENTRIES = 96  # a day of quarters of an hour

Numbers = list[float]
"""What was read, row after row; the times as Unix seconds."""


class Measured:
    """CPU seconds for one reading and for one register, and what was read."""

    reading = math.inf
    register = math.inf
    numbers: Numbers

    def check(self, other: "Measured") -> None:
        numbers = zip(self.numbers, other.numbers, strict=True)
        if not all(math.isclose(one, another) for one, another in numbers):
            raise AssertionError("two readings differ")

    def better(self, other: "Measured") -> "Measured":
        self.check(other)
        self.reading = min(self.reading, other.reading)
        self.register = min(self.register, other.register)
        return self


def over_hdlc(peer: Peer, max_info: int = 128) -> DataLink:
    return HdlcLink(
        client_sap=ClientSap(peer.public_client),
        server_address=ServerAddress(logical=1, physical=peer.meters[0].physical),
        parameters=HdlcParameters(max_info_transmit=max_info, max_info_receive=max_info),
    )


class OurClient:
    """The daemon's path from a port to scaled values."""

    def __init__(
        self,
        peer: Peer,
        port: TcpPort,
        tracer: FrameTracer,
        link: Callable[[Peer], DataLink] = over_hdlc,
    ) -> None:
        self.peer, self.port, self.tracer, self.link = peer, port, tracer, link
        self.memory = MeterMemory(meter="meter", bus="bench")
        logical_name = Obis.parse(peer.meters[0].load_profile)
        self.profile = ProfileReader(logical_name=logical_name, memory=self.memory)
        self.registers = [
            AttributeDescriptor(each.class_id, Obis.parse(each.logical_name), 2)
            for each in peer.meters[0].registers[:8]
        ]
        self.values: list[float] = []
        self.entries: list[ProfileEntry] = []

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        session = Session(
            self.port,
            ClientConnection(self.link(self.peer), AssociationParameters()),
            watch=Watch(tracer=self.tracer, bus="bench", meter="meter"),
            timing=SessionTiming(turnaround=0.0),  # the peer doesn't pause between frames, either
        )
        await session.open()
        try:
            yield session
        finally:
            await session.close()

    async def register(self, session: Session, attribute: AttributeDescriptor) -> float:
        answer = await get_data(session, attribute)
        scaler_unit = await self.memory.scaler_unit(session, attribute)
        assert not isinstance(answer, DataAccessResult)  # noqa: S101  # the meter serves it
        assert scaler_unit is not None  # noqa: S101  # likewise
        return float(scale(answer, scaler_unit.scaler))

    async def reading(self) -> None:
        async with self.session() as session:
            self.values = [await self.register(session, each) for each in self.registers]
            self.entries = await self.profile.whole(session)

    def numbers(self) -> Numbers:
        numbers = list(self.values)
        for entry in self.entries:
            assert entry.time is not None  # noqa: S101  # or the decoder does less than the peer's
            numbers += [entry.time.timestamp(), *entry.cells[1:]]  # type: ignore[list-item]  # the meter has no others
        return numbers


async def ours(peer: Peer, tracer: FrameTracer) -> Measured:
    host, number = peer.hdlc
    port = TcpPort(FarEnd(host=host, port=number))
    await port.open()
    client = OurClient(peer, port, tracer)
    measured = Measured()
    await client.reading()
    measured.numbers = client.numbers()
    begin = time.process_time()
    for _ in range(READINGS):
        await client.reading()
    measured.reading = (time.process_time() - begin) / READINGS
    async with client.session() as session:
        begin = time.process_time()
        for _ in range(REGISTER_READS):
            await client.register(session, client.registers[0])
        measured.register = (time.process_time() - begin) / REGISTER_READS
    await port.close()
    return measured


def measured(peer: Peer, tracer: FrameTracer) -> Measured:
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(ours(peer, tracer))


def unlogged(peer: Peer) -> Measured:
    return measured(peer, NoTracer())


def logged(peer: Peer) -> Measured:
    """The log's thread writes its lines meanwhile, and its time counts."""
    clock = time.time  # noqa: TID251  # the log tells the time of day
    with tempfile.TemporaryDirectory() as directory:
        log = FrameLog(Path(directory) / "frames.log", clock=clock)
        log.start()
        try:
            return measured(peer, log)
        finally:
            log.close()


class PeerClient:
    """The peer's client with the loop around it that its users write."""

    def __init__(self, peer: Peer, *, is_wrapped: bool = False, max_info: int = 128) -> None:
        address = GXDLMSClient.getServerAddress(1, peer.meters[0].physical)
        self.client = GXDLMSClient(True, peer.public_client, address)
        self.client.hdlcSettings.maxInfoTX = self.client.hdlcSettings.maxInfoRX = max_info
        if is_wrapped:
            self.client = GXDLMSClient(
                True,
                peer.public_client,
                peer.meters[0].wrapper_sap,
                interfaceType=InterfaceType.WRAPPER,
            )
        self.socket = socket.create_connection(peer.wrapper if is_wrapped else peer.hdlc)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.registers = [
            GXDLMSRegister(each.logical_name) for each in peer.meters[0].registers[:8]
        ]
        self.profile = GXDLMSProfileGeneric(peer.meters[0].load_profile)

    def exchange(self, frame: bytes, reply: GXReplyData) -> None:
        self.socket.sendall(frame)
        received = GXByteBuffer(self.socket.recv(4096))
        while not self.client.getData(received, reply, None):
            received.set(self.socket.recv(4096))

    def ask(self, frames: Iterable[bytes]) -> GXReplyData:
        reply = GXReplyData()
        for frame in frames:
            self.exchange(frame, reply)
        while reply.isMoreData():
            self.exchange(self.client.receiverReady(reply), reply)
        return reply

    def associate(self) -> None:
        if self.client.interfaceType == InterfaceType.HDLC:
            self.client.parseUAResponse(self.ask([self.client.snrmRequest()]).data)
        self.client.parseAareResponse(self.ask(self.client.aarqRequest()).data)

    def release(self) -> None:
        self.ask(self.client.releaseRequest())
        if self.client.interfaceType == InterfaceType.HDLC:
            self.ask([self.client.disconnectRequest()])

    def read(self, target: GXDLMSObject, attribute: int) -> None:
        reply = self.ask(self.client.read(target, attribute))
        self.client.updateValue(target, attribute, reply.value)

    def learn(self) -> None:
        """Ask for scalers, units and columns."""
        self.associate()
        for register in self.registers:
            self.read(register, 3)
            self.client.objects.append(register)  # where it looks for the scalers of columns
        self.read(self.profile, 3)
        self.release()

    def reading(self) -> None:
        self.associate()
        for register in self.registers:
            self.read(register, 2)
        self.read(self.profile, 2)
        self.release()

    def numbers(self) -> Numbers:
        numbers = [float(register.value) for register in self.registers]
        for moment, *cells in self.profile.buffer:
            numbers += [moment.value.timestamp(), *cells]
        return numbers


def theirs(peer: Peer) -> Measured:
    measured = Measured()
    client = PeerClient(peer)
    with contextlib.closing(client.socket):
        client.learn()
        begin = time.process_time()
        for _ in range(READINGS):
            client.profile.buffer.clear()
            client.reading()
        measured.reading = (time.process_time() - begin) / READINGS
        measured.numbers = client.numbers()
        client.associate()
        begin = time.process_time()
        for _ in range(REGISTER_READS):
            client.read(client.registers[0], 2)
        measured.register = (time.process_time() - begin) / REGISTER_READS
        client.release()
    return measured


def result(name: str, seconds: float, peer_seconds: float) -> Result:
    return Result(
        name=name,
        value=1e6 * seconds,
        unit="us/read",
        peer=f"gurux-dlms {version('gurux-dlms')}",
        peer_value=1e6 * peer_seconds,
        ratio=peer_seconds / seconds,
    )


def run() -> list[Result]:
    clients = (unlogged, logged, theirs)
    with gurux_peer(meters=1, rows=ENTRIES) as peer:
        best = [client(peer) for client in clients]
        for _ in range(ROUNDS - 1):
            best = [it.better(client(peer)) for it, client in zip(best, clients, strict=True)]
    mine, with_log, other = best
    mine.check(other)
    return [
        result("read_cpu", mine.reading, other.reading),
        result("read_cpu_logged", with_log.reading, other.reading),
        result("read_cpu_register", mine.register, other.register),
    ]

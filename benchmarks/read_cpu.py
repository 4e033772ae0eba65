"""Registers read from a meter on loopback: CPU time of the client for each, beside gurux-dlms.

The meter is the gurux-dlms server of the tests, in a process of its own that isn't measured. Both
clients read one register's value again and again over HDLC on TCP, within one association, and end
up with the scaled number. The peer's loop is the leanest that is right: a blocking socket, nothing
logged. Ours is the daemon's own path: an event loop, a port, a session, every wait bounded; once
with a log of every frame, too, as the daemon has it.
"""

import asyncio
import contextlib
import socket
import tempfile
import time
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path

from gurux_dlms import GXByteBuffer, GXDLMSClient, GXReplyData
from gurux_dlms.objects import GXDLMSRegister

from benchmarks.result import Result
from dcud.cosem.register import ScalerUnit, scale
from dcud.dlms.access import AttributeDescriptor, DataAccessResult
from dcud.dlms.association import AssociationParameters
from dcud.dlms.connection import ClientConnection
from dcud.dlms.data import Data, decode_data
from dcud.dlms.datalink import ClientSap
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.link import HdlcLink
from dcud.dlms.obis import Obis
from dcud.dlms.octets import Cursor
from dcud.line.session import Session, SessionTiming, Watch
from dcud.line.tcp_port import TcpParameters, TcpPort
from dcud.line.tracer import FrameTracer, NoTracer
from dcud.observe.frame_log import FrameLog
from tests.support.gurux_peer import Peer, gurux_peer

READS = 500
ROUNDS = 5
REGISTER = Obis.parse("1.0.12.7.0.255")
VALUE = AttributeDescriptor(3, REGISTER, 2)
SCALER_UNIT = AttributeDescriptor(3, REGISTER, 3)

Measured = tuple[float, float]
"""CPU seconds for one read, and what was read."""


async def get(session: Session, attribute: AttributeDescriptor) -> Data:
    answer = await session.get(attribute)
    assert not isinstance(answer, DataAccessResult)  # noqa: S101  # the meter serves them all
    return decode_data(Cursor(answer))


def session_with(peer: Peer, port: TcpPort, tracer: FrameTracer) -> Session:
    link = HdlcLink(
        client_sap=ClientSap(peer.public_client),
        server_address=ServerAddress(logical=1, physical=peer.meters[0].physical),
    )
    return Session(
        port,
        ClientConnection(link, AssociationParameters()),
        watch=Watch(tracer=tracer, bus="bench", meter="meter"),
        timing=SessionTiming(turnaround=0.0),  # the peer doesn't pause between frames, either
    )


async def ours(peer: Peer, tracer: FrameTracer) -> Measured:
    host, number = peer.hdlc
    port = TcpPort(TcpParameters(host=host, port=number))
    await port.open()
    session = session_with(peer, port, tracer)
    await session.open()
    scaler = ScalerUnit.from_data(await get(session, SCALER_UNIT)).scaler
    value = Decimal()
    begin = time.process_time()
    for _ in range(READS):
        value = scale(await get(session, VALUE), scaler)
    elapsed = time.process_time() - begin
    await session.close()
    await port.close()
    return elapsed / READS, float(value)


def unlogged(peer: Peer) -> Measured:
    return asyncio.run(ours(peer, NoTracer()))


def logged(peer: Peer) -> Measured:
    """Read with a frame log; the time of its thread counts, until the last line is written."""
    clock = time.time  # noqa: TID251  # the log tells the time of day
    with tempfile.TemporaryDirectory() as directory:
        log = FrameLog(Path(directory) / "frames.log", clock=clock)
        log.start()
        try:
            return asyncio.run(ours(peer, log))
        finally:
            log.close()


class PeerClient:
    """The peer's client with the loop around it that its users write."""

    def __init__(self, peer: Peer) -> None:
        address = GXDLMSClient.getServerAddress(1, peer.meters[0].physical)
        self.client = GXDLMSClient(True, peer.public_client, address)
        self.socket = socket.create_connection(peer.hdlc)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, frames: list[bytes]) -> GXReplyData:
        reply = GXReplyData()
        for frame in frames:
            self.socket.sendall(frame)
            received = GXByteBuffer(self.socket.recv(4096))
            while not self.client.getData(received, reply, None):
                received.set(self.socket.recv(4096))
        return reply

    def associate(self) -> None:
        self.client.parseUAResponse(self.ask([self.client.snrmRequest()]).data)
        self.client.parseAareResponse(self.ask(self.client.aarqRequest()).data)

    def read(self, register: GXDLMSRegister, attribute: int) -> None:
        reply = self.ask(self.client.read(register, attribute))
        self.client.updateValue(register, attribute, reply.value)

    def close(self) -> None:
        self.ask([self.client.disconnectRequest()])
        self.socket.close()


def theirs(peer: Peer) -> Measured:
    with contextlib.closing(PeerClient(peer)) as client:
        client.associate()
        register = GXDLMSRegister(str(REGISTER))
        client.read(register, 3)
        begin = time.process_time()
        for _ in range(READS):
            client.read(register, 2)
        elapsed = time.process_time() - begin
        return elapsed / READS, float(register.value)


def best(rounds: list[Measured]) -> float:
    return min(seconds for seconds, _ in rounds)


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
    with gurux_peer(meters=1, rows=1) as peer:
        rounds = [[client(peer) for client in clients] for _ in range(ROUNDS)]
    if len({value for measured in rounds for _, value in measured}) != 1:
        raise AssertionError("the clients read different values")
    mine, with_log, other = (best(list(of)) for of in zip(*rounds, strict=True))
    return [result("read_cpu", mine, other), result("read_cpu_logged", with_log, other)]

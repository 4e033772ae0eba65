"""Reads by the whole stack over a port whose line is bad, on the event loop's clock."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from random import Random

from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.association import AssociationParameters
from dcud.dlms.connection import ClientConnection
from dcud.dlms.constructors import double_long_unsigned, octet_string
from dcud.dlms.data import encode_data
from dcud.dlms.datalink import ClientSap
from dcud.dlms.errors import ProtocolError
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.link import HdlcLink
from dcud.dlms.hdlc.negotiation import LinkSizes
from dcud.dlms.hdlc.parameters import HdlcParameters
from dcud.dlms.hdlc.station import StationParameters
from dcud.dlms.obis import Obis
from dcud.line.faulty_port import FaultyPort
from dcud.line.impairment import ImpairedWay, Impairment
from dcud.line.session import Session, Watch
from dcud.line.tracer import NoTracer
from tests.support.paced_port import PacedPort
from tests.support.sans_io_meter import HdlcMeter

SERVER = ServerAddress(1, 17)
OCTET_TIME = 1 / 960
READS_PER_SESSION = 100
RETRIES = 20

VALUES = {
    f"3/1.0.{number}.8.0.255/2": encode_data(double_long_unsigned(number * 16_777_619 % 2**32))
    for number in range(1, 40)
} | {
    f"1/0.0.96.{number}.0.255/2": encode_data(octet_string(bytes(range(number, 255, 2))))
    for number in range(10)
}
"""Registers, and octet-strings that take several frames."""
NAMES = sorted(VALUES)


@dataclass(slots=True)
class Tally:
    """What came of the reads, and what it took.

    Attributes:
        right: reads that gave the right value.
        failures: sessions that broke down, by error, and were opened again.
        mishaps: what befell frames and octets, both ways.
        seconds: on the clock of the line.
    """

    right: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    retransmissions: int = 0
    mishaps: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


class _Tracer(NoTracer):
    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def retransmitted(self, bus: str, meter: str, frames: int) -> None:
        self._tally.retransmissions += frames


class FaultyReads:
    """One meter behind a bad line, read with frames small enough for it.

    Where one octet in a hundred is damaged, of frames of 140 octets three in four are.
    """

    def __init__(self, *, window: int, impairment: Impairment, seed: int) -> None:
        sizes = LinkSizes(
            max_info_transmit=32,
            max_info_receive=32,
            window_transmit=window,
            window_receive=window,
        )
        self.tally = Tally()
        self._meter = HdlcMeter(
            {**VALUES}, server_address=SERVER, station=StationParameters(sizes=sizes)
        )
        random = Random(seed)  # noqa: S311  # a seed is the point
        self._random = random
        self._ways = ImpairedWay(impairment, random), ImpairedWay(impairment, random)
        self._port = FaultyPort(
            PacedPort(self._meter.reply, octet_time=OCTET_TIME),
            outward=self._ways[0],
            inward=self._ways[1],
        )
        self._watch = Watch(tracer=_Tracer(self.tally), bus="b", meter="m")
        self._parameters = HdlcParameters(
            max_info_transmit=32,
            max_info_receive=32,
            window_transmit=window,
            window_receive=window,
            response_timeout=1.0,
            inter_octet_timeout=0.1,
            retries=RETRIES,
            connect_retries=RETRIES,
        )

    async def run(self, count: int) -> Tally:
        """Read so often; what breaks down is opened again and asked again."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        await self._port.open()
        while self.tally.right < count:
            session = Session(self._port, self._connection(), watch=self._watch)
            try:
                await session.open()
                await self._read(session, min(READS_PER_SESSION, count - self.tally.right))
            except ProtocolError as error:
                self.tally.failures[error.code] += 1
            finally:
                await session.close()
        await self._port.close()
        self.tally.seconds = loop.time() - began
        self.tally.mishaps = self._ways[0].met + self._ways[1].met
        return self.tally

    def _connection(self) -> ClientConnection:
        link = HdlcLink(
            client_sap=ClientSap(16), server_address=SERVER, parameters=self._parameters
        )
        return ClientConnection(link, AssociationParameters())

    async def _read(self, session: Session, count: int) -> None:
        for _ in range(count):
            name = self._random.choice(NAMES)
            assert await session.get(attribute(name)) == VALUES[name]
            self.tally.right += 1


def attribute(name: str) -> AttributeDescriptor:
    class_id, obis, index = name.split("/")
    return AttributeDescriptor(int(class_id), Obis.parse(obis), int(index))

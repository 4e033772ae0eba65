"""What a meter does to a link in the middle of a session, and what becomes of the reads."""

import asyncio
from collections.abc import Callable

import pytest

from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.association import AssociationParameters
from dcud.dlms.connection import ClientConnection
from dcud.dlms.constructors import double_long_unsigned
from dcud.dlms.data import encode_data
from dcud.dlms.datalink import ClientSap
from dcud.dlms.errors import FrameRejectedError, LinkLostError
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.frame import CONTROLS, HdlcFrame
from dcud.dlms.hdlc.link import HdlcLink
from dcud.dlms.hdlc.parameters import HdlcParameters
from dcud.dlms.hdlc.station import StationParameters
from dcud.dlms.obis import Obis
from dcud.line.session import Session, Watch
from dcud.line.tracer import NoTracer
from tests.support.paced_port import PacedPort
from tests.support.sans_io_meter import HdlcMeter

pytestmark = pytest.mark.looptime

SERVER = ServerAddress(1, 17)
ENERGY = AttributeDescriptor(3, Obis.parse("1.0.1.8.0.255"), 2)
VALUE = encode_data(double_long_unsigned(1234))
WATCH = Watch(tracer=NoTracer(), bus="b", meter="m")


def frame(control: int, information: bytes = b"") -> bytes:
    return HdlcFrame(b"\x21", SERVER.octets, CONTROLS[control], information).build()


class Bench:
    """A meter of which the next answer can be replaced."""

    def __init__(self) -> None:
        self.station = StationParameters(inactivity_timeout=100.0)
        self.replacement: bytes | None = None
        self.events: list[str] = []
        self.restart()

    def restart(self) -> None:
        self._meter = HdlcMeter({str(ENERGY): VALUE}, server_address=SERVER, station=self.station)
        self._meter.events = self.events

    def answer(self, octets: bytes, now: float) -> bytes:
        said = self._meter.reply(octets, now)
        if self.replacement is not None:
            said, self.replacement = self.replacement, None
        return said


async def session_with(bench: Bench, *, renews: bool = True, keep_alive: float = 0.0) -> Session:
    port = PacedPort(bench.answer)
    await port.open()

    def connect() -> ClientConnection:
        link = HdlcLink(
            client_sap=ClientSap(16),
            server_address=SERVER,
            parameters=HdlcParameters(response_timeout=1.0, keep_alive=keep_alive),
        )
        return ClientConnection(link, AssociationParameters())

    session = Session(port, connect(), watch=WATCH, renew=connect if renews else None)
    await session.open()
    return session


def reject(bench: Bench) -> None:
    bench.replacement = frame(0x97, bytes.fromhex("320001"))


def acknowledge_what_was_never_sent(bench: Bench) -> None:
    bench.replacement = frame(0xF1)


MISHAPS = [reject, acknowledge_what_was_never_sent, Bench.restart]


@pytest.mark.parametrize("mishap", MISHAPS)
async def test_a_read_survives(mishap: Callable[[Bench], None]) -> None:
    bench = Bench()
    session = await session_with(bench)
    assert await session.get(ENERGY) == VALUE
    mishap(bench)
    assert await session.get(ENERGY) == VALUE
    assert bench.events.count("connected") == 2
    assert await session.get(ENERGY) == VALUE
    await session.close()
    assert bench.events[-1] == "disc"


@pytest.mark.parametrize(
    ("mishap", "error"), [(reject, FrameRejectedError), (Bench.restart, LinkLostError)]
)
async def test_whoever_has_no_other_link_is_told(
    mishap: Callable[[Bench], None], error: type[Exception]
) -> None:
    bench = Bench()
    session = await session_with(bench, renews=False)
    mishap(bench)
    with pytest.raises(error):
        await session.get(ENERGY)
    assert not session.is_open


async def test_a_link_that_is_held_is_not_forgotten() -> None:
    bench = Bench()
    session = await session_with(bench, keep_alive=60.0)
    await session.hold(1000.0)
    assert await session.get(ENERGY) == VALUE
    assert bench.events == ["connected"]
    await session.close()


async def test_a_link_that_is_only_left_alone_is() -> None:
    bench = Bench()
    session = await session_with(bench)
    await asyncio.sleep(1000.0)
    assert await session.get(ENERGY) == VALUE
    assert bench.events == ["connected", "inactivity", "connected"]
    await session.close()

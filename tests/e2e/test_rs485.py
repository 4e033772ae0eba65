"""Many meters on one RS-485 bus: mixed address lengths, our own echo, other stations' frames."""

import asyncio
from collections.abc import Callable

import pytest

from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.association import AssociationParameters
from dcud.dlms.connection import ClientConnection
from dcud.dlms.datalink import ClientSap
from dcud.dlms.errors import NoAnswerError
from dcud.dlms.hdlc.address import ServerAddress, client_octets
from dcud.dlms.hdlc.frame import FrameKind, HdlcFrame, unnumbered
from dcud.dlms.hdlc.link import HdlcLink
from dcud.dlms.hdlc.parameters import HdlcParameters
from dcud.dlms.obis import Obis
from dcud.dlms.server import ServerParameters
from dcud.line.bus import Bus, Target
from dcud.line.serial_port import SerialParameters, SerialPort
from dcud.line.session import SessionTiming
from dcud.sim.hdlc_line import HdlcLine
from dcud.sim.meter import MeterParameters, SimulatedMeter
from dcud.sim.serving import Line, serve_pty
from tests.support.scripted_line import Recorder

NAME = AttributeDescriptor(1, Obis.parse("0.0.42.0.0.255"), 2)
TURNAROUND = 0.01

ADDRESSES = (
    ServerAddress(17),  # one octet
    ServerAddress(16),  # one octet, and the same as the client's
    ServerAddress(1, 17),  # two octets
    ServerAddress(1, 18),
    ServerAddress(17, 1),
    ServerAddress(1, 1017),  # four octets
    ServerAddress(2, 1017),
    ServerAddress(1, 0x1234),
)
SAME_IN_FOUR_OCTETS = ServerAddress(1, 17, size=4)


def simulated() -> HdlcLine:
    meters = {
        address: SimulatedMeter(
            MeterParameters(number=number, installed=0.0), lambda: 1_800_000_000.0
        )
        for number, address in enumerate(ADDRESSES, 1)
    }
    return HdlcLine(meters, ServerParameters())


class Echoing:
    """A two-wire converter that also hears itself, upon which a stranger's meter answers first."""

    def __init__(self, line: HdlcLine, strange: bytes = b"") -> None:
        self.line = line
        self.strange = strange

    def receive(self, octets: bytes, now: float) -> bytes | None:
        return octets + self.strange + (self.line.receive(octets, now) or b"")


def target(address: ServerAddress) -> Target:
    def connect() -> ClientConnection:
        hasty = HdlcParameters(response_timeout=0.3, connect_retries=1)
        link = HdlcLink(client_sap=ClientSap(16), server_address=address, parameters=hasty)
        return ClientConnection(link, AssociationParameters())

    return Target(meter=str(address), connect=connect, timing=SessionTiming(turnaround=TURNAROUND))


async def names(bus: Bus, addresses: tuple[ServerAddress, ...]) -> list[bytes]:
    said = []
    for address in addresses:
        async with bus.session(target(address)) as session:
            answer = await session.get(NAME)
            assert isinstance(answer, bytes)
            said.append(answer[2:])
    return said


EXPECTED = [f"SIM{number:013d}".encode() for number in range(1, len(ADDRESSES) + 1)]
# What a master of somebody else's asks, and what its meter says to it.
STRANGE = (
    HdlcFrame(
        ServerAddress(1, 99).octets, client_octets(ClientSap(32)), unnumbered(FrameKind.SNRM)
    ).build()
    + HdlcFrame(
        client_octets(ClientSap(32)), ServerAddress(1, 99).octets, unnumbered(FrameKind.UA)
    ).build()
)


LINES: dict[str, Callable[[], Line]] = {
    "quiet": simulated,
    "echoing": lambda: Echoing(simulated()),
    "shared": lambda: Echoing(simulated(), STRANGE),
}


@pytest.mark.parametrize("make_line", LINES.values(), ids=LINES)
async def test_meters_with_addresses_of_all_lengths_share_a_bus(
    make_line: Callable[[], Line],
) -> None:
    recorder = Recorder()
    async with serve_pty(make_line()) as device:
        port = SerialPort(SerialParameters(device=str(device)))
        bus = Bus("b", port, tracer=recorder, observer=recorder)
        assert await names(bus, ADDRESSES) == EXPECTED
        assert await names(bus, ADDRESSES[::-1]) == EXPECTED[::-1]
        # The same meter, addressed in four octets.
        assert await names(bus, (SAME_IN_FOUR_OCTETS,)) == [EXPECTED[2]]
        with pytest.raises(NoAnswerError):
            await names(bus, (ServerAddress(1, 99),))
        assert await names(bus, ADDRESSES[:1]) == EXPECTED[:1]
        await bus.close()
    told = [told for told in recorder.told if "1/99" not in told]
    assert not [each for each in told if "discarded" in each or "retransmitted" in each]


class Watched:
    """Keeps when the line was spoken to, and when it had answered."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.gaps: list[float] = []
        self.answered_at = float("-inf")

    def receive(self, octets: bytes, now: float) -> bytes | None:
        self.gaps.append(now - self.answered_at)
        answer = self.line.receive(octets, now)
        if answer:
            self.answered_at = asyncio.get_running_loop().time()
        return answer


async def test_the_turnaround_gap_is_kept_before_every_frame() -> None:
    watched = Watched(simulated())
    async with serve_pty(watched) as device:
        port = SerialPort(SerialParameters(device=str(device)))
        bus = Bus("b", port, tracer=Recorder(), observer=Recorder())
        await names(bus, ADDRESSES[:2])
        await bus.close()
    assert len(watched.gaps) == 10  # SNRM, AARQ, GET, RLRQ, DISC, twice
    assert min(watched.gaps) >= TURNAROUND

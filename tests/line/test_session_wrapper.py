"""The whole client over TCP, with far ends that do what the wrapper doesn't foresee."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.association import AssociationParameters
from dcud.dlms.connection import ClientConnection
from dcud.dlms.datalink import ClientSap
from dcud.dlms.errors import LinkError, NoAnswerError
from dcud.dlms.gateway import GatewayAddress, GatewayLink
from dcud.dlms.obis import Obis
from dcud.dlms.server import ServerParameters
from dcud.dlms.wrapper import Wpdu, WrapperLink, WrapperVariant, cut_datagram
from dcud.line.bus import Bus, BusParameters, Target
from dcud.line.far_end import FarEnd
from dcud.line.session import unheard
from dcud.line.tcp_port import TcpPort
from dcud.sim.gateway import SimulatedGateway
from dcud.sim.meter import MeterParameters, SimulatedMeter
from dcud.sim.serving import serve_tcp
from dcud.sim.wrapper_line import WrapperLine
from tests.support.scripted_line import Recorder

NOW = 1_800_000_000.0
METER = SimulatedMeter(MeterParameters(number=1, installed=NOW - 86_400), lambda: NOW)
NAME = AttributeDescriptor(1, Obis.parse("0.0.42.0.0.255"), 2)
NAME_OCTETS = b"\x09\x10SIM0000000000001"
PUSH = bytes.fromhex("0f0000000100090101")
BEHIND = GatewayAddress(network_id=0, device_address=b"1")


class OddLine:
    """A line whose answers are changed on their way."""

    def __init__(self, line: WrapperLine, change: Callable[[Wpdu], bytes]) -> None:
        self._line = line
        self._change = change

    def receive(self, octets: bytes, now: float) -> bytes | None:
        said = self._line.receive(octets, now)
        if not said:
            return said
        unit = cut_datagram(said)[0]
        assert isinstance(unit, Wpdu)
        return self._change(unit)


def odd_meter(change: Callable[[Wpdu], bytes]) -> Callable[[], OddLine]:
    return lambda: OddLine(WrapperLine({1: METER}, ServerParameters()), change)


@asynccontextmanager
async def bus_to(make_line: Callable[[], OddLine]) -> AsyncIterator[tuple[Bus, TcpPort]]:
    recorder = Recorder()
    async with serve_tcp(make_line) as (host, number):
        port = TcpPort(FarEnd(host=host, port=number))
        bus = Bus(
            "b", port, tracer=recorder, observer=recorder, parameters=BusParameters(keep_open=False)
        )
        yield bus, port
        await bus.close()


def target(
    variant: WrapperVariant | None = None,
    address: GatewayAddress | None = None,
    notified: Callable[[bytes], None] = unheard,
) -> Target:
    def connect() -> ClientConnection:
        link = WrapperLink(
            client_sap=ClientSap(16),
            server_sap=1,
            response_timeout=0.2,
            variant=variant or WrapperVariant(),
        )
        reached = link if address is None else GatewayLink(link, address)
        return ClientConnection(reached, AssociationParameters())

    return Target(meter="m", connect=connect, notified=notified)


def swapped(unit: Wpdu) -> bytes:
    return Wpdu(unit.destination, unit.source, unit.apdu).build()


def with_llc_header(unit: Wpdu) -> bytes:
    return Wpdu(unit.source, unit.destination, b"\xe6\xe7\x00" + unit.apdu).build()


def after_a_push(unit: Wpdu) -> bytes:
    return Wpdu(unit.source, unit.destination, PUSH).build() + unit.build()


@pytest.mark.parametrize(
    ("change", "variant"),
    [
        (swapped, WrapperVariant(swapped_ports=True)),
        (with_llc_header, WrapperVariant(llc_header=True)),
    ],
)
async def test_oddities_that_an_option_knows(
    change: Callable[[Wpdu], bytes], variant: WrapperVariant
) -> None:
    async with bus_to(odd_meter(change)) as (bus, _), bus.session(target(variant)) as session:
        assert await session.get(NAME) == NAME_OCTETS


async def test_swapped_ports_are_nobodys_without_the_option() -> None:
    async with bus_to(odd_meter(swapped)) as (bus, _):
        with pytest.raises(NoAnswerError):
            async with bus.session(target()):
                pass


async def test_several_units_may_come_at_once() -> None:
    pushes: list[bytes] = []
    async with (
        bus_to(odd_meter(after_a_push)) as (bus, _),
        bus.session(target(notified=pushes.append)) as session,
    ):
        assert await session.get(NAME) == NAME_OCTETS
    assert pushes[:2] == [PUSH, PUSH]


async def test_another_version_closes_the_connection_and_the_next_session_reads() -> None:
    hdlc = bytes.fromhex("7ea0070303938c117e")
    said = [hdlc]
    async with bus_to(odd_meter(lambda unit: said.pop() if said else unit.build())) as (bus, port):
        with pytest.raises(LinkError, match="isn't the DLMS wrapper"):
            async with bus.session(target()):
                pass
        assert not port.is_open
        async with bus.session(target()) as session:
            assert await session.get(NAME) == NAME_OCTETS


def behind_a_gateway(change: Callable[[Wpdu], bytes]) -> Callable[[], OddLine]:
    gateway = SimulatedGateway({BEHIND: METER}, own=METER)
    return lambda: OddLine(WrapperLine({1: gateway}, ServerParameters()), change)


def pushed_behind_the_prefix(unit: Wpdu) -> bytes:
    push = Wpdu(unit.source, unit.destination, BEHIND.prefix(0xE6) + PUSH)
    return push.build() + unit.build()


async def test_a_meter_behind_a_gateway_may_push_while_it_is_asked() -> None:
    pushes: list[bytes] = []
    async with (
        bus_to(behind_a_gateway(pushed_behind_the_prefix)) as (bus, _),
        bus.session(target(address=BEHIND, notified=pushes.append)) as session,
    ):
        assert await session.get(NAME) == NAME_OCTETS
    assert pushes[:2] == [PUSH, PUSH]


async def test_a_concentrator_that_knows_no_gateway_protocol_is_told_apart() -> None:
    def without_prefix(unit: Wpdu) -> bytes:
        return Wpdu(unit.source, unit.destination, unit.apdu[4:]).build()

    async with bus_to(behind_a_gateway(without_prefix)) as (bus, _):
        with pytest.raises(LinkError, match="31 on network 0 came without the gateway's prefix"):
            async with bus.session(target(address=BEHIND)):
                pass

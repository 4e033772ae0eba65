"""The whole client, from `Bus` down to the datagrams, against simulated meters."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.association import AssociationParameters
from dcud.dlms.connection import ClientConnection
from dcud.dlms.data import encode_data
from dcud.dlms.data_types import Data
from dcud.dlms.datalink import ClientSap, DataLink
from dcud.dlms.errors import NoAnswerError
from dcud.dlms.gateway import GatewayAddress, GatewayLink
from dcud.dlms.obis import Obis
from dcud.dlms.server import ServerParameters
from dcud.dlms.wrapper import WrapperLink, WrapperVariant
from dcud.line.bus import Bus, BusParameters, Target
from dcud.line.errors import PortError
from dcud.line.far_end import FarEnd
from dcud.line.udp_port import UdpPort
from dcud.sim.device import Device
from dcud.sim.gateway import SimulatedGateway
from dcud.sim.meter import MeterParameters, SimulatedMeter
from dcud.sim.udp_serving import serve_udp
from dcud.sim.wrapper_line import WrapperLine
from tests.support.scripted_line import Recorder

NOW = 1_800_000_000.0
METER = SimulatedMeter(MeterParameters(number=1, installed=NOW - 86_400), lambda: NOW)
OTHER = SimulatedMeter(MeterParameters(number=2, installed=NOW - 86_400), lambda: NOW)
ENERGY = AttributeDescriptor(3, Obis.parse("1.0.1.8.0.255"), 2)
PROFILE = AttributeDescriptor(7, Obis.parse("1.0.99.1.0.255"), 2)
NAME = AttributeDescriptor(1, Obis.parse("0.0.42.0.0.255"), 2)
BEHIND = GatewayAddress(network_id=3, device_address=b"\x00\x2a")
PATIENT = WrapperVariant(datagrams=True, retries=4)


class Network:
    """Gives each datagram to a line, unless `fate` takes it away or doubles what is answered.

    `fate` is told the number of the datagram, from 1, and returns the answers to send.
    """

    def __init__(self, device: Device, fate: Callable[[int, bytes], list[bytes]]) -> None:
        self._line = WrapperLine({1: device}, ServerParameters(max_send_pdu_size=512))
        self._fate = fate
        self.requests: list[bytes] = []

    def receive_datagram(self, octets: bytes) -> bytes:
        self.requests.append(octets)
        answers = self._fate(len(self.requests), self._line.receive_datagram(octets))
        return answers[0] if answers else b""


def faithful(_: int, answer: bytes) -> list[bytes]:
    return [answer]


def target(
    address: GatewayAddress | None = None,
    *,
    variant: WrapperVariant = PATIENT,
    response_timeout: float = 0.05,
) -> Target:
    def connect() -> ClientConnection:
        link: DataLink = WrapperLink(
            client_sap=ClientSap(16),
            server_sap=1,
            response_timeout=response_timeout,
            variant=variant,
        )
        if address is not None:
            link = GatewayLink(link, address)
        return ClientConnection(link, AssociationParameters())

    return Target(meter="m", connect=connect)


@asynccontextmanager
async def bus_to(network: Network, recorder: Recorder) -> AsyncIterator[Bus]:
    async with serve_udp(lambda: network) as (host, number):
        bus = Bus(
            "b",
            UdpPort(FarEnd(host=host, port=number)),
            tracer=recorder,
            observer=recorder,
            parameters=BusParameters(keep_open=False),
        )
        yield bus
        await bus.close()


async def read_and_check(bus: Bus, reached: Target, meter: SimulatedMeter) -> None:
    async with bus.session(reached) as session:
        for attribute in (NAME, ENERGY, PROFILE):
            held = meter.read(attribute, None)
            octets = encode_data(held) if isinstance(held, Data) else held
            assert await session.get(attribute) == octets


async def test_a_register_and_a_profile() -> None:
    recorder = Recorder()
    async with bus_to(Network(METER, faithful), recorder) as bus:
        for _ in range(2):
            await read_and_check(bus, target(response_timeout=5.0), METER)
    assert not [told for told in recorder.told if "discarded" in told or "retransmitted" in told]


async def test_answers_that_are_lost_are_asked_for_once_more() -> None:
    recorder = Recorder()
    network = Network(METER, lambda number, answer: [] if number % 3 == 0 else [answer])
    async with bus_to(network, recorder) as bus:
        await read_and_check(bus, target(), METER)
    repeated = sum(a == b for a, b in zip(network.requests, network.requests[1:], strict=False))
    assert repeated > 5
    assert repeated == sum("retransmitted" in told for told in recorder.told)


async def test_answers_that_come_late_are_not_taken_for_the_next() -> None:
    late: list[bytes] = []

    def delayed(number: int, answer: bytes) -> list[bytes]:
        """Keep every fifth answer until after the next one, which is the same again."""
        if number % 5 == 0:
            late.append(answer)
            return []
        return [late.pop()] if late and number % 5 == 2 else [answer]

    async with bus_to(Network(METER, delayed), Recorder()) as bus:
        await read_and_check(bus, target(), METER)


@pytest.mark.parametrize(
    "damage", [lambda answer: answer[:-1], lambda answer: b"\0\2" + answer[2:]]
)
async def test_datagrams_that_are_no_unit_are_dropped_and_told(
    damage: Callable[[bytes], bytes],
) -> None:
    recorder = Recorder()
    network = Network(METER, lambda n, answer: [damage(answer) if n % 4 == 0 else answer])
    async with bus_to(network, recorder) as bus:
        await read_and_check(bus, target(), METER)
    assert [told for told in recorder.told if "discarded" in told]


async def test_what_stands_behind_a_units_end_is_ignored() -> None:
    async with bus_to(Network(METER, lambda _, answer: [answer + b"\0\1"]), Recorder()) as bus:
        await read_and_check(bus, target(), METER)


async def test_silence_ends_in_a_named_error() -> None:
    recorder = Recorder()
    network = Network(METER, lambda *_: [])
    hasty = WrapperVariant(datagrams=True, retries=2)
    async with bus_to(network, recorder) as bus:
        with pytest.raises(NoAnswerError, match="asked 3 times"):
            async with bus.session(target(variant=hasty)):
                pass
    assert len(network.requests) == 3
    assert len(set(network.requests)) == 1


async def test_a_far_end_that_goes_takes_the_bus_down_and_is_found_again() -> None:
    recorder = Recorder()
    async with serve_udp(lambda: Network(METER, faithful)) as (host, number):
        pass
    bus = Bus(
        "b",
        UdpPort(FarEnd(host=host, port=number)),
        tracer=recorder,
        observer=recorder,
        parameters=BusParameters(keep_open=False, first_pause=0.01),
    )
    with pytest.raises(PortError, match="can't be reached by UDP"):
        async with bus.session(target()):
            pass
    assert recorder.told[-1] == "b down"
    await asyncio.sleep(0.02)
    async with serve_udp(lambda: Network(METER, faithful), host, number):
        await read_and_check(bus, target(), METER)
    await bus.close()


async def test_a_meter_behind_a_gateway() -> None:
    gateway = SimulatedGateway({BEHIND: METER}, own=OTHER)
    network = Network(gateway, lambda n, answer: [] if n % 4 == 0 else [answer])
    async with bus_to(network, Recorder()) as bus:
        await read_and_check(bus, target(BEHIND), METER)
        await read_and_check(bus, target(), OTHER)

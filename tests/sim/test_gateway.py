"""The simulated gateway, spoken to by our client over either link, and octet by octet."""

from collections.abc import Callable

import pytest

from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.association import AssociationParameters
from dcud.dlms.connection import (
    ClientConnection,
    ConnectionEvent,
    ConnectionFailed,
    Opened,
    Released,
)
from dcud.dlms.datalink import ClientSap, DataLink
from dcud.dlms.errors import ServiceRefusedError
from dcud.dlms.exchange import Answered
from dcud.dlms.gateway import GatewayAddress, GatewayLink
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.link import HdlcLink
from dcud.dlms.obis import Obis
from dcud.dlms.requests import Get
from dcud.dlms.server import ServerParameters
from dcud.dlms.wrapper import Wpdu, WrapperLink
from dcud.sim.gateway import SimulatedGateway
from dcud.sim.hdlc_line import HdlcLine
from dcud.sim.meter import MeterParameters, SimulatedMeter
from dcud.sim.serving import Line
from dcud.sim.wrapper_line import WrapperLine
from tests.support.outcomes import has_value

NAME = AttributeDescriptor(1, Obis.parse("0.0.42.0.0.255"), 2)
PROFILE = AttributeDescriptor(7, Obis.parse("1.0.99.1.0.255"), 2)
NOW = 1_800_000_000.0
AT_17 = ServerAddress(logical=1, physical=17)
FIRST = GatewayAddress(network_id=1, device_address=b"45")
SECOND = GatewayAddress(network_id=1, device_address=b"46")


def meter(number: int) -> SimulatedMeter:
    return SimulatedMeter(MeterParameters(number=number, installed=NOW - 86_400), lambda: NOW)


METERS = {FIRST: meter(1), SECOND: meter(2)}


def hdlc() -> tuple[Line, DataLink]:
    line = HdlcLine({AT_17: SimulatedGateway(METERS)}, ServerParameters())
    return line, HdlcLink(client_sap=ClientSap(16), server_address=AT_17)


def wrapper() -> tuple[Line, DataLink]:
    line = WrapperLine({1: SimulatedGateway(METERS)}, ServerParameters())
    return line, WrapperLink(client_sap=ClientSap(16), server_sap=1)


class Conversation:
    def __init__(self, line: Line, link: DataLink, pdu_size: int = 0xFFFF) -> None:
        parameters = AssociationParameters(max_receive_pdu_size=pdu_size)
        self.line = line
        self.connection = ClientConnection(link, parameters)
        self.longest = 0
        self.now = 0.0

    def until(self, kind: type[ConnectionEvent]) -> ConnectionEvent:
        for _ in range(1000):
            events: list[ConnectionEvent] = []
            for frame in self.connection.frames_to_send():
                said = self.line.receive(frame.octets, self.now) or b""
                self.longest = max(self.longest, len(said))
                self.connection.frames_sent(self.now)
                events += self.connection.receive_data(said, self.now)
            timeout = self.connection.next_timeout()
            if not events and timeout is not None:
                self.now = max(self.now, timeout)
                events += self.connection.handle_timeout(self.now)
            for event in events:
                if isinstance(event, kind):
                    return event
        raise AssertionError(kind)

    def get(self, attribute: AttributeDescriptor) -> bytes:
        self.connection.ask(Get(attribute), self.now)
        event = self.until(Answered)
        assert has_value(event)
        return event.answer


@pytest.mark.parametrize("medium", [hdlc, wrapper])
@pytest.mark.parametrize(("address", "number"), [(FIRST, 1), (SECOND, 2)])
def test_each_meter_behind_it_answers_for_itself(
    medium: Callable[[], tuple[Line, DataLink]], address: GatewayAddress, number: int
) -> None:
    line, link = medium()
    talk = Conversation(line, GatewayLink(link, address))
    talk.connection.open(0.0)
    talk.until(Opened)
    assert talk.get(NAME) == b"\x09\x10" + f"SIM{number:013d}".encode()
    assert talk.get(PROFILE) == METERS[address].read(PROFILE, None)
    talk.connection.release(talk.now)
    talk.until(Released)


def test_blocks_with_their_prefix_keep_the_size() -> None:
    line, link = wrapper()
    talk = Conversation(line, GatewayLink(link, FIRST), FIRST.reduced(200))
    talk.connection.open(0.0)
    talk.until(Opened)
    assert talk.get(PROFILE) == METERS[FIRST].read(PROFILE, None)
    assert talk.longest == 8 + 200


def answer(gateway: SimulatedGateway, octets: bytes) -> bytes | None:
    return gateway.application(ServerParameters(), ClientSap(16)).answers(octets)[0]


REFUSAL = bytes.fromhex("d80101")


@pytest.mark.parametrize("octets", ["e601023437c0", "e60202343562", "c001", "e601"])
def test_what_it_cannot_pass_on_it_refuses(octets: str) -> None:
    said = answer(SimulatedGateway(METERS), bytes.fromhex(octets))
    assert said is not None
    assert said.endswith(REFUSAL)
    known_prefix = octets.startswith("e6") and len(octets) > 4
    assert said.startswith(b"\xe7") is known_prefix


def test_a_refusal_behind_the_prefix_reaches_the_client() -> None:
    line, link = wrapper()
    elsewhere = GatewayAddress(network_id=2, device_address=b"45")
    talk = Conversation(line, GatewayLink(link, elsewhere))
    talk.connection.open(0.0)
    event = talk.until(ConnectionFailed)
    assert isinstance(event, ConnectionFailed)
    assert isinstance(event.error, ServiceRefusedError)


def test_without_prefix_it_speaks_for_itself() -> None:
    line = WrapperLine({1: SimulatedGateway(METERS, own=meter(9))}, ServerParameters())
    talk = Conversation(line, WrapperLink(client_sap=ClientSap(16), server_sap=1))
    talk.connection.open(0.0)
    talk.until(Opened)
    assert talk.get(NAME).endswith(b"9")


def test_what_wants_no_answer_gets_none() -> None:
    line = WrapperLine({1: SimulatedGateway(METERS)}, ServerParameters())
    link = GatewayLink(WrapperLink(client_sap=ClientSap(16), server_sap=1), FIRST)
    talk = Conversation(line, link)
    talk.connection.open(0.0)
    talk.until(Opened)
    unconfirmed = bytes.fromhex("e601023435 c001 01 0001 00002a0000ff 02 00")
    assert line.receive(Wpdu(16, 1, unconfirmed).build(), 0.0) == b""

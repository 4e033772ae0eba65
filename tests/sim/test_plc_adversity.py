"""Power lines that lose, double, damage and delay: the right value or a typed error, in time."""

from collections import deque
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.association import AssociationParameters
from dcud.dlms.connection import (
    ClientConnection,
    ConnectionEvent,
    ConnectionFailed,
    Opened,
    Released,
)
from dcud.dlms.data import Data, encode_data
from dcud.dlms.datalink import ClientSap, DataLink
from dcud.dlms.exchange import Answered, RequestFailed
from dcud.dlms.obis import Obis
from dcud.dlms.prime.link import PrimeLink
from dcud.dlms.prime.messages import NewDevice
from dcud.dlms.requests import Get
from dcud.dlms.server import ServerParameters
from dcud.dlms.sfsk.link import SfskLink
from dcud.dlms.sfsk.parameters import SfskParameters
from dcud.sim.meter import MeterParameters, SimulatedMeter
from dcud.sim.prime_line import PrimeBaseNode, PrimeMeter
from dcud.sim.serving import Line
from dcud.sim.sfsk_line import SfskLine, SfskMeter
from tests.support.outcomes import has_value

NOW = 1_800_000_000.0
METER = SimulatedMeter(MeterParameters(number=1, installed=NOW - 7200), lambda: NOW)
SMALL = ServerParameters(max_send_pdu_size=100)
WANTED = [
    AttributeDescriptor(3, Obis.parse("1.0.1.8.0.255"), 2),
    AttributeDescriptor(7, Obis.parse("1.0.99.1.0.255"), 2),
    AttributeDescriptor(3, Obis.parse("1.0.2.8.0.255"), 2),
]
END = (Opened, Answered, RequestFailed, Released, ConnectionFailed)
FAULTS = ("pass", "lose", "double", "damage", "delay")


def sfsk() -> tuple[Line, DataLink]:
    line = SfskLine([SfskMeter(meter=METER, system_title=b"SIM001", mac_address=5)], SMALL)
    parameters = SfskParameters(response_timeout=4.0)
    return line, SfskLink(
        client_sap=ClientSap(16), server_sap=1, mac_address=5, parameters=parameters
    )


def prime() -> tuple[Line, DataLink]:
    node = NewDevice(device_id=5, capabilities=1, identifier=b"SIM1", eui48=bytes(6))
    line = PrimeBaseNode([PrimeMeter(METER, node)], SMALL)
    return line, PrimeLink(client_sap=ClientSap(16), node=b"SIM1")


class Adversary:
    """A line whose faults are dealt out one by one, to requests and answers by turns."""

    def __init__(self, line: Line, faults: list[str]) -> None:
        self._line = line
        self._faults = deque(faults)
        self._delayed = b""

    def carry(self, octets: bytes, now: float) -> bytes:
        heard = self._line.receive(self._befall(octets), now)
        return self._befall(heard or b"")

    def _befall(self, octets: bytes) -> bytes:
        fault = self._faults.popleft() if octets and self._faults else "pass"
        late, self._delayed = self._delayed, b""
        match fault:
            case "lose":
                return late
            case "double":
                return late + octets + octets
            case "damage":
                middle = len(octets) // 2
                return (
                    late + octets[:middle] + bytes((octets[middle] ^ 0x55,)) + octets[middle + 1 :]
                )
            case "delay":
                self._delayed = octets
                return late
            case _:
                return late + octets


def until_result(
    connection: ClientConnection, line: Adversary, now: float
) -> tuple[ConnectionEvent, float]:
    """Let time pass until something came of it."""
    while True:
        assert now < 10_000
        events: list[ConnectionEvent] = []
        for frame in connection.frames_to_send():
            connection.frames_sent(now)
            events += connection.receive_data(line.carry(frame.octets, now), now)
        timeout = connection.next_timeout()
        if not events and timeout is not None:
            now = max(now, timeout)
            events += connection.handle_timeout(now)
        for event in events:
            if isinstance(event, END):
                return event, now


def value_of(attribute: AttributeDescriptor) -> bytes:
    value = METER.read(attribute, None)
    assert isinstance(value, Data | bytes)
    return value if isinstance(value, bytes) else encode_data(value)


@pytest.mark.parametrize("make", [sfsk, prime])
@settings(max_examples=60, deadline=None)
@given(faults=st.lists(st.sampled_from(FAULTS), max_size=30))
def test_the_right_value_or_a_typed_error(
    make: Callable[[], tuple[Line, DataLink]], faults: list[str]
) -> None:
    # Damage on TCP doesn't happen; what PRIME loses, doubles or delays is whole units.
    dealt = [f for f in faults if f != "damage"] if make is prime else faults
    line, link = make()
    adversary = Adversary(line, dealt)
    connection = ClientConnection(link, AssociationParameters(max_receive_pdu_size=200))
    connection.open(0.0)
    outcome, now = until_result(connection, adversary, 0.0)
    for attribute in WANTED:
        if isinstance(outcome, ConnectionFailed):
            break
        connection.ask(Get(attribute), now)
        outcome, now = until_result(connection, adversary, now)
        if has_value(outcome):
            assert outcome.answer == value_of(attribute)
        else:
            assert isinstance(outcome, RequestFailed | ConnectionFailed)


@pytest.mark.parametrize("make", [sfsk, prime])
@pytest.mark.parametrize("fault", ["lose", "double", "delay"])
def test_a_single_fault_costs_no_value(
    make: Callable[[], tuple[Line, DataLink]], fault: str
) -> None:
    # PRIME's first exchange is the listing, which isn't asked for twice.
    for position in range(2 if make is prime else 0, 14):
        line, link = make()
        adversary = Adversary(line, ["pass"] * position + [fault])
        connection = ClientConnection(link, AssociationParameters(max_receive_pdu_size=200))
        connection.open(0.0)
        outcome, now = until_result(connection, adversary, 0.0)
        assert isinstance(outcome, Opened)
        for attribute in WANTED:
            connection.ask(Get(attribute), now)
            outcome, now = until_result(connection, adversary, now)
            assert outcome == Answered(answer=value_of(attribute)), (position, outcome)

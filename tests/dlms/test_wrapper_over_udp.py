"""Our client against our server over a network that loses, doubles, delays and cuts datagrams."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.access import AttributeDescriptor, Selection
from dcud.dlms.association import AssociationParameters
from dcud.dlms.connection import ClientConnection, ConnectionEvent, ConnectionFailed, Opened
from dcud.dlms.constructors import octet_string
from dcud.dlms.data import Data, encode_data
from dcud.dlms.datalink import ClientSap, DataLink
from dcud.dlms.errors import ProtocolError
from dcud.dlms.exchange import Answered, RequestFailed
from dcud.dlms.gateway import RESPONSE_TAG, GatewayAddress, GatewayLink, Prefixed, decode
from dcud.dlms.obis import Obis
from dcud.dlms.requests import Get
from dcud.dlms.server import ServerApplication, ServerParameters
from dcud.dlms.wrapper import Unreadable, Wpdu, WrapperLink, WrapperVariant, cut_datagram
from tests.support.outcomes import has_value

LATEST = 400.0
"""Virtual seconds in which all must be over: three requests, each with its patience."""

OUTCOMES = (Opened, Answered, RequestFailed, ConnectionFailed)

METER = GatewayAddress(network_id=1, device_address=b"\xa1\xb2")
SHORT = AttributeDescriptor(1, Obis.parse("0.0.42.0.0.255"), 2)
LONG = AttributeDescriptor(1, Obis.parse("0.0.96.1.0.255"), 2)
OTHER = AttributeDescriptor(1, Obis.parse("0.0.96.1.1.255"), 2)
VALUES = {
    SHORT: octet_string(b"short"),
    LONG: octet_string(bytes(range(200))),
    OTHER: octet_string(b"other"),
}


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a datagram: at which delays it arrives, and how much of it."""

    delays: tuple[float, ...] = (0.01,)
    cut: int = 0


fates = st.builds(
    Fate,
    delays=st.lists(st.sampled_from([0.01, 0.3, 1.2, 2.5]), max_size=2).map(tuple),
    cut=st.sampled_from([0, 0, 0, 1, 9]),
)


def read(attribute: AttributeDescriptor, _: Selection | None, __: ClientSap) -> Data:
    return VALUES[attribute]


class Network:
    """Both ends, and what is under way between them."""

    def __init__(self, link: DataLink, fates: Iterator[Fate], *, behind: bool) -> None:
        self.client = ClientConnection(link, AssociationParameters())
        self.server = ServerApplication(read, ServerParameters(max_send_pdu_size=60), ClientSap(16))
        self.fates = fates
        self.behind = behind
        self.now = 0.0
        self.sent = 0
        self.under_way: list[tuple[float, int, bool, bytes]] = []

    def send(self, octets: bytes, *, to_server: bool) -> None:
        fate = next(self.fates, Fate())
        for delay in fate.delays:
            self.sent += 1
            whole = octets[: len(octets) - fate.cut]
            heapq.heappush(self.under_way, (self.now + delay, self.sent, to_server, whole))

    def until_over(self) -> ConnectionEvent:
        """Let both sides speak until a procedure of the client has ended."""
        while True:
            for frame in self.client.frames_to_send():
                self.send(frame.octets, to_server=True)
                self.client.frames_sent(self.now)
            for event in self._step():
                if isinstance(event, Opened | Answered | RequestFailed | ConnectionFailed):
                    return event

    def _step(self) -> list[ConnectionEvent]:
        """Let time pass until a datagram arrives or the client wants to act."""
        due = self.client.next_timeout()
        arrives = self.under_way[0][0] if self.under_way else None
        assert due is not None or arrives is not None
        if arrives is None or (due is not None and due < arrives):
            assert due is not None
            self.now = max(self.now, due)
            assert self.now < LATEST
            return self.client.handle_timeout(self.now)
        self.now, _, to_server, octets = heapq.heappop(self.under_way)
        if not to_server:
            return self.client.receive_data(octets, self.now)
        unit = cut_datagram(octets)[0]
        if isinstance(unit, Wpdu) and (apdu := self._served(unit.apdu)):
            self.send(Wpdu(unit.destination, unit.source, apdu).build(), to_server=False)
        else:
            assert isinstance(unit, Unreadable)
        return []

    def _served(self, apdu: bytes) -> bytes | None:
        if not self.behind:
            return b"".join(self.server.answers(apdu)[:1])
        prefixed = decode(apdu)
        assert prefixed is not None
        (answer,) = self.server.answers(prefixed.apdu)
        return Prefixed(RESPONSE_TAG, prefixed.address, answer).build()


def network(fate: list[Fate], *, behind: bool) -> Network:
    link: DataLink = WrapperLink(
        client_sap=ClientSap(16),
        server_sap=1,
        response_timeout=1.0,
        variant=WrapperVariant(datagrams=True, retries=3),
    )
    return Network(GatewayLink(link, METER) if behind else link, iter(fate), behind=behind)


@given(st.lists(fates, max_size=40), st.booleans())
def test_all_ends_in_the_right_value_or_a_typed_error(fate: list[Fate], behind: bool) -> None:  # noqa: FBT001  # drawn
    air = network(fate, behind=behind)
    air.client.open(0.0)
    event = air.until_over()
    for attribute in (SHORT, LONG, OTHER):
        if isinstance(event, ConnectionFailed):
            assert isinstance(event.error, ProtocolError)
            return
        air.client.ask(Get(attribute), air.now)
        event = air.until_over()
        if has_value(event):
            assert event.answer == encode_data(VALUES[attribute])


def test_losses_within_the_retries_cost_no_value() -> None:
    lost = Fate(delays=())
    air = network([lost, Fate(), lost, Fate(), Fate()] * 20, behind=True)
    air.client.open(0.0)
    assert isinstance(air.until_over(), Opened)
    for attribute, value in VALUES.items():
        air.client.ask(Get(attribute), air.now)
        event = air.until_over()
        assert has_value(event)
        assert event.answer == encode_data(value)

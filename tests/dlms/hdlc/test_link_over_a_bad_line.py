"""Client against station, on a virtual clock, over a line that gives each frame its fate."""

from dataclasses import dataclass, field
from heapq import heappop, heappush

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.datalink import (
    ApduReceived,
    ClientSap,
    LinkClosed,
    LinkConnected,
    LinkEvent,
    LinkFailed,
)
from dcud.dlms.errors import LinkError
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.link import HdlcLink, State
from dcud.dlms.hdlc.parameters import HdlcParameters, Recovery
from dcud.dlms.hdlc.station import HdlcStation, RequestReceived, StationParameters

SERVER = ServerAddress(1, 17)
FATES = ["good", "good", "lost", "damaged", "cut", "twice", "late", "very late"]
DELAYS = {"late": 0.9, "very late": 2.5}


@dataclass(order=True)
class Delivery:
    at: float
    order: int
    to_server: bool = field(compare=False)
    octets: bytes = field(compare=False)


@dataclass
class Conversation:
    parameters: HdlcParameters
    fates: list[str]
    waiting: list[bytes]
    now: float = 0.0
    deliveries: list[Delivery] = field(default_factory=list)
    latest: dict[bool, float] = field(default_factory=dict)
    carried: int = 0
    answers: list[bytes] = field(default_factory=list)
    carried_out: list[bytes] = field(default_factory=list)
    error: LinkError | None = None

    def __post_init__(self) -> None:
        self.link = HdlcLink(
            client_sap=ClientSap(16), server_address=SERVER, parameters=self.parameters
        )
        self.station = HdlcStation(
            server_address=SERVER, parameters=StationParameters(sizes=self.parameters.sizes)
        )

    def run(self) -> None:
        self.link.connect(0.0)
        self.send()
        while self.link.state is not State.DISCONNECTED:
            assert self.now < 2_000
            for event in self.step():
                self.react(event)
            self.send()

    def send(self) -> None:
        for frame in self.link.frames_to_send():
            self.carry(frame.octets, to_server=True)
        self.link.frames_sent(self.now)

    def carry(self, octets: bytes, *, to_server: bool) -> None:
        fate = self.fates.pop() if self.fates else "good"
        if fate == "lost":
            return
        if fate == "damaged":
            octets = octets[:5] + bytes((octets[5] ^ 0x20,)) + octets[6:]
        if fate == "cut":
            octets = octets[:-4]
        # Frames may be late, but on a line none overtakes another.
        at = max(self.now + 0.05 + DELAYS.get(fate, 0.0), self.latest.get(to_server, 0.0))
        self.latest[to_server] = at
        for _ in range(2 if fate == "twice" else 1):
            self.carried += 1
            heappush(self.deliveries, Delivery(at, self.carried, to_server, octets))

    def step(self) -> list[LinkEvent]:
        due = self.link.next_timeout()
        if self.deliveries and (due is None or self.deliveries[0].at <= due):
            delivery = heappop(self.deliveries)
            self.now = max(self.now, delivery.at)
            if not delivery.to_server:
                return self.link.receive_data(delivery.octets, self.now)
            self.serve(delivery.octets)
            return []
        assert due is not None
        self.now = max(self.now, due)
        return self.link.handle_timeout(self.now)

    def serve(self, octets: bytes) -> None:
        for event in self.station.receive_data(octets, self.now):
            if isinstance(event, RequestReceived):
                self.carried_out.append(event.apdu)
                self.station.send_apdu(event.apdu[::-1])
        for frame in self.station.frames_to_send():
            self.carry(frame.octets, to_server=False)

    def react(self, event: LinkEvent) -> None:
        match event:
            case LinkConnected():
                self.ask()
            case ApduReceived(apdu=apdu):
                self.answers.append(apdu)
                self.ask()
            case LinkFailed(error=error):
                self.error = error
            case LinkClosed():
                assert not self.waiting
            case _:
                pass

    def ask(self) -> None:
        if self.waiting:
            self.link.send_apdu(self.waiting.pop(0), self.now)
        else:
            self.link.disconnect(self.now)


def parameters_for(window: int, info: int, recovery: Recovery) -> HdlcParameters:
    return HdlcParameters(
        max_info_transmit=info,
        max_info_receive=info,
        window_transmit=window,
        window_receive=window,
        response_timeout=1.0,
        recovery=recovery,
    )


@given(
    st.lists(st.sampled_from(FATES), max_size=25),
    st.lists(st.binary(min_size=1, max_size=90), min_size=1, max_size=4),
    st.sampled_from([(1, 128), (1, 32), (2, 32), (3, 32), (7, 32)]),
    st.sampled_from(Recovery),
)
def test_the_right_answer_or_a_typed_error(
    fates: list[str], requests: list[bytes], sizes: tuple[int, int], recovery: Recovery
) -> None:
    talk = Conversation(parameters_for(*sizes, recovery), fates, list(requests))
    talk.run()
    wanted = [request[::-1] for request in requests]
    assert talk.answers == wanted[: len(talk.answers)]
    assert talk.carried_out == requests[: len(talk.carried_out)]
    if talk.error is None:
        assert talk.answers == wanted
    else:
        assert isinstance(talk.error, LinkError)


@pytest.mark.parametrize("sizes", [(1, 128), (1, 32), (3, 32), (7, 64)])
@pytest.mark.parametrize("fate", ["good", "lost", "damaged", "cut", "twice", "late"])
def test_a_single_mishap_costs_no_answer(sizes: tuple[int, int], fate: str) -> None:
    requests = [bytes(range(200)), b"\xc0\x01"]
    for place in range(24):
        fates = ["good"] * 30
        fates[-1 - place] = fate
        talk = Conversation(parameters_for(*sizes, Recovery.ALTERNATE), fates, list(requests))
        talk.run()
        assert talk.error is None
        assert talk.answers == [request[::-1] for request in requests]
        assert talk.carried_out == requests

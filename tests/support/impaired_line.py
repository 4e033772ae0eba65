"""Both ends of the stack on one virtual clock, with a bad line between them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from math import inf
from typing import Generic, Protocol, TypeVar

from dcud.dlms.datalink import Frame
from dcud.dlms.hdlc.delimiter import Delimited, Delimiter
from dcud.dlms.hdlc.frame import HdlcFrame
from dcud.line.impairment import ImpairedWay

E_co = TypeVar("E_co", covariant=True)

OCTET_TIME = 0.001
"""Seconds that an octet takes: 9600 baud."""
ANSWER_TIME = 0.02
"""Seconds from the last octet that a meter hears to the first that it says."""


class Client(Protocol[E_co]):
    """A link, or a connection upon it."""

    def receive_data(self, octets: bytes, now: float) -> Sequence[E_co]: ...

    def frames_to_send(self) -> Sequence[Frame]: ...

    def frames_sent(self, now: float) -> None: ...

    def next_timeout(self) -> float | None: ...

    def handle_timeout(self, now: float) -> Sequence[E_co]: ...


@dataclass(order=True)
class _Delivery:
    at: float
    order: int
    to_server: bool = field(compare=False)
    octets: bytes = field(compare=False)


@dataclass
class _Way:
    """One direction: what is on it stays in order, however late."""

    impaired: ImpairedWay
    latest: float = 0.0
    genuine: set[HdlcFrame] = field(default_factory=set)


class ImpairedLine(Generic[E_co]):
    """Carries octets between a client and a function that serves it, and keeps the time.

    A check sequence of 16 bits lets through one in 65,536 of the frames that are damaged at random.
    That is no fault of a link, so such frames are lost here (`passed_unseen` counts them).

    Args:
        serve: from octets heard and the time to the octets said.
        outward: the way to the server.
        inward: the way back.
        chunk: the octets that come out at once; 0 for all.

    Attributes:
        sent: every frame that the client sent.
    """

    def __init__(
        self,
        client: Client[E_co],
        serve: Callable[[bytes, float], bytes],
        *,
        outward: ImpairedWay,
        inward: ImpairedWay,
        chunk: int = 0,
    ) -> None:
        self.client = client
        self.now = 0.0
        self.sent: list[bytes] = []
        self.passed_unseen = 0
        self._serve = serve
        self._ways = {True: _Way(outward), False: _Way(inward)}
        self._chunk = chunk
        self._deliveries: list[_Delivery] = []
        self._carried = 0

    def flush(self) -> None:
        """Send what the client has to send."""
        frames = self.client.frames_to_send()
        if not frames:
            return
        self.sent += [frame.octets for frame in frames]
        octets = b"".join(frame.octets for frame in frames)
        self.now += OCTET_TIME * len(octets)
        self.carry(octets, to_server=True)
        self.client.frames_sent(self.now)

    def carry(self, octets: bytes, *, to_server: bool) -> None:
        """Put octets on the line."""
        way = self._ways[to_server]
        way.genuine.update(_frames(octets))
        for delay, piece in way.impaired.carry(octets):
            pace = 0.0 if to_server else ANSWER_TIME + OCTET_TIME * len(piece)
            way.latest = max(self.now + pace + delay, way.latest)
            if way.genuine.issuperset(_frames(piece)):
                self._deliver(way.latest, piece, to_server=to_server)
            else:
                self.passed_unseen += 1

    def _deliver(self, at: float, octets: bytes, *, to_server: bool) -> None:
        size = self._chunk or max(len(octets), 1)
        for start in range(0, len(octets), size):
            self._carried += 1
            chunk = octets[start : start + size]
            heappush(self._deliveries, _Delivery(at, self._carried, to_server, chunk))

    def step(self) -> Sequence[E_co]:
        """Let the next thing happen."""
        self.flush()
        due = self.client.next_timeout()
        if self._deliveries and (due is None or self._deliveries[0].at <= due):
            return self._hear(heappop(self._deliveries))
        assert due is not None, "nobody will ever do anything"
        self.now = max(self.now, due)
        events = self.client.handle_timeout(self.now)
        self.flush()
        return events

    def _hear(self, delivery: _Delivery) -> Sequence[E_co]:
        self.now = max(self.now, delivery.at)
        if delivery.to_server:
            if said := self._serve(delivery.octets, self.now):
                self.carry(said, to_server=False)
            return ()
        events = self.client.receive_data(delivery.octets, self.now)
        self.flush()
        return events

    def run(self, until: tuple[type, ...], *, within: float) -> list[E_co]:
        """Go on until an event of one of these types; return all events up to that.

        Whatever happens must happen within so many seconds.
        """
        limit = self.now + within
        events: list[E_co] = []
        while not any(isinstance(event, until) for event in events):
            assert self.now < limit, "the machine did not come to an end in time"
            events += self.step()
        return events

    def rest(self, seconds: float) -> list[E_co]:
        """Let time pass in which nobody asks the client for anything; return all events."""
        until = self.now + seconds
        events: list[E_co] = []
        while self._next() <= until:
            events += self.step()
        self.now = max(self.now, until)
        return events

    def _next(self) -> float:
        due = self.client.next_timeout()
        times = [delivery.at for delivery in self._deliveries[:1]]
        return min([*times, *([] if due is None else [due])], default=inf)


def _frames(octets: bytes) -> list[HdlcFrame]:
    delimiter = Delimiter()
    parts = [*delimiter.feed(octets), *delimiter.flush()]
    return [part.frame for part in parts if isinstance(part, Delimited)]

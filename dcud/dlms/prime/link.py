"""The client's side of one link to a meter behind a PRIME base node.

[field: PRIME base nodes, DLMS over TCP] Units of the wrapper go to the node's number and come from
it; the meter's logical device is always the management one. Nothing comes from a base node before
it was asked to report, so every `connect` asks. It then names all its nodes, and the link waits for
the one it is for, unless that is given by number or known already.

A power line loses what TCP does not: the base node leaves it to the concentrator to ask again. So a
request that changes nothing is repeated, and what comes late is ignored.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from dcud.dlms.answers import AnswerMatch, is_repeatable
from dcud.dlms.datalink import (
    ApduReceived,
    ClientSap,
    Frame,
    FrameReceived,
    LinkClosed,
    LinkConnected,
    LinkEvent,
    LinkFailed,
    NotificationReceived,
    OctetsDiscarded,
    Retransmitted,
)
from dcud.dlms.errors import DecodeError, EncodeError, LinkError, MisuseError, NoAnswerError
from dcud.dlms.fields import check_field
from dcud.dlms.prime.messages import (
    BASE_NODE_PORT,
    CONCENTRATOR_PORT,
    EnableAutoClose,
    Message,
    NewDevice,
    StartReporting,
    decode_message,
)
from dcud.dlms.prime.network import NodeLeft, PrimeNetwork, is_named
from dcud.dlms.wrapper import (
    MAX_APDU,
    NOTIFICATION_TAGS,
    Unreadable,
    Wpdu,
    WrapperDelimiter,
)

HEADER_SIZE: Final = 8
_PATIENCE: Final = 10
"""How many response timeouts one answer may take as long as its octets keep coming."""
_NOTIFICATIONS: Final = frozenset(bytes((tag,)) for tag in NOTIFICATION_TAGS)
_CONNECTED: Final = LinkConnected(
    max_info_transmit=MAX_APDU, max_info_receive=MAX_APDU, window_transmit=1, window_receive=1
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrimeParameters:
    """A client's choices; times in seconds.

    Attributes:
        response_timeout: from the last octet sent to the answer; a base node itself gives a
            message up after 40 s.
        registration_timeout: how long the node may take to be told of.
        retries: how often a request that changes nothing is repeated.
        start_reporting: whether `connect` asks the base node to report; not where something before
            it does so.
        auto_close: whether the base node is to close its connection to the node when ours ends.
        match_invoke_id: whether an answer that bears another request's invoke id is a late one.
    """

    response_timeout: float = 30.0
    registration_timeout: float = 30.0
    retries: int = 1
    start_reporting: bool = True
    auto_close: bool = False
    match_invoke_id: bool = True

    def __post_init__(self) -> None:
        """Refuse what would never end."""
        if min(self.response_timeout, self.registration_timeout) <= 0 or self.retries < 0:
            raise EncodeError("a PRIME timeout isn't positive, or its retries are negative")


class State(Enum):
    """Where a link stands."""

    DISCONNECTED = auto()
    CONNECTING = auto()
    IDLE = auto()
    AWAITING = auto()
    DISCONNECTING = auto()


class Heard(Enum):
    """What a unit is to a link."""

    ANSWER = auto()
    NOTIFICATION = auto()
    JOINED = auto()
    LEFT = auto()


class Reaction(Enum):
    """What a link does about it."""

    DELIVER = auto()
    NOTIFY = auto()
    BEGIN = auto()
    FAIL = auto()
    IGNORE = auto()


REACTIONS: Final = {
    **{(state, heard): Reaction.IGNORE for state in State for heard in Heard},
    (State.CONNECTING, Heard.JOINED): Reaction.BEGIN,
    (State.IDLE, Heard.NOTIFICATION): Reaction.NOTIFY,
    (State.IDLE, Heard.LEFT): Reaction.FAIL,
    (State.AWAITING, Heard.ANSWER): Reaction.DELIVER,
    (State.AWAITING, Heard.NOTIFICATION): Reaction.NOTIFY,
    (State.AWAITING, Heard.LEFT): Reaction.FAIL,
}
"""Every state with everything that can be heard in it."""

_DEFAULTS: Final = PrimeParameters()


class PrimeLink:
    """One meter behind a base node, over a connection that stands already.

    Args:
        client_sap: ours; the base node passes its lower eight bits on.
        node: the meter: its number in the network, or its DLMS identifier, or its EUI-48.
        parameters: what was chosen.
        network: what is known of the network; to be shared by all links on one connection.
    """

    def __init__(
        self,
        *,
        client_sap: ClientSap,
        node: int | bytes,
        parameters: PrimeParameters = _DEFAULTS,
        network: PrimeNetwork | None = None,
    ) -> None:
        if isinstance(node, int):
            check_field("node", node, 1, 0xFFFF)
        self._client_sap = client_sap
        self._node = node
        self._device_id = node if isinstance(node, int) else 0
        self._parameters = parameters
        self._network = PrimeNetwork() if network is None else network
        self._state = State.DISCONNECTED
        self._delimiter = WrapperDelimiter()
        self._outgoing: list[Frame] = []
        self._secret_frames: dict[bytes, tuple[tuple[int, int], ...]] = {}
        self._match = AnswerMatch(match_invoke_id=parameters.match_invoke_id)
        self._request_frame = Frame(b"")
        self._repeated = 0
        self._deadline: float | None = None
        self._limit = 0.0

    @property
    def network(self) -> PrimeNetwork:
        """What is known of the network."""
        return self._network

    def connect(self, now: float) -> None:
        """Begin afresh; ends in `LinkConnected` or `LinkFailed`.

        Raises:
            MisuseError: when the link is up already.
        """
        if self._state is not State.DISCONNECTED:
            raise MisuseError("the PRIME link is up already")
        self._delimiter = WrapperDelimiter()
        self._secret_frames.clear()
        self._match.forget()
        self._outgoing.clear()
        self._state = State.CONNECTING
        if self._parameters.start_reporting:
            self._tell(StartReporting())
        self._deadline = now if self._is_known() else now + self._parameters.registration_timeout

    def _is_known(self) -> bool:
        if isinstance(self._node, int):
            return True
        node = self._network.find(self._node)
        self._device_id = 0 if node is None else node.device_id
        return node is not None

    def _tell(self, message: Message) -> None:
        unit = Wpdu(CONCENTRATOR_PORT, BASE_NODE_PORT, message.encode())
        self._outgoing.append(Frame(unit.build()))

    def send_apdu(self, apdu: bytes, now: float, *, secret: Sequence[tuple[int, int]] = ()) -> None:  # noqa: ARG002  # the timer starts when the octets have left
        """Queue one APDU.

        Raises:
            MisuseError: when the link isn't up, or an answer is still awaited.
            EncodeError: when the APDU is longer than 65,535 octets.
        """
        if self._state is not State.IDLE:
            raise MisuseError(f"the PRIME link can't send while {self._state.name.lower()}")
        octets = Wpdu(self._client_sap, self._device_id, apdu).build()
        ranges = tuple((HEADER_SIZE + low, HEADER_SIZE + high) for low, high in secret)
        if ranges:
            self._secret_frames[octets] = ranges
        self._match.asked(apdu)
        self._request_frame = Frame(octets, ranges)
        self._repeated = 0
        self._outgoing.append(self._request_frame)
        self._state = State.AWAITING
        self._deadline = None

    def disconnect(self, now: float) -> None:
        """End; `LinkClosed` follows."""
        self._outgoing.clear()
        self._state = State.DISCONNECTING
        self._deadline = now

    def receive_data(self, octets: bytes, now: float) -> list[LinkEvent]:
        """Take octets as they come, cut anywhere."""
        events: list[LinkEvent] = []
        for unit in self._delimiter.feed(octets):
            if isinstance(unit, Unreadable):
                events += self._lose(unit)
            else:
                events.append(FrameReceived(self._heard_frame(unit)))
                events += self._receive(unit)
        waits = self._state is State.AWAITING and self._deadline is not None
        if waits and self._delimiter.partial:
            self._deadline = min(now + self._parameters.response_timeout, self._limit)
        return events

    def _heard_frame(self, unit: Wpdu) -> Frame:
        octets = unit.build()
        secret = self._secret_frames.get(octets, ())
        is_ours = (unit.source, unit.destination) == (self._client_sap, self._device_id)
        if self._secret_frames and is_ours and not secret:
            secret = ((HEADER_SIZE, len(octets)),)  # not what we sent, but nobody else's either
        return Frame(octets, secret)

    def _receive(self, unit: Wpdu) -> list[LinkEvent]:
        ports = (unit.source, unit.destination)
        if ports == (BASE_NODE_PORT, CONCENTRATOR_PORT):
            return self._heed(unit.apdu)
        if ports != (self._device_id, self._client_sap) or not unit.apdu:
            return []
        is_notification = unit.apdu[:1] in _NOTIFICATIONS
        return self._react(Heard.NOTIFICATION if is_notification else Heard.ANSWER, unit.apdu)

    def _heed(self, octets: bytes) -> list[LinkEvent]:
        """Take a message of the base node."""
        try:
            message = decode_message(octets)
        except DecodeError:
            return []
        events: list[LinkEvent] = []
        for change in self._network.note(message):
            if isinstance(change, NodeLeft) and change.device_id == self._device_id:
                events += self._react(Heard.LEFT, b"")
        if isinstance(message, NewDevice):
            events += self._see(message)
        return events

    def _see(self, node: NewDevice) -> list[LinkEvent]:
        if isinstance(self._node, int) or not is_named(node, self._node):
            return []
        if self._state is State.CONNECTING:
            self._device_id = node.device_id
        return self._react(Heard.JOINED, b"")

    def _react(self, heard: Heard, apdu: bytes) -> list[LinkEvent]:
        match REACTIONS[self._state, heard]:
            case Reaction.DELIVER:
                return self._deliver(apdu)
            case Reaction.NOTIFY:
                return [NotificationReceived(apdu=apdu)]
            case Reaction.BEGIN:
                return self._begin()
            case Reaction.FAIL:
                return self._fail(
                    LinkError(
                        f"{self._named()} has left the PRIME network",
                        remedy="it joins anew by itself, under another number",
                    )
                )
            case _:  # ignored
                return []

    def _begin(self) -> list[LinkEvent]:
        self._state = State.IDLE
        self._deadline = None
        if self._parameters.auto_close:
            self._tell(EnableAutoClose(device_id=self._device_id))
        return [_CONNECTED]

    def _deliver(self, apdu: bytes) -> list[LinkEvent]:
        if not self._match.accepts(apdu):
            return []
        self._state = State.IDLE
        self._deadline = None
        return [ApduReceived(apdu=apdu)]

    def _lose(self, unit: Unreadable) -> list[LinkEvent]:
        # An echo damaged this way could hold what was sent in secret.
        withheld = bool(self._secret_frames)
        octets = bytes(len(unit.octets)) if withheld else unit.octets
        events: list[LinkEvent] = [
            OctetsDiscarded(reason="version", octets=octets, withheld=withheld)
        ]
        if self._state in {State.CONNECTING, State.IDLE, State.AWAITING}:
            events += self._fail(
                LinkError(
                    "what came isn't a PRIME base node's wrapper",
                    remedy="close the connection; see what listens at that address",
                )
            )
        return events

    def _fail(self, error: LinkError) -> list[LinkEvent]:
        self._state = State.DISCONNECTED
        self._deadline = None
        self._outgoing.clear()
        return [LinkFailed(error=error)]

    def frames_to_send(self) -> list[Frame]:
        """Take (and forget) the frames that are to go out now."""
        frames, self._outgoing = self._outgoing, []
        return frames

    def frames_sent(self, now: float) -> None:
        """Start the response timer."""
        if self._state is State.AWAITING and self._deadline is None:
            self._deadline = now + self._parameters.response_timeout
            self._limit = now + self._parameters.response_timeout * _PATIENCE

    def next_timeout(self) -> float | None:
        """Return when `handle_timeout` wants to be called, on the clock of `now`, or None."""
        return self._deadline

    def handle_timeout(self, now: float) -> list[LinkEvent]:
        """Act on time that has passed; harmless when called early."""
        if self._deadline is None or now < self._deadline:
            return []
        self._deadline = None
        if self._state is State.DISCONNECTING:
            self._state = State.DISCONNECTED
            return [LinkClosed()]
        if self._state is State.CONNECTING:
            return self._begin() if self._device_id else self._fail(self._unregistered())
        if self._repeated < self._parameters.retries and is_repeatable(self._match.request):
            self._repeated += 1
            self._outgoing.append(self._request_frame)
            return [Retransmitted(frames=1)]
        self._network.doubt(self._device_id)  # whatever it answers to now, it will be told again
        return self._fail(
            NoAnswerError(
                f"no answer from {self._named()} to client {self._client_sap}",
                remedy="see the base node's view of that node's signal",
            )
        )

    def _unregistered(self) -> NoAnswerError:
        return NoAnswerError(
            f"the base node told of {len(self._network)} nodes, and none of them is"
            f" {self._named()}",
            remedy="see whether the meter is powered, and how the base node names it",
        )

    def _named(self) -> str:
        if isinstance(self._node, int):
            return f"node {self._node}"
        name = self._node.decode("ascii", "replace")
        return f"node {name if name.isprintable() else self._node.hex()}"

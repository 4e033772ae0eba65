"""The client's side of one S-FSK link to one meter: a request in a MAC frame, an answer in another.

[IEC 61334-4-32: connectionless LLC] There is nothing to set up and nothing to take down, no
sequence number and no acknowledgement: `connect` and `disconnect` succeed at the next
`handle_timeout`. A request goes out once the link is idle, and the answer is whatever the meter
sends to us that can be one. What comes late or twice is told as a frame and otherwise ignored:

- an answer while none is awaited;
- one that bears another kind's tag, or another GET's invoke id;
- one that equals the last answer, octet by octet, though another request was made since.

```
                 timeout           send_apdu            an answer
  DISCONNECTED -> CONNECTING ----> IDLE ------> AWAITING --------> IDLE
                                          time is up, or the modem refuses: once more, or LinkFailed
```
"""

from collections.abc import Sequence
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
from dcud.dlms.errors import EncodeError, LinkError, MisuseError, NoAnswerError
from dcud.dlms.llc_432 import DL_DATA, HEADER_SIZE, LlcPdu, decode_llc
from dcud.dlms.sfsk.delimiter import SfskDelimiter
from dcud.dlms.sfsk.framing import (
    MacFrameHeard,
    Noise,
    TransmissionReported,
    Unit,
)
from dcud.dlms.sfsk.mac import MacFrame
from dcud.dlms.sfsk.modem_framing import ACK, SENT
from dcud.dlms.sfsk.parameters import SfskParameters
from dcud.dlms.sfsk.secrecy import SentSecrets
from dcud.dlms.wrapper import NOTIFICATION_TAGS

_DEFAULTS: Final = SfskParameters()
_NOTIFICATIONS: Final = frozenset(bytes((tag,)) for tag in NOTIFICATION_TAGS)

REFUSALS: Final = {
    0x00: "its resources are taken",
    0x03: "it found a syntax error",
    0x0A: "it isn't synchronised with the mains",
    0x14: "its buffer isn't free",
    0x1E: "its buffer isn't free",
}
"""Why a modem did not transmit, by transmission status. [field: AMIS-49587]"""


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
    TRANSMITTED = auto()
    REFUSED = auto()
    OTHER = auto()


class Reaction(Enum):
    """What a link does about it."""

    DELIVER = auto()
    NOTIFY = auto()
    EXTEND = auto()
    PAUSE = auto()
    IGNORE = auto()


REACTIONS: Final = {
    **{(state, heard): Reaction.IGNORE for state in State for heard in Heard},
    (State.CONNECTING, Heard.NOTIFICATION): Reaction.NOTIFY,
    (State.IDLE, Heard.NOTIFICATION): Reaction.NOTIFY,
    (State.AWAITING, Heard.NOTIFICATION): Reaction.NOTIFY,
    (State.AWAITING, Heard.ANSWER): Reaction.DELIVER,
    (State.AWAITING, Heard.TRANSMITTED): Reaction.EXTEND,
    (State.AWAITING, Heard.REFUSED): Reaction.PAUSE,
}
"""Every state with everything that can be heard in it."""


class SfskLink:
    """One meter at one MAC address; several links may take turns on one modem."""

    def __init__(
        self,
        *,
        client_sap: ClientSap,
        server_sap: int,
        mac_address: int,
        parameters: SfskParameters = _DEFAULTS,
    ) -> None:
        self._client_sap = client_sap
        self._server_sap = server_sap
        self._mac_address = mac_address
        self._parameters = parameters
        self._state = State.DISCONNECTED
        self._delimiter = SfskDelimiter(parameters.framing)
        self._secrets = SentSecrets(parameters.framing, parameters.initiator)
        self._outgoing: list[Frame] = []
        self._match = AnswerMatch(match_invoke_id=parameters.match_invoke_id)
        self._request_frame = Frame(b"")
        self._repeated = 0
        self._is_extended = False
        self._refused = 0
        self._resend_at: float | None = None
        self._deadline: float | None = None
        self._silence_at: float | None = None

    @property
    def _m_sdu_size(self) -> int:
        return HEADER_SIZE + len(self._match.request)

    def connect(self, now: float) -> None:
        """Begin afresh; `LinkConnected` follows.

        Raises:
            MisuseError: when the link is up already.
        """
        if self._state is not State.DISCONNECTED:
            raise MisuseError("the S-FSK link is up already")
        self._delimiter = SfskDelimiter(self._parameters.framing)
        self._silence_at = None
        self._secrets.forget()
        self._match.forget()
        self._state = State.CONNECTING
        self._deadline = now

    def send_apdu(self, apdu: bytes, now: float, *, secret: Sequence[tuple[int, int]] = ()) -> None:  # noqa: ARG002  # the timer starts when the octets have left
        """Queue one APDU.

        Raises:
            MisuseError: when the link isn't up, or an answer is still awaited.
            EncodeError: when the APDU is longer than a MAC frame holds, for nothing is segmented.
        """
        if self._state is not State.IDLE:
            raise MisuseError(f"the S-FSK link can't send while {self._state.name.lower()}")
        if len(apdu) > self._parameters.max_apdu:
            raise EncodeError(
                f"an APDU of {len(apdu)} octets exceeds the {self._parameters.max_apdu}"
                " that fit an S-FSK frame"
            )
        frame = MacFrame(
            source=self._parameters.initiator,
            destination=self._mac_address,
            m_sdu=LlcPdu(self._server_sap, self._client_sap, apdu).encode(),
            credits=self._parameters.credits,
        )
        ranges = tuple((HEADER_SIZE + low, HEADER_SIZE + high) for low, high in secret)
        self._request_frame = self._secrets.mark(self._parameters.framing.build(frame), ranges)
        self._match.asked(apdu)
        self._repeated = self._refused = 0
        self._is_extended = False
        self._outgoing.append(self._request_frame)
        self._state = State.AWAITING
        self._deadline = None

    def disconnect(self, now: float) -> None:
        """End; `LinkClosed` follows."""
        self._outgoing.clear()
        self._resend_at = None
        self._state = State.DISCONNECTING
        self._deadline = now

    def receive_data(self, octets: bytes, now: float) -> list[LinkEvent]:
        """Take octets as they come, cut anywhere."""
        events = self._take(self._delimiter.feed(octets), now)
        pending = self._delimiter.pending
        self._silence_at = now + self._parameters.inter_octet_timeout if pending else None
        return events

    def _take(self, units: Sequence[Unit | Noise], now: float) -> list[LinkEvent]:
        events: list[LinkEvent] = []
        for unit in units:
            if isinstance(unit, Noise):
                events.append(self._discard(unit))
            else:
                events.append(FrameReceived(self._secrets.heard(unit)))
                if self._parameters.acknowledge and len(unit.octets) > 1:
                    self._outgoing.append(Frame(ACK))
                events += self._react(unit, now)
        return events

    def _discard(self, noise: Noise) -> OctetsDiscarded:
        withheld = self._secrets.are_out
        octets = bytes(len(noise.octets)) if withheld else noise.octets
        return OctetsDiscarded(reason=noise.reason, octets=octets, withheld=withheld)

    def _react(self, unit: Unit, now: float) -> list[LinkEvent]:
        heard, told = self._recognise(unit)
        match REACTIONS[self._state, heard]:
            case Reaction.DELIVER:
                return self._deliver(told)
            case Reaction.NOTIFY:
                return [NotificationReceived(apdu=told)]
            case Reaction.EXTEND:
                self._extend(now)
            case Reaction.PAUSE:
                return self._pause(told[0], now)
            case _:  # ignored
                pass
        return []

    def _recognise(self, unit: Unit) -> tuple[Heard, bytes]:
        """Return what a unit is, and the APDU in it, or the modem's status octet."""
        if isinstance(unit, TransmissionReported):
            status = bytes((unit.status,))
            return Heard.TRANSMITTED if unit.status == SENT else Heard.REFUSED, status
        if not isinstance(unit, MacFrameHeard) or not self._is_ours(unit.frame):
            return Heard.OTHER, b""
        pdu = decode_llc(unit.frame.m_sdu)
        saps = {pdu.destination, pdu.source}
        # One public library leaves the LSAPs of an answer in the request's order.
        if pdu.control != DL_DATA or saps != {self._client_sap, self._server_sap}:
            return Heard.OTHER, b""
        is_notification = pdu.apdu[:1] in _NOTIFICATIONS
        return Heard.NOTIFICATION if is_notification else Heard.ANSWER, pdu.apdu

    def _is_ours(self, frame: MacFrame) -> bool:
        addresses = (frame.source, frame.destination)
        ours = addresses == (self._mac_address, self._parameters.initiator)
        return ours and len(frame.m_sdu) > HEADER_SIZE

    def _deliver(self, apdu: bytes) -> list[LinkEvent]:
        if not self._match.accepts(apdu):
            return []
        self._state = State.IDLE
        self._deadline = self._resend_at = None
        return [ApduReceived(apdu=apdu)]

    def _extend(self, now: float) -> None:
        """Count anew from where the modem has sent the request, once for each time it is sent."""
        if self._deadline is not None and not self._is_extended:
            self._is_extended = True
            self._deadline = now + self._parameters.rest(self._m_sdu_size)

    def _pause(self, status: int, now: float) -> list[LinkEvent]:
        """Keep the request back for a while, since the modem didn't take it."""
        if self._deadline is None:
            return []
        self._refused += 1
        if self._refused > self._parameters.retries:
            reason = REFUSALS.get(status, "it doesn't say why")
            return self._fail(
                LinkError(
                    f"the modem did not transmit: {reason} (status {status:02X})",
                    remedy="see that the modem is configured as a client and hears the mains",
                )
            )
        self._resend_at = now + self._parameters.busy_pause
        self._deadline = None
        return []

    def _fail(self, error: LinkError) -> list[LinkEvent]:
        self._state = State.DISCONNECTED
        self._deadline = self._resend_at = None
        self._outgoing.clear()
        return [LinkFailed(error=error)]

    def frames_to_send(self) -> list[Frame]:
        """Take (and forget) the frames that are to go out now."""
        frames, self._outgoing = self._outgoing, []
        return frames

    def frames_sent(self, now: float) -> None:
        """Start the response timer."""
        if self._state is State.AWAITING and self._deadline is None and self._resend_at is None:
            self._deadline = now + self._parameters.exchange(self._m_sdu_size)

    def next_timeout(self) -> float | None:
        """Return when `handle_timeout` wants to be called, on the clock of `now`, or None."""
        times = (self._deadline, self._resend_at, self._silence_at)
        return min((each for each in times if each is not None), default=None)

    def handle_timeout(self, now: float) -> list[LinkEvent]:
        """Act on time that has passed; harmless when called early."""
        events: list[LinkEvent] = []
        if self._silence_at is not None and now >= self._silence_at:
            self._silence_at = None
            events += self._take(self._delimiter.give_up(), now)
        if self._resend_at is not None and now >= self._resend_at:
            self._resend_at = None
            events += self._resend()
        elif self._deadline is not None and now >= self._deadline:
            self._deadline = None
            events += self._pass_deadline()
        return events

    def _pass_deadline(self) -> list[LinkEvent]:
        if self._state is State.CONNECTING:
            self._state = State.IDLE
            size = self._parameters.max_apdu
            return [
                LinkConnected(
                    max_info_transmit=size,
                    max_info_receive=size,
                    window_transmit=1,
                    window_receive=1,
                )
            ]
        if self._state is State.DISCONNECTING:
            self._state = State.DISCONNECTED
            return [LinkClosed()]
        if self._repeated < self._parameters.retries and is_repeatable(self._match.request):
            self._repeated += 1
            return self._resend()
        return self._fail(
            NoAnswerError(
                f"no answer from MAC address {self._mac_address}, LSAP {self._server_sap},"
                f" to client {self._client_sap}",
                remedy="see whether the meter is registered at this address; try higher credits",
            )
        )

    def _resend(self) -> list[LinkEvent]:
        self._is_extended = False
        self._outgoing.append(self._request_frame)
        return [Retransmitted(frames=1)]

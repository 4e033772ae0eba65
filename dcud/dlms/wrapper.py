"""The data link over TCP or UDP: one APDU behind a header of eight octets.

[IEC 62056-4-7: wrapper protocol data unit] version (1), source port, destination port, length of
the APDU, two octets each. There is no check sequence and no sequence number. TCP takes care that
all octets come, so nothing is repeated there, and a header with another version means that the
place in the stream is lost for good. Over UDP each datagram holds one unit and stands for itself:
one that is no unit is dropped, and a request that stays unanswered is sent once more as it was.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from struct import Struct
from typing import Final

from dcud.dlms.answers import is_block, is_repeatable
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
from dcud.dlms.gateway import without_prefix

VERSION: Final = 1
MAX_APDU: Final = 0xFFFF

_HEADER: Final = Struct(">HHHH")

NOTIFICATION_TAGS: Final = frozenset((0x0F, 0xC2, 0x18))
"""Tags of data-notification, event-notification-request and information-report-request."""

_PATIENCE: Final = 10
"""How many response timeouts one answer may take as long as its octets keep coming."""

_REMEMBERED: Final = 8
"""Answers by which late doubles are known; fewer than there are invoke ids, which come round."""

_LLC_REPLY: Final = b"\xe6\xe7\x00"
"""HDLC's LLC header of an answer, which some concentrators leave in. [field: legacy header]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrapperVariant:
    """What a network, or a meter in the field, does otherwise than the usual one over TCP.

    Attributes:
        datagrams: whether octets come as datagrams (UDP), each a unit of its own.
        retries: how often a request that stays unanswered is repeated, if it can be without harm;
            0 over TCP, which does that.
        swapped_ports: whether answers are taken as well that bear the request's own order of ports.
        llc_header: whether HDLC's LLC header is taken off the front of an answer.
    """

    datagrams: bool = False
    retries: int = 0
    swapped_ports: bool = False
    llc_header: bool = False


OVER_TCP: Final = WrapperVariant()


@dataclass(frozen=True, slots=True)
class Wpdu:
    """One wrapper protocol data unit.

    Attributes:
        source: the sender's wrapper port, 16 bits.
        destination: the receiver's wrapper port, 16 bits.
        apdu: what it carries, at most 65,535 octets.
    """

    source: int
    destination: int
    apdu: bytes

    def build(self) -> bytes:
        """Return the octets that go out.

        Raises:
            EncodeError: when the APDU or a port is too big.
        """
        if len(self.apdu) > MAX_APDU:
            raise EncodeError(f"an APDU of {len(self.apdu)} octets doesn't fit the wrapper")
        if not (0 <= self.source <= 0xFFFF and 0 <= self.destination <= 0xFFFF):
            raise EncodeError(f"wrapper ports {self.source}, {self.destination} exceed 16 bits")
        header = _HEADER.pack(VERSION, self.source, self.destination, len(self.apdu))
        return header + self.apdu


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Octets that are no unit, and why: "version", "length", "size" or "truncated".

    In a stream it is the version or the size, and nothing after them can be read either.
    """

    octets: bytes
    reason: str = "version"


def cut_datagram(octets: bytes) -> list[Wpdu | Unreadable]:
    """Return what one datagram holds: a unit, what stands behind its end, or what is no unit.

    [IEC 62056-4-7: UDP] Octets beyond the length are ignored, a datagram that ends before is none.
    """
    if len(octets) < _HEADER.size:
        return [Unreadable(octets, "truncated")]
    version, source, destination, length = _HEADER.unpack_from(octets)
    if version != VERSION:
        return [Unreadable(octets)]
    end = _HEADER.size + length
    if len(octets) < end:
        return [Unreadable(octets, "truncated")]
    unit = Wpdu(source, destination, octets[_HEADER.size : end])
    return [unit, Unreadable(octets[end:], "length")] if len(octets) > end else [unit]


class WrapperDelimiter:
    """Cuts one direction of one TCP connection into WPDUs, however it was cut before.

    Args:
        longest: octets of the longest APDU that is waited for; a header that announces a longer
            one is the end of what can be read.
    """

    __slots__ = ("_buffer", "_longest", "_lost", "_wanted")

    def __init__(self, longest: int = MAX_APDU) -> None:
        self._buffer = bytearray()
        self._longest = longest
        self._wanted = _HEADER.size
        self._lost = ""

    @property
    def partial(self) -> bool:
        """Whether a WPDU has begun that hasn't ended."""
        return bool(self._buffer)

    def feed(self, octets: bytes) -> list[Wpdu | Unreadable]:
        """Take octets; return what is complete."""
        self._buffer += octets
        if len(self._buffer) < self._wanted and not self._lost:
            return []
        units: list[Wpdu | Unreadable] = []
        position = 0
        self._wanted = _HEADER.size
        while len(self._buffer) - position >= self._wanted and not self._lost:
            position = self._take(position, units)
        if self._lost and position < len(self._buffer):
            units.append(Unreadable(bytes(self._buffer[position:]), self._lost))
            position = len(self._buffer)
        del self._buffer[:position]
        return units

    def _take(self, position: int, units: list[Wpdu | Unreadable]) -> int:
        header: tuple[int, int, int, int] = _HEADER.unpack_from(self._buffer, position)
        version, source, destination, length = header
        if version != VERSION:
            self._lost = "version"
        elif length > self._longest:
            self._lost = "size"
        start = position + _HEADER.size
        self._wanted = _HEADER.size + length
        if self._lost or len(self._buffer) - position < self._wanted:
            return position
        self._wanted = _HEADER.size
        units.append(Wpdu(source, destination, bytes(self._buffer[start : start + length])))
        return start + length


class _State(Enum):
    DISCONNECTED = auto()
    CONNECTING = auto()
    IDLE = auto()
    AWAITING = auto()
    DISCONNECTING = auto()


class WrapperLink:
    """The client's side of the wrapper over a connection that stands already, or over UDP.

    There is nothing to set up and nothing to take down: `connect` and `disconnect` succeed at the
    next `handle_timeout`, for which `next_timeout` asks at once.

    Over UDP the answer to a request that was repeated may come twice, the second one late. Where
    both are the same the second is only heard, for answers to different requests differ at least in
    their invoke id or block number. Else the layer above tells them apart by these.
    """

    def __init__(
        self,
        *,
        client_sap: ClientSap,
        server_sap: int,
        response_timeout: float = 10.0,
        variant: WrapperVariant = OVER_TCP,
    ) -> None:
        self._client_sap = client_sap
        self._server_sap = server_sap
        self._response_timeout = response_timeout
        self._variant = variant
        self._answer_ports: set[tuple[int, int]] = {(server_sap, client_sap)}
        if variant.swapped_ports:
            self._answer_ports.add((client_sap, server_sap))
        self._state = _State.DISCONNECTED
        self._delimiter = WrapperDelimiter()
        self._outgoing: list[Frame] = []
        self._secret_frames: dict[bytes, tuple[tuple[int, int], ...]] = {}
        self._request = Frame(octets=b"")
        self._answers: deque[bytes] = deque(maxlen=_REMEMBERED)
        self._retries_left = 0
        self._deadline: float | None = None
        self._limit = 0.0

    def connect(self, now: float) -> None:
        """Begin afresh; `LinkConnected` follows.

        Raises:
            MisuseError: when the link is up already.
        """
        if self._state is not _State.DISCONNECTED:
            raise MisuseError("the wrapper link is up already")
        self._delimiter = WrapperDelimiter()
        self._secret_frames.clear()
        self._request = Frame(octets=b"")
        self._answers.clear()
        self._state = _State.CONNECTING
        self._deadline = now

    def send_apdu(self, apdu: bytes, now: float, *, secret: Sequence[tuple[int, int]] = ()) -> None:  # noqa: ARG002  # the timer starts when the octets have left
        """Queue one APDU.

        Raises:
            MisuseError: when the link isn't up, or an answer is still awaited.
            EncodeError: when the APDU is longer than 65,535 octets.
        """
        self._expect_idle()
        self._queue(apdu, secret)
        self._retries_left = self._retries(apdu)
        self._state = _State.AWAITING
        self._deadline = None

    @property
    def streams(self) -> bool:
        """Whether several APDUs can go on end: not where one of them may get lost."""
        return not self._variant.datagrams

    def send_stream(self, apdus: Sequence[bytes], now: float, *, withheld: bool = False) -> None:  # noqa: ARG002  # the timer starts when the octets have left
        """Queue whole APDUs that are answered together; no log may show them if `withheld`.

        Raises:
            MisuseError: when the link isn't up, or an answer is still awaited.
            EncodeError: when an APDU is longer than 65,535 octets.
        """
        self._expect_idle()
        for apdu in apdus:
            self._queue(apdu, ((0, len(apdu)),) if withheld else ())
        self._retries_left = 0
        self._state = _State.AWAITING
        self._deadline = None

    @property
    def tells(self) -> bool:
        """Whether it carries what wants no answer: always."""
        return True

    def tell(self, apdu: bytes, now: float, *, secret: Sequence[tuple[int, int]] = ()) -> None:  # noqa: ARG002  # nothing is timed
        """Queue one APDU that is not answered.

        Raises:
            MisuseError: when the link isn't up, or an answer is still awaited.
            EncodeError: when the APDU is longer than 65,535 octets.
        """
        self._expect_idle()
        self._queue(apdu, secret)

    def listen(self, now: float) -> None:
        """Await one more APDU, though nothing is asked.

        Raises:
            MisuseError: when the link isn't up, or an answer is still awaited.
        """
        self._expect_idle()
        self._retries_left = 0
        self._state = _State.AWAITING
        self._deadline = now + self._response_timeout
        self._limit = now + self._response_timeout * _PATIENCE

    def _expect_idle(self) -> None:
        if self._state is not _State.IDLE:
            raise MisuseError(f"the wrapper link can't send while {self._state.name.lower()}")

    def _queue(self, apdu: bytes, secret: Sequence[tuple[int, int]]) -> None:
        octets = Wpdu(self._client_sap, self._server_sap, apdu).build()
        ranges = tuple((start + _HEADER.size, end + _HEADER.size) for start, end in secret)
        if ranges:
            self._secret_frames[octets] = ranges
        self._request = Frame(octets=octets, secret=ranges)
        self._outgoing.append(self._request)

    def _retries(self, apdu: bytes) -> int:
        retries = self._variant.retries
        return retries if retries and is_repeatable(without_prefix(apdu)) else 0

    def disconnect(self, now: float) -> None:
        """End; `LinkClosed` follows."""
        self._outgoing.clear()
        self._state = _State.DISCONNECTING
        self._deadline = now

    def receive_data(self, octets: bytes, now: float) -> list[LinkEvent]:
        """Take octets as they come: cut anywhere from TCP, one datagram at a time from UDP."""
        events: list[LinkEvent] = []
        cut = cut_datagram if self._variant.datagrams else self._delimiter.feed
        for unit in cut(octets):
            if isinstance(unit, Wpdu):
                events += self._receive(unit)
            else:
                events += self._lose(unit)
        if self._is_trickling():
            self._deadline = min(now + self._response_timeout, self._limit)
        return events

    def _is_trickling(self) -> bool:
        """Tell whether what came may be a part of the answer, for which there is more time then."""
        awaiting = self._deadline is not None and self._state is _State.AWAITING
        return awaiting and not self._variant.datagrams

    def _receive(self, unit: Wpdu) -> list[LinkEvent]:
        octets = unit.build()
        secret = self._secret_frames.get(octets, ())
        ports = (unit.source, unit.destination)
        ours = ports in self._answer_ports
        mirrored = ports == (self._client_sap, self._server_sap)
        if self._secret_frames and mirrored and not ours and not secret:
            secret = ((_HEADER.size, len(octets)),)  # not what we sent, but nobody else's either
        events: list[LinkEvent] = [FrameReceived(frame=Frame(octets=octets, secret=secret))]
        if not ours or secret or self._is_known(octets) or self._state in _DOWN:
            return events
        apdu = unit.apdu
        if self._variant.llc_header:
            apdu = apdu.removeprefix(_LLC_REPLY)
        if not self._is_asked_for(without_prefix(apdu)):
            return [*events, NotificationReceived(apdu=apdu)]
        if self._variant.datagrams:
            self._answers.append(octets)
        self._state = _State.IDLE
        self._deadline = None
        return [*events, ApduReceived(apdu=apdu)]

    def _is_asked_for(self, apdu: bytes) -> bool:
        """Tell answers from what comes by itself; blocks that follow an answer belong to it."""
        if apdu[:1] == _BLOCK:
            return is_block(apdu)
        return self._state is _State.AWAITING and apdu[:1] not in _NOTIFICATIONS

    def _is_known(self, octets: bytes) -> bool:
        """Tell whether a unit is our own request, or over UDP one of the last answers again."""
        return octets == self._request.octets or octets in self._answers

    def _lose(self, unit: Unreadable) -> list[LinkEvent]:
        # An echo damaged this way could hold what was sent in secret.
        withheld = bool(self._secret_frames)
        octets = bytes(len(unit.octets)) if withheld else unit.octets
        events: list[LinkEvent] = [
            OctetsDiscarded(reason=unit.reason, octets=octets, withheld=withheld)
        ]
        if not self._variant.datagrams and self._state not in _DOWN:
            events += self._fail(
                LinkError(
                    "what came over TCP isn't the DLMS wrapper",
                    remedy="close the connection; see whether the server speaks HDLC over TCP",
                )
            )
        return events

    def _fail(self, error: LinkError) -> list[LinkEvent]:
        self._state = _State.DISCONNECTED
        self._deadline = None
        self._outgoing.clear()
        return [LinkFailed(error=error)]

    def frames_to_send(self) -> list[Frame]:
        """Take (and forget) the frames that are to go out now."""
        frames, self._outgoing = self._outgoing, []
        return frames

    def frames_sent(self, now: float) -> None:
        """Start the response timer."""
        if self._state is _State.AWAITING and self._deadline is None:
            self._deadline = now + self._response_timeout
            self._limit = now + self._response_timeout * _PATIENCE

    def next_timeout(self) -> float | None:
        """Return when `handle_timeout` wants to be called, on the clock of `now`, or None."""
        return self._deadline

    def handle_timeout(self, now: float) -> list[LinkEvent]:
        """Act on time that has passed; harmless when called early."""
        if self._deadline is None or now < self._deadline:
            return []
        self._deadline = None
        if self._state is _State.CONNECTING:
            self._state = _State.IDLE
            return [_CONNECTED]
        if self._state is _State.DISCONNECTING:
            self._state = _State.DISCONNECTED
            return [LinkClosed()]
        return self._repeat() if self._retries_left else self._fail(self._silence())

    def _repeat(self) -> list[LinkEvent]:
        self._retries_left -= 1
        self._outgoing.append(self._request)
        return [Retransmitted(frames=1)]

    def _silence(self) -> NoAnswerError:
        tries = self._retries(self._request.octets[_HEADER.size :]) + 1
        times = f", asked {tries} times" if tries > 1 else ""
        return NoAnswerError(
            f"no answer from wrapper port {self._server_sap} to client {self._client_sap}"
            f" within {self._response_timeout:g} s{times}",
            remedy="check both SAPs and the meter's own timeout",
        )


_DOWN: Final = frozenset({_State.DISCONNECTED, _State.DISCONNECTING})

_BLOCK: Final = b"\xe0"
_NOTIFICATIONS: Final = frozenset(bytes((tag,)) for tag in NOTIFICATION_TAGS)

_CONNECTED: Final = LinkConnected(
    max_info_transmit=MAX_APDU, max_info_receive=MAX_APDU, window_transmit=1, window_receive=1
)

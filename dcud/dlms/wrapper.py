"""The data link over TCP: one APDU behind a header of eight octets.

[IEC 62056-4-7: wrapper protocol data unit] version (1), source port, destination port, length of
the APDU, two octets each. There is no check sequence, no sequence number and no repetition: TCP
does all that. A header with another version means that the place in the stream is lost for good.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from struct import Struct
from typing import Final

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
)
from dcud.dlms.errors import EncodeError, LinkError, MisuseError, NoAnswerError

VERSION: Final = 1
MAX_APDU: Final = 0xFFFF

_HEADER: Final = Struct(">HHHH")

NOTIFICATION_TAGS: Final = frozenset((0x0F, 0xC2, 0x18))
"""Tags of data-notification, event-notification-request and information-report-request."""

_PATIENCE: Final = 10
"""How many response timeouts one answer may take as long as its octets keep coming."""


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
    """Octets from a header with an unknown version on; nothing after them can be read either."""

    octets: bytes


class WrapperDelimiter:
    """Cuts one direction of one TCP connection into WPDUs, however it was cut before."""

    __slots__ = ("_buffer", "_lost", "_wanted")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._wanted = _HEADER.size
        self._lost = False

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
            units.append(Unreadable(bytes(self._buffer[position:])))
            position = len(self._buffer)
        del self._buffer[:position]
        return units

    def _take(self, position: int, units: list[Wpdu | Unreadable]) -> int:
        header: tuple[int, int, int, int] = _HEADER.unpack_from(self._buffer, position)
        version, source, destination, length = header
        self._lost = version != VERSION
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
    """The client's side of the wrapper over a TCP connection that stands already.

    There is nothing to set up and nothing to take down: `connect` and `disconnect` succeed at the
    next `handle_timeout`, for which `next_timeout` asks at once.
    """

    def __init__(
        self, *, client_sap: ClientSap, server_sap: int, response_timeout: float = 10.0
    ) -> None:
        self._client_sap = client_sap
        self._server_sap = server_sap
        self._response_timeout = response_timeout
        self._state = _State.DISCONNECTED
        self._delimiter = WrapperDelimiter()
        self._outgoing: list[Frame] = []
        self._secret_frames: dict[bytes, tuple[tuple[int, int], ...]] = {}
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
        self._state = _State.CONNECTING
        self._deadline = now

    def send_apdu(self, apdu: bytes, now: float, *, secret: Sequence[tuple[int, int]] = ()) -> None:  # noqa: ARG002  # the timer starts when the octets have left
        """Queue one APDU.

        Raises:
            MisuseError: when the link isn't up, or an answer is still awaited.
            EncodeError: when the APDU is longer than 65,535 octets.
        """
        if self._state is not _State.IDLE:
            raise MisuseError(f"the wrapper link can't send while {self._state.name.lower()}")
        octets = Wpdu(self._client_sap, self._server_sap, apdu).build()
        ranges = tuple((start + _HEADER.size, end + _HEADER.size) for start, end in secret)
        if ranges:
            self._secret_frames[octets] = ranges
        self._outgoing.append(Frame(octets=octets, secret=ranges))
        self._state = _State.AWAITING
        self._deadline = None

    def disconnect(self, now: float) -> None:
        """End; `LinkClosed` follows."""
        self._outgoing.clear()
        self._state = _State.DISCONNECTING
        self._deadline = now

    def receive_data(self, octets: bytes, now: float) -> list[LinkEvent]:
        """Take octets as they come, cut anywhere."""
        events: list[LinkEvent] = []
        for unit in self._delimiter.feed(octets):
            if isinstance(unit, Wpdu):
                events += self._receive(unit)
            else:
                events += self._lose(unit)
        if self._deadline is not None and self._state is _State.AWAITING:
            self._deadline = min(now + self._response_timeout, self._limit)
        return events

    def _receive(self, unit: Wpdu) -> list[LinkEvent]:
        octets = unit.build()
        secret = self._secret_frames.get(octets, ())
        ours = unit.source == self._server_sap and unit.destination == self._client_sap
        mirrored = unit.source == self._client_sap and unit.destination == self._server_sap
        if self._secret_frames and mirrored and not ours and not secret:
            secret = ((_HEADER.size, len(octets)),)  # not what we sent, but nobody else's either
        events: list[LinkEvent] = [FrameReceived(frame=Frame(octets=octets, secret=secret))]
        if not ours or secret or self._state in {_State.DISCONNECTED, _State.DISCONNECTING}:
            return events
        if self._state is not _State.AWAITING or unit.apdu[:1] in _NOTIFICATIONS:
            return [*events, NotificationReceived(apdu=unit.apdu)]
        self._state = _State.IDLE
        self._deadline = None
        return [*events, ApduReceived(apdu=unit.apdu)]

    def _lose(self, unit: Unreadable) -> list[LinkEvent]:
        # An echo damaged this way could hold what was sent in secret.
        withheld = bool(self._secret_frames)
        octets = bytes(len(unit.octets)) if withheld else unit.octets
        events: list[LinkEvent] = [
            OctetsDiscarded(reason="version", octets=octets, withheld=withheld)
        ]
        if self._state in {_State.CONNECTING, _State.IDLE, _State.AWAITING}:
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
        return self._fail(
            NoAnswerError(
                f"no answer from wrapper port {self._server_sap} to client {self._client_sap}"
                f" within {self._response_timeout:g} s",
                remedy="check both SAPs and the meter's own timeout",
            )
        )


_NOTIFICATIONS: Final = frozenset(bytes((tag,)) for tag in NOTIFICATION_TAGS)

_CONNECTED: Final = LinkConnected(
    max_info_transmit=MAX_APDU, max_info_receive=MAX_APDU, window_transmit=1, window_receive=1
)

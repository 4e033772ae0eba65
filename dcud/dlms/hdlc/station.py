"""The server's side of an HDLC link, for simulated meters.

[IEC 62056-46: normal response mode] A server speaks only when it is asked: after a frame with P set
it sends what it has to, the last frame with F set, and is silent again. It has no timer but the one
for inactivity, and it repeats itself only when the client's N(R) says so. What it got twice it
doesn't hand up twice.

One client at a time: to anyone else it is disconnected (DM).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from dcud.dlms import llc
from dcud.dlms.datalink import ClientSap, Frame
from dcud.dlms.errors import DecodeError, MisuseError
from dcud.dlms.hdlc.address import ServerAddress, client_octets, client_sap_from_octets
from dcud.dlms.hdlc.delimiter import Delimited, Delimiter
from dcud.dlms.hdlc.frame import (
    Control,
    FrameKind,
    HdlcFrame,
    numbered,
    supervisory,
    unnumbered,
)
from dcud.dlms.hdlc.incoming import Arrival, Assembly, Incoming
from dcud.dlms.hdlc.negotiation import LinkSizes, negotiate
from dcud.dlms.hdlc.outgoing import Acknowledgement, Outgoing, cut

_REASON_UNDEFINED_CONTROL: Final = 0x01
_REASON_TOO_LONG: Final = 0x04
_REASON_INVALID_SEQUENCE: Final = 0x08


@dataclass(frozen=True, slots=True, kw_only=True)
class StationParameters:
    """What can be chosen about a server's link.

    Attributes:
        sizes: what it can do.
        tells_sizes: whether UA carries them; without, the defaults hold.
        inactivity_timeout: seconds after which it forgets a silent client; 0 for never.
        inter_octet_timeout: seconds of silence that end an unfinished frame.
        max_apdu: the most octets that a request may add up to.
    """

    sizes: LinkSizes = LinkSizes()  # noqa: RUF009  # a frozen value
    tells_sizes: bool = True
    inactivity_timeout: float = 120.0
    inter_octet_timeout: float = 0.5
    max_apdu: int = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientConnected:
    """A client set the link up, or set it up anew: whatever it had associated before is gone."""

    client_sap: ClientSap


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientDisconnected:
    """The link is down; `reason` is "disc", "inactivity" or "rejected"."""

    client_sap: ClientSap
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestReceived:
    """A whole APDU came; answer it by `send_apdu`, or put it off by `acknowledge`."""

    client_sap: ClientSap
    apdu: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldByClient:
    """A whole APDU came that wants no answer."""

    client_sap: ClientSap
    apdu: bytes


StationEvent = ClientConnected | ClientDisconnected | RequestReceived | ToldByClient


@dataclass(frozen=True, slots=True)
class _Link:
    """Where the connected client is: addresses as they stand in its frames."""

    client: bytes
    server: bytes
    client_sap: ClientSap
    sizes: LinkSizes
    outgoing: Outgoing
    incoming: Incoming


class HdlcStation:
    """One logical device on a bus.

    Args:
        server_address: its address; a client may use any size that holds it.
        parameters: sizes and times.
    """

    def __init__(
        self, *, server_address: ServerAddress, parameters: StationParameters | None = None
    ) -> None:
        self._server_address = server_address
        self._parameters = parameters or StationParameters()
        self._delimiter = Delimiter()
        self._heard_at = float("-inf")
        self._link: _Link | None = None
        self._our_turn = False
        self._told = Assembly(self._parameters.max_apdu)
        self._frames: list[Frame] = []
        self._events: list[StationEvent] = []
        self._deadline: float | None = None
        self._answers: dict[FrameKind, Callable[[_Link, HdlcFrame], None]] = {
            FrameKind.I: self._inform,
            FrameKind.RR: self._heed,
            FrameKind.RNR: self._hold,
            FrameKind.SNRM: self._reset,
            FrameKind.DISC: self._disconnect,
            FrameKind.UI: self._listen,
        }

    @property
    def client_sap(self) -> ClientSap | None:
        """Who is connected."""
        return self._link.client_sap if self._link else None

    # What the owner says.

    def receive_data(self, octets: bytes, now: float) -> list[StationEvent]:
        """Take octets as they come, cut anywhere, whoever they are for."""
        parts = []
        if now - self._heard_at > self._parameters.inter_octet_timeout:
            parts += self._delimiter.flush()
        self._heard_at = now
        parts += self._delimiter.feed(octets)
        for part in parts:
            if isinstance(part, Delimited):
                self._hear(part.frame, now)
        return self._take_events()

    def receive_frame(self, frame: HdlcFrame, now: float) -> list[StationEvent]:
        """Take a frame that another delimiter on the same bus has found, whoever it is for."""
        self._hear(frame, now)
        return self._take_events()

    def send_apdu(self, apdu: bytes) -> None:
        """Answer the client, at once or when it asks next.

        Raises:
            MisuseError: when no client is connected.
        """
        self.send_stream((apdu,))

    def send_stream(self, apdus: Sequence[bytes]) -> None:
        """Answer the client with several APDUs on end, at once or when it asks next.

        Raises:
            MisuseError: when no client is connected.
        """
        link = self._connected()
        link.outgoing.clear()
        for apdu in apdus:
            link.outgoing.add(llc.add_response(apdu))
        if self._our_turn:
            self._take_turn(link)

    @property
    def is_our_turn(self) -> bool:
        """Whether the client waits for us to say something."""
        return self._our_turn

    def acknowledge(self) -> None:
        """Let the client ask again (RR): the answer isn't ready.

        Raises:
            MisuseError: when no client is connected, or it isn't the server's turn.
        """
        link = self._connected()
        if not self._our_turn:
            raise MisuseError("an HDLC station speaks only when it is asked")
        self._send_supervisory(link, FrameKind.RR)

    def be_busy(self) -> None:
        """Let the client wait (RNR): nothing can be taken.

        Raises:
            MisuseError: when no client is connected, or it isn't the server's turn.
        """
        link = self._connected()
        if not self._our_turn:
            raise MisuseError("an HDLC station speaks only when it is asked")
        self._send_supervisory(link, FrameKind.RNR)

    def send_notification(self, apdu: bytes, client_sap: ClientSap) -> None:
        """Send an APDU that nobody asked for, in as many UI frames as it takes."""
        link = self._link
        size = link.sizes.max_info_transmit if link else self._parameters.sizes.max_info_transmit
        server = link.server if link else self._server_address.octets
        for segment in cut(llc.add_response(apdu), size, (), 0):
            control = unnumbered(FrameKind.UI, poll_final=False)
            destination = client_octets(client_sap)
            self._send(HdlcFrame(destination, server, control, segment.information, segment.more))

    def frames_to_send(self) -> list[Frame]:
        """Take (and forget) the frames that are to go out now."""
        frames, self._frames = self._frames, []
        return frames

    def next_timeout(self) -> float | None:
        """Return when `handle_timeout` wants to be called, on the clock of `now`, or None."""
        return self._deadline

    def handle_timeout(self, now: float) -> list[StationEvent]:
        """Forget a client that was silent too long; harmless when called early."""
        self._expire(now)
        return self._take_events()

    # Hearing.

    def _connected(self) -> _Link:
        if self._link is None:
            raise MisuseError("no client is connected to the HDLC station")
        return self._link

    def _take_events(self) -> list[StationEvent]:
        events, self._events = self._events, []
        return events

    def _is_for_us(self, frame: HdlcFrame) -> bool:
        try:
            address = ServerAddress.from_octets(frame.destination)
            client_sap_from_octets(frame.source)
        except DecodeError:
            return False
        own = self._server_address
        return address.logical == own.logical and (
            address.physical is None or address.lower == own.lower
        )

    def _hear(self, frame: HdlcFrame, now: float) -> None:
        self._expire(now)
        if not self._is_for_us(frame):
            return
        link = self._link
        if link is not None and frame.source == link.client:
            self._our_turn = frame.control.poll_final
            self._answers.get(frame.control.kind, self._reject_control)(link, frame)
            self._stay(now)
        elif link is None and frame.control.kind is FrameKind.SNRM:
            self._set_up(frame)
            self._stay(now)
        elif frame.control.poll_final:
            self._answer_unnumbered(frame, FrameKind.DM)

    def _expire(self, now: float) -> None:
        if self._link and self._deadline is not None and now >= self._deadline:
            self._drop(self._link, "inactivity")

    def _stay(self, now: float) -> None:
        timeout = self._parameters.inactivity_timeout
        self._deadline = now + timeout if self._link and timeout else None

    # Setting up and taking down.

    def _set_up(self, frame: HdlcFrame) -> None:
        own = self._parameters.sizes if self._parameters.tells_sizes else LinkSizes()
        try:
            sizes = negotiate(own, LinkSizes.parse(frame.information))
        except DecodeError:
            sizes = LinkSizes()
        self._link = _Link(
            client=frame.source,
            server=frame.destination,
            client_sap=client_sap_from_octets(frame.source),
            sizes=sizes,
            outgoing=Outgoing(max_info=sizes.max_info_transmit, window=sizes.window_transmit),
            incoming=Incoming(limit=self._parameters.max_apdu),
        )
        self._our_turn = False
        information = sizes.build() if self._parameters.tells_sizes else b""
        self._answer_unnumbered(frame, FrameKind.UA, information)
        self._events.append(ClientConnected(client_sap=self._link.client_sap))

    def _reset(self, _link: _Link, frame: HdlcFrame) -> None:
        self._set_up(frame)

    def _disconnect(self, link: _Link, frame: HdlcFrame) -> None:
        self._answer_unnumbered(frame, FrameKind.UA)
        self._drop(link, "disc")

    def _drop(self, link: _Link, reason: str) -> None:
        self._link = None
        self._our_turn = False
        self._deadline = None
        self._events.append(ClientDisconnected(client_sap=link.client_sap, reason=reason))

    # Requests and answers.

    def _inform(self, link: _Link, frame: HdlcFrame) -> None:
        if len(frame.information) > link.sizes.max_info_receive:
            self._reject(link, frame, _REASON_TOO_LONG)
            return
        arrival = link.incoming.accept(frame)
        if not self._acknowledged(link, frame):
            return
        match arrival:
            case Arrival.LAST:
                apdu = llc.strip(link.incoming.take())
                link.outgoing.clear()
                self._events.append(RequestReceived(client_sap=link.client_sap, apdu=apdu))
            case Arrival.TOO_LONG:
                self._reject(link, frame, _REASON_TOO_LONG)
            case _:
                self._take_turn(link)

    def _listen(self, link: _Link, frame: HdlcFrame) -> None:
        """[IEC 62056-46: UI frame] Nothing numbers these: the LLC octets begin an APDU anew."""
        if frame.information.startswith(llc.COMMAND):
            self._told.clear()
        if not self._told.add(frame.information):
            self._told.clear()
        elif not frame.segmented:
            apdu = llc.strip(self._told.take())
            self._events.append(ToldByClient(client_sap=link.client_sap, apdu=apdu))

    def _heed(self, link: _Link, frame: HdlcFrame) -> None:
        if self._acknowledged(link, frame):
            self._take_turn(link)

    def _hold(self, link: _Link, frame: HdlcFrame) -> None:
        """The client is busy: only show that we are here."""
        if self._acknowledged(link, frame) and self._our_turn:
            self._send_supervisory(link, FrameKind.RR)

    def _acknowledged(self, link: _Link, frame: HdlcFrame) -> bool:
        said = link.outgoing.acknowledge(frame.control.receive_sequence or 0)
        if said is Acknowledgement.IMPOSSIBLE:
            self._reject(link, frame, _REASON_INVALID_SEQUENCE)
        return said is not Acknowledgement.IMPOSSIBLE

    def _take_turn(self, link: _Link) -> None:
        if not self._our_turn:
            return
        if not link.outgoing.pending:
            self._send_supervisory(link, FrameKind.RR)
            return
        segments = link.outgoing.burst()
        for segment in segments:
            control = numbered(
                send_sequence=segment.number,
                receive_sequence=link.incoming.expected,
                poll_final=segment is segments[-1],
            )
            self._send_to(link, control, segment.information, segmented=segment.more)
        self._our_turn = False

    def _ignore(self, link: _Link, frame: HdlcFrame) -> None:
        """Leave everything as it is."""

    # Rejecting.

    def _reject_control(self, link: _Link, frame: HdlcFrame) -> None:
        self._reject(link, frame, _REASON_UNDEFINED_CONTROL)

    def _reject(self, link: _Link, frame: HdlcFrame, reason: int) -> None:
        """[ISO/IEC 13239: FRMR] Tell what can't be borne; the link is of no use after that."""
        position = link.outgoing.next_number << 1 | link.incoming.expected << 5
        self._answer_unnumbered(
            frame, FrameKind.FRMR, bytes((frame.control.octet, position, reason))
        )
        self._drop(link, "rejected")

    # Sending.

    def _send(self, frame: HdlcFrame) -> None:
        self._frames.append(Frame(octets=frame.build()))

    def _send_to(
        self, link: _Link, control: Control, information: bytes = b"", *, segmented: bool = False
    ) -> None:
        self._send(HdlcFrame(link.client, link.server, control, information, segmented))

    def _send_supervisory(self, link: _Link, kind: FrameKind) -> None:
        self._send_to(link, supervisory(kind, receive_sequence=link.incoming.expected))
        self._our_turn = False

    def _answer_unnumbered(
        self, frame: HdlcFrame, kind: FrameKind, information: bytes = b""
    ) -> None:
        self._send(HdlcFrame(frame.source, frame.destination, unnumbered(kind), information))

"""The client's side of an HDLC link, as a machine without clock or line.

Theory of operation. [IEC 62056-46: normal response mode] The client owns the right to transmit. It
sends one or more frames, the last with P set, and from then on it is the server's turn, until a
frame with F set comes back. So between two turns of ours there is exactly one question open, and
the whole link is a loop of "our turn: decide, transmit" and "their turn: listen, or lose patience".

    DISCONNECTED   no link
    CLEARING       DISC is out, to end what an earlier session may have left; SNRM follows
    CONNECTING     SNRM is out
    IDLE           the link is up and our turn, nothing is asked
    KEEPING        an RR is out for no other reason than that the server doesn't forget us
    AWAITING       something is asked and it's the server's turn
    PAUSING        something is asked and the server said "not yet" or "busy"; ask again later
    DISCONNECTING  DISC is out

What is decided on our turn while something is asked (`_take_turn`), first that applies: a whole
answer goes up (IDLE); a busy server is left alone for a while (PAUSING); what it didn't acknowledge
or hasn't seen of the request is sent, a window at a time; the rest of an answer that has begun is
asked for with RR; a server that only acknowledged is left alone for a while.

When their turn passes in silence (`_repeat`), the client asks where they are (RR) or sends the
same frames again, and gives up after some tries. Sequence numbers make both harmless: a server
doesn't carry out twice what it got twice. Frames that are late (an answer that comes twice because
the question went out twice) are told by their numbers and leave everything as it is: answering them
would only beget more.

Nothing goes on for ever: silence is bounded by `retries`; answers that lead nowhere by `poll_limit`
and `response_limit`; answers that lead somewhere by `max_apdu`; octets that keep a timeout from
happening by `response_limit`.

A link that failed can be connected again, which is what helps after FRMR, DM, or numbers that make
no sense; but whatever was associated upon it is gone, so that is for the owner to decide.

The table at the end of the class holds what every input means in every state.
"""

from collections.abc import Callable, Sequence
from enum import Enum, StrEnum, auto
from functools import lru_cache
from typing import ClassVar, Final

from dcud.dlms import llc
from dcud.dlms.datalink import (
    AnswerArriving,
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
from dcud.dlms.errors import (
    FrameRejectedError,
    LinkError,
    LinkLostError,
    LinkRefusedError,
    LinkSequenceError,
    MisuseError,
)
from dcud.dlms.hdlc.address import ReservedClient, ServerAddress, client_octets
from dcud.dlms.hdlc.delimiter import Delimited, Delimiter, Discarded
from dcud.dlms.hdlc.echo import Echo
from dcud.dlms.hdlc.frame import (
    CONTROLS,
    Control,
    FrameKind,
    HdlcFrame,
    numbered,
    supervisory,
    unnumbered,
)
from dcud.dlms.hdlc.frame_reject import FrameReject
from dcud.dlms.hdlc.habits import Habits
from dcud.dlms.hdlc.incoming import Arrival, Assembly, Incoming
from dcud.dlms.hdlc.negotiation import LinkSizes, settle
from dcud.dlms.hdlc.outgoing import CONTRADICTIONS, Acknowledgement, Outgoing, cut
from dcud.dlms.hdlc.overheard import Overheard
from dcud.dlms.hdlc.parameters import HdlcParameters, Recovery
from dcud.dlms.hdlc.set_up import Move, SetUp


class State(StrEnum):
    """Where a link stands; see the theory of operation."""

    DISCONNECTED = "disconnected"
    CLEARING = "clearing"
    CONNECTING = "connecting"
    IDLE = "idle"
    KEEPING = "keeping itself alive"
    AWAITING = "awaiting an answer"
    PAUSING = "pausing"
    DISCONNECTING = "disconnecting"


class Input(Enum):
    """What can happen to a link."""

    CONNECT = auto()
    SEND = auto()
    DISCONNECT = auto()
    TIMEOUT = auto()
    I = auto()  # noqa: E741  # the standard's own name
    RR = auto()
    RNR = auto()
    UA = auto()
    DM = auto()
    FRMR = auto()
    UI = auto()
    STRANGE = auto()  # a frame that only clients send, or of no known kind

    __hash__ = object.__hash__  # members are themselves alone; Enum's own hashes their names


_INPUTS: Final = {
    FrameKind.I: Input.I,
    FrameKind.RR: Input.RR,
    FrameKind.RNR: Input.RNR,
    FrameKind.UA: Input.UA,
    FrameKind.DM: Input.DM,
    FrameKind.FRMR: Input.FRMR,
    FrameKind.UI: Input.UI,
    FrameKind.SNRM: Input.STRANGE,
    FrameKind.DISC: Input.STRANGE,
    FrameKind.UNDEFINED: Input.STRANGE,
}

# Where every frame passes, members go by names of their own: enumerations look them up slowly.
_IDLE: Final = State.IDLE
_AWAITING: Final = State.AWAITING
_SEGMENT: Final = Arrival.SEGMENT
_DUPLICATE: Final = Arrival.DUPLICATE
_LAST: Final = Arrival.LAST
_RNR: Final = FrameKind.RNR
_SEND: Final = Input.SEND

_NO_FRAME: Final = HdlcFrame(b"", b"", CONTROLS[0xFF])
_ALL_STATION: Final = client_octets(ClientSap(ReservedClient.ALL_STATION))
_LLC_HEADERS: Final = (llc.COMMAND, llc.RESPONSE)
_NEVER: Final = float("-inf")

_QUIET: Final = frozenset({State.IDLE, State.KEEPING})
"""Where nothing is asked."""

_LONGEST_STREAM: Final = 63
"""APDUs that may come on end. [IEC 62056-5-3: general block transfer, window]"""

_TELLING: Final = 10.0
"""Seconds after which a long answer tells again that it comes nearer to its end."""

_Action = Callable[["HdlcLink", float, HdlcFrame], None]


@lru_cache(maxsize=128)
def _receiver_ready(server: bytes, own: bytes, receive_sequence: int) -> tuple[HdlcFrame, Frame]:
    """Return an RR, as a value and built; a long answer asks for eight of them in turns."""
    control = supervisory(FrameKind.RR, receive_sequence=receive_sequence)
    frame = HdlcFrame(server, own, control)
    return frame, Frame(frame.build())


class HdlcLink:
    """One client's link to one server; implements `dcud.dlms.datalink.DataLink`.

    After `LinkFailed` or `LinkClosed` it can `connect` again.

    Args:
        client_sap: our own address, 0 to 127.
        server_address: the server's, with its size.
        parameters: sizes and times.
        habits: what this meter was found to do before; it's added to.

    Raises:
        EncodeError: when the client SAP is out of range.
    """

    # CPython keeps no more than 29 attributes of an object at hand without them.
    __slots__ = (
        "_answers",
        "_attempts",
        "_client_sap",
        "_cycles",
        "_deadline",
        "_delimiter",
        "_echo",
        "_events",
        "_frames",
        "_habits",
        "_heard_at",
        "_incoming",
        "_inward",
        "_limit",
        "_notification",
        "_notified_at",
        "_outgoing",
        "_overheard",
        "_own",
        "_parameters",
        "_patience",
        "_resent",
        "_server",
        "_server_address",
        "_state",
        "_tell_at",
        "_timed_from",
        "_told",
        "_tries",
        "_wait",
    )

    def __init__(
        self,
        *,
        client_sap: ClientSap,
        server_address: ServerAddress,
        parameters: HdlcParameters | None = None,
        habits: Habits | None = None,
    ) -> None:
        self._client_sap = client_sap
        self._server_address = server_address
        self._parameters = parameters or HdlcParameters()
        self._own = client_octets(client_sap)
        self._server = server_address.octets
        # From the server to us, and nobody's echo; where both look the same that has to be told.
        self._inward = (self._own, self._server) if self._own != self._server else None
        self._state = State.DISCONNECTED
        self._habits = habits or Habits()
        self._tries = SetUp(self._parameters, self._habits)
        self._delimiter = Delimiter()
        self._heard_at = _NEVER
        self._echo = Echo(own=self._own, server=self._server, heard=self._habits.line_echoes)
        self._overheard = Overheard()
        self._notification = Assembly(self._parameters.max_apdu)
        self._notified_at = _NEVER
        self._events: list[LinkEvent] = []
        self._frames: list[Frame] = []
        self._told: list[tuple[HdlcFrame, tuple[tuple[int, int], ...]]] = []  # wants no answer
        self._wait: float | None = None  # how long, once the frames have left
        self._deadline: float | None = None
        self._timed_from = _NEVER
        self._attempts = 0
        self._resent: bool | None = None  # how a request was repeated last, if one was
        self._tell_at = _NEVER
        self._set_sizes(LinkSizes())
        self._answers: list[bytes] = []  # whole, but it isn't our turn yet
        self._cycles = 0  # answers in a row that led nowhere
        self._limit = _NEVER  # for such answers
        self._patience = max(self._parameters.response_limit, self._parameters.response_timeout)

    def _set_sizes(self, sizes: LinkSizes) -> None:
        """Both sequence variables begin at 0 with every UA."""
        parameters = self._parameters
        self._outgoing = Outgoing(max_info=sizes.max_info_transmit, window=sizes.window_transmit)
        self._incoming = Incoming(limit=parameters.max_apdu)

    @property
    def state(self) -> State:
        """Where the link stands."""
        return self._state

    # What the owner says.

    def connect(self, now: float) -> None:
        """Begin to set the link up; ends in `LinkConnected` or `LinkFailed`.

        Raises:
            MisuseError: when it isn't disconnected.
        """
        self._occur(Input.CONNECT, now)

    def send_apdu(self, apdu: bytes, now: float, *, secret: Sequence[tuple[int, int]] = ()) -> None:
        """Queue one whole APDU; `secret` names the half-open ranges of it that no log may show.

        Raises:
            MisuseError: when the link isn't up, or an answer is still awaited.
        """
        self._occur(_SEND, now)
        prefix = len(llc.COMMAND)
        shifted = [(low + prefix, high + prefix) for low, high in secret]
        self._outgoing.load(llc.add_command(apdu), shifted)
        if self._state is _IDLE:
            self._send_burst()

    @property
    def streams(self) -> bool:
        """Whether several APDUs can go on end: always."""
        return True

    def send_stream(self, apdus: Sequence[bytes], now: float, *, withheld: bool = False) -> None:
        """Queue whole APDUs that are answered together; no log may show them if `withheld`.

        Raises:
            MisuseError: when the link isn't up, or an answer is still awaited.
        """
        self._occur(_SEND, now)
        self._outgoing.clear()
        for apdu in apdus:
            octets = llc.add_command(apdu)
            self._outgoing.add(octets, ((len(llc.COMMAND), len(octets)),) if withheld else ())
        if self._state is _IDLE:
            self._send_burst()

    @property
    def tells(self) -> bool:
        """Whether it carries what wants no answer: always."""
        return True

    def tell(self, apdu: bytes, now: float, *, secret: Sequence[tuple[int, int]] = ()) -> None:  # noqa: ARG002  # nothing is timed
        """Queue one whole APDU that is not answered, in as many UI frames as it takes.

        Raises:
            MisuseError: when the link isn't up, or an answer is still awaited.
        """
        if self._state not in _QUIET:
            raise MisuseError(f"the HDLC link tells nothing while {self._state.name.lower()}")
        prefix = len(llc.COMMAND)
        shifted = [(low + prefix, high + prefix) for low, high in secret]
        control = unnumbered(FrameKind.UI, poll_final=False)
        for segment in cut(llc.add_command(apdu), self._outgoing.max_info, shifted, 0):
            frame = self._frame(control, segment.information, segmented=segment.more)
            self._told.append((frame, segment.secret))

    def listen(self, now: float) -> None:
        """Await one more APDU, though nothing is asked: RR gives the server its turn.

        Raises:
            MisuseError: when the link isn't up, or an answer is still awaited.
        """
        self._occur(_SEND, now)
        if self._state is _IDLE:
            self._send_rr()

    def disconnect(self, now: float) -> None:
        """Begin to take the link down; ends in `LinkClosed`, whatever the server says."""
        self._occur(Input.DISCONNECT, now)

    def receive_data(self, octets: bytes, now: float) -> list[LinkEvent]:
        """Take octets as they come, cut anywhere."""
        if self._delimiter.partial:
            self._end_partial_frame(now)
        if octets:
            self._heard_at = now
        for part in self._delimiter.feed(octets):
            self._hear(part, now)
        return self._take_events()

    def frames_to_send(self) -> list[Frame]:
        """Take (and forget) the frames that are to go out now."""
        if self._told and self._state is _IDLE:
            self._echo.begin()
            self._frames = self._send_told()
        frames, self._frames = self._frames, []
        return frames

    def frames_sent(self, now: float) -> None:
        """Tell that all the frames taken have left: the response timer starts."""
        if self._wait is not None and not self._frames:
            self._start_timer(now, self._wait)

    def next_timeout(self) -> float | None:
        """Return when `handle_timeout` wants to be called, on the clock of `now`, or None."""
        if not self._delimiter.partial:
            return self._deadline
        silence = self._silence_at()
        return silence if self._deadline is None else min(silence, self._due())

    def handle_timeout(self, now: float) -> list[LinkEvent]:
        """Act on time that has passed; harmless when called early."""
        self._end_partial_frame(now)
        if self._deadline is not None and now >= self._due():
            self._deadline = None
            self._occur(Input.TIMEOUT, now)
        return self._take_events()

    # Time.

    def _start_timer(self, now: float, wait: float) -> None:
        self._wait = None
        self._deadline = now + wait
        self._timed_from = now

    def _stop_timer(self) -> None:
        self._wait = None
        self._deadline = None

    def _silence_at(self) -> float:
        """When an unfinished frame ends if nothing more comes."""
        return self._heard_at + self._parameters.inter_octet_timeout

    def _due(self) -> float:
        """The deadline; nobody is interrupted while octets come, within reason."""
        deadline = _NEVER if self._deadline is None else self._deadline
        if not self._delimiter.partial:
            return deadline
        limit = max(deadline, self._timed_from + self._parameters.response_limit)
        return min(max(deadline, self._silence_at()), limit)

    def _end_partial_frame(self, now: float) -> None:
        if self._delimiter.partial and now >= self._silence_at():
            for part in self._delimiter.flush():
                self._hear(part, now)

    # Hearing.

    def _take_events(self) -> list[LinkEvent]:
        events, self._events = self._events, []
        return events

    def _hear(self, part: Delimited | Discarded, now: float) -> None:
        if isinstance(part, Discarded):
            self._discard(part)
            return
        frame = part.frame
        if frame[:2] == self._inward:
            self._events.append(FrameReceived(Frame(part.octets)))
            if self._echo.withholding:
                self._echo.answered()
            self._occur(_INPUTS[frame.control.kind], now, frame)
        else:
            self._hear_other(part, now)

    def _hear_other(self, part: Delimited, now: float) -> None:
        frame = part.frame
        echo = self._echo.is_echo(frame)
        self._events.append(FrameReceived(frame=self._echo.mark(part, echo=echo)))
        if echo:
            self._habits.line_echoes = True
            self._overheard.echo()
        elif not self._is_for_us(frame):
            self._overheard.stranger(frame.source)
        else:
            self._echo.answered()
            self._occur(_INPUTS[frame.control.kind], now, frame)

    def _discard(self, part: Discarded) -> None:
        self._overheard.damaged(part)
        withheld = self._echo.withholding
        octets = bytes(len(part.octets)) if withheld else part.octets
        self._events.append(
            OctetsDiscarded(reason=part.reason.value, octets=octets, withheld=withheld)
        )

    def _is_for_us(self, frame: HdlcFrame) -> bool:
        if frame.source != self._server:
            return False
        if frame.destination == self._own:
            return True
        return frame.destination == _ALL_STATION and frame.control.kind is FrameKind.UI

    def _occur(self, what: Input, now: float, frame: HdlcFrame = _NO_FRAME) -> None:
        self.TABLE[what][self._state](self, now, frame)

    # Sending.

    def _transmit(self, *frames: tuple[HdlcFrame, tuple[tuple[int, int], ...]]) -> None:
        self._echo.begin()
        told = self._send_told() if self._told else []
        self._frames = told + [self._echo.send(frame, secret) for frame, secret in frames]
        self._deadline = None
        self._wait = self._parameters.response_timeout

    def _send_told(self) -> list[Frame]:
        """Return what is to be told, built; it goes before whatever wants an answer."""
        told, self._told = self._told, []
        return [self._echo.send(frame, secret) for frame, secret in told]

    def _frame(
        self, control: Control, information: bytes = b"", *, segmented: bool = False
    ) -> HdlcFrame:
        return HdlcFrame(self._server, self._own, control, information, segmented)

    def _send_unnumbered(self, kind: FrameKind, information: bytes = b"") -> None:
        self._transmit((self._frame(unnumbered(kind), information), ()))

    def _send_snrm(self) -> None:
        self._state = State.CONNECTING
        self._send_unnumbered(FrameKind.SNRM, self._tries.proposal.information)

    def _send_rr(self) -> None:
        frame, built = _receiver_ready(self._server, self._own, self._incoming.expected)
        self._echo.send_alone(frame)
        self._frames = [built]
        self._deadline = None
        self._wait = self._parameters.response_timeout
        self._state = _AWAITING

    def _send_burst(self) -> None:
        """Send a window of the request; what goes out again goes out octet for octet the same."""
        repeated = self._outgoing.unacknowledged
        segments = self._outgoing.burst()
        if repeated:
            self._events.append(Retransmitted(frames=min(repeated, len(segments))))
        frames = []
        for segment in segments:
            control = numbered(
                send_sequence=segment.number,
                receive_sequence=self._incoming.expected,
                poll_final=segment is segments[-1],
            )
            frame = self._frame(control, segment.information, segmented=segment.more)
            frames.append((frame, segment.secret))
        self._transmit(*frames)
        self._state = _AWAITING

    # Setting up and taking down.

    def _begin(self, _now: float, _frame: HdlcFrame) -> None:
        self._overheard.clear()
        self._notification.clear()
        if self._tries.begin():
            self._clear_first()
        else:
            self._send_snrm()

    def _clear_first(self) -> None:
        self._attempts = 0
        self._state = State.CLEARING
        self._send_unnumbered(FrameKind.DISC)

    def _clear(self, now: float, frame: HdlcFrame) -> None:
        self._attempts += 1
        if self._attempts > self._parameters.disconnect_retries:
            self._set_up(now, frame)
        else:
            self._events.append(Retransmitted(frames=1))
            self._send_unnumbered(FrameKind.DISC)

    def _set_up(self, _now: float, _frame: HdlcFrame) -> None:
        self._send_snrm()

    def _resnrm(self, _now: float, _frame: HdlcFrame) -> None:
        if self._tries.unanswered():
            self._events.append(Retransmitted(frames=1))
            self._send_snrm()
        else:
            self._fail(self._no_answer(self._tries.attempts))

    def _refuse(self, now: float, frame: HdlcFrame) -> None:
        move = self._tries.refused()
        if move is Move.SNRM:
            self._send_snrm()
        elif move is Move.DISC:
            self._clear_first()
        elif frame.control.kind is FrameKind.FRMR:
            self._reject(now, frame)
        else:
            self._fail(
                LinkRefusedError(
                    f"server address {self._server_address} refuses the link (DM)"
                    f" to client {self._client_sap}",
                    remedy="wait until its earlier session has timed out,"
                    " or use another client SAP",
                )
            )

    def _joined(self, now: float, frame: HdlcFrame) -> None:
        sizes = settle(self._tries.accepted().sizes, frame.information)
        self._set_sizes(sizes)
        self._rest(now)
        self._events.append(
            LinkConnected(
                max_info_transmit=sizes.max_info_transmit,
                max_info_receive=sizes.max_info_receive,
                window_transmit=sizes.window_transmit,
                window_receive=sizes.window_receive,
            )
        )

    def _depart(self, _now: float, _frame: HdlcFrame) -> None:
        self._attempts = 0
        self._state = State.DISCONNECTING
        self._send_unnumbered(FrameKind.DISC)

    def _redisc(self, now: float, frame: HdlcFrame) -> None:
        self._attempts += 1
        if self._attempts > self._parameters.disconnect_retries:
            self._closed(now, frame)
        else:
            self._events.append(Retransmitted(frames=1))
            self._send_unnumbered(FrameKind.DISC)

    def _unlink(self, now: float, _frame: HdlcFrame) -> None:
        """Let the next `handle_timeout`, which is due at once, tell so."""
        self._attempts = self._parameters.disconnect_retries
        self._state = State.DISCONNECTING
        self._start_timer(now, 0)

    def _closed(self, _now: float, _frame: HdlcFrame) -> None:
        self._end()
        self._events.append(LinkClosed())

    def _end(self) -> None:
        self._state = State.DISCONNECTED
        self._frames = []
        self._told = []
        self._stop_timer()
        self._set_sizes(LinkSizes())

    def _fail(self, error: LinkError) -> None:
        self._end()
        self._events.append(LinkFailed(error=error))

    def _no_answer(self, attempts: int) -> LinkError:
        return self._overheard.no_answer(
            client_sap=self._client_sap,
            server_address=self._server_address,
            attempts=attempts,
            timeout=self._parameters.response_timeout,
        )

    # Nothing is asked.

    def _rest(self, now: float) -> None:
        self._state = _IDLE
        if self._parameters.keep_alive:
            self._start_timer(now, self._parameters.keep_alive)
        else:
            self._stop_timer()

    def _probe(self, _now: float, _frame: HdlcFrame) -> None:
        """[IEC 62056-46: inactivity timeout] Let the server hear us before it forgets us."""
        self._overheard.clear()
        self._attempts = 0
        self._send_probe()

    def _send_probe(self) -> None:
        self._send_rr()
        self._state = State.KEEPING

    def _reask(self, _now: float, _frame: HdlcFrame) -> None:
        self._attempts += 1
        if self._attempts > self._parameters.retries:
            self._fail(self._no_answer(self._attempts))
        else:
            self._events.append(Retransmitted(frames=1))
            self._send_probe()

    def _kept(self, now: float, _frame: HdlcFrame) -> None:
        self._rest(now)

    def _queue(self, now: float, frame: HdlcFrame) -> None:
        """Something is to be asked while an RR is out: it goes when that is answered."""
        self._ask(now, frame)
        self._state = _AWAITING

    # One request and its answer.

    def _ask(self, now: float, _frame: HdlcFrame) -> None:
        self._answers.clear()
        self._overheard.clear()
        self._attempts = 0
        self._tell_at = now + _TELLING
        self._progress(now)

    def _progress(self, now: float) -> None:
        self._cycles = 0
        self._limit = now + self._patience

    def _advance(self, now: float) -> None:
        self._progress(now)
        if now >= self._tell_at:
            self._tell_at = now + _TELLING
            self._events.append(AnswerArriving())

    def _inform(self, now: float, frame: HdlcFrame) -> None:
        arrival = self._incoming.accept(frame)
        if arrival is _DUPLICATE:
            return
        acknowledgement = self._outgoing.acknowledge(frame.control.receive_sequence or 0)
        if acknowledgement in CONTRADICTIONS:
            if arrival is not Arrival.GAP or acknowledgement is not Acknowledgement.OUTDATED:
                self._fail(self._sequence_error(frame))
        elif arrival is _SEGMENT:
            self._advance(now)
            self._go_on(now, frame)
        elif arrival is _LAST:
            self._take_answer(now, frame)
        elif arrival is Arrival.GAP:
            self._go_on(now, frame, missing=True)
        else:
            limit = self._parameters.max_apdu
            self._fail(LinkError(f"an answer grew past {limit} octets", remedy="raise max_apdu"))

    def _take_answer(self, now: float, frame: HdlcFrame) -> None:
        """Keep a whole APDU until it is our turn; others may follow it on end."""
        if self._outgoing.pending:  # an answer to a request that it doesn't have
            self._fail(self._sequence_error(frame))
            return
        if len(self._answers) == _LONGEST_STREAM:
            self._fail(LinkError(f"more than {_LONGEST_STREAM} answers came on end"))
            return
        self._progress(now)
        self._answers.append(llc.strip(self._incoming.take()))
        self._go_on(now, frame)

    def _heed(self, now: float, frame: HdlcFrame) -> None:
        said = self._outgoing.acknowledge(frame.control.receive_sequence or 0)
        if said is Acknowledgement.IMPOSSIBLE:
            self._fail(self._sequence_error(frame))
        elif said is not Acknowledgement.OUTDATED:
            if said is Acknowledgement.PROGRESS:
                self._progress(now)
            else:
                self._cycles += 1
            self._go_on(now, frame)

    def _go_on(self, now: float, frame: HdlcFrame, *, missing: bool = False) -> None:
        """Take our turn if this frame gives it to us, else listen on."""
        self._cycles += missing
        if self._cycles > self._parameters.poll_limit or now >= self._limit:
            self._fail(
                LinkError(
                    f"server address {self._server_address} keeps answering without an answer"
                    f" ({frame.control.kind.value})",
                    remedy="raise poll_limit or response_limit if it is merely slow",
                )
            )
        elif frame.control.poll_final:
            self._take_turn(now, frame, missing=missing)
        else:
            self._state = _AWAITING
            parameters = self._parameters
            # [field: servers that never set F] A whole answer isn't kept waiting for it.
            whole = bool(self._answers)
            self._start_timer(
                now, parameters.inter_octet_timeout if whole else parameters.response_timeout
            )

    def _take_turn(self, now: float, frame: HdlcFrame, *, missing: bool) -> None:
        if self._attempts:
            self._recovered()
        if self._answers:
            self._answered(now)
        elif frame.control.kind is _RNR:
            self._pause(now, self._parameters.busy_interval)
        elif self._outgoing.pending:
            self._send_burst()
        elif missing or self._incoming.begun:
            self._send_rr()
        else:
            self._pause(now, self._parameters.poll_interval)

    def _recovered(self) -> None:
        if self._resent is not None:
            alternates = self._parameters.recovery is Recovery.ALTERNATE
            self._habits.recovered(
                by_resending=self._resent, after_asking=alternates and self._attempts > 1
            )
        self._resent = None
        self._attempts = 0

    def _answered(self, now: float) -> None:
        answers, self._answers = self._answers, []
        self._rest(now)
        self._events += [ApduReceived(apdu=apdu) for apdu in answers]

    def _pause(self, now: float, seconds: float) -> None:
        self._start_timer(now, seconds)
        self._state = State.PAUSING

    def _poll(self, _now: float, _frame: HdlcFrame) -> None:
        self._send_rr()

    def _repeat(self, now: float, _frame: HdlcFrame) -> None:
        """Their turn passed in silence."""
        if self._answers:
            self._answered(now)
            return
        self._attempts += 1
        if self._attempts > self._parameters.retries:
            self._fail(self._no_answer(self._attempts))
            return
        self._resent = self._resends() if self._outgoing.unacknowledged else None
        if self._resent:
            self._send_burst()
        else:
            self._events.append(Retransmitted(frames=1))
            self._send_rr()

    def _resends(self) -> bool:
        recovery = self._parameters.recovery
        if recovery is Recovery.ALTERNATE:
            return (self._attempts % 2 == 0) is not self._habits.resend_first
        return recovery is Recovery.RESEND

    def _sequence_error(self, frame: HdlcFrame) -> LinkError:
        return LinkSequenceError(
            f"server address {self._server_address} sent control octet"
            f" {frame.control.octet:02X}, whose numbers contradict what went before",
            remedy="set the link up anew",
        )

    # Whatever else may come.

    def _reject(self, _now: float, frame: HdlcFrame) -> None:
        reject = FrameReject.parse(frame.information)
        self._fail(
            FrameRejectedError(
                f"server address {self._server_address} rejected a frame (FRMR {reject})",
                remedy=reject.remedy,
            )
        )

    def _lost(self, _now: float, _frame: HdlcFrame) -> None:
        self._fail(
            LinkLostError(
                f"server address {self._server_address} has dropped the link (DM)",
                remedy="set it up anew; ask within the meter's inactivity timeout",
            )
        )

    def _notify(self, now: float, frame: HdlcFrame) -> None:
        """[IEC 62056-46: UI frame] A notification; it leaves everything else as it is.

        [field: notifications cut into several UI frames, seconds apart, LLC in the first alone]
        Nothing numbers these: a segment that got lost between two others is missed by nobody here.
        """
        paused = now - self._notified_at > self._parameters.notification_gap
        if paused or frame.information.startswith(_LLC_HEADERS):
            self._notification.clear()  # what had begun was never finished
        self._notified_at = now
        if not self._notification.add(frame.information):
            self._notification.clear()
        elif not frame.segmented:
            self._events.append(NotificationReceived(apdu=llc.strip(self._notification.take())))

    def _ignore(self, now: float, frame: HdlcFrame) -> None:
        """Leave everything as it is."""

    def _misuse(self, _now: float, _frame: HdlcFrame) -> None:
        raise MisuseError(f"the HDLC link can't do that while it is {self._state}")

    # fmt: off
    _ROWS: ClassVar[dict[Input, tuple[_Action, ...]]] = {
        #                  DISCON-  CLEARING CONNECT- IDLE     KEEPING  AWAITING PAUSING  DISCON-
        #                  NECTED            ING                                          NECTING
        Input.CONNECT:    (_begin,  _misuse, _misuse, _misuse, _misuse, _misuse, _misuse, _misuse),
        Input.SEND:       (_misuse, _misuse, _misuse, _ask,    _queue,  _misuse, _misuse, _misuse),
        Input.DISCONNECT: (_unlink, _depart, _depart, _depart, _depart, _depart, _depart, _ignore),
        Input.TIMEOUT:    (_ignore, _clear,  _resnrm, _probe,  _reask,  _repeat, _poll,   _redisc),
        Input.I:          (_ignore, _ignore, _ignore, _ignore, _ignore, _inform, _inform, _ignore),
        Input.RR:         (_ignore, _ignore, _ignore, _ignore, _kept,   _heed,   _ignore, _ignore),
        Input.RNR:        (_ignore, _ignore, _ignore, _ignore, _kept,   _heed,   _ignore, _ignore),
        Input.UA:         (_ignore, _set_up, _joined, _ignore, _ignore, _ignore, _ignore, _closed),
        Input.DM:         (_ignore, _set_up, _refuse, _lost,   _lost,   _lost,   _lost,   _closed),
        Input.FRMR:       (_ignore, _set_up, _refuse, _reject, _reject, _reject, _reject, _closed),
        Input.UI:         (_notify, _notify, _notify, _notify, _notify, _notify, _notify, _notify),
        Input.STRANGE:    (_ignore, _ignore, _ignore, _ignore, _ignore, _ignore, _ignore, _ignore),
    }
    # fmt: on
    TABLE: ClassVar[dict[Input, dict[State, _Action]]] = {
        what: dict(zip(State, actions, strict=True)) for what, actions in _ROWS.items()
    }

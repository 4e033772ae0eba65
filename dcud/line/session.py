"""One association with one meter, driven over a port.

The connection machine says what to send and until when to wait; the session sends, waits, and hands
back what arrives. It ends every wait: at the machine's own timeout, or where the machine keeps on
exchanging frames without getting anywhere, at the stall limit.

Most of what arrives wants only the next frame sent. Where port and timing allow that to be done at
once, it is done as the octets come in, and the task that waits is not woken before there is an
outcome.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar, assert_never, cast

from dcud.dlms.access import (
    AttributeDescriptor,
    AttributeWithSelection,
    DataAccessResult,
    Selection,
)
from dcud.dlms.action_exchange import MethodCall, Returned
from dcud.dlms.conformance import Conformance
from dcud.dlms.connection import (
    ConnectionEvent,
    ConnectionFailed,
    Opened,
    Released,
    SecurityRefused,
)
from dcud.dlms.datalink import (
    AnswerArriving,
    Frame,
    FrameReceived,
    NotificationReceived,
    OctetsDiscarded,
    Retransmitted,
)
from dcud.dlms.errors import (
    FrameRejectedError,
    LinkLostError,
    LinkSequenceError,
    MisuseError,
    SecurityError,
)
from dcud.dlms.exchange import Answered, BlockReceived, Message, Request, RequestFailed
from dcud.dlms.requests import Act, Get, GetMany, ReadVariable
from dcud.dlms.short_names import OBJECT_LIST, ShortNames, UnknownNameError
from dcud.errors import DcudError
from dcud.line.errors import PortError, StalledError
from dcud.line.port import Port, is_prompt
from dcud.line.tracer import FrameTracer

Answer = TypeVar("Answer")

_LISTS = Conformance.MULTIPLE_REFERENCES | Conformance.ACCESS
"""With either of them a request can ask for several things."""
_LONGEST_LIST = 255
"""Attributes that one request asks for at most."""
_LIST_ITEM = 11
"""Octets that one of them takes in it."""
_LIST_OVERHEAD = 70
"""Octets of such a request beside them; those of its protection are the most."""
_HUSH = 0.2
"""Seconds of silence after which a meter has nothing to say to a request that was given up."""
_ABORT_LIMIT = 2.0
"""Seconds at most to end an association in which a request was given up: dcud may be stopping."""
_IDLE = "idle"
"""The reason under which a link accounts for the fill between frames; nothing is wrong with it."""

_FRESH_LINK_HELPS = (FrameRejectedError, LinkLostError, LinkSequenceError)
"""What a meter that is there makes of a link that the two see differently."""

_Outcome = Opened | Answered[object] | RequestFailed | Released


class Connection(Protocol):
    """What a session drives; `dcud.dlms.connection.ClientConnection` is the one there is."""

    @property
    def names(self) -> ShortNames | None:
        """Of the meter's objects where it knows these by short names; else None."""
        ...

    def open(self, now: float) -> None:
        """Begin to set up link and association."""
        ...

    def ask(self, request: Request[object], now: float) -> None:
        """Begin to make a request."""
        ...

    def tell(self, message: Message, now: float) -> None:
        """Say what wants no answer."""
        ...

    def release(self, now: float) -> None:
        """Begin to take association and link down, with nothing in progress."""
        ...

    def abort(self, now: float) -> None:
        """Begin to take the link down, whatever is in progress."""
        ...

    def receive_data(self, octets: bytes, now: float) -> Sequence[ConnectionEvent]:
        """Take octets as they come."""
        ...

    def frames_to_send(self) -> Sequence[Frame]:
        """Take the frames that are to go out now."""
        ...

    def frames_sent(self, now: float) -> None:
        """Learn that they have left."""
        ...

    def next_timeout(self) -> float | None:
        """Return when `handle_timeout` wants to be called."""
        ...

    def handle_timeout(self, now: float) -> Sequence[ConnectionEvent]:
        """Act on time that has passed."""
        ...


class CounterSupply(Protocol):
    """Where the invocation counters come from that requests bear."""

    @property
    def is_low(self) -> bool:
        """Whether there might not be enough for what is sent before anybody can wait."""
        ...

    async def refill(self) -> None:
        """Have more at hand; raises `StoreError` or `CountersSpentError` where there are none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTiming:
    """How long a session pauses and bears; all in seconds.

    Attributes:
        turnaround: silence kept between the last octet heard and the first one sent.
        stall_limit: after which a procedure ends that brings neither result nor data block.
        release_limit: after which a session that is being closed is left as it is; sooner where a
            request was given up, for then somebody waits.
    """

    turnaround: float = 0.01
    stall_limit: float = 300.0
    release_limit: float = 2.0


def unheard(_: object) -> None:
    """Ignore what happens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Who watches a session, and under which names.

    Attributes:
        notified: takes the APDUs that the meter sends unasked.
        refused: learns of what can't be trusted and was passed over.
        overheard: takes the octets that came in before the session.
    """

    tracer: FrameTracer
    bus: str
    meter: str
    notified: Callable[[bytes], None] = unheard
    refused: Callable[[SecurityError], None] = unheard
    overheard: Callable[[bytes], None] = unheard


class Session:
    """One association; one request at a time.

    A request that is cancelled, or during which the exchange breaks down, ends the association:
    `is_open` says so, and `close` leaves the line in a state from which the next session can start.
    """

    def __init__(
        self,
        port: Port,
        connection: Connection,
        *,
        watch: Watch,
        timing: SessionTiming | None = None,
        renew: Callable[[], Connection] | None = None,
        supply: CounterSupply | None = None,
    ) -> None:
        self._port = port
        self._prompt_port = port if is_prompt(port) else None
        self._connection = connection
        self._watch = watch
        self._timing = timing or SessionTiming()
        self._renew = renew
        self._supply = supply
        self._opened: Opened | None = None
        self._is_open = False
        self._is_up = False  # whether there is anything to take down
        self._heard_at = 0.0
        self._asked_at: float | None = None  # when the last frames had left; None once answered
        self._asked: Sequence[Frame] = ()
        self._progressed_at = 0.0
        self._progress: Callable[[int], None] | None = None
        self._outcome: _Outcome | ConnectionFailed | None = None

    @property
    def is_open(self) -> bool:
        """Whether the association stands and a request can be made."""
        return self._is_open

    @property
    def knows_short_names(self) -> bool:
        """Whether the meter knows its objects by short names."""
        return self._connection.names is not None

    @property
    def opened(self) -> Opened | None:
        """What was negotiated, once the association stands."""
        return self._opened

    async def open(self) -> None:
        """Set up link and association; raises the protocol's typed errors and `PortError`."""
        loop = asyncio.get_running_loop()
        await self._overhear()
        self._heard_at = loop.time()
        self._is_up = True
        self._connection.open(loop.time())
        outcome = await self._exchange()
        if not isinstance(outcome, Opened):
            raise _out_of_turn(outcome)
        self._opened = outcome
        self._is_open = True
        await self._learn_names()

    async def _learn_names(self) -> None:
        """Ask a meter that knows short names for them, once."""
        names = self._connection.names
        if names is None or names.is_known:
            return
        objects = await self._ask(ReadVariable(OBJECT_LIST))
        if isinstance(objects, DataAccessResult):
            raise UnknownNameError(
                f"the meter does not tell the short names of its objects: {objects.words}",
                remedy="check client_sap and authentication: some clients may not read the list",
            )
        names.learn(objects)

    async def _overhear(self) -> None:
        """Take note of what came in since the last session, which nobody waits for."""
        with contextlib.suppress(PortError):  # which the first request meets as well
            if octets := await self._port.read(0.0):
                self._watch.overheard(octets)
        self._port.discard_input()

    async def get(
        self,
        attribute: AttributeDescriptor,
        selection: Selection | None = None,
        *,
        progress: Callable[[int], None] | None = None,
    ) -> bytes | DataAccessResult:
        """Read one attribute.

        Where the meter says that the link is not what we take it for (FRMR, DM, numbers that make
        no sense), it is set up anew and asked once more, once: reading twice does no harm.

        Args:
            attribute: what to read.
            selection: which part of it; None for the whole.
            progress: called with the octets received so far, after each block.

        Returns:
            The A-XDR encoding of one Data, or the meter's refusal.

        Raises:
            ProtocolError: the request failed; where `is_open` holds, another one may be tried.
            StalledError: the meter kept talking and brought nothing.
            PortError: the line is gone.
        """
        if not self._is_open:
            raise MisuseError("a request was made without an association")
        self._progress = progress
        try:
            return await self._ask(Get(attribute, selection))
        except UnknownNameError:
            return DataAccessResult.OBJECT_UNDEFINED
        except _FRESH_LINK_HELPS:
            if self._renew is None:
                raise
        self._connection = self._renew()
        await self.open()
        return await self._ask(Get(attribute, selection))

    @property
    def list_limit(self) -> int:
        """How many attributes one request can ask for; 1 where the meter takes no lists."""
        agreed = None if self._opened is None else self._opened.association
        if agreed is None or not agreed.conformance & _LISTS:
            return 1
        limit = agreed.server_max_receive_pdu_size
        if not limit or Conformance.GENERAL_BLOCK_TRANSFER in agreed.conformance:
            return _LONGEST_LIST
        return min(max(1, (limit - _LIST_OVERHEAD) // _LIST_ITEM), _LONGEST_LIST)

    async def get_many(
        self, attributes: Sequence[AttributeDescriptor]
    ) -> tuple[bytes | DataAccessResult, ...]:
        """Read several attributes with one request; refusals are answers; see `ask`."""
        targets = tuple([AttributeWithSelection(attribute=each) for each in attributes])
        try:
            return await self.ask(GetMany(targets))
        except UnknownNameError:  # of one of them
            return tuple([await self.get(each) for each in attributes])

    async def ask(
        self, request: Request[Answer], *, progress: Callable[[int], None] | None = None
    ) -> Answer:
        """Make a request, once: it may change something.

        Args:
            request: what is asked.
            progress: called with the octets exchanged so far, after each block.

        Raises:
            ProtocolError: the request failed, and nobody knows whether it was carried out.
            StalledError: the meter kept talking and brought nothing.
            PortError: the line is gone.
        """
        if not self._is_open:
            raise MisuseError("a request was made without an association")
        self._progress = progress
        return await self._ask(request)

    async def _ask(self, request: Request[Answer]) -> Answer:
        await self._refill()
        self._connection.ask(request, asyncio.get_running_loop().time())
        self._is_open = False  # until the answer is here
        outcome = await self._exchange()
        if isinstance(outcome, Answered):
            self._is_open = True
            return cast("Answer", outcome.answer)  # a request's answer is of the request's type
        if isinstance(outcome, RequestFailed):
            self._is_open = True
            raise outcome.error
        raise _out_of_turn(outcome)

    async def act(
        self, call: MethodCall, *, progress: Callable[[int], None] | None = None
    ) -> Returned:
        """Have a method carried out; never twice, whatever happens to the answer; see `ask`."""
        return await self.ask(Act(call), progress=progress)

    async def tell(self, message: Message) -> None:
        """Say what wants no answer; whether the meter hears it nobody knows.

        Raises:
            ProtocolError: it can't be said.
            PortError: the line is gone.
        """
        if not self._is_open:
            raise MisuseError("something was told without an association")
        await self._refill()
        self._connection.tell(message, asyncio.get_running_loop().time())
        await self._send()

    async def hold(self, seconds: float) -> None:
        """Ask nothing for a while, and let the connection keep itself alive.

        Raises:
            ProtocolError: the meter has dropped the link, or is gone.
            PortError: the line is gone.
        """
        if not self._is_open:
            raise MisuseError("there is no association to hold")
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        self._is_open = False  # if anything comes to an end here, it is the association
        while loop.time() < until:
            pause = min(until - loop.time(), self._timing.stall_limit / 2)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    raise _out_of_turn(await self._exchange())
        self._is_open = True

    async def close(self) -> None:
        """Release the association as far as that goes within the limit; never fails."""
        if not self._is_up:
            return
        self._progress = None
        in_progress = not self._is_open
        self._is_open = self._is_up = False
        limit = self._timing.release_limit
        if in_progress:
            limit = min(limit, _ABORT_LIMIT)
        with contextlib.suppress(DcudError, TimeoutError):
            async with asyncio.timeout(limit):
                await self._take_down(in_progress=in_progress, limit=limit)

    async def _take_down(self, *, in_progress: bool, limit: float) -> None:
        now = asyncio.get_running_loop().time()
        if in_progress:
            self._connection.abort(now)
            if await self._hear_out(limit / 2):
                return
        else:
            self._connection.release(now)
        await self._exchange()

    async def _hear_out(self, limit: float) -> bool:
        """Let the meter finish what nobody waits for any more, so as not to talk over it.

        Returns whether the connection ended by that.
        """
        loop = asyncio.get_running_loop()
        self._begin_procedure()
        until = loop.time() + limit
        while loop.time() < until and (octets := await self._port.read(_HUSH)):
            self._hear(octets, loop.time())
            if self._outcome is not None:
                return True
        return False

    async def _refill(self) -> None:
        """Have counters enough for whatever goes out before the next chance to wait for more."""
        if self._supply is not None and self._supply.is_low:
            await self._supply.refill()

    def _begin_procedure(self) -> None:
        self._outcome = None
        self._progressed_at = asyncio.get_running_loop().time()

    async def _exchange(self) -> _Outcome:
        """Let the connection have its way until it has an outcome, or raise why it has none."""
        self._begin_procedure()
        try:
            await self._send()
            while self._outcome is None:
                await self._refill()
                await self._receive()
                await self._send()
        except PortError:
            self._is_open = self._is_up = False  # there is no line to say goodbye on
            raise
        if isinstance(self._outcome, ConnectionFailed):
            self._is_up = False
            raise self._outcome.error
        return self._outcome

    async def _send(self) -> None:
        frames = self._connection.frames_to_send()
        if not frames:
            return
        loop = asyncio.get_running_loop()
        pause = self._heard_at + self._timing.turnaround - loop.time()
        if pause > 0:
            await asyncio.sleep(pause)
        await self._port.write(self._outgoing(frames))
        self._sent(frames, loop.time())

    def _sent(self, frames: Sequence[Frame], now: float) -> None:
        self._connection.frames_sent(now)
        self._asked_at = now
        self._asked = frames

    def _outgoing(self, frames: Sequence[Frame]) -> bytes:
        """Report frames that go out; return their octets."""
        watch = self._watch
        for frame in frames:
            watch.tracer.frame(watch.bus, "tx", watch.meter, frame.octets, frame.secret)
        return b"".join([frame.octets for frame in frames])

    async def _receive(self) -> None:
        """Wait for octets or the time, and let the connection have either."""
        loop = asyncio.get_running_loop()
        if self._prompt_port is not None:
            await self._prompt_port.listen(self._answer, self._until())
        elif octets := await self._port.read(self._until() - loop.time()):
            self._hear(octets, loop.time())
        now = loop.time()
        if now >= self._progressed_at + self._timing.stall_limit:
            raise self._stalled()
        # On a line that is never silent the time passes all the same.
        timeout = self._connection.next_timeout()
        if timeout is not None and now >= timeout:
            self._take(self._connection.handle_timeout(now))

    def _until(self) -> float:
        """When to stop waiting."""
        stalls_at = self._progressed_at + self._timing.stall_limit
        timeout = self._connection.next_timeout()
        return stalls_at if timeout is None else min(timeout, stalls_at)

    def _hear(self, octets: bytes, now: float) -> None:
        self._heard_at = now
        self._take(self._connection.receive_data(octets, now))

    def _answer(self, octets: bytes) -> float | None:
        """Hear octets and send what they call for, as far as that goes without waiting.

        Returns when to stop waiting for more; None where there is something for the task to do.
        """
        now = asyncio.get_running_loop().time()
        self._hear(octets, now)
        port = self._prompt_port
        if port is None or not port.is_drained or self._timing.turnaround > 0:
            return None
        if self._supply is not None and self._supply.is_low:
            return None
        frames = self._connection.frames_to_send()
        if frames:
            port.write_at_once(self._outgoing(frames))
            self._sent(frames, now)
        until = self._until()
        return until if now < until and self._outcome is None else None

    def _take(self, events: Sequence[ConnectionEvent]) -> None:
        """Report `events`, and keep the one among them that ends the procedure."""
        for event in events:
            if isinstance(event, FrameReceived):  # the most frequent by far
                self._take_frame(event.frame)
                continue
            match event:
                case Opened() | Answered() | RequestFailed() | Released() | ConnectionFailed():
                    self._outcome = event
                case BlockReceived(total=total):
                    self._advance(total)
                case _:
                    self._tell(event)

    def _take_frame(self, frame: Frame) -> None:
        watch = self._watch
        watch.tracer.frame(watch.bus, "rx", watch.meter, frame.octets, frame.secret)
        if self._asked_at is not None and frame not in self._asked:  # or it's an echo
            self._tell_answer_time(self._asked_at)

    def _advance(self, total: int) -> None:
        self._progressed_at = asyncio.get_running_loop().time()
        if self._progress is not None:
            self._progress(total)

    def _tell_answer_time(self, asked_at: float) -> None:
        self._asked_at = None
        watch = self._watch
        watch.tracer.answered(watch.bus, watch.meter, self._heard_at - asked_at)

    def _tell(
        self,
        event: OctetsDiscarded
        | Retransmitted
        | AnswerArriving
        | NotificationReceived
        | SecurityRefused,
    ) -> None:
        """Tell whoever watches of what ends nothing."""
        watch = self._watch
        tracer, bus, meter = watch.tracer, watch.bus, watch.meter
        match event:
            case NotificationReceived(apdu=apdu):
                watch.notified(apdu)
            case SecurityRefused(error=error):
                watch.refused(error)
            case OctetsDiscarded(reason=reason, octets=octets, withheld=withheld):
                if reason != _IDLE:
                    tracer.discarded(bus, meter, reason, b"" if withheld else octets)
            case Retransmitted(frames=frames):
                tracer.retransmitted(bus, meter, frames)
            case AnswerArriving():
                self._progressed_at = asyncio.get_running_loop().time()
            case _:
                assert_never(event)

    def _stalled(self) -> StalledError:
        limit = self._timing.stall_limit
        return StalledError(
            f"meter {self._watch.meter} brought nothing new in {limit:.0f} s of exchange",
            remedy="see the frame log for what it says, and try a smaller max_receive_pdu_size",
        )


def _out_of_turn(outcome: _Outcome) -> MisuseError:
    return MisuseError(f"the connection came to {type(outcome).__name__} when it was not asked to")

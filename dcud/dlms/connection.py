"""The client's one face to a meter: a data link with an association upon it.

```
         open          LinkConnected         release, abort, or a fault     LinkClosed
   IDLE ------> LINKING ----------> UP ----------------------------> CLOSING ---------> CLOSED
```

In UP the association's machine has the next answer while it waits for one, else the GET or ACTION
in progress has it. Whatever ends a connection first takes the link down; the event that tells of
the end (`Released` or `ConnectionFailed`) is the last one, and comes when the link is down. A link
that fails by itself ends the connection at once.

Where there is protection, nothing of an APDU is looked at before it was verified. What can't be
trusted ends the connection, since nothing after it could be trusted either; with two exceptions,
which are told of and passed over: an old APDU that somebody repeats, since the true answer may
follow; a notification, since nobody waits for it.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import cast

from dcud.dlms.access import (
    InvokeIdAndPriority,
)
from dcud.dlms.action_exchange import MethodCall, Returned
from dcud.dlms.answers import LATE
from dcud.dlms.apdu import (
    aare,
    confirmed_service_error,
    data_notification,
    event_notification,
    exception_response,
    general_block_transfer,
    release,
)
from dcud.dlms.association import (
    Associated,
    AssociationParameters,
    Challenged,
    ClientAssociation,
    Disassociated,
    State,
)
from dcud.dlms.block_link import BlockLink
from dcud.dlms.confirmation import confirmation_of
from dcud.dlms.conformance import Conformance
from dcud.dlms.datalink import (
    AnswerArriving,
    AnswerBroken,
    ApduReceived,
    BlockArrived,
    DataLink,
    Frame,
    FrameReceived,
    LinkClosed,
    LinkConnected,
    LinkEvent,
    LinkFailed,
    NotificationReceived,
    OctetsDiscarded,
    Retransmitted,
    is_telling,
)
from dcud.dlms.errors import (
    EncodeError,
    LinkError,
    MisuseError,
    NoAnswerError,
    ProtocolError,
    ReplayError,
    SecurityError,
    ServiceRefusedError,
    TransactionError,
    UnexpectedApduError,
)
from dcud.dlms.exchange import (
    Answered,
    BlockReceived,
    Exchange,
    ExchangeParameters,
    Message,
    Ranges,
    Request,
    RequestFailed,
    Terms,
)
from dcud.dlms.protection import Protection
from dcud.dlms.pushed_blocks import PushedBlocks
from dcud.dlms.requests import Act
from dcud.dlms.short_names import ShortNames

_INFORMATION_REPORT = 0x18
_DATA_NOTIFICATION = bytes((data_notification.TAG,))
_NOTIFICATIONS = frozenset(
    bytes((tag,)) for tag in (data_notification.TAG, event_notification.TAG, _INFORMATION_REPORT)
)
_NO_ANSWERS = _NOTIFICATIONS | {bytes((general_block_transfer.TAG,))}
"""What a link that tells answers apart never takes for unasked by mistake."""
_CIPHERED_NOTIFICATIONS = frozenset({b"\xca", b"\xd2", b"\x38", b"\x58"})
"""What tells without any key that nobody asked for it: glo- and ded-event-notification-request,
and the same of information-report-request."""
_IN_THE_CLEAR = frozenset(
    bytes((tag,))
    for tag in (aare.TAG, release.RESPONSE_TAG, exception_response.TAG, confirmed_service_error.TAG)
)
"""What answers AARQ and RLRQ; only what some of them carry is protected."""
_STALE = (ReplayError, TransactionError)
"""What makes an APDU the answer to something else, the right one being still to come."""
_LAST_INVOKE_ID = 15
_NO_PARAMETERS = ExchangeParameters()


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The connection is open: values can be asked for.

    Attributes:
        association: what was agreed.
    """

    association: Associated


@dataclass(frozen=True, slots=True)
class Released:
    """The connection is closed because it was asked to be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionFailed:
    """The connection is closed and `error` says why; only a new connection can help."""

    error: ProtocolError


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityRefused:
    """Something came that can't be trusted, and was passed over."""

    error: SecurityError


ConnectionEvent = (
    Opened
    | Answered[object]
    | RequestFailed
    | BlockReceived
    | SecurityRefused
    | Released
    | ConnectionFailed
    | NotificationReceived
    | FrameReceived
    | OctetsDiscarded
    | Retransmitted
    | AnswerArriving
)


class Phase(Enum):
    """Where a connection stands."""

    IDLE = auto()
    LINKING = auto()
    UP = auto()
    CLOSING = auto()
    CLOSED = auto()

    __hash__ = object.__hash__  # members are themselves alone; Enum's own hashes their names


class Reaction(Enum):
    """What a connection does about an event of its link."""

    ASSOCIATE = auto()
    DELIVER = auto()
    END = auto()
    LOSE = auto()
    IGNORE = auto()


# What every request asks about goes by names of its own: enumerations look members up slowly.
_UP = Phase.UP
_ASSOCIATED = State.ASSOCIATED
_WAIT_PROOF = State.WAIT_PROOF

REACTIONS: dict[tuple[Phase, type[LinkEvent]], Reaction] = {
    (Phase.IDLE, LinkConnected): Reaction.IGNORE,
    (Phase.IDLE, ApduReceived): Reaction.IGNORE,
    (Phase.IDLE, LinkClosed): Reaction.IGNORE,
    (Phase.IDLE, LinkFailed): Reaction.IGNORE,
    (Phase.LINKING, LinkConnected): Reaction.ASSOCIATE,
    (Phase.LINKING, ApduReceived): Reaction.IGNORE,
    (Phase.LINKING, LinkClosed): Reaction.LOSE,
    (Phase.LINKING, LinkFailed): Reaction.LOSE,
    (Phase.UP, LinkConnected): Reaction.IGNORE,
    (Phase.UP, ApduReceived): Reaction.DELIVER,
    (Phase.UP, LinkClosed): Reaction.LOSE,
    (Phase.UP, LinkFailed): Reaction.LOSE,
    (Phase.CLOSING, LinkConnected): Reaction.IGNORE,
    (Phase.CLOSING, ApduReceived): Reaction.IGNORE,
    (Phase.CLOSING, LinkClosed): Reaction.END,
    (Phase.CLOSING, LinkFailed): Reaction.END,
    (Phase.CLOSED, LinkConnected): Reaction.IGNORE,
    (Phase.CLOSED, ApduReceived): Reaction.IGNORE,
    (Phase.CLOSED, LinkClosed): Reaction.IGNORE,
    (Phase.CLOSED, LinkFailed): Reaction.IGNORE,
}
"""Every phase with every event of the link that isn't merely passed on."""


class ClientConnection:
    """One connection to one meter, from `open` to `Released` or `ConnectionFailed`.

    After each call that may have produced output the owner takes `frames_to_send()`, writes them
    all, and calls `frames_sent(now)`. One request at a time, which `ask` makes.

    Args:
        protection: of this association's APDUs; None where they go in the clear.
        names: of the meter's objects where it knows these by short names; else None.

    Attributes:
        phase: where the connection stands.
        names: as given.
    """

    def __init__(
        self,
        link: DataLink,
        parameters: AssociationParameters,
        exchange_parameters: ExchangeParameters = _NO_PARAMETERS,
        protection: Protection | None = None,
        names: ShortNames | None = None,
    ) -> None:
        self.phase = Phase.IDLE
        self._link = link
        self._wire = link  # what frames go out by, whatever is put upon it
        self._pushed = PushedBlocks()
        self._parameters = parameters
        self._exchange_parameters = exchange_parameters
        self._protection = protection
        self.names = names
        self._association = ClientAssociation(parameters, protection)
        self._agreed: Associated | None = None
        self._largest_request = 0  # in octets; 0 sets no limit
        self._exchange: Exchange[object] | None = None
        self._owed: list[bytes] = []  # confirmations
        self._invoke_id = 0
        self._known_terms: dict[int, Terms] = {}  # of this association, by invoke id
        self._ending: Released | ConnectionFailed = Released()
        self._deadline: float | None = None
        self._passed_over: SecurityError | None = None  # since the last request

    def open(self, now: float) -> None:
        """Begin to set up the link, then the association; ends in `Opened` or `ConnectionFailed`.

        Raises:
            MisuseError: it was opened before.
        """
        if self.phase is not Phase.IDLE:
            raise MisuseError("a connection is opened once; make a new one")
        self.phase = Phase.LINKING
        self._link.connect(now)

    def ask(self, request: Request[object], now: float) -> None:
        """Make a request; ends in `Answered` or `RequestFailed`, unless the connection ends.

        Raises:
            MisuseError: the connection isn't open, or the last request hasn't ended.
            EncodeError: the request is larger than the meter takes.
            SecurityError: it can't be protected.
        """
        exchange = request.exchange(self._terms(self._ready()))
        self._send(exchange, now)
        self._exchange = exchange

    def tell(self, message: Message, now: float) -> None:
        """Say what wants no answer.

        Raises:
            MisuseError: the connection isn't open, the last request hasn't ended, or the link
                carries no such thing.
            EncodeError: it is larger than the meter takes.
            SecurityError: it can't be protected.
        """
        apdu, secret = message.apdu(self._terms(self._ready()))
        self._tell(apdu, secret, now)

    def _tell(self, apdu: bytes, secret: Ranges, now: float) -> None:
        link = self._link
        if not is_telling(link) or not link.tells:
            raise MisuseError("this link carries nothing that wants no answer")
        if self._protection is not None:
            apdu, secret = self._protection.protect(apdu, secret)
        if 0 < self._largest_request < len(apdu):
            raise self._too_long(apdu, "what is told")
        link.tell(apdu, now, secret=secret)

    def _ready(self) -> Associated:
        if self._agreed is None or not self._is_ready():
            raise MisuseError("a request wants an open connection on which no other is in progress")
        return self._agreed

    def _terms(self, agreed: Associated) -> Terms:
        """Return the terms of the next request; they are the same each time round."""
        self._invoke_id = self._invoke_id % _LAST_INVOKE_ID + 1
        terms = self._known_terms.get(self._invoke_id)
        if terms is None:
            terms = self._known_terms[self._invoke_id] = self._make_terms(agreed)
        return terms

    def _make_terms(self, agreed: Associated) -> Terms:
        invoke = InvokeIdAndPriority(
            invoke_id=self._invoke_id,
            high_priority=Conformance.PRIORITY_MGMT_SUPPORTED in agreed.conformance,
        )
        return Terms(
            invoke=invoke,
            parameters=self._exchange_parameters,
            conformance=agreed.conformance,
            room=self._room(agreed),
            names=self.names,
        )

    def _room(self, agreed: Associated) -> int | None:
        """Return the octets of a request that surely fit, None where any do.

        Protection adds less than its overhead to most, so that what isn't cut may fit all the same.
        What general block transfer cuts, no service does. [IEC 62056-5-3: general block transfer]
        """
        limit = agreed.server_max_receive_pdu_size
        if not limit or Conformance.GENERAL_BLOCK_TRANSFER in agreed.conformance:
            return None
        return limit if self._protection is None else limit - self._protection.overhead()

    def _send(self, exchange: Exchange[object], now: float) -> None:
        """Send what an exchange asks next, protected where there is protection.

        Raises:
            EncodeError: it is larger than the meter takes.
            SecurityError: it can't be protected.
        """
        self._passed_over = None
        apdu, secret = exchange.request(), exchange.secret()
        if self._protection is not None:
            apdu, secret = self._protection.protect(apdu, secret, in_proof=self._is_proving())
        if 0 < self._largest_request < len(apdu):
            raise self._too_long(apdu, exchange.subject)
        self._link.send_apdu(apdu, now, secret=secret)

    def _too_long(self, apdu: bytes, subject: str) -> EncodeError:
        limit = self._largest_request
        return EncodeError(
            f"{subject} takes {len(apdu)} octets, but the meter takes {limit} at most",
            remedy="ask for less: select fewer columns, or read without selection",
        )

    def release(self, now: float) -> None:
        """Begin to release association and link; ends in `Released` or `ConnectionFailed`.

        In the middle of a procedure the link is taken down at once, as `abort` does.

        Raises:
            MisuseError: the connection was never opened, or is closed already.
        """
        if self.phase in {Phase.IDLE, Phase.CLOSED}:
            raise MisuseError(f"there is nothing to release: the connection is {self.phase.name}")
        if not (self._is_ready() and self._send_release(now)):
            self.abort(now)

    def _send_release(self, now: float) -> bool:
        """Send RLRQ; tell whether that was possible. The link ends an association, too."""
        if not self._parameters.release_with_rlrq:
            return False
        try:
            rlrq = self._association.release()
        except SecurityError:  # no counter is left for it
            return False
        self._link.send_apdu(rlrq, now)
        return True

    def abort(self, now: float) -> None:
        """Begin to take the link down, whatever is in progress; ends in `Released`.

        Does nothing where the link is down, or already on its way.
        """
        if self.phase in {Phase.LINKING, Phase.UP}:
            self._close(Released(), now)

    def receive_data(self, octets: bytes, now: float) -> list[ConnectionEvent]:
        """Take octets as they come, cut anywhere."""
        return self._consume(self._link.receive_data(octets, now), now)

    def frames_to_send(self) -> list[Frame]:
        """Take (and forget) the frames that are to go out now."""
        return self._wire.frames_to_send()

    def frames_sent(self, now: float) -> None:
        """Tell that all the frames taken have left."""
        self._wire.frames_sent(now)

    def next_timeout(self) -> float | None:
        """Return when `handle_timeout` wants to be called, on the clock of `now`, or None."""
        link = self._link.next_timeout()
        if link is None or self._deadline is None:
            return self._deadline if link is None else link
        return min(link, self._deadline)

    def handle_timeout(self, now: float) -> list[ConnectionEvent]:
        """Act on time that has passed; harmless when called early."""
        events = self._consume(self._link.handle_timeout(now), now)
        if self._deadline is not None and now >= self._deadline:
            self._fail(_other_things(self._passed_over), now)
        return events

    def _is_ready(self) -> bool:
        """Tell whether there is an association in which nothing is in progress."""
        associated = self._association.state is _ASSOCIATED
        return self.phase is _UP and associated and self._exchange is None

    def _consume(self, link_events: list[LinkEvent], now: float) -> list[ConnectionEvent]:
        events: list[ConnectionEvent] = []
        for told in link_events:
            if isinstance(told, FrameReceived):  # the most frequent by far
                events.append(told)
            else:
                events += self._link_event(told, now)
        if self._owed and self._is_ready():
            events += self._confirm(now)
        return events

    def _confirm(self, now: float) -> list[ConnectionEvent]:
        """Acknowledge notifications that ask for it, now that nothing else is in progress."""
        owed, self._owed = self._owed, []
        try:
            for apdu in owed:
                self._tell(apdu, (), now)
        except SecurityError as error:
            return [SecurityRefused(error=error)]
        except (EncodeError, MisuseError):  # no such meter can have asked for it
            return []
        return []

    def _notified(self, apdu: bytes) -> NotificationReceived:
        """Return the event of a notification in the clear; owe a confirmation where it is due."""
        if self._exchange_parameters.confirm_notifications and apdu[:1] == _DATA_NOTIFICATION:
            confirmation = confirmation_of(apdu)
            self._owed += [] if confirmation is None else [confirmation]
        return NotificationReceived(apdu=apdu)

    def _link_event(self, event: LinkEvent, now: float) -> list[ConnectionEvent]:
        match event:
            case ApduReceived() | LinkConnected() | LinkClosed() | LinkFailed():
                return self._react(REACTIONS[self.phase, type(event)], event, now)
            case FrameReceived() | OctetsDiscarded() | Retransmitted() | AnswerArriving():
                return [event]
            case BlockArrived(total=total):
                return [BlockReceived(total=total)]
            case AnswerBroken(error=error):
                return self._break(error, now)
            case _:
                apdu = event.apdu
                # A link that was answered with something else takes the answer itself for unasked.
                if self._deadline is not None and apdu[:1] not in _NO_ANSWERS:
                    return self._deliver(apdu, now, unasked=True)
                return [self._unasked(whole) for whole in self._pushed.take(apdu)]

    def _react(
        self,
        reaction: Reaction,
        event: LinkConnected | ApduReceived | LinkClosed | LinkFailed,
        now: float,
    ) -> list[ConnectionEvent]:
        match reaction, event:
            case Reaction.DELIVER, ApduReceived(apdu=apdu):
                return self._deliver(apdu, now)
            case Reaction.ASSOCIATE, _:
                self.phase = Phase.UP
                self._associate(now)
            case Reaction.END, _:
                return self._end(self._ending)
            case Reaction.LOSE, LinkFailed(error=error):
                return self._end(self._failure(error))
            case Reaction.LOSE, _:
                return self._end(self._failure(LinkError("the link was closed unasked")))
            case _:
                pass
        return []

    def _associate(self, now: float) -> None:
        try:
            aarq, secret = self._association.request()
        except SecurityError as error:
            self._fail(error, now)
        else:
            self._link.send_apdu(aarq, now, secret=secret)

    def _deliver(self, apdu: bytes, now: float, *, unasked: bool = False) -> list[ConnectionEvent]:
        """Give an APDU to whoever waits for it; `unasked` is what the link takes it for."""
        if apdu[:1] in _NOTIFICATIONS:
            self._wait_on(now)
            return [self._notification(apdu)]
        if self._protection is None or (self._association.waits and apdu[:1] in _IN_THE_CLEAR):
            return self._deliver_plain(apdu, now)
        return self._deliver_protected(self._protection, apdu, now, unasked=unasked)

    def _deliver_plain(self, apdu: bytes, now: float) -> list[ConnectionEvent]:
        if self._association.waits:
            return self._deliver_to_association(apdu, now)
        if self._exchange is not None:
            return self._deliver_to_exchange(self._exchange, apdu, now)
        if apdu[:1] not in LATE:
            name = apdu[:1].hex() or "an empty APDU"
            self._fail(UnexpectedApduError(f"the meter sent {name} without being asked"), now)
        return []

    def _deliver_protected(
        self, protection: Protection, apdu: bytes, now: float, *, unasked: bool
    ) -> list[ConnectionEvent]:
        try:
            plain = protection.unprotect(apdu)
        except ProtocolError as error:
            passed_over = unasked or apdu[:1] in _CIPHERED_NOTIFICATIONS
            if not passed_over and not isinstance(error, _STALE):
                self._fail(error, now)  # nothing that follows can be trusted, either
                return []
            return [self._pass_over(_refused(error), now)]
        if plain[:1] in _NOTIFICATIONS:
            self._wait_on(now)
            return [self._notified(plain)]
        return self._deliver_plain(plain, now)

    def _unasked(
        self, event: NotificationReceived | OctetsDiscarded
    ) -> NotificationReceived | OctetsDiscarded | SecurityRefused:
        return self._notification(event.apdu) if isinstance(event, NotificationReceived) else event

    def _notification(self, apdu: bytes) -> NotificationReceived | SecurityRefused:
        """Return what nobody asked for, if it can be trusted; at no time is that taken on faith."""
        if self._protection is None:
            return self._notified(apdu)
        try:
            return self._notified(self._protection.unprotect(apdu))
        except ProtocolError as error:
            return _refused(error)

    def _deliver_to_association(self, apdu: bytes, now: float) -> list[ConnectionEvent]:
        outcome = self._association.receive(apdu)
        if isinstance(outcome, ReplayError) and self._association.waits:
            return [self._pass_over(SecurityRefused(error=outcome), now)]
        self._deadline = None
        match outcome:
            case Challenged():
                self._prove(outcome, now)
            case Disassociated(distrusted=distrusted):
                self._close(self._ending, now)
                return [] if distrusted is None else [SecurityRefused(error=distrusted)]
            case _:
                return self._associated(outcome, now)
        return []

    def _associated(self, outcome: Associated | ProtocolError, now: float) -> list[ConnectionEvent]:
        if isinstance(outcome, Associated):
            self._agreed = outcome
            self._agree(outcome)
            return [Opened(association=outcome)]
        self._fail(outcome, now)
        return []

    def _agree(self, agreed: Associated) -> None:
        """Heed how long a request may be: what is longer goes in blocks, or not at all."""
        room, parameters = agreed.server_max_receive_pdu_size, self._exchange_parameters
        if Conformance.GENERAL_BLOCK_TRANSFER in agreed.conformance:
            self._largest_request = 0
            self._link = BlockLink(
                self._link,
                room,
                window=parameters.block_window,
                max_apdu_octets=parameters.max_value_octets,
                patience=parameters.patience,
            )
        else:
            self._largest_request = room

    def _prove(self, challenged: Challenged, now: float) -> None:
        """Send our proof of identity, as the first request of the association."""
        self._largest_request = challenged.agreed.server_max_receive_pdu_size
        call = MethodCall(method=challenged.method, parameter=challenged.parameter)
        exchange = Act(call).exchange(self._terms(challenged.agreed))
        try:
            self._send(exchange, now)
        except (EncodeError, SecurityError) as error:
            self._fail(error, now)
        else:
            self._exchange = exchange

    def _deliver_to_exchange(
        self, exchange: Exchange[object], apdu: bytes, now: float
    ) -> list[ConnectionEvent]:
        outcome = exchange.receive(apdu)
        match outcome:
            case Answered() | RequestFailed():
                self._deadline = None
                self._exchange = None
                return self._proved(outcome, now) if self._is_proving() else [outcome]
            case BlockReceived():
                self._deadline = None
                self._go_on(exchange, now)
                return [outcome]
            case ProtocolError():
                self._fail(outcome, now)
            case _:
                self._wait_on(now)
        return []

    def _go_on(self, exchange: Exchange[object], now: float) -> None:
        try:
            self._send(exchange, now)
        except (EncodeError, SecurityError) as error:
            self._fail(error, now)

    def _is_proving(self) -> bool:
        return self._association.state is _WAIT_PROOF

    def _proved(
        self, outcome: Answered[object] | RequestFailed, now: float
    ) -> list[ConnectionEvent]:
        """Judge what our proof came to; a meter that is not trusted hears no more than RLRQ."""
        if isinstance(outcome, RequestFailed):
            verdict = self._association.receive_proof(outcome.error)
        else:  # what proves us is an ACTION
            verdict = self._association.receive_proof(cast("Returned", outcome.answer))
        if isinstance(verdict, ProtocolError):
            self._suspect_the_key(verdict)
            self._ending = ConnectionFailed(error=verdict)
            if self._send_release(now):
                return []
        return self._associated(verdict, now)

    def _suspect_the_key(self, error: ProtocolError) -> None:
        """Name the likely cause where the meter does not understand our proof.

        [field: meters that take it under the global key alone]
        """
        dedicated = self._protection is not None and self._protection.dedicated_key is not None
        if dedicated and isinstance(error, ServiceRefusedError):
            error.remedy = "try proof_under_global_key: some meters want it so"

    def _break(self, error: ProtocolError, now: float) -> list[ConnectionEvent]:
        """Give up the request whose answer can't be put together; the association stands."""
        self._deadline = None
        if self._exchange is None:  # it was the release
            self._fail(error, now)
            return []
        self._exchange = None
        return [RequestFailed(error=error)]

    def _wait_on(self, now: float) -> None:
        """Bound the wait for an answer where the link believes that it came."""
        if self._deadline is None and (self._association.waits or self._exchange is not None):
            self._deadline = now + self._exchange_parameters.patience

    def _pass_over(self, refused: SecurityRefused, now: float) -> SecurityRefused:
        self._wait_on(now)
        self._passed_over = refused.error
        return refused

    def _fail(self, error: ProtocolError, now: float) -> None:
        self._close(self._failure(error), now)

    def _failure(self, error: ProtocolError) -> ConnectionFailed:
        """Return why the connection ends: of several reasons the first one."""
        first = self._ending
        return first if isinstance(first, ConnectionFailed) else ConnectionFailed(error=error)

    def _close(self, ending: Released | ConnectionFailed, now: float) -> None:
        """Take the link down, then tell `ending`."""
        self.phase = Phase.CLOSING
        self._ending = ending
        self._deadline = None
        self._link.disconnect(now)

    def _end(self, ending: Released | ConnectionFailed) -> list[ConnectionEvent]:
        self.phase = Phase.CLOSED
        self._deadline = None
        return [ending]


def _other_things(passed_over: SecurityError | None) -> NoAnswerError:
    """Return the error that the answer did not come, with the reason why something else wasn't it.

    It is no security error, since that was told when it happened.
    """
    told = "the meter sent other things, but not the answer"
    if passed_over is None:
        return NoAnswerError(told)
    return NoAnswerError(f"{told}: {passed_over.message}", remedy=passed_over.remedy)


def _refused(error: ProtocolError) -> SecurityRefused:
    """Return the event that something was passed over; what can't be read can't be trusted."""
    if isinstance(error, SecurityError):
        return SecurityRefused(error=error)
    return SecurityRefused(error=SecurityError(error.message, remedy=error.remedy))


__all__ = [
    "REACTIONS",
    "AnswerArriving",
    "BlockReceived",
    "ClientConnection",
    "ConnectionEvent",
    "ConnectionFailed",
    "FrameReceived",
    "NotificationReceived",
    "OctetsDiscarded",
    "Opened",
    "Phase",
    "Reaction",
    "Released",
    "Retransmitted",
    "SecurityRefused",
]

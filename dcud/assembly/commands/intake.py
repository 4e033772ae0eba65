"""Requests from their arrival to their answers: each is checked, remembered, done once."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final, Protocol

from dcud.assembly.commands.permission import Permissions
from dcud.collect.order import OrderError, OrderInterruptedError
from dcud.config import model
from dcud.errors import DcudError
from dcud.line.pace import Pace
from dcud.publish.canonical import JsonValue
from dcud.publish.command_reply import Outcome, Reply, reply_payload
from dcud.publish.command_request import MalformedRequestError, Request, parse_request
from dcud.publish.event_payload import Event, Severity
from dcud.publish.incidents import Incidents
from dcud.publish.message import event_message
from dcud.publish.publication import Publication, Received, Subscription
from dcud.publish.replies import Reply as Say
from dcud.publish.topics import Topics
from dcud.store.errors import StoreError
from dcud.store.rows import CursorMove, KnownCommand, OutboxMessage

_LOG = logging.getLogger("dcud")

_REMEMBERED_LONGER: Final = 3600.0
"""Seconds beyond its expiry: clocks differ, and brokers deliver late."""

_REFUSALS_A_MINUTE: Final = 60
"""Answers to what is refused; a flood is refused in silence, and counted."""

_OWN: Final = "dcud/"


class RefusedError(DcudError):
    """A request is not begun.

    Attributes:
        reason: a short word for programs.
    """

    code: ClassVar[str] = "refused"

    def __init__(self, reason: str, message: str, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a request.

    Attributes:
        moves: what is to be remembered beyond a restart.
    """

    result: Mapping[str, JsonValue]
    moves: Sequence[CursorMove] = ()


Prepared = Callable[[float], Awaitable[Done]]
"""Does what was asked for; is given by when it has to begin, unix seconds."""


class Doer(Protocol):
    """Who does what is asked for."""

    def groups(self, request: Request) -> Sequence[str]:
        """Return the groups of what a request is about; raise `DcudError` where there is none."""
        ...

    def prepare(self, request: Request) -> Prepared:
        """Return what does it; raise `DcudError` where it makes no sense."""
        ...


class CommandStore(Protocol):
    """What remembers requests; `dcud.store.store.Store` is one."""

    async def known_command(self, command_id: str) -> KnownCommand | None:
        """Return the request that was begun under an id."""
        ...

    async def begin_command(self, command_id: str, digest: bytes, until: float) -> bool:
        """Remember that a request is begun; tell whether there is room for it."""
        ...

    async def answer_command(
        self,
        command_id: str,
        reply: bytes,
        messages: Sequence[OutboxMessage] = (),
        cursors: Sequence[CursorMove] = (),
    ) -> None:
        """Remember what was answered."""
        ...


class CommandObserver(Protocol):
    """Who counts requests."""

    def commanded(self, verb: str, outcome: str) -> None:
        """A request was answered; the verb is "" where it could not be read."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandMeans:
    """What requests are done with.

    Attributes:
        clock: unix seconds.
    """

    gateway: str
    doer: Doer
    store: CommandStore
    incidents: Incidents
    observer: CommandObserver
    clock: Callable[[], float]


@dataclass(frozen=True, slots=True)
class _Arrived:
    message: Received
    say: Say


class Commands:
    """Takes requests, and sees that each is done once and answered.

    Args:
        commands: what is allowed, and how much.
        keys: public keys of Ed25519 by name.
        means: what they are done with.
        monotonic: seconds.
    """

    def __init__(
        self,
        commands: model.Commands,
        keys: Mapping[str, bytes],
        means: CommandMeans,
        monotonic: Callable[[], float],
    ) -> None:
        self._means = means
        self._topics = Topics(means.gateway)
        self._arrived: deque[_Arrived] = deque()
        self._news = asyncio.Event()
        self._running: dict[str, bytes] = {}
        self._monotonic = monotonic
        self._refusals = Pace(_REFUSALS_A_MINUTE / 60, 10, monotonic)
        self.change(commands, keys)

    def change(self, commands: model.Commands, keys: Mapping[str, bytes]) -> None:
        """Go by other rules from now on."""
        self._commands = commands
        self._permissions = Permissions(commands.allow if commands.enabled else (), keys)
        self._pace = Pace(commands.per_minute / 60, commands.per_minute, self._monotonic)

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """Where requests come."""
        return (Subscription(self._topics.command()),)

    def heard(self, message: Received, reply: Say) -> None:
        """Take what came under the subscription; returns at once."""
        if message.topic != self._topics.command():
            return
        if message.retained:
            self._tell_refused("", "a request was retained by the broker: it is no request of now")
        elif len(self._arrived) + len(self._running) >= self._commands.waiting:
            self._refuse_unread(message, reply, "busy", "too many requests wait")
        elif not self._pace.admits():
            self._refuse_unread(message, reply, "flood", "requests come too fast")
        else:
            self._arrived.append(_Arrived(message, reply))
            self._news.set()

    async def run(self) -> None:
        """Serve until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                await self._news.wait()
                self._news.clear()
                while self._arrived:
                    arrived = self._arrived.popleft()
                    group.create_task(self._serve(arrived), name="request")

    async def _serve(self, arrived: _Arrived) -> None:
        try:
            request = parse_request(arrived.message.payload)
        except MalformedRequestError as error:
            self._refuse(arrived, error.id, RefusedError(error.code, error.message, error.remedy))
            return
        running = self._running.get(request.id)
        if running is not None:
            self._answer_running(arrived, request, running)
            return
        self._running[request.id] = request.digest
        try:
            await self._serve_once(arrived, request)
        except StoreError as error:
            self._refuse(arrived, request, RefusedError(error.code, error.message, error.remedy))
        except Exception:  # noqa: BLE001  # a fault of ours that one request brings out costs it alone
            self._refuse(arrived, request, RefusedError(DcudError.code, _fault(request)))
        finally:
            del self._running[request.id]

    async def _serve_once(self, arrived: _Arrived, request: Request) -> None:
        known = await self._means.store.known_command(request.id)
        if known is not None:
            self._answer_again(arrived, request, known)
            return
        try:
            expires = self._expiry(request)
            act = self._prepare(request)
            await self._begin(request, expires)
        except RefusedError as error:
            self._refuse(arrived, request, error)
            return
        reply, moves = await self._do(request, act, expires)
        await self._finish(arrived, request, reply, moves)

    def _expiry(self, request: Request) -> float:
        """Return by when a request has to be begun, unix seconds.

        Raises:
            RefusedError: that is over, or too far ahead.
        """
        now = self._means.clock()
        if request.expires is None:
            return now + self._commands.usual_lifetime
        expires = request.expires.timestamp()
        if expires <= now:
            raise RefusedError("expired", "it has expired", "look whether the clocks agree")
        if expires > now + self._commands.longest_lifetime:
            most = timedelta(seconds=self._commands.longest_lifetime)
            raise RefusedError("expires_late", "it expires too far ahead", f"at most {most}")
        return expires

    def _prepare(self, request: Request) -> Prepared:
        """Return what does it.

        Raises:
            RefusedError: it may not be asked for, or makes no sense.
        """
        if request.gateway not in {"", self._means.gateway}:
            raise RefusedError("wrong_gateway", f"it is for the gateway {request.gateway[:40]!r}")
        if request.verb not in model.VERBS:
            known = ", ".join(model.VERBS)
            raise RefusedError("unknown_verb", "its verb is not known", f"known: {known}")
        try:
            self._permissions.check(request, self._means.doer.groups(request))
            return self._means.doer.prepare(request)
        except DcudError as error:
            raise RefusedError(error.code, error.message, error.remedy) from error

    async def _begin(self, request: Request, expires: float) -> None:
        until = expires + _REMEMBERED_LONGER
        if not await self._means.store.begin_command(request.id, request.digest, until):
            raise RefusedError("busy", "too many requests are remembered", "let them expire sooner")

    async def _do(
        self, request: Request, act: Prepared, expires: float
    ) -> tuple[Reply, Sequence[CursorMove]]:
        try:
            done = await act(expires)
        except OrderInterruptedError as error:
            return self._not_done(Outcome.UNKNOWN, error.code, error), ()
        except OrderError as error:
            return self._not_done(Outcome.REFUSED, error.code, error), ()
        except DcudError as error:
            return self._not_done(Outcome.FAILED, error.code, error), ()
        except Exception:  # noqa: BLE001  # it was begun: that it failed is remembered
            fault = DcudError(_fault(request))
            return self._not_done(Outcome.FAILED, fault.code, fault), ()
        return Reply(outcome=Outcome.DONE, at=self._now(), result=done.result), done.moves

    async def _finish(
        self, arrived: _Arrived, request: Request, reply: Reply, moves: Sequence[CursorMove]
    ) -> None:
        """Remember the answer with the record of it, then give it."""
        payload = reply_payload(reply, self._means.gateway, request)
        record = self._record(request, reply)
        self._means.observer.commanded(request.verb, reply.outcome)
        try:
            message = event_message(record, self._means.gateway)
            await self._means.store.answer_command(request.id, payload, [message], moves)
        except StoreError as error:
            _LOG.error("the answer to request %s is not kept: %s", request.id, error)
        self._say(arrived, request.id, payload)

    def _record(self, request: Request, reply: Reply) -> Event:
        """Return what is told for ever of a request that was begun."""
        signed = f", signed by {request.signature.key}" if request.signature else ""
        where = f" of {request.meter or request.bus}" if request.meter or request.bus else ""
        why = f": {reply.text}" if reply.text else ""
        text = f"{request.verb}{where}, request {request.id}{signed}: {reply.outcome}{why}"
        _LOG.info("%s", text)
        done = reply.outcome is Outcome.DONE
        return Event(
            time=reply.at,
            code="command_done" if done else "command_failed",
            text=text,
            severity=Severity.INFO if done else Severity.WARNING,
            meter=request.meter,
        )

    def _answer_again(self, arrived: _Arrived, request: Request, known: KnownCommand) -> None:
        """Answer what came before from memory; nothing is done twice."""
        if known.digest != request.digest:
            self._refuse_reuse(arrived, request)
        elif known.reply is not None:
            self._say(arrived, request.id, known.reply)
        else:
            stop = OrderInterruptedError("dcud was stopped in the midst of it")
            lost = self._not_done(Outcome.UNKNOWN, stop.code, stop)
            self._say(arrived, request.id, reply_payload(lost, self._means.gateway, request))

    def _answer_running(self, arrived: _Arrived, request: Request, digest: bytes) -> None:
        """Answer what came before, and is not done yet."""
        if digest != request.digest:
            self._refuse_reuse(arrived, request)
            return
        running = Reply(outcome=Outcome.RUNNING, at=self._now(), code="running")
        self._say(arrived, request.id, reply_payload(running, self._means.gateway, request))

    def _refuse_reuse(self, arrived: _Arrived, request: Request) -> None:
        text, remedy = "another request had this id", "give each request an id of its own"
        self._refuse(arrived, request, RefusedError("id_reused", text, remedy))

    def _refuse_unread(self, message: Received, say: Say, reason: str, text: str) -> None:
        """Refuse without a look at what it is."""
        self._refuse(_Arrived(message, say), "", RefusedError(reason, text, "ask again later"))

    def _refuse(self, arrived: _Arrived, request: Request | str, error: RefusedError) -> None:
        """Tell that a request is not begun; of a flood, only those who look after dcud."""
        known = isinstance(request, Request)
        meter = request.meter if isinstance(request, Request) else ""
        verb = request.verb if isinstance(request, Request) else ""
        request_id = request.id if isinstance(request, Request) else request
        self._means.observer.commanded(verb if verb in model.VERBS else "", Outcome.REFUSED)
        name = f"{verb[:40]}, request {request_id}" if known else f"request {request_id or '?'}"
        self._tell_refused(meter, f"{name}: refused ({error.reason}): {error.message}")
        if self._refusals.admits():
            reply = self._not_done(Outcome.REFUSED, error.reason, error)
            self._say(arrived, request_id, reply_payload(reply, self._means.gateway, request))

    def _tell_refused(self, meter: str, text: str) -> None:
        # The meter may not exist: the record is the gateway's own.
        where = f" (meter {meter[:40]})" if meter else ""
        self._means.incidents.report("", "command_refused", text + where)

    def _not_done(self, outcome: Outcome, code: str, error: DcudError) -> Reply:
        return Reply(outcome=outcome, at=self._now(), code=code, text=str(error))

    def _say(self, arrived: _Arrived, request_id: str, payload: bytes) -> None:
        topic = self._topics.reply(request_id or "unread")
        wanted = arrived.message.response_topic
        if wanted is not None and _may_answer_at(wanted, self._topics.reply("x")[:-1]):
            topic = wanted
        correlation = arrived.message.correlation
        arrived.say(Publication(topic=topic, payload=payload, correlation=correlation))

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._means.clock(), UTC)


def _fault(request: Request) -> str:
    """Log the exception at hand, and return what is told of it."""
    _LOG.exception("request %s: this is a fault in dcud; please report it", request.id)
    return "an error inside dcud"


def _may_answer_at(topic: str, own: str) -> bool:
    """Tell whether an answer may go where it is wanted: not where a gateway says something else."""
    forbidden = topic.startswith((_OWN, "$")) and not topic.startswith(own)
    return bool(topic) and not forbidden and not {"+", "#", "\0"}.intersection(topic)

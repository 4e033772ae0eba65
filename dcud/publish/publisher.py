"""Keeping the broker told: connect, deliver, come back."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeVar

from dcud.publish.backoff import Backoff
from dcud.publish.complaint import Complaint
from dcud.publish.delivery import Delivery, Supply
from dcud.publish.discharge import Discharge
from dcud.publish.errors import BrokerError, SessionTakenOverError
from dcud.publish.ports import Broker, BrokerConnection, Outbox, PublishObserver
from dcud.publish.publication import Received, Subscription
from dcud.publish.refusals import Refusals
from dcud.publish.rendering import Rendering
from dcud.publish.replies import Hearing, Replies
from dcud.publish.state_payload import GatewayCondition, GatewayState, MeterState
from dcud.publish.states import GATEWAY, StateBoard
from dcud.store.errors import StoreError

T = TypeVar("T")

_LOG = logging.getLogger("dcud.publish")

_STABLE_SECONDS: Final = 30.0
"""A connection that lasted so long was a good one: the next pause begins short again."""

_TRY_PARKED: Final = 86_400.0
"""Seconds after which what a broker refused again and again is tried once more."""

_GOODBYE_SECONDS: Final = 0.5
"""For the last state, and for the disconnection, each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublisherParameters:
    """Who publishes, and how patiently.

    Attributes:
        version: dcud's.
        rendering: how what is said looks at the broker.
        with_states: whether the broker is to have the states of meters.
        reconnect_initial: the first pause before a new attempt, in seconds.
        reconnect_maximum: the longest pause, in seconds.
        flush_seconds: how long a stop waits for the outbox to empty; the buses and the goodbye need
            most of the five seconds that a stop may take.
    """

    version: str
    rendering: Rendering
    with_states: bool = True
    reconnect_initial: float = 1.0
    reconnect_maximum: float = 60.0
    flush_seconds: float = 1.0


class Publisher:
    """Publishes the outbox, and the states of gateway and meters.

    Args:
        parameters: who publishes.
        broker: the way to the broker.
        outbox: where the messages wait.
        observer: told of connections, publications and drops.
        clock: seconds since 1970-01-01 UTC.
        draw: returns a number in [0, 1), for the length of pauses.
    """

    def __init__(
        self,
        parameters: PublisherParameters,
        *,
        broker: Broker,
        outbox: Outbox,
        observer: PublishObserver,
        clock: Callable[[], float],
        draw: Callable[[], float],
    ) -> None:
        self._hearing: Hearing | None = None
        self._parameters = parameters
        self._broker = broker
        self._rendering = rendering = parameters.rendering
        self._outbox = outbox
        self._observer = observer
        self._clock = clock
        self._states = StateBoard()
        self._wake = asyncio.Event()
        self._replies = Replies(self._wake.set)
        self._complaint = Complaint()
        self._reconnect = self._backoff(draw)
        self._discharge = Discharge(outbox, self._wake, self._backoff(draw))
        self._supply = Supply(
            outbox=outbox,
            rendering=rendering,
            refusals=Refusals(),
            clock=clock,
            states=self._states,
            replies=self._replies,
            discharge=self._discharge,
            observer=observer,
            backoff=self._backoff(draw),
            complaint=Complaint(),
        )
        self._stopping = asyncio.Event()
        self._try_parked_at = float("-inf")
        self._limit: asyncio.Timeout | None = None
        outbox.notify(self._wake)

    def show_meter_state(self, meter: str, state: MeterState) -> None:
        """Publish how a meter does, now and on every new connection."""
        if self._parameters.with_states:
            self._states.show(meter, state)
            self._wake.set()

    def forget_meter(self, meter: str) -> None:
        """Take back all that is retained of a meter that is no longer configured."""
        self._states.show(meter, None)
        self._wake.set()

    def listen(self, hearing: Hearing) -> None:
        """Have what comes from the broker taken, from the next connection on."""
        self._hearing = hearing

    async def run(self, stopping: asyncio.Event) -> None:
        """Publish until `stopping` is set; then flush for a bounded time, say goodbye, return.

        Broker and store may fail as they like: it is logged, and tried again.
        """
        self._stopping = stopping
        async with asyncio.TaskGroup() as group:
            removal = group.create_task(self._discharge.run())
            watch = group.create_task(self._watch_for_stop())
            try:
                await self._keep_connected()
            finally:
                removal.cancel()
                watch.cancel()

    async def _watch_for_stop(self) -> None:
        """Cut short what waits, once the stop comes."""
        await self._stopping.wait()
        self._wake.set()
        if self._limit is not None:
            self._limit.reschedule(asyncio.get_running_loop().time())

    async def _unless_stopped(self, act: Awaitable[T]) -> T | None:
        """Return what comes of an act, None if the stop came first."""
        try:
            async with asyncio.timeout(None) as self._limit:
                if self._stopping.is_set():
                    self._limit.reschedule(asyncio.get_running_loop().time())
                return await act
        except TimeoutError:
            return None
        finally:
            self._limit = None

    async def _keep_connected(self) -> None:
        """Connect, serve, pause, again."""
        clock = asyncio.get_running_loop().time
        while not self._stopping.is_set():
            began = clock()
            try:
                await self._connect_and_serve()
            except BrokerError as error:
                if clock() - began >= _STABLE_SECONDS:
                    self._reconnect.reset()
                    self._complaint.settle()
                self._complaint.say(error)
                hurry = not isinstance(error, SessionTakenOverError)
                pause = self._reconnect.next() if hurry else self._reconnect.longest()
                await self._unless_stopped(asyncio.sleep(pause))

    async def _connect_and_serve(self) -> None:
        """Serve one connection; raise `BrokerError` when it ends before the stop."""
        connection = await self._unless_stopped(
            self._broker.connect(self._rendering.will(), self._wake)
        )
        if connection is None:
            return
        self._observer.broker_connected(True)
        _LOG.info("connected to %s", connection.description)
        try:
            await self._serve(connection)
        finally:
            self._observer.broker_connected(False)
            connection.abort()

    async def _serve(self, connection: BrokerConnection) -> None:
        """Deliver until the stop, then leave in order."""
        self._show_gateway_state(GatewayCondition.ONLINE)
        self._states.tell_again()
        self._replies.say_again()
        if subscriptions := self._subscriptions():
            connection.subscribe(subscriptions)
        await self._try_parked()
        delivery = Delivery(connection, self._supply)
        loop = asyncio.get_running_loop()
        flush_until: float | None = None
        while True:
            if self._stopping.is_set() and flush_until is None:
                flush_until = loop.time() + self._parameters.flush_seconds
            await self._advance(connection, delivery)
            if flush_until is not None and (delivery.finished or loop.time() >= flush_until):
                break
            await self._wait(delivery.resume_at, flush_until)
        await self._say_goodbye(connection, delivery)

    async def _advance(self, connection: BrokerConnection, delivery: Delivery) -> None:
        """Do what can be done now."""
        self._wake.clear()
        delivery.take_acknowledgements()
        for message in connection.received():
            self._hear(message, delivery)
        if connection.error is not None:
            raise connection.error
        await delivery.fill()

    def _subscriptions(self) -> list[Subscription]:
        """Return what is to be heard, by the form of what is said, and by whoever listens."""
        own = [Subscription(topics, retained=True) for topics in self._rendering.subscriptions]
        return [*own, *(self._hearing.subscriptions if self._hearing is not None else ())]

    def _hear(self, message: Received, delivery: Delivery) -> None:
        # What the form itself answers keeps its place among what it was asked to say.
        delivery.say(self._rendering.heard(message.topic, message.payload))
        if self._hearing is not None:
            self._hearing.heard(message, self._replies.say)

    async def _try_parked(self) -> None:
        """Once a day, and at the start, have what was parked tried again."""
        now = asyncio.get_running_loop().time()
        if now < self._try_parked_at:
            return
        self._try_parked_at = now + _TRY_PARKED
        try:
            messages = await self._outbox.unpark()
        except StoreError as error:
            _LOG.warning("what was parked is not tried again: %s", error)
        else:
            if messages:
                _LOG.info("%d messages that were parked are tried again", messages)

    async def _wait(self, *deadlines: float | None) -> None:
        """Wait for news, or for the first deadline."""
        first = min((moment for moment in deadlines if moment is not None), default=None)
        with suppress(TimeoutError):
            async with asyncio.timeout_at(first):
                await self._wake.wait()

    async def _say_goodbye(self, connection: BrokerConnection, delivery: Delivery) -> None:
        """Tell that the gateway goes, have what was acknowledged removed, and go."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _GOODBYE_SECONDS
        self._show_gateway_state(GatewayCondition.OFFLINE, reason="stopped")
        await self._advance(connection, delivery)
        while not delivery.finished and loop.time() < deadline:
            await self._wait(deadline)
            await self._advance(connection, delivery)
        with suppress(TimeoutError):
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await self._discharge.done()
        await connection.disconnect(_GOODBYE_SECONDS)
        _LOG.info("disconnected; %d messages wait", self._outbox.stats().depth)

    def _show_gateway_state(self, condition: GatewayCondition, reason: str = "") -> None:
        """Put the gateway's own state on the board."""
        state = GatewayState(
            condition=condition,
            version=self._parameters.version,
            since=datetime.fromtimestamp(self._clock(), UTC),
            reason=reason,
        )
        self._states.show(GATEWAY, state)

    def _backoff(self, draw: Callable[[], float]) -> Backoff:
        """Return pauses of the configured length."""
        return Backoff(
            initial=self._parameters.reconnect_initial,
            maximum=self._parameters.reconnect_maximum,
            draw=draw,
        )

"""The MQTT transport: one connection to the broker at a time, nothing kept here between two.

paho-mqtt would keep a session in memory and reconnect by itself. Here the outbox is the session of
what is sent; what comes meanwhile the broker may keep, where that is wanted. Each attempt has a
client of its own, in a thread of its own that connects, reads and writes until the connection ends.
What the thread learns reaches the event loop in batches.
"""

import asyncio
import logging
import socket
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from paho.mqtt.client import Client
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from dcud.publish import reason_codes
from dcud.publish.errors import (
    BrokerError,
    BrokerRefusedError,
    CredentialError,
    SessionTakenOverError,
    UnansweredError,
)
from dcud.publish.paho_client import MQTT_3_1_1, MQTT_5, ClientCalls, new_client, release
from dcud.publish.parameters import MqttParameters, ProtocolChoice
from dcud.publish.publication import Acknowledgement, Publication, Received, Subscription
from dcud.publish.tls import tls_context
from dcud.publish.topic_aliases import TopicAliases

_LOG = logging.getLogger("dcud.publish")

_LOOP_SECONDS: Final = 1.0
"""How often an idle connection looks whether it is still alive."""

_PACKET_OVERHEAD: Final = 48
"""Octets of a PUBLISH beyond topic and payload at most: header, lengths, id, our properties."""

_LARGEST_PACKET: Final = 256 * 1024
"""Octets that a broker may send at once: many times the largest request that makes sense."""

_MOST_RECEIVED: Final = 256
"""Messages that wait to be taken; what comes on top, a flood, is dropped."""

_MOST_ALIASES: Final = 1000
"""Topics that are kept for a connection; brokers offer ten, or 65,535."""

_TEXT: Final = frozenset({"application/json", "text/plain"})

_VERSION_NAMES: Mapping[int, str] = {MQTT_3_1_1: "3.1.1", MQTT_5: "5"}


class MqttBroker:
    """The way to one broker.

    Speaks MQTT 5 first. A broker that refuses it is spoken to in MQTT 3.1.1 from then on. One that
    closes the connection over it, or keeps silent, is tried in 3.1.1 each time, as long as it never
    accepted MQTT 5: that may have had other reasons.
    """

    def __init__(self, parameters: MqttParameters) -> None:
        self._parameters = parameters
        self._may_fall_back = parameters.protocol is ProtocolChoice.AUTO
        older = parameters.protocol is ProtocolChoice.MQTT_3_1_1
        self._protocol = MQTT_3_1_1 if older else MQTT_5

    async def connect(self, will: Publication, wake: asyncio.Event) -> "MqttConnection":
        """Return an accepted connection.

        Args:
            will: what the broker publishes should the connection break.
            wake: set by the connection when it has something to tell.

        Raises:
            BrokerError: there is none to be had now.
        """
        try:
            connection = await self._attempt(self._protocol, will, wake)
        except (BrokerRefusedError, UnansweredError) as error:
            if not (self._may_fall_back and _is_over_version(error)):
                raise
            return await self._fall_back(error, will, wake)
        self._may_fall_back = False
        return connection

    async def _fall_back(
        self, refusal: BrokerRefusedError | UnansweredError, will: Publication, wake: asyncio.Event
    ) -> "MqttConnection":
        """Return a connection in MQTT 3.1.1, or raise the refusal of MQTT 5."""
        try:
            connection = await self._attempt(MQTT_3_1_1, will, wake)
        except BrokerError:
            raise refusal from None
        if isinstance(refusal, BrokerRefusedError):
            self._protocol = MQTT_3_1_1
            self._may_fall_back = False
        return connection

    async def _attempt(
        self, protocol: int, will: Publication, wake: asyncio.Event
    ) -> "MqttConnection":
        """Return an accepted connection in that version, or raise and leave nothing behind."""
        parameters = self._parameters
        connection = MqttConnection(parameters, protocol, will, wake)
        try:
            async with asyncio.timeout(parameters.connect_timeout):
                await connection.accepted()
        except TimeoutError:
            connection.abort()
            kind = UnansweredError if connection.opened else BrokerError
            raise kind(
                f"broker {parameters.address} did not answer in {parameters.connect_timeout:g} s",
                remedy="look for a firewall in between, or raise [mqtt] connect_timeout",
            ) from None
        except BaseException:  # cancelled as well: nobody else would end the attempt
            connection.abort()
            raise
        return connection


class MqttConnection:
    """One connection, from the attempt to its end.

    Attributes:
        description: broker and version, for people.
        opened: whether there is, or was, someone at the other end.
        window: how many publications the broker takes ahead of its acknowledgements.
        error: why the connection is no more; None while it stands.
    """

    def __init__(
        self, parameters: MqttParameters, protocol: int, will: Publication, wake: asyncio.Event
    ) -> None:
        self.description = f"{parameters.address}, MQTT {_VERSION_NAMES[protocol]}"
        self.opened = False
        self.window = parameters.window
        self.error: BrokerError | None = None
        self._parameters = parameters
        self._protocol = protocol
        self._wake = wake
        self._packet_limit: int | None = None
        self._reason = 0
        self._leaving = False
        self._abandoned = False
        self._acknowledged: list[Acknowledgement] = []
        self._received: list[Received] = []
        self._overflow = 0
        self._loop = asyncio.get_running_loop()
        self._accepted: asyncio.Future[None] = self._loop.create_future()
        self._accepted.add_done_callback(_retrieve)
        self._ended = asyncio.Event()
        self._news: deque[Callable[[], None]] = deque()
        self._client = self._new_client(will)
        self._asked: Sequence[str] = ()
        self._properties_of: dict[tuple[str, bool, int | None], Properties | None] = {}
        self._aliases = TopicAliases()
        threading.Thread(target=self._run, name="dcud-mqtt", daemon=True).start()

    async def accepted(self) -> None:
        """Wait until the broker has accepted us; raise `BrokerError` if it doesn't."""
        await asyncio.shield(self._accepted)

    def publish(self, publication: Publication) -> int:
        """Hand a publication over; return the token that its acknowledgement will bear."""
        topic, alias = self._aliases.address(publication.topic)
        properties = self._known_properties(publication, alias)
        info = self._client.publish(
            topic,
            publication.payload,
            qos=publication.qos,
            retain=publication.retain,
            properties=properties,
        )
        if not publication.qos:  # nobody acknowledges it: it is delivered once it is handed over
            self._acknowledged.append(Acknowledgement(info.mid, 0))
            self._wake.set()
        return info.mid

    def subscribe(self, subscriptions: Sequence[Subscription]) -> None:
        """Have the broker send what is published there; a refusal is logged."""
        self._asked = [subscription.topics for subscription in subscriptions]
        if self._protocol == MQTT_5:
            wanted: list[Any] = [(each.topics, _options(each)) for each in subscriptions]
        else:
            wanted = [(each.topics, 1) for each in subscriptions]
        self._client.subscribe(wanted)

    def received(self) -> list[Received]:
        """Take (and forget) what came under the subscriptions."""
        taken, self._received = self._received, []
        if self._overflow:
            _LOG.warning(
                "%s sent more than can be taken at once: %d messages were dropped",
                self.description,
                self._overflow,
            )
            self._overflow = 0
        return taken

    def fits(self, publication: Publication) -> bool:
        """Tell whether the broker takes a packet of that size."""
        if self._packet_limit is None:
            return True
        size = len(publication.topic.encode()) + len(publication.payload) + _PACKET_OVERHEAD
        return size <= self._packet_limit

    def acknowledgements(self) -> list[Acknowledgement]:
        """Take (and forget) what the broker has acknowledged."""
        taken, self._acknowledged = self._acknowledged, []
        return taken

    async def disconnect(self, timeout: float) -> None:  # noqa: ASYNC109  # a part of the stop's time
        """Leave in order, so that the broker forgets the will; after `timeout` seconds, at once."""
        self._leaving = True
        self._client.disconnect()
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._ended.wait()
        self.abort()

    def abort(self) -> None:
        """Leave at once; the broker publishes the will."""
        self._abandoned = True
        opened = self._client.socket()
        if isinstance(opened, socket.socket):
            with suppress(OSError):
                # Not TLS' own shutdown: it would leave the thread a moment to write in the clear.
                socket.socket.shutdown(opened, socket.SHUT_RDWR)

    # What follows runs in the connection's thread.

    def _run(self) -> None:
        """Connect, then serve the connection until its end."""
        client = self._client
        failure: Exception | None = None
        try:
            if self._parameters.tls is not None:
                client.tls_set_context(tls_context(self._parameters.tls))
            self._open(client)
            while client.loop(_LOOP_SECONDS) == 0:
                pass
        except Exception as error:  # noqa: BLE001  # sockets, TLS and paho raise all sorts
            failure = error
        opened = client.socket()
        if opened is not None:  # paho leaves it open where an exception ended the connection
            opened.close()
        self._tell(lambda: self._end(self._why_ended(failure)))
        release(client)

    def _open(self, client: Client) -> None:
        """Connect and send CONNECT."""
        parameters = self._parameters
        keepalive = max(1, round(parameters.keepalive))
        if self._protocol == MQTT_5:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's own gap
            properties.MaximumPacketSize = _LARGEST_PACKET
            if parameters.session_expiry:
                properties.SessionExpiryInterval = round(parameters.session_expiry)
            client.connect(
                parameters.host,
                parameters.port,
                keepalive,
                clean_start=not parameters.session_expiry,
                properties=properties,
            )
        else:
            client.connect(parameters.host, parameters.port, keepalive)

    def _on_socket_opened(self) -> None:
        """Keep a late connection from taking over the session of the one that came after it."""
        if self._abandoned:
            raise ConnectionAbortedError
        self.opened = True

    def _on_connected(self, reason: int, properties: Mapping[str, Any]) -> None:
        self._tell(lambda: self._accept(reason, properties))

    def _on_acknowledged(self, mid: int, reason: int) -> None:
        self._tell(lambda: self._acknowledged.append(Acknowledgement(mid, reason)))

    def _on_subscribed(self, reasons: Sequence[int]) -> None:
        self._tell(lambda: self._take_subscribed(reasons))

    def _on_received(self, message: Received) -> None:
        self._tell(lambda: self._take_received(message))

    def _on_disconnected(self, reason: int) -> None:
        self._reason = reason

    def _tell(self, news: Callable[[], None]) -> None:
        """Have the event loop take news, together with what else has come by then."""
        self._news.append(news)
        if len(self._news) == 1:
            with suppress(RuntimeError):  # the loop is closed: nobody listens any more
                self._loop.call_soon_threadsafe(self._take_news)

    # What follows runs in the event loop.

    def _take_news(self) -> None:
        """Act on what the thread has told."""
        while self._news:
            # The last one goes only when it is done, so that `_tell` calls again for the next.
            self._news[0]()
            self._news.popleft()
        self._wake.set()

    def _accept(self, reason: int, properties: Mapping[str, Any]) -> None:
        """Take the broker's answer to CONNECT."""
        if self._accepted.done():
            return
        if reason:
            self._accepted.set_exception(self._refusal(reason))
            return
        self.window = min(self.window, properties.get("ReceiveMaximum", self.window))
        self._packet_limit = properties.get("MaximumPacketSize")
        self._aliases = TopicAliases(min(properties.get("TopicAliasMaximum", 0), _MOST_ALIASES))
        self._accepted.set_result(None)

    def _take_subscribed(self, reasons: Sequence[int]) -> None:
        """Tell of what the broker won't let us hear."""
        for topics, reason in zip(self._asked, reasons, strict=False):
            if reason_codes.is_error(reason):
                _LOG.error(
                    "%s lets nothing be heard under %s: %s; %s",
                    self.description,
                    topics,
                    reason_codes.words(reason),
                    reason_codes.remedy(reason) or "look into its access rules",
                )

    def _take_received(self, message: Received) -> None:
        """Keep a message until it is taken, as long as there is room."""
        if len(self._received) < _MOST_RECEIVED:
            self._received.append(message)
        else:
            self._overflow += 1

    def _end(self, error: BrokerError) -> None:
        """Take note that the connection is no more."""
        self.error = self.error or error
        self._ended.set()
        if not self._accepted.done():
            self._accepted.set_exception(self.error)

    def _why_ended(self, failure: Exception | None) -> BrokerError:
        """Return the reason for the end, as far as it is known."""
        address = self._parameters.address
        if isinstance(failure, BrokerError):
            return failure
        if self._reason == reason_codes.SESSION_TAKEN_OVER:
            return SessionTakenOverError(
                f"broker {address}: another client came with our client id "
                f"{self._parameters.client_id!r}",
                remedy=reason_codes.remedy(self._reason),
            )
        if self._reason:
            return self._refusal(self._reason)
        if failure is not None:
            return BrokerError(
                f"broker {address}: {_in_words(failure)}",
                remedy="look whether it runs and can be reached",
            )
        if not self._accepted.done():
            return UnansweredError(
                f"broker {address} closed the connection without an answer",
                remedy="look whether it expects TLS there, and into its log",
            )
        return BrokerError(
            f"broker {address}: connection lost",
            remedy="if it repeats, look into the broker's log, and for another client with the "
            f"client id {self._parameters.client_id!r}",
        )

    def _refusal(self, reason: int) -> BrokerRefusedError:
        """Return the broker's no in words."""
        return BrokerRefusedError(
            f"broker {self._parameters.address} refused: {reason_codes.words(reason)}",
            reason=reason,
            remedy=reason_codes.remedy(reason),
        )

    def _new_client(self, will: Publication) -> Client:
        """Return a client that is ready to connect."""
        calls = ClientCalls(
            connected=self._on_connected,
            acknowledged=self._on_acknowledged,
            disconnected=self._on_disconnected,
            socket_opened=self._on_socket_opened,
            subscribed=self._on_subscribed,
            received=self._on_received,
        )
        client = new_client(self._parameters.client_id, self._protocol, calls)
        client.will_set(will.topic, will.payload, qos=1, retain=will.retain)
        if self._parameters.username is not None:
            client.username_pw_set(self._parameters.username, self._password())
        return client

    def _password(self) -> str | None:
        """Return the password as text, which paho-mqtt wants it to be."""
        password = self._parameters.password
        try:
            return None if password is None else password.octets.decode("utf-8")
        except UnicodeDecodeError:
            raise CredentialError(
                f"broker {self._parameters.address}: the password is no UTF-8 text",
                remedy="write the key file of [mqtt] anew",
            ) from None

    def _known_properties(self, publication: Publication, alias: int | None) -> Properties | None:
        """Return the properties of a publication, made anew only where they have to be."""
        if publication.correlation is not None:
            return self._properties(publication, alias)
        kind = publication.content_type, publication.retain, alias
        if kind not in self._properties_of:
            self._properties_of[kind] = self._properties(publication, alias)
        return self._properties_of[kind]

    def _properties(self, publication: Publication, alias: int | None) -> Properties | None:
        """Return the properties of a publication; MQTT 3.1.1 has none."""
        if self._protocol != MQTT_5:
            return None
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho's own gap
        if publication.content_type in _TEXT:
            properties.PayloadFormatIndicator = 1  # UTF-8
        properties.ContentType = publication.content_type
        expiry = self._parameters.message_expiry
        if expiry is not None and not publication.retain:
            properties.MessageExpiryInterval = max(1, round(expiry))
        if alias is not None:
            properties.TopicAlias = alias
        if publication.correlation is not None:
            properties.CorrelationData = publication.correlation
        return properties


def _options(subscription: Subscription) -> SubscribeOptions:
    """Return how a topic filter is subscribed to in MQTT 5."""
    retained = (
        SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE
        if subscription.retained
        else SubscribeOptions.RETAIN_DO_NOT_SEND
    )
    return SubscribeOptions(qos=1, retainHandling=retained)


def _is_over_version(error: BrokerError) -> bool:
    """Tell whether the broker may have refused because of the version of MQTT."""
    if isinstance(error, BrokerRefusedError):
        return error.reason == reason_codes.UNSUPPORTED_PROTOCOL_VERSION
    return True


def _in_words(failure: Exception) -> str:
    """Return what an exception says, or its name if it says nothing."""
    said = failure.strerror if isinstance(failure, OSError) else None
    return said or str(failure) or type(failure).__name__


def _retrieve(answer: "asyncio.Future[None]") -> None:
    """Look at the answer, so that asyncio doesn't complain if nobody else waits for it."""
    if not answer.cancelled():
        answer.exception()

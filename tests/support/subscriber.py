"""A subscriber that keeps what it hears."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion


@dataclass(frozen=True, slots=True)
class Heard:
    """A message as it came."""

    topic: str
    payload: bytes
    retain: bool

    @property
    def body(self) -> dict[str, Any]:
        """The payload as JSON."""
        body: dict[str, Any] = json.loads(self.payload)
        return body


class Subscriber:
    """Hears everything below a topic, from entering on; a persistent session outlives the broker.

    Args:
        port: of a broker on 127.0.0.1.
        topic: what to subscribe to.
        qos: with 1, what was not answered comes again after a reconnection; with 0, no answer can
            reset the connection to a killed broker while messages are still to be read from it.
        user: name and password.
    """

    def __init__(
        self,
        port: int,
        topic: str = "dcud/#",
        *,
        qos: int = 1,
        user: tuple[str, str] | None = None,
    ) -> None:
        self.heard: list[Heard] = []
        self._port = port
        self._topic = topic
        self._subscribed = False
        self._news = threading.Condition()
        self._client = Client(
            CallbackAPIVersion.VERSION2, client_id=f"subscriber-{id(self)}", clean_session=False
        )
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda client, *_: client.subscribe(self._topic, qos=qos)
        self._client.on_subscribe = lambda *_: self._note_subscribed()
        self._client.on_message = self._note_message
        if user is not None:
            self._client.username_pw_set(*user)

    def wait_for(
        self, condition: Callable[[list[Heard]], bool], timeout: float = 20.0
    ) -> list[Heard]:
        """Wait until what was heard fulfils a condition; return a copy of it, fulfilled or not."""
        with self._news:
            self._news.wait_for(lambda: condition(self.heard), timeout)
            return list(self.heard)

    def wait_for_topic(self, topic: str, timeout: float = 20.0) -> Heard:
        """Wait for a message under a topic; return the latest."""

        def latest(heard: list[Heard]) -> list[Heard]:
            return [message for message in heard if message.topic == topic]

        found = latest(self.wait_for(lambda heard: bool(latest(heard)), timeout))
        assert found, f"nothing was heard under {topic}"
        return found[-1]

    def __enter__(self) -> Self:
        self._client.connect("127.0.0.1", self._port)
        self._client.loop_start()
        with self._news:
            assert self._news.wait_for(lambda: self._subscribed, 10), "no subscription"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _note_subscribed(self) -> None:
        with self._news:
            self._subscribed = True
            self._news.notify_all()

    def _note_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        with self._news:
            self.heard.append(Heard(message.topic, bytes(message.payload), message.retain))
            self._news.notify_all()

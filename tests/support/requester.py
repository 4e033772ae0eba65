"""Somebody above who asks a gateway for something, and waits for the answer."""

import base64
import itertools
import json
import threading
from types import TracebackType
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from paho.mqtt.client import Client, MQTTMessage, MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

_numbers = itertools.count(1)


class Requester:
    """Asks over MQTT 5, with a response topic and correlation data, or over 3.1.1.

    Args:
        port: of a broker on 127.0.0.1.
        gateway: whom to ask.
        key: signs every request that says so.
    """

    def __init__(
        self,
        port: int,
        gateway: str,
        *,
        mqtt_5: bool = True,
        key: tuple[str, Ed25519PrivateKey] | None = None,
    ) -> None:
        self.gateway = gateway
        self.answers: list[tuple[bytes | None, dict[str, Any]]] = []
        self._port = port
        self._mqtt_5 = mqtt_5
        self._key = key
        self._topic = "head-end/answers" if mqtt_5 else f"dcud/v1/{gateway}/reply/#"
        self._news = threading.Condition()
        self._subscribed = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5 if mqtt_5 else MQTTv311)
        self._client.on_connect = lambda client, *_: client.subscribe(self._topic, qos=1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._note

    def ask(self, verb: str, *, signed: bool = False, **members: Any) -> dict[str, Any]:
        """Ask, and return the answer."""
        body = {"id": f"r{next(_numbers)}", "verb": verb, **members}
        text = json.dumps(body)
        if signed:
            assert self._key is not None
            name, key = self._key
            signature = base64.b64encode(key.sign(text.encode())).decode()
            text = json.dumps({"request": text, "key": name, "signature": signature})
        return self.send(text.encode(), body["id"])

    def send_unheard(self, verb: str, **members: Any) -> None:
        """Ask, and don't wait for an answer."""
        body = {"id": f"r{next(_numbers)}", "verb": verb, **members}
        self._client.publish(f"dcud/v1/{self.gateway}/command", json.dumps(body), qos=1)

    def send(self, payload: bytes, request_id: str | None, within: float = 30.0) -> dict[str, Any]:
        """Publish a request as it stands; return the next answer that bears its id."""
        with self._news:
            begin = len(self.answers)
        properties, mark = None, f"mark-{next(_numbers)}".encode()
        if self._mqtt_5:
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho's own gap
            properties.ResponseTopic = self._topic
            properties.CorrelationData = mark
        topic = f"dcud/v1/{self.gateway}/command"
        self._client.publish(topic, payload, qos=1, properties=properties)

        def found() -> dict[str, Any] | None:
            for correlation, answer in self.answers[begin:]:
                if answer["id"] == request_id and (not self._mqtt_5 or correlation == mark):
                    return answer
            return None

        with self._news:
            assert self._news.wait_for(found, within), f"no answer to {payload!r}"
            answer = found()
        assert answer is not None
        return answer

    def __enter__(self) -> Self:
        self._client.connect("127.0.0.1", self._port)
        self._client.loop_start()
        assert self._subscribed.wait(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _note(self, client: Client, data: object, message: MQTTMessage) -> None:
        correlation = getattr(message.properties, "CorrelationData", None)
        with self._news:
            self.answers.append((correlation, json.loads(message.payload)))
            self._news.notify_all()

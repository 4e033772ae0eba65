"""What comes from the broker, from real ones and from one that a test scripts."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from dcud.publish.mqtt import MqttBroker, MqttConnection
from dcud.publish.parameters import MqttParameters, ProtocolChoice
from dcud.publish.publication import Publication, Received, Subscription
from tests.support.mosquitto import Mosquitto
from tests.support.scripted_broker import CONNACK_3_1_1, CONNACK_5, ScriptedBroker

pytestmark = [
    pytest.mark.filterwarnings("ignore:Callback API version 1:DeprecationWarning"),
    pytest.mark.usefixtures("paho_release"),
]

_WILL = Publication(topic="dcud/v1/g/state", payload=b"{}", retain=True)
_COMMANDS = [Subscription("dcud/v1/g/command")]
_BOTH = pytest.mark.parametrize("protocol", [ProtocolChoice.MQTT_5, ProtocolChoice.MQTT_3_1_1])


class Peer:
    """A connection with what it hears."""

    def __init__(self, connection: MqttConnection, wake: asyncio.Event) -> None:
        self.connection = connection
        self.heard: list[Received] = []
        self._wake = wake

    async def until_lost(self) -> None:
        """Wait until the connection has ended."""
        async with asyncio.timeout(10):
            while self.connection.error is None:
                await self._wake.wait()
                self._wake.clear()

    async def until(self, count: int) -> list[Received]:
        """Return all that was heard, once it is so many."""
        async with asyncio.timeout(10):
            while len(self.heard) < count:
                await self._wake.wait()
                self._wake.clear()
                self.heard += self.connection.received()
        return self.heard


@asynccontextmanager
async def peer(port: int, name: str, protocol: ProtocolChoice) -> AsyncIterator[Peer]:
    wake = asyncio.Event()
    parameters = MqttParameters(
        host="127.0.0.1", port=port, client_id=name, protocol=protocol, connect_timeout=5
    )
    connection = await MqttBroker(parameters).connect(_WILL, wake)
    try:
        yield Peer(connection, wake)
    finally:
        await connection.disconnect(1)


@_BOTH
@pytest.mark.e2e
async def test_what_is_published_comes_to_who_subscribed(
    tmp_path: Path, protocol: ProtocolChoice
) -> None:
    with Mosquitto(tmp_path) as broker:
        async with peer(broker.port, "g", protocol) as gateway:
            gateway.connection.subscribe(_COMMANDS)
            async with peer(broker.port, "s", protocol) as sender:
                for n in range(3):
                    sender.connection.publish(
                        Publication(topic="dcud/v1/g/command", payload=b"%d" % n)
                    )
                heard = await gateway.until(3)
    assert [message.payload for message in heard] == [b"0", b"1", b"2"]
    assert {message.topic for message in heard} == {"dcud/v1/g/command"}
    assert not any(message.retained or message.response_topic for message in heard)


@pytest.mark.e2e
async def test_an_answer_bears_the_correlation_data(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker:
        async with peer(broker.port, "g", ProtocolChoice.MQTT_5) as gateway:
            gateway.connection.subscribe(_COMMANDS)
            answer = Publication(
                topic="dcud/v1/g/command",
                payload=b"\xff",
                correlation=b"\x00\x01",
                content_type="application/octet-stream",
            )
            gateway.connection.publish(answer)
            (heard,) = await gateway.until(1)
    assert heard == Received(
        topic="dcud/v1/g/command", payload=b"\xff", correlation=b"\x00\x01", response_topic=None
    )


@_BOTH
@pytest.mark.e2e
async def test_what_the_broker_kept_comes_where_it_is_wanted(
    tmp_path: Path, protocol: ProtocolChoice
) -> None:
    kept = Publication(topic="t/kept", payload=b"old", retain=True)
    with Mosquitto(tmp_path) as broker:
        async with peer(broker.port, "g", protocol) as gateway:
            gateway.connection.publish(kept)
            gateway.connection.subscribe([Subscription("t/#", retained=True)])
            gateway.connection.publish(replace(kept, topic="t/now", retain=False))
            heard = await gateway.until(2)
    assert {(each.topic, each.retained) for each in heard} == {("t/kept", True), ("t/now", False)}


async def test_a_command_of_mqtt_5_says_where_its_answer_goes() -> None:
    # PUBLISH, QoS 0, topic "t", ResponseTopic "r", CorrelationData 0A0B, payload "x"
    command = bytes.fromhex("30 0E 00 01 74 09 08 00 01 72 09 00 02 0A 0B 78")
    async with (
        ScriptedBroker(lambda _: CONNACK_5) as broker,
        peer(broker.port, "g", ProtocolChoice.MQTT_5) as gateway,
    ):
        broker.send(command)
        (heard,) = await gateway.until(1)
    assert heard == Received(
        topic="t", payload=b"x", response_topic="r", correlation=b"\x0a\x0b", retained=False
    )


@pytest.mark.parametrize(
    ("protocol", "connack", "suback", "words"),
    [
        (ProtocolChoice.MQTT_5, CONNACK_5, "90 04 %s 00 87", "not authorized"),
        (ProtocolChoice.MQTT_3_1_1, CONNACK_3_1_1, "90 03 %s 80", "unspecified"),
    ],
)
async def test_a_refused_subscription_is_told(
    caplog: pytest.LogCaptureFixture,
    protocol: ProtocolChoice,
    connack: bytes,
    suback: str,
    words: str,
) -> None:
    async with ScriptedBroker(lambda _: connack) as broker:
        broker.suback = lambda message_id: bytes.fromhex(suback % message_id.hex())
        async with peer(broker.port, "g", protocol) as gateway:
            gateway.connection.subscribe(_COMMANDS)
            # What follows on the same connection is heard after the refusal.
            async with asyncio.timeout(10):
                while not broker.subscriptions:  # noqa: ASYNC110  # it signals no event
                    await asyncio.sleep(0.001)
            tail = "00 78" if protocol is ProtocolChoice.MQTT_5 else "78"
            broker.send(bytes.fromhex(f"30 {4 if tail == '78' else 5:02X} 00 01 74 {tail}"))
            with caplog.at_level(logging.ERROR, "dcud.publish"):
                await gateway.until(1)
    assert "dcud/v1/g/command" in caplog.text
    assert words in caplog.text.lower()


async def test_a_flood_is_dropped_and_told(caplog: pytest.LogCaptureFixture) -> None:
    command = bytes.fromhex("30 05 00 01 74 00 78")
    async with (
        ScriptedBroker(lambda _: CONNACK_5) as broker,
        peer(broker.port, "g", ProtocolChoice.MQTT_5) as gateway,
    ):
        broker.send(command * 1000)
        broker.close()
        await gateway.until_lost()
        assert len(gateway.connection.received()) == 256
    assert "744 messages were dropped" in caplog.text


@pytest.mark.e2e
async def test_topics_that_a_broker_takes_by_number_arrive_under_their_names(
    tmp_path: Path,
) -> None:
    topics = [f"dcud/v1/g/meter/m{n % 13}/reading/load" for n in range(60)]
    with Mosquitto(tmp_path, options=("max_topic_alias 5",)) as broker:
        async with (
            peer(broker.port, "s", ProtocolChoice.MQTT_5) as subscriber,
            peer(broker.port, "g", ProtocolChoice.MQTT_5) as gateway,
        ):
            subscriber.connection.subscribe([Subscription("dcud/#")])
            subscriber.connection.publish(Publication(topic="dcud/ready", payload=b""))
            await subscriber.until(1)
            for number, topic in enumerate(topics):
                gateway.connection.publish(Publication(topic=topic, payload=b"%d" % number))
                gateway.connection.publish(Publication(topic=topic, payload=b"again"))
            heard = await subscriber.until(121)
    assert [message.topic for message in heard[1::2]] == topics
    assert [message.topic for message in heard[2::2]] == topics

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import pytest
from paho.mqtt.client import Client

from dcud.publish.paho_client import MQTT_3_1_1, MQTT_5, ClientCalls, new_client, release
from tests.support.scripted_broker import CONNACK_3_1_1, CONNACK_5, ScriptedBroker

pytestmark = [
    pytest.mark.filterwarnings("ignore:Callback API version 1:DeprecationWarning"),
    pytest.mark.usefixtures("paho_release"),
]


class _Heard:
    """Notes what the client tells."""

    def __init__(self) -> None:
        self.notes: list[tuple[object, ...]] = []
        self.calls = ClientCalls(
            connected=self._connected,
            acknowledged=lambda mid, reason: self.notes.append(("acknowledged", mid, reason)),
            disconnected=lambda reason: self.notes.append(("disconnected", reason)),
            socket_opened=lambda: self.notes.append(("opened",)),
            subscribed=lambda reasons: self.notes.append(("subscribed", *reasons)),
            received=lambda message: self.notes.append(("received", message)),
        )

    def _connected(self, reason: int, properties: Mapping[str, Any]) -> None:
        self.notes.append(("connected", reason, properties.get("ReceiveMaximum")))


async def _talk(
    broker: ScriptedBroker,
    protocol: int,
    act: Callable[[Client], Awaitable[object]] | None = None,
) -> list[tuple[object, ...]]:
    """Connect, do the act, let the broker close; return what was told."""
    heard = _Heard()
    client = new_client("c", protocol, heard.calls)

    def run() -> None:
        client.connect("127.0.0.1", broker.port)
        while client.loop() == 0:
            pass

    async with asyncio.TaskGroup() as group:
        running = group.create_task(asyncio.to_thread(run))
        if act is not None:
            await act(client)
        await running
    release(client)
    return heard.notes


async def _until_heard(broker: ScriptedBroker, publications: int) -> None:
    async with asyncio.timeout(10):
        while len(broker.published) < publications:  # noqa: ASYNC110  # it signals no event
            await asyncio.sleep(0.001)


@pytest.mark.parametrize(
    ("protocol", "octets", "reason"),
    [
        (MQTT_5, "20 03 00 84 00", 0x84),
        (MQTT_5, "20 02 00 01", 0x84),  # a broker of 3.1.1 answers in its own format
        (MQTT_5, "20 03 00 86 00", 0x86),
        (MQTT_3_1_1, "20 02 00 02", 0x85),
        (MQTT_3_1_1, "20 02 00 03", 0x88),
        (MQTT_3_1_1, "20 02 00 04", 0x86),
        (MQTT_3_1_1, "20 02 00 05", 0x87),
    ],
)
async def test_a_refusal_is_told_by_the_reason_codes_of_mqtt_5(
    protocol: int, octets: str, reason: int
) -> None:
    async with ScriptedBroker(lambda _: bytes.fromhex(octets)) as broker:
        notes = await _talk(broker, protocol)
    assert notes[:2] == [("opened",), ("connected", reason, None)]


async def test_the_broker_s_limits_are_told() -> None:
    connack = bytes.fromhex("20 06 00 00 03 21 00 05")  # Receive Maximum 5

    async def act(_: Client) -> None:
        async with asyncio.timeout(10):
            while not broker.levels:  # noqa: ASYNC110  # it signals no event
                await asyncio.sleep(0.001)
        await asyncio.sleep(0)
        broker.close()

    async with ScriptedBroker(lambda _: connack) as broker:
        notes = await _talk(broker, MQTT_5, act)
    assert ("connected", 0, 5) in notes
    assert notes[-1] == ("disconnected", 0)


@pytest.mark.parametrize(
    ("protocol", "answer", "reason"),
    [
        (MQTT_5, "40 02 {mid}", 0),
        (MQTT_5, "40 03 {mid} 87", 0x87),
        (MQTT_5, "40 04 {mid} 97 00", 0x97),
        (MQTT_5, "40 04 {mid} 10 00", 0x10),
        (MQTT_3_1_1, "40 02 {mid}", 0),
    ],
)
async def test_an_acknowledgement_is_told_with_its_reason(
    protocol: int, answer: str, reason: int
) -> None:
    def on_publish(message_id: bytes) -> bytes:
        return bytes.fromhex(answer.format(mid=message_id.hex()))

    def connack(level: int) -> bytes:
        return CONNACK_5 if level == 5 else CONNACK_3_1_1

    async def act(client: Client) -> None:
        while not client.is_connected():  # noqa: ASYNC110  # it signals no event of ours
            await asyncio.sleep(0.001)
        mids.append(client.publish("t", b"x", qos=1).mid)
        await _until_heard(broker, 1)
        broker.close()

    mids: list[int] = []
    async with asyncio.timeout(10), ScriptedBroker(connack, on_publish) as broker:
        notes = await _talk(broker, protocol, act)
    assert ("acknowledged", mids[0], reason) in notes


@pytest.mark.parametrize(
    ("octets", "reason"), [("E0 01 8E", 0x8E), ("E0 02 8E 00", 0x8E), ("E0 00", 0)]
)
async def test_a_disconnection_is_told_with_its_reason(octets: str, reason: int) -> None:
    def connack(_: int) -> bytes:
        return CONNACK_5 + bytes.fromhex(octets)

    async def act(_: Client) -> None:
        # Release 1.6 waits for the broker to close, as it does after a DISCONNECT.
        async with asyncio.timeout(10):
            while not broker.levels:  # noqa: ASYNC110  # it signals no event
                await asyncio.sleep(0.001)
        await asyncio.sleep(0)
        with suppress(ConnectionError):
            broker.close()

    async with ScriptedBroker(connack) as broker:
        notes = await _talk(broker, MQTT_5, act)
    assert ("disconnected", reason) in notes

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from dcud.publish.event_payload import Event
from dcud.publish.message import event_message, reading_message
from dcud.publish.mqtt import MqttBroker
from dcud.publish.parameters import MqttParameters, ProtocolChoice
from dcud.publish.publisher import Publisher, PublisherParameters
from dcud.publish.sparkplug.rendering import SparkplugParameters, SparkplugRendering
from dcud.publish.state_payload import MeterCondition, MeterState
from dcud.reading import Quantity, Reading, Value
from dcud.store.outbox import MAIN
from dcud.store.rows import OutboxLimits, OutboxMessage
from dcud.store.store import Store
from tests.support.fake_broker import FakeObserver
from tests.support.mosquitto import Mosquitto
from tests.support.sparkplug_host import Followed, ask_for_rebirth, follow, tell_host_state
from tests.support.subscriber import Heard, Subscriber

pytestmark = pytest.mark.e2e

_NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
_NCMD = "spBv1.0/plant/NCMD/g"
_IMPORT = "reading/profile/import"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path) as started:
        yield started


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    path = tmp_path / "store" / "outbox.db"
    async with await Store.open(path, OutboxLimits(), _NOW.timestamp) as opened:
        yield opened


@asynccontextmanager
async def _publishing(
    port: int,
    store: Store,
    *,
    primary_host: str = "",
    qos: int = 1,
    protocol: ProtocolChoice = ProtocolChoice.AUTO,
) -> AsyncIterator[Publisher]:
    """Publish the store while the block runs, then stop in order."""
    stopping = asyncio.Event()
    edge_node = SparkplugParameters(
        group="plant", edge_node="g", version="1", primary_host=primary_host, qos=qos, bd_seq=255
    )
    publisher = Publisher(
        PublisherParameters(
            version="1",
            rendering=SparkplugRendering(edge_node, _NOW.timestamp),
            reconnect_maximum=0.2,
        ),
        broker=MqttBroker(
            MqttParameters(host="127.0.0.1", port=port, client_id="dcud-g", protocol=protocol)
        ),
        outbox=store.uplink(MAIN),
        observer=FakeObserver(),
        clock=_NOW.timestamp,
        draw=random.random,
    )
    async with asyncio.TaskGroup() as group:
        group.create_task(publisher.run(stopping))
        try:
            yield publisher
        finally:
            stopping.set()


def _captured(meter: str, first: int, count: int) -> list[OutboxMessage]:
    """Return readings of a profile, one captured each second, the last long ago."""
    return [
        reading_message(
            Reading(
                meter=meter,
                logical_device_name="",
                bus="b",
                job="profile",
                read_time=_NOW,
                capture_time=_NOW - timedelta(days=1) + timedelta(seconds=n),
                values=(
                    Value(
                        obis="1.0.1.8.0.255",
                        attribute=2,
                        name="import",
                        value=Quantity(magnitude=Decimal(n)),
                        unit="Wh",
                    ),
                ),
            ),
            "g",
        )
        for n in range(first, first + count)
    ]


def _up(meter: str, publisher: Publisher, condition: MeterCondition = MeterCondition.UP) -> None:
    publisher.show_meter_state(meter, MeterState(condition=condition, since=_NOW))


async def _until(subscriber: Subscriber, condition: Callable[[Followed], bool]) -> Followed:
    """Return what a host knows once that is so."""

    def holds(heard: Sequence[Heard]) -> bool:
        return condition(follow(heard))

    return follow(await asyncio.to_thread(subscriber.wait_for, holds))


def _imports(followed: Followed, meter: str) -> list[object]:
    told = [*followed.history, *followed.current]
    return [value for device, name, _, value in told if (device, name) == (meter, _IMPORT)]


@pytest.mark.parametrize("qos", [0, 1])
@pytest.mark.parametrize("protocol", [ProtocolChoice.MQTT_5, ProtocolChoice.MQTT_3_1_1])
async def test_a_host_follows_from_birth_to_death(
    broker: Mosquitto, store: Store, protocol: ProtocolChoice, qos: int
) -> None:
    await store.append([*_captured("m1", 0, 300), *_captured("m2", 0, 10)])
    event = Event(time=_NOW, code="config_refused", text="a fault")
    await store.append([event_message(event, "g")])
    with Subscriber(broker.port, "spBv1.0/#") as subscriber:
        async with _publishing(broker.port, store, protocol=protocol, qos=qos) as publisher:
            _up("m1", publisher)
            _up("m2", publisher)
            await _until(subscriber, lambda known: bool(known.current))
            _up("m2", publisher, MeterCondition.DOWN)
            await _until(subscriber, lambda known: known.deaths == ["m2"])
        known = await _until(subscriber, lambda known: not known.is_online)
    assert known.faults == []
    assert known.sessions == [255]
    assert not known.is_online
    assert _imports(known, "m1") == list(range(300))
    assert _imports(known, "m2") == list(range(10))
    assert len(known.history) == 310
    assert ("", "event/code", 1772366400000, "config_refused") in known.current
    assert set(known.births) == {"m1", "m2"}


async def test_a_host_that_asks_gets_all_births_again(broker: Mosquitto, store: Store) -> None:
    await store.append(_captured("m1", 0, 5))
    with Subscriber(broker.port, "spBv1.0/#") as subscriber:
        async with _publishing(broker.port, store) as publisher:
            _up("m1", publisher)
            await _until(subscriber, lambda known: len(known.history) == 5)
            await asyncio.to_thread(ask_for_rebirth, broker.port, _NCMD)
            known = await _until(subscriber, lambda known: len(known.sessions) == 2)
            await store.append(_captured("m1", 5, 300))
            known = await _until(subscriber, lambda known: len(known.history) == 305)
    assert known.faults == []
    assert known.sessions == [255, 255]
    assert _imports(known, "m1") == list(range(305))


async def test_a_broker_that_is_killed_and_comes_back_misses_nothing(
    broker: Mosquitto, store: Store
) -> None:
    await store.append(_captured("m1", 0, 1000))
    with Subscriber(broker.port, "spBv1.0/#", qos=0) as subscriber:
        assert await asyncio.to_thread(broker.wait_for_line, "New client connected")
        await asyncio.to_thread(broker.save)
        async with _publishing(broker.port, store):
            await _until(subscriber, lambda known: len(known.history) >= 300)
            await asyncio.to_thread(broker.kill)
            await store.append(_captured("m1", 1000, 500))
            await asyncio.to_thread(broker.start)
            known = await _until(subscriber, lambda known: len(set(_imports(known, "m1"))) == 1500)
    assert list(dict.fromkeys(_imports(known, "m1"))) == list(range(1500))
    assert known.faults == []
    first, second = known.sessions
    assert first == 255
    assert second != first  # each attempt to connect is another session


async def test_what_is_said_waits_for_the_primary_host(broker: Mosquitto, store: Store) -> None:
    await store.append(_captured("m1", 0, 5))
    with Subscriber(broker.port, "spBv1.0/#") as subscriber:
        async with _publishing(broker.port, store, primary_host="scada") as publisher:
            _up("m1", publisher)
            await asyncio.to_thread(tell_host_state, broker.port, "scada", 1, online=False)
            await asyncio.to_thread(ask_for_rebirth, broker.port, _NCMD)
            await asyncio.to_thread(tell_host_state, broker.port, "scada", 2, online=True)
            await _until(subscriber, lambda known: len(known.history) == 5)
            await asyncio.to_thread(tell_host_state, broker.port, "scada", 3, online=False)
            await _until(subscriber, lambda known: not known.is_online)
            await store.append(_captured("m1", 5, 5))
            await asyncio.to_thread(tell_host_state, broker.port, "scada", 4, online=True)
            known = await _until(subscriber, lambda known: len(known.history) == 10)
    assert known.faults == []
    assert len(known.sessions) == 2
    assert _imports(known, "m1") == list(range(10))
    kinds = [message.topic.split("/")[1:3] for message in subscriber.heard]
    assert kinds.index(["plant", "NBIRTH"]) > kinds.index(["plant", "NCMD"])

import asyncio
import random
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from dcud.publish.errors import BrokerError, BrokerRefusedError
from dcud.publish.json_rendering import JsonRendering
from dcud.publish.mqtt import MqttBroker
from dcud.publish.parameters import MqttParameters, ProtocolChoice, TlsParameters
from dcud.publish.publication import Publication
from dcud.publish.publisher import Publisher, PublisherParameters
from dcud.store.outbox import MAIN
from dcud.store.rows import OutboxLimits, OutboxMessage
from dcud.store.store import Store
from tests.support.certificates import Authority
from tests.support.fake_broker import FakeObserver
from tests.support.mosquitto import BrokerTls, Mosquitto
from tests.support.subscriber import Heard, Subscriber

pytestmark = pytest.mark.e2e

_READINGS = "dcud/v1/g/meter/m/reading/j"
_STATE = "dcud/v1/g/state"
_WILL = Publication(topic=_STATE, payload=b"{}", retain=True)


@dataclass(frozen=True)
class _Password:
    octets: bytes = field(default=b"sesame")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path) as started:
        yield started


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    path = tmp_path / "store" / "outbox.db"
    async with await Store.open(path, OutboxLimits(), lambda: 1_800_000_000.0) as opened:
        yield opened


def _parameters(port: int) -> MqttParameters:
    return MqttParameters(host="127.0.0.1", port=port, client_id="dcud-g")


def _messages(first: int, count: int) -> list[OutboxMessage]:
    return [
        OutboxMessage(message_id=f"m{n}", topic=_READINGS, payload=b'{"n":%d}' % n)
        for n in range(first, first + count)
    ]


def _numbers(heard: Sequence[Heard]) -> list[int]:
    return [message.body["n"] for message in heard if message.topic == _READINGS]


@asynccontextmanager
async def _publishing(parameters: MqttParameters, store: Store) -> AsyncIterator[FakeObserver]:
    """Publish the store while the block runs, then stop in order."""
    observer, stopping = FakeObserver(), asyncio.Event()
    publisher = Publisher(
        PublisherParameters(
            version="0.1.0", rendering=JsonRendering("g", "0.1.0"), reconnect_maximum=0.2
        ),
        broker=MqttBroker(parameters),
        outbox=store.uplink(MAIN),
        observer=observer,
        clock=lambda: 1_800_000_000.0,
        draw=random.random,
    )
    async with asyncio.TaskGroup() as group:
        group.create_task(publisher.run(stopping))
        try:
            yield observer
        finally:
            stopping.set()


async def _until_empty(store: Store) -> None:
    async with asyncio.timeout(60):
        while store.stats().depth:  # noqa: ASYNC110  # the store announces no removal
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("protocol", [ProtocolChoice.MQTT_5, ProtocolChoice.MQTT_3_1_1])
async def test_readings_arrive_in_order_between_birth_and_death(
    broker: Mosquitto, store: Store, protocol: ProtocolChoice
) -> None:
    await store.append(_messages(0, 500))
    with Subscriber(broker.port) as subscriber:
        async with _publishing(replace(_parameters(broker.port), protocol=protocol), store):
            await _until_empty(store)
        heard = await asyncio.to_thread(
            subscriber.wait_for, lambda all_: sum(m.topic == _STATE for m in all_) == 2
        )
    assert _numbers(heard) == list(range(500))
    states = [message.body["state"] for message in heard if message.topic == _STATE]
    assert states == ["online", "offline"]
    with Subscriber(broker.port) as late:
        state = late.wait_for_topic(_STATE)
        assert state.retain
        assert state.body["reason"] == "stopped"
        assert _numbers(late.heard) == []


async def test_a_broker_that_is_killed_and_comes_back_misses_nothing(
    broker: Mosquitto, store: Store
) -> None:
    await store.append(_messages(0, 1000))
    # With QoS 0 each message is on its way to the subscriber before the broker acknowledges it to
    # us, and no answer of the subscriber's resets a connection with messages still to be read:
    # so the kill takes nothing that the broker was answerable for.
    with Subscriber(broker.port, _READINGS, qos=0) as subscriber:
        await asyncio.to_thread(broker.save)
        async with _publishing(_parameters(broker.port), store):
            await asyncio.to_thread(subscriber.wait_for, lambda heard: len(heard) >= 300)
            await asyncio.to_thread(broker.kill)
            await store.append(_messages(1000, 1000))
            assert store.stats().depth > 1000
            await asyncio.to_thread(broker.start)
            await _until_empty(store)
            heard = await asyncio.to_thread(
                subscriber.wait_for, lambda heard: len(set(_numbers(heard))) == 2000
            )
    firsts = list(dict.fromkeys(_numbers(heard)))
    assert firsts == list(range(2000))


async def test_without_a_broker_nothing_is_published_and_nothing_lost(
    tmp_path: Path, store: Store
) -> None:
    broker = Mosquitto(tmp_path)
    async with _publishing(_parameters(broker.port), store) as observer:
        await store.append(_messages(0, 100))
        await asyncio.sleep(0)
        assert observer.published_messages == 0
        await asyncio.to_thread(broker.start)
        await _until_empty(store)
        assert observer.published_messages == 100
        assert observer.connected == [True]
    await asyncio.to_thread(broker.stop)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def tls_broker(tmp_path: Path, authority: Authority) -> Iterator[Mosquitto]:
    server = authority.issue("server", address="127.0.0.1")
    tls = BrokerTls(
        certificate_file=server.certificate_file,
        private_key_file=server.private_key_file,
        ca_file=authority.ca_file,
    )
    with Mosquitto(tmp_path, tls=tls, options=("use_identity_as_username true",)) as started:
        yield started


async def test_tls_with_client_certificates(
    tls_broker: Mosquitto, authority: Authority, store: Store
) -> None:
    client = authority.issue("gateway-1")
    tls = TlsParameters(
        ca_file=authority.ca_file,
        certificate_file=client.certificate_file,
        private_key_file=client.private_key_file,
    )
    await store.append(_messages(0, 100))
    async with _publishing(replace(_parameters(tls_broker.port), tls=tls), store):
        await _until_empty(store)
    assert tls_broker.wait_for_line("u'gateway-1'")


async def test_a_broker_that_nobody_vouches_for_is_not_spoken_to(
    tls_broker: Mosquitto, tmp_path: Path
) -> None:
    other = Authority(tmp_path, "other")
    parameters = replace(_parameters(tls_broker.port), tls=TlsParameters(ca_file=other.ca_file))
    with pytest.raises(BrokerError, match="certificate verify failed"):
        await MqttBroker(parameters).connect(_WILL, asyncio.Event())


async def test_a_broker_under_another_name_is_not_spoken_to(
    tls_broker: Mosquitto, authority: Authority
) -> None:
    tls = TlsParameters(ca_file=authority.ca_file)
    parameters = replace(_parameters(tls_broker.port), host="localhost", tls=tls)
    with pytest.raises(BrokerError, match="certificate is not valid for 'localhost'"):
        await MqttBroker(parameters).connect(_WILL, asyncio.Event())


async def test_a_client_without_certificate_is_told_that_the_broker_broke_off(
    tls_broker: Mosquitto, authority: Authority
) -> None:
    tls = TlsParameters(ca_file=authority.ca_file)
    with pytest.raises(BrokerError, match=rf"broker 127\.0\.0\.1:{tls_broker.port}"):
        await MqttBroker(replace(_parameters(tls_broker.port), tls=tls)).connect(
            _WILL, asyncio.Event()
        )


@pytest.mark.parametrize("protocol", [ProtocolChoice.MQTT_5, ProtocolChoice.MQTT_3_1_1])
async def test_a_wrong_password_is_told(tmp_path: Path, protocol: ProtocolChoice) -> None:
    with Mosquitto(tmp_path, users={"gateway": "open"}) as broker:
        right = replace(
            _parameters(broker.port),
            username="gateway",
            password=_Password(b"open"),
            protocol=protocol,
        )
        (await MqttBroker(right).connect(_WILL, asyncio.Event())).abort()
        wrong = replace(right, password=_Password(b"sesame"))
        with pytest.raises(BrokerRefusedError, match="not authorized") as caught:
            await MqttBroker(wrong).connect(_WILL, asyncio.Event())
        assert "sesame" not in repr(caught.value)


async def test_what_the_broker_does_not_allow_stays_in_the_outbox(
    tmp_path: Path, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    acl = tmp_path / "acl"
    acl.write_text("topic write dcud/v1/g/state\ntopic write dcud/v1/g/meter/+/event\n")
    acl.chmod(0o600)
    await store.append(_messages(0, 5))
    with Mosquitto(tmp_path, options=(f"acl_file {acl}",)) as broker:
        async with _publishing(_parameters(broker.port), store), asyncio.timeout(20):
            while "refused dcud" not in caplog.text:  # noqa: ASYNC110  # a log announces nothing
                await asyncio.sleep(0.01)
    assert store.stats().depth == 5
    assert f"refused {_READINGS}: not authorized; let the broker's access rules" in caplog.text


async def test_a_session_taken_over_is_told_even_if_the_broker_gives_no_reason(
    broker: Mosquitto,
) -> None:
    wake = asyncio.Event()
    first = await MqttBroker(_parameters(broker.port)).connect(_WILL, wake)
    second = await MqttBroker(_parameters(broker.port)).connect(_WILL, asyncio.Event())
    async with asyncio.timeout(10):
        while first.error is None:
            await wake.wait()
            wake.clear()
    # Mosquitto 2.0.11 just closes; later ones say 0x8E.
    assert "client id 'dcud-g'" in str(first.error)
    await second.disconnect(5)


_PUBLISH_UNTIL_KILLED = """
import asyncio, random, sys
from pathlib import Path
from dcud.publish.json_rendering import JsonRendering
from dcud.publish.mqtt import MqttBroker
from dcud.publish.parameters import MqttParameters
from dcud.publish.publisher import Publisher, PublisherParameters
from dcud.store.outbox import MAIN
from dcud.store.rows import OutboxLimits
from dcud.store.store import Store
from tests.support.fake_broker import FakeObserver

async def main(port, path):
    async with await Store.open(path, OutboxLimits(), lambda: 1_800_000_000.0) as store:
        await Publisher(
            PublisherParameters(version="0.1.0", rendering=JsonRendering("g", "0.1.0")),
            broker=MqttBroker(MqttParameters(host="127.0.0.1", port=port, client_id="dcud-g")),
            outbox=store.uplink(MAIN),
            observer=FakeObserver(),
            clock=lambda: 1_800_000_000.0,
            draw=random.random,
        ).run(asyncio.Event())

asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))
"""


def test_the_will_speaks_for_a_gateway_that_was_killed(broker: Mosquitto, tmp_path: Path) -> None:
    with Subscriber(broker.port, _STATE) as subscriber:
        arguments = [str(broker.port), str(tmp_path / "outbox.db")]
        with subprocess.Popen([sys.executable, "-c", _PUBLISH_UNTIL_KILLED, *arguments]) as gateway:
            assert subscriber.wait_for_topic(_STATE).body["state"] == "online"
            gateway.kill()
        _, will = subscriber.wait_for(lambda heard: len(heard) == 2)
    assert (will.body["state"], will.body["reason"]) == ("offline", "connection_lost")


async def test_a_stop_takes_no_longer_than_it_must(broker: Mosquitto, store: Store) -> None:
    await store.append(_messages(0, 10))
    async with _publishing(_parameters(broker.port), store):
        await _until_empty(store)
        began = time.monotonic()
    assert time.monotonic() - began < 2

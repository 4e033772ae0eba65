import asyncio
import gc
import threading
import weakref
from dataclasses import dataclass, field, replace

import pytest
from paho.mqtt.client import Client

from dcud.publish import mqtt
from dcud.publish.errors import (
    BrokerError,
    BrokerRefusedError,
    CredentialError,
    SessionTakenOverError,
    UnansweredError,
)
from dcud.publish.mqtt import MqttBroker, MqttConnection
from dcud.publish.parameters import MqttParameters, ProtocolChoice, TlsParameters
from dcud.publish.publication import Acknowledgement, Publication
from tests.support.mosquitto import free_port
from tests.support.scripted_broker import CONNACK_3_1_1, CONNACK_5, ScriptedBroker

pytestmark = [
    pytest.mark.filterwarnings("ignore:Callback API version 1:DeprecationWarning"),
    pytest.mark.usefixtures("paho_release"),
]

_WILL = Publication(topic="dcud/v1/g/state", payload=b"{}", retain=True)
_REFUSED_5 = bytes.fromhex("20 03 00 84 00")
_REFUSED_3_1_1 = bytes.fromhex("20 02 00 01")


@dataclass(frozen=True)
class _Password:
    octets: bytes = field(default=b"sesame")


def _parameters(port: int) -> MqttParameters:
    return MqttParameters(host="127.0.0.1", port=port, client_id="dcud-g", connect_timeout=5)


def _accept(level: int) -> bytes:
    return CONNACK_5 if level == 5 else CONNACK_3_1_1


async def _connect(parameters: MqttParameters) -> tuple[MqttConnection, asyncio.Event]:
    wake = asyncio.Event()
    return await MqttBroker(parameters).connect(_WILL, wake), wake


async def _next_news(wake: asyncio.Event) -> None:
    async with asyncio.timeout(10):
        await wake.wait()
    wake.clear()


async def test_mqtt_5_is_spoken_first() -> None:
    async with ScriptedBroker(_accept) as broker:
        connection, _ = await _connect(_parameters(broker.port))
        assert broker.levels == [5]
        assert connection.description == f"127.0.0.1:{broker.port}, MQTT 5"
        connection.abort()


@pytest.mark.parametrize(
    ("refusal", "levels"),
    [
        (_REFUSED_5, [5, 4, 4]),
        (_REFUSED_3_1_1, [5, 4, 4]),
        (None, [5, 4, 5, 4]),  # closed, perhaps for another reason
        (b"", [5, 4, 5, 4]),  # silent, likewise
    ],
)
async def test_a_broker_that_does_not_take_5_is_spoken_to_in_3_1_1(
    refusal: bytes | None, levels: list[int]
) -> None:
    async with ScriptedBroker(lambda level: refusal if level == 5 else CONNACK_3_1_1) as server:
        broker = MqttBroker(replace(_parameters(server.port), connect_timeout=1))
        for _ in range(2):
            connection = await broker.connect(_WILL, asyncio.Event())
            assert connection.description.endswith("MQTT 3.1.1")
            connection.abort()
        assert server.levels == levels


async def test_a_broker_that_once_spoke_5_is_not_taken_for_an_older_one() -> None:
    answers: list[bytes | None] = [CONNACK_5, None, None]
    async with ScriptedBroker(lambda _: answers.pop(0)) as server:
        broker = MqttBroker(_parameters(server.port))
        (await broker.connect(_WILL, asyncio.Event())).abort()
        with pytest.raises(UnansweredError, match="expects TLS there"):
            await broker.connect(_WILL, asyncio.Event())
        assert server.levels == [5, 5]


async def test_a_broker_that_refuses_both_is_reported_by_its_first_answer() -> None:
    async with ScriptedBroker(lambda level: _REFUSED_5 if level == 5 else None) as server:
        with pytest.raises(BrokerRefusedError, match="unsupported protocol version"):
            await _connect(_parameters(server.port))
        assert server.levels == [5, 4]


@pytest.mark.parametrize(
    ("choice", "level"), [(ProtocolChoice.MQTT_5, 5), (ProtocolChoice.MQTT_3_1_1, 4)]
)
async def test_a_chosen_version_is_not_departed_from(choice: ProtocolChoice, level: int) -> None:
    async with ScriptedBroker(lambda _: None) as server:
        with pytest.raises(UnansweredError):
            await _connect(replace(_parameters(server.port), protocol=choice))
        assert server.levels == [level]


async def test_the_broker_s_limits_are_kept() -> None:
    # Receive Maximum 5, Maximum Packet Size 200
    limits = bytes.fromhex("20 0B 00 00 08 21 00 05 27 00 00 00 C8")
    async with ScriptedBroker(lambda _: limits) as server:
        connection, _ = await _connect(_parameters(server.port))
        assert connection.window == 5
        assert connection.fits(Publication(topic="t", payload=bytes(100)))
        assert not connection.fits(Publication(topic="t", payload=bytes(200)))
        connection.abort()
    async with ScriptedBroker(_accept) as server:
        connection, _ = await _connect(replace(_parameters(server.port), window=7))
        assert connection.window == 7
        assert connection.fits(Publication(topic="t", payload=bytes(1_000_000)))
        connection.abort()


async def test_publications_are_acknowledged_by_their_tokens() -> None:
    def refuse_second(message_id: bytes) -> bytes:
        if len(server.published) == 2:
            return b"\x40\x03" + message_id + b"\x87"
        return b"\x40\x02" + message_id

    async with ScriptedBroker(_accept, refuse_second) as server:
        connection, wake = await _connect(_parameters(server.port))
        tokens = [connection.publish(Publication(topic=f"t{n}", payload=b"x")) for n in range(3)]
        answers: list[Acknowledgement] = []
        while len(answers) < 3:
            await _next_news(wake)
            answers += connection.acknowledgements()
        assert answers == [
            Acknowledgement(tokens[0], 0),
            Acknowledgement(tokens[1], 0x87),
            Acknowledgement(tokens[2], 0),
        ]
        connection.abort()


async def test_readings_expire_and_states_do_not() -> None:
    async with ScriptedBroker(_accept) as server:
        connection, wake = await _connect(replace(_parameters(server.port), message_expiry=3600.0))
        connection.publish(Publication(topic="t", payload=b"x"))
        connection.publish(Publication(topic="t", payload=b"x", retain=True))
        while len(server.published) < 2:
            await _next_news(wake)
        expiry = bytes.fromhex("02 00 00 0E 10")
        assert [expiry in body for body in server.published] == [True, False]
        assert all(b"application/json" in body for body in server.published)
        connection.abort()


async def test_a_session_is_kept_where_that_is_wanted() -> None:
    async with ScriptedBroker(_accept) as broker:
        parameters = _parameters(broker.port)
        connection, _ = await _connect(replace(parameters, session_expiry=90))
        connection.abort()
        connection, _ = await _connect(parameters)
        connection.abort()
        kept, anew = broker.connects
    assert not kept[7] & 0b10  # Clean Start
    assert bytes.fromhex("11 00 00 00 5a") in kept  # Session Expiry Interval
    assert anew[7] & 0b10


async def test_a_connection_that_is_left_in_order_says_so() -> None:
    async with ScriptedBroker(_accept) as server:
        connection, _ = await _connect(_parameters(server.port))
        await connection.disconnect(10)
        async with asyncio.timeout(10):
            await server.closed.wait()
        assert len(server.disconnects) == 1
        assert connection.error is not None


async def test_a_connection_that_is_aborted_says_nothing() -> None:
    async with ScriptedBroker(_accept) as server:
        connection, wake = await _connect(_parameters(server.port))
        connection.abort()
        async with asyncio.timeout(10):
            await server.closed.wait()
        assert server.disconnects == []
        while connection.error is None:
            await _next_news(wake)


async def test_a_lost_connection_is_told() -> None:
    async with ScriptedBroker(_accept) as server:
        connection, wake = await _connect(_parameters(server.port))
        server.close()
        while connection.error is None:
            await _next_news(wake)
        assert connection.error.message == f"broker 127.0.0.1:{server.port}: connection lost"
        assert "another client with the client id 'dcud-g'" in connection.error.remedy


@pytest.mark.parametrize("octets", ["E0 01 8E", "E0 02 8E 00"])
async def test_a_session_taken_over_is_told_with_its_remedy(octets: str) -> None:
    async with ScriptedBroker(_accept) as server:
        connection, wake = await _connect(_parameters(server.port))
        server.send(bytes.fromhex(octets))
        server.close()
        while connection.error is None:
            await _next_news(wake)
        assert isinstance(connection.error, SessionTakenOverError)
        assert "'dcud-g'; give each gateway" in str(connection.error)


async def test_another_reason_of_the_broker_is_told_in_words() -> None:
    async with ScriptedBroker(_accept) as server:
        connection, wake = await _connect(_parameters(server.port))
        server.send(bytes.fromhex("E0 01 8B"))
        server.close()
        while connection.error is None:
            await _next_news(wake)
        assert "server shutting down" in str(connection.error)


async def test_a_wrong_password_is_told_without_it() -> None:
    async with ScriptedBroker(lambda _: bytes.fromhex("20 03 00 86 00")) as server:
        parameters = replace(_parameters(server.port), username="g", password=_Password())
        with pytest.raises(BrokerRefusedError) as caught:
            await _connect(parameters)
    assert "bad user name or password; let [mqtt] username" in str(caught.value)
    assert caught.value.reason == 0x86
    assert "sesame" not in repr(caught.value)


async def test_a_password_that_is_no_text_is_told_without_it() -> None:
    parameters = replace(_parameters(1), username="g", password=_Password(b"\xfe\xff"))
    with pytest.raises(CredentialError, match="no UTF-8 text") as caught:
        await _connect(parameters)
    assert caught.value.__suppress_context__


async def test_nobody_there_is_told() -> None:
    port = free_port()
    with pytest.raises(
        BrokerError, match=rf"127\.0\.0\.1:{port}: Connection refused; look whether"
    ):
        await _connect(_parameters(port))


async def test_a_name_that_nobody_knows_is_told() -> None:
    with pytest.raises(BrokerError, match=r"broker nowhere\.invalid:1: "):
        await _connect(replace(_parameters(1), host="nowhere.invalid"))


async def test_a_broker_that_never_answers_is_given_up() -> None:
    async with ScriptedBroker(lambda _: b"") as server:
        with pytest.raises(BrokerError, match=r"did not answer in 0\.2 s; look for a firewall"):
            await _connect(replace(_parameters(server.port), connect_timeout=0.2))
        async with asyncio.timeout(10):
            await server.closed.wait()


async def test_tls_material_that_can_not_be_used_is_told() -> None:
    async with ScriptedBroker(_accept) as server:
        tls = TlsParameters(ca_file=mqtt.__file__)  # type: ignore[arg-type]  # a path will do
        with pytest.raises(CredentialError, match=r"can't use .*mqtt\.py"):
            await _connect(replace(_parameters(server.port), tls=tls))


async def test_a_cancelled_attempt_leaves_nothing_behind() -> None:
    asked = asyncio.Event()

    def silent(_: int) -> bytes:
        asked.set()
        return b""

    async with ScriptedBroker(silent) as server:
        attempt = asyncio.ensure_future(_connect(_parameters(server.port)))
        async with asyncio.timeout(10):
            await asked.wait()
            attempt.cancel()
            with pytest.raises(asyncio.CancelledError):
                await attempt
            await server.closed.wait()


async def test_a_connection_that_comes_too_late_does_not_take_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given_up = threading.Event()
    at_once = MqttConnection._open

    def late(self: MqttConnection, client: Client) -> None:
        assert given_up.wait(10)
        at_once(self, client)

    monkeypatch.setattr(MqttConnection, "_open", late)
    async with ScriptedBroker(_accept) as server:
        connection = MqttConnection(_parameters(server.port), 5, _WILL, wake := asyncio.Event())
        connection.abort()
        given_up.set()
        while connection.error is None:
            await _next_news(wake)
        async with asyncio.timeout(10):
            await server.closed.wait()
        assert server.levels == []


async def test_a_connection_that_ended_is_forgotten() -> None:
    async with ScriptedBroker(_accept) as server:
        connection, _ = await _connect(_parameters(server.port))
        await connection.disconnect(10)
        client = weakref.ref(connection._client)
        del connection
        for thread in threading.enumerate():
            if thread.name == "dcud-mqtt":
                await asyncio.to_thread(thread.join, 10)
        gc.collect()
        assert client() is None

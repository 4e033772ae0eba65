import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from dcud.publish.errors import BrokerError, SessionTakenOverError
from dcud.publish.json_rendering import JsonRendering
from dcud.publish.publication import Publication, Received, Subscription
from dcud.publish.publisher import Publisher, PublisherParameters
from dcud.publish.replies import Reply
from dcud.publish.state_payload import MeterCondition, MeterState
from tests.support.fake_broker import FakeBroker, FakeConnection, FakeObserver
from tests.support.fake_outbox import FakeOutbox

pytestmark = pytest.mark.looptime

_STATE = "dcud/v1/g/state"


class _Setting:
    """A publisher that runs while `during` does."""

    def __init__(self, broker: FakeBroker, *topics: str) -> None:
        self.broker = broker
        self.outbox = FakeOutbox(*topics)
        self.observer = FakeObserver()
        self.publisher = Publisher(
            PublisherParameters(version="0.1.0", rendering=JsonRendering("g", "0.1.0")),
            broker=broker,
            outbox=self.outbox,
            observer=self.observer,
            clock=lambda: 1_800_000_000.0,
            draw=lambda: 1.0,
        )
        self.stop_took = 0.0

    async def during(self, act: Callable[[], Awaitable[object]]) -> None:
        """Run, do the act, stop; note how long the stop took."""
        clock = asyncio.get_running_loop().time
        stopping = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            running = group.create_task(self.publisher.run(stopping))
            await act()
            stopping.set()
            began = clock()
            await running
        self.stop_took = clock() - began


def _made(**options: object) -> FakeConnection:
    return FakeConnection(asyncio.Event(), **options)  # type: ignore[arg-type]  # as they come


def _states(connection: FakeConnection) -> list[tuple[str, str]]:
    """Return the gateway's states as they were published, each with its reason."""
    bodies = [json.loads(p.payload) for p in connection.published if p.topic == _STATE]
    return [(body["state"], body.get("reason", "")) for body in bodies]


async def test_the_outbox_is_published_and_emptied_between_birth_and_death() -> None:
    setting = _Setting(FakeBroker(), "a", "b")
    await setting.during(lambda: asyncio.sleep(1))
    (connection,) = setting.broker.connections
    assert connection.topics == [_STATE, "a", "b", _STATE]
    assert _states(connection) == [("online", ""), ("offline", "stopped")]
    assert setting.outbox.waiting == []
    assert connection.left == "disconnected"
    assert setting.observer.connected == [True, False]
    assert setting.observer.published_messages == 2
    assert setting.stop_took < 0.1


class _Echo:
    """Answers every message with itself."""

    subscriptions = (Subscription("ask"),)

    def heard(self, message: Received, reply: Reply) -> None:
        reply(Publication(topic="answer", payload=message.payload))


async def test_what_is_heard_is_answered_after_a_lost_connection_again() -> None:
    first, second = _made(answers=False), _made()
    setting = _Setting(FakeBroker(first, second))
    setting.publisher.listen(_Echo())

    async def ask() -> None:
        await asyncio.sleep(1)
        first.say(Received(topic="ask", payload=b"?"))
        await asyncio.sleep(1)
        assert first.topics == [_STATE, "answer"]
        first.lose()
        await asyncio.sleep(5)

    await setting.during(ask)
    assert first.subscriptions == second.subscriptions == [Subscription("ask")]
    assert second.topics == [_STATE, "answer", _STATE]


async def test_the_will_says_that_the_connection_was_lost() -> None:
    setting = _Setting(FakeBroker())
    await setting.during(lambda: asyncio.sleep(1))
    (will,) = setting.broker.wills
    assert (will.topic, will.retain) == (_STATE, True)
    assert json.loads(will.payload) == {
        "schema_version": 1,
        "gateway": "g",
        "state": "offline",
        "version": "0.1.0",
        "reason": "connection_lost",
    }


async def test_new_rows_go_out_without_polling() -> None:
    setting = _Setting(FakeBroker())

    async def act() -> None:
        await asyncio.sleep(100)
        setting.outbox.put("a")
        await asyncio.sleep(0.05)
        assert setting.outbox.waiting == []

    await setting.during(act)
    assert len(setting.outbox.fetches) == 1


async def test_without_a_broker_it_waits_with_growing_pauses_and_delivers_then(
    caplog: pytest.LogCaptureFixture,
) -> None:
    refused = [BrokerError("broker h:1: Connection refused")] * 8
    setting = _Setting(FakeBroker(*refused), "a")
    await setting.during(lambda: asyncio.sleep(300))
    attempts = setting.broker.attempts
    pauses = [round(b - a) for a, b in pairwise(attempts)]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    assert setting.outbox.waiting == []
    assert [r.levelname for r in caplog.records if "refused" in r.getMessage()] == ["WARNING"]


async def test_after_a_loss_what_was_not_acknowledged_goes_again_from_the_oldest() -> None:
    first = _made(window=3, answers=False)
    setting = _Setting(FakeBroker(first), *"abcde")

    async def act() -> None:
        await asyncio.sleep(1)
        assert first.topics == [_STATE, "a", "b"]
        first.answer(2)
        await asyncio.sleep(1)
        assert first.topics == [_STATE, "a", "b", "c", "d"]
        first.lose()
        await asyncio.sleep(10)

    await setting.during(act)
    assert first.left == "aborted"
    assert setting.broker.connections[1].topics == [_STATE, *"bcde", _STATE]
    assert setting.outbox.waiting == []
    assert setting.observer.connected == [True, False, True, False]


async def test_states_are_told_again_on_every_connection() -> None:
    first = _made()
    setting = _Setting(FakeBroker(first))
    up = MeterState(condition=MeterCondition.UP, since=datetime(2026, 3, 1, tzinfo=UTC))

    async def act() -> None:
        await asyncio.sleep(1)
        setting.publisher.show_meter_state("m", up)
        await asyncio.sleep(1)
        first.lose()
        await asyncio.sleep(10)

    await setting.during(act)
    meter = "dcud/v1/g/meter/m/state"
    assert first.topics == [_STATE, meter]
    second = setting.broker.connections[1]
    assert second.topics == [_STATE, meter, _STATE]
    assert _states(second)[0] == ("online", "")
    assert all(publication.retain for publication in second.published)


async def test_a_session_taken_over_is_not_fought_over(caplog: pytest.LogCaptureFixture) -> None:
    first = _made()
    setting = _Setting(FakeBroker(first))

    async def act() -> None:
        await asyncio.sleep(1)
        first.lose(SessionTakenOverError("another client came", remedy="own client_id"))
        await asyncio.sleep(70)

    await setting.during(act)
    assert round(setting.broker.attempts[1] - setting.broker.attempts[0]) == 61
    assert "another client came" in caplog.text


async def test_connections_that_break_at_once_do_not_hurry_it() -> None:
    class _Fickle(FakeBroker):
        async def connect(self, will: object, wake: asyncio.Event) -> FakeConnection:
            connection = await super().connect(will, wake)  # type: ignore[arg-type]  # as given
            connection.lose()
            return connection

    setting = _Setting(_Fickle())
    await setting.during(lambda: asyncio.sleep(120))
    assert len(setting.broker.attempts) == 7  # after 1, 2, 4, 8, 16, 32 s


async def test_a_connection_that_lasted_begins_with_short_pauses_again() -> None:
    first = _made()
    errors = [BrokerError("gone")] * 4
    setting = _Setting(FakeBroker(*errors, first))

    async def act() -> None:
        await asyncio.sleep(100)
        first.lose()
        await asyncio.sleep(1.5)
        assert len(setting.broker.connections) == 2

    await setting.during(act)


async def test_a_stop_flushes_for_a_bounded_time() -> None:
    silent = _made(window=2, answers=False)
    setting = _Setting(FakeBroker(silent), *"abc")
    await setting.during(lambda: asyncio.sleep(1))
    assert 1 <= setting.stop_took <= 2.5
    assert silent.left == "disconnected"
    assert setting.outbox.waiting == ["a", "b", "c"]


async def test_a_stop_flushes_what_came_last() -> None:
    setting = _Setting(FakeBroker())

    async def act() -> None:
        await asyncio.sleep(1)
        setting.outbox.put(*(["last"] * 500))

    await setting.during(act)
    assert setting.outbox.waiting == []
    assert setting.stop_took < 2


@pytest.mark.parametrize(
    "broker", [FakeBroker(None), FakeBroker(*[BrokerError("gone")] * 9)], ids=["silent", "absent"]
)
async def test_a_stop_without_a_connection_is_immediate(broker: FakeBroker) -> None:
    setting = _Setting(broker, "a")
    await setting.during(lambda: asyncio.sleep(20))
    assert setting.stop_took < 0.01
    assert setting.outbox.waiting == ["a"]


async def test_a_stop_before_the_start_connects_to_nothing() -> None:
    setting = _Setting(FakeBroker(None))
    stopping = asyncio.Event()
    stopping.set()
    await setting.publisher.run(stopping)
    assert setting.broker.attempts == []


async def test_a_connection_lost_during_the_stop_ends_it() -> None:
    silent = _made(answers=False)
    setting = _Setting(FakeBroker(silent), "a")

    async def act() -> None:
        await asyncio.sleep(1)
        asyncio.get_running_loop().call_later(0.5, silent.lose)

    await setting.during(act)
    assert setting.stop_took < 0.6
    assert silent.left == "aborted"
    assert setting.outbox.waiting == ["a"]


async def test_a_cancelled_publisher_breaks_off_so_that_the_will_speaks() -> None:
    setting = _Setting(FakeBroker())
    running = asyncio.ensure_future(setting.publisher.run(asyncio.Event()))
    await asyncio.sleep(1)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert setting.broker.connections[0].left == "aborted"
    assert setting.observer.connected == [True, False]

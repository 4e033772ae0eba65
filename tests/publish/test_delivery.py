import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from dcud.publish.backoff import Backoff
from dcud.publish.complaint import Complaint
from dcud.publish.delivery import Delivery, Supply
from dcud.publish.discharge import Discharge
from dcud.publish.json_rendering import JsonRendering
from dcud.publish.publication import Publication
from dcud.publish.refusals import Refusals
from dcud.publish.rendering import Message, Rendering
from dcud.publish.replies import Replies
from dcud.publish.state_payload import MeterCondition, MeterState
from dcud.publish.states import StateBoard
from tests.support.fake_broker import FakeConnection, FakeObserver
from tests.support.fake_outbox import FakeOutbox

pytestmark = pytest.mark.looptime


_STATE = "dcud/v1/g/meter/m/state"
_UP = MeterState(condition=MeterCondition.UP, since=datetime(2026, 3, 1, tzinfo=UTC))


class _Setting:
    """A delivery whose discharge doesn't run: what is acknowledged stays, marked."""

    def __init__(
        self,
        *topics: str,
        window: int = 20,
        answers: bool = True,
        rendering: Rendering | None = None,
    ) -> None:
        wake = asyncio.Event()
        self.outbox = FakeOutbox(*topics)
        self.states = StateBoard()
        self.replies = Replies(wake.set)
        self.refusals = Refusals()
        self.observer = FakeObserver()
        self.discharge = Discharge(self.outbox, wake, self._backoff())
        self.connection = FakeConnection(wake, window=window, answers=answers)
        supply = Supply(
            outbox=self.outbox,
            rendering=rendering or JsonRendering("g", "0.1.0"),
            refusals=self.refusals,
            clock=lambda: 0.0,
            states=self.states,
            replies=self.replies,
            discharge=self.discharge,
            observer=self.observer,
            backoff=self._backoff(),
            complaint=Complaint(),
        )
        self.delivery = Delivery(self.connection, supply)

    @staticmethod
    def _backoff() -> Backoff:
        return Backoff(initial=1, maximum=60, draw=lambda: 1.0)

    async def step(self) -> None:
        self.delivery.take_acknowledgements()
        await self.delivery.fill()


async def test_rows_go_in_order_up_to_the_window() -> None:
    setting = _Setting(*"abcdefg", window=3, answers=False)
    await setting.step()
    assert setting.connection.topics == ["a", "b", "c"]
    await setting.step()
    assert setting.connection.unanswered == 3
    setting.connection.answer(2)
    await setting.step()
    assert setting.connection.topics == ["a", "b", "c", "d", "e"]
    assert (1 in setting.discharge, 3 in setting.discharge) == (True, False)
    assert setting.observer.published_messages == 2
    assert not setting.delivery.finished


async def test_an_answer_goes_before_rows_and_is_let_go_once_acknowledged() -> None:
    setting = _Setting("reading", answers=False)
    setting.replies.say(Publication(topic="answer", payload=b"{}", correlation=b"1"))
    await setting.step()
    assert setting.connection.topics == ["answer", "reading"]
    assert setting.connection.published[0].correlation == b"1"
    setting.connection.answer()
    await setting.step()
    assert setting.replies.all_said
    assert setting.observer.published_messages == 1
    assert setting.delivery.finished


async def test_an_answer_that_is_refused_or_too_large_is_told_and_let_go(
    caplog: pytest.LogCaptureFixture,
) -> None:
    setting = _Setting("reading")
    setting.connection.largest = 10
    setting.connection.refusals["refused"] = 0x87
    setting.replies.say(Publication(topic="refused", payload=b"{}"))
    setting.replies.say(Publication(topic="large", payload=bytes(11)))
    await setting.step()
    await setting.step()
    assert setting.connection.topics == ["refused", "reading"]
    assert setting.delivery.finished
    assert "large" in caplog.text
    assert "an answer" in caplog.text


async def test_readings_are_not_retained_and_states_go_first() -> None:
    setting = _Setting("reading")
    setting.states.show("m", _UP)
    setting.states.show("gone", None)
    await setting.step()
    assert [(p.topic, p.retain) for p in setting.connection.published] == [
        (_STATE, True),
        ("dcud/v1/g/meter/gone/state", True),
        ("reading", False),
    ]
    assert setting.connection.published[1].payload == b""
    await setting.step()
    assert setting.observer.published_messages == 1
    assert setting.delivery.finished


async def test_only_an_acknowledged_row_is_removed() -> None:
    setting = _Setting("a", answers=False)
    await setting.step()
    assert 1 not in setting.discharge
    setting.connection.lose()
    await setting.step()
    assert 1 not in setting.discharge


async def test_an_outbox_without_news_is_not_asked() -> None:
    setting = _Setting("a")
    for _ in range(5):
        await setting.step()
    assert len(setting.outbox.fetches) == 1
    setting.outbox.put("b")
    await setting.step()
    assert setting.connection.topics == ["a", "b"]
    assert len(setting.outbox.fetches) == 2


async def test_rows_that_the_outbox_dropped_meanwhile_do_not_make_it_wait() -> None:
    setting = _Setting("a")
    setting.outbox.rows.clear()
    await setting.step()
    assert setting.connection.published == []
    assert setting.delivery.finished


async def test_never_more_is_fetched_than_is_soon_sent() -> None:
    setting = _Setting(*(["t"] * 1000), window=10, answers=False)
    await setting.step()
    assert setting.outbox.fetches == [200]


async def test_a_refused_row_stays_and_is_tried_again_after_a_pause(
    caplog: pytest.LogCaptureFixture,
) -> None:
    setting = _Setting(*"abc", window=2)
    setting.connection.refusals = {"a": 0x87}
    await setting.step()
    await setting.step()
    assert "refused a: not authorized; let the broker's access rules" in caplog.text
    assert 1 not in setting.discharge
    assert 2 in setting.discharge
    resume_at = setting.delivery.resume_at
    assert resume_at is not None
    assert not setting.delivery.finished
    await setting.step()
    assert setting.connection.topics == ["a", "b", "c"]

    setting.connection.refusals = {}
    await asyncio.sleep(resume_at - asyncio.get_running_loop().time())
    await setting.step()
    await setting.step()
    assert setting.connection.topics == ["a", "b", "c", "a"]
    assert all(row_id in setting.discharge for row_id in (1, 2, 3))
    assert setting.delivery.finished


async def pass_time(setting: _Setting, seconds: float) -> None:
    """Have the delivery work for so long as the publisher would."""
    clock = asyncio.get_running_loop().time
    until = clock() + seconds
    while clock() < until:
        await setting.step()
        await setting.step()
        await asyncio.sleep(0.25)


async def test_behind_a_refused_row_its_meter_s_others_wait_and_no_other_meter_s() -> None:
    setting = _Setting("m", "x", "m", "x", "m")
    setting.connection.refusals = {"m": 0x87}
    await setting.step()
    assert setting.connection.topics == ["m", "x", "m", "x", "m"]  # the window was ahead
    await setting.step()
    setting.outbox.put("m", "x")
    await pass_time(setting, 0.5)
    assert setting.connection.topics[5:] == ["x"]
    setting.connection.refusals = {}
    await pass_time(setting, 2)
    rows = [row for row in setting.outbox.rows if row.row_id not in setting.discharge]
    assert rows == []
    assert setting.connection.topics[6:] == ["m", "m", "m", "m"]


async def test_a_row_that_is_refused_again_and_again_while_others_pass_is_parked(
    caplog: pytest.LogCaptureFixture,
) -> None:
    setting = _Setting("bad", "good", "bad", answers=True)
    setting.connection.refusals = {"bad": 0x99}
    await pass_time(setting, 20)
    assert [row.row_id for row in setting.outbox.parked] == [1]
    ((meter, message_id, reason),) = setting.observer.parkings
    assert (meter, message_id) == ("bad", "m1")
    assert "payload format invalid" in reason
    assert setting.connection.topics.count("bad") > 5  # the next one has its own attempts
    assert 2 in setting.discharge
    setting.outbox.put("good")
    await pass_time(setting, 120)
    assert [row.row_id for row in setting.outbox.parked] == [1, 3]
    assert setting.delivery.finished


async def test_as_long_as_nothing_passes_nothing_is_parked() -> None:
    setting = _Setting("a", "b")
    setting.connection.refusals = {"a": 0x87, "b": 0x87}
    await pass_time(setting, 600)
    assert setting.outbox.parked == []
    assert len(setting.connection.published) < 40  # the pauses grew to a minute
    setting.connection.refusals = {}
    await pass_time(setting, 61)
    assert {row.row_id for row in setting.outbox.rows if row.row_id in setting.discharge} == {1, 2}


async def test_a_store_that_can_not_park_is_asked_again() -> None:
    setting = _Setting("bad", "good")
    setting.connection.refusals = {"bad": 0x99}
    await pass_time(setting, 16)
    setting.outbox.failures = 2
    await pass_time(setting, 20)
    assert [row.row_id for row in setting.outbox.parked] == [1]


async def test_what_was_refused_is_tried_on_the_next_connection() -> None:
    setting = _Setting("a")
    setting.connection.refusals = {"a": 0x87}
    await pass_time(setting, 1.2)
    setting.connection.answers = False
    await pass_time(setting, 3)
    assert setting.refusals.next_at() is None  # it is on its way again
    again = _Setting("a")
    setting.refusals.begin_again(asyncio.get_running_loop().time())
    assert setting.refusals.next_at() is not None
    assert again.refusals.next_at() is None


class _Waiting(JsonRendering):
    """Has something to wait for."""

    is_ready = False


async def test_rows_wait_while_those_whom_they_are_for_are_not_there() -> None:
    rendering = _Waiting("g", "1")
    setting = _Setting("a", rendering=rendering)
    setting.states.show("m", _UP)
    await setting.step()
    assert setting.connection.topics == [_STATE]
    rendering.is_ready = True
    await setting.step()
    assert setting.connection.topics == [_STATE, "a"]


class _Doubling(JsonRendering):
    """Says everything twice, and nothing of "mute"."""

    def connected(self) -> Sequence[Publication]:
        return (Publication(topic="birth", payload=b""),)

    def message(self, message: Message) -> Sequence[Publication]:
        if message.topic == "mute":
            return ()
        return [Publication(topic=f"{message.topic}{n}", payload=b"") for n in (1, 2)]


async def test_a_message_is_delivered_once_all_that_it_became_is_acknowledged() -> None:
    setting = _Setting("mute", "a", "b", window=3, answers=False, rendering=_Doubling("g", "1"))
    await setting.step()
    assert setting.connection.topics == ["birth", "a1", "a2"]
    assert 1 in setting.discharge
    assert not setting.delivery.finished
    setting.connection.answer(2)
    await setting.step()
    assert 2 not in setting.discharge
    assert setting.connection.topics[3:] == ["b1", "b2"]
    setting.connection.answer()
    await setting.step()
    assert all(row in setting.discharge for row in (1, 2, 3))
    assert setting.observer.published_messages == 2
    assert setting.delivery.finished


async def test_a_message_of_which_a_part_is_refused_is_tried_again_whole() -> None:
    setting = _Setting("a", rendering=_Doubling("g", "1"))
    setting.connection.refusals = {"a1": 0x87}
    await pass_time(setting, 0.5)
    assert 1 not in setting.discharge
    setting.connection.refusals = {}
    await pass_time(setting, 2)
    assert setting.connection.topics == ["birth", "a1", "a2", "a1", "a2"]
    assert 1 in setting.discharge


async def test_a_burst_of_refusals_makes_one_pause_and_repeated_ones_longer_pauses(
    caplog: pytest.LogCaptureFixture,
) -> None:
    setting = _Setting("a", "a", "a")
    setting.connection.refusals = {"a": 0x97}
    pauses = []
    for _ in range(3):
        await setting.step()
        await setting.step()
        resume_at = setting.delivery.resume_at
        assert resume_at is not None
        pause = resume_at - asyncio.get_running_loop().time()
        pauses.append(round(pause))
        await asyncio.sleep(pause + 0.1)
    assert pauses == [1, 2, 4]
    assert len(caplog.records) == 1


async def test_after_a_pause_rows_still_in_flight_are_not_sent_again() -> None:
    setting = _Setting(*"abc", window=3, answers=False)
    setting.connection.refusals = {"a": 0x80}
    await setting.step()
    setting.connection.answer(1)
    setting.delivery.take_acknowledgements()
    await asyncio.sleep(2)
    await setting.step()
    assert setting.connection.topics == ["a", "b", "c", "a"]


async def test_a_refused_state_is_told_and_holds_nothing_up(
    caplog: pytest.LogCaptureFixture,
) -> None:
    setting = _Setting("a")
    setting.states.show("m", _UP)
    setting.connection.refusals = {_STATE: 0x9A}
    await setting.step()
    await setting.step()
    assert "refused a state or an answer: retain not supported" in caplog.text
    assert 1 in setting.discharge
    assert setting.delivery.finished


async def test_a_row_larger_than_the_broker_takes_is_dropped_aloud(
    caplog: pytest.LogCaptureFixture,
) -> None:
    setting = _Setting("a")
    setting.outbox.put("huge", payload=bytes(10_001))
    setting.outbox.put("b")
    await setting.step()
    assert setting.connection.topics == ["a", "b"]
    assert setting.observer.drops == {"too_large": 1}
    assert 2 in setting.discharge
    assert "message m2 for huge (10001 octets) is larger than the broker takes" in caplog.text


async def test_an_outbox_that_can_not_be_read_is_tried_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    setting = _Setting("a")
    setting.outbox.failures = 1
    await setting.step()
    assert setting.connection.published == []
    assert "database or disk is full" in caplog.text
    await asyncio.sleep(1.5)
    await setting.step()
    assert setting.connection.topics == ["a"]


async def test_a_store_far_behind_holds_the_sending_up() -> None:
    setting = _Setting("a")
    for row_id in range(100, 5_100):
        setting.discharge.add(row_id)
    await setting.step()
    assert setting.connection.published == []


async def test_nothing_is_sent_over_a_lost_connection() -> None:
    setting = _Setting("a")
    setting.connection.lose()
    await setting.step()
    assert setting.connection.published == []

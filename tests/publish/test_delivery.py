import asyncio

import pytest

from dcud.publish.backoff import Backoff
from dcud.publish.complaint import Complaint
from dcud.publish.delivery import Delivery, Supply
from dcud.publish.discharge import Discharge
from dcud.publish.publication import Publication
from dcud.publish.replies import Replies
from dcud.publish.states import StateBoard
from tests.support.fake_broker import FakeConnection, FakeObserver
from tests.support.fake_outbox import FakeOutbox

pytestmark = pytest.mark.looptime


class _Setting:
    """A delivery whose discharge doesn't run: what is acknowledged stays, marked."""

    def __init__(self, *topics: str, window: int = 20, answers: bool = True) -> None:
        wake = asyncio.Event()
        self.outbox = FakeOutbox(*topics)
        self.states = StateBoard()
        self.replies = Replies(wake.set)
        self.observer = FakeObserver()
        self.discharge = Discharge(self.outbox, wake, self._backoff())
        self.connection = FakeConnection(wake, window=window, answers=answers)
        supply = Supply(
            outbox=self.outbox,
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
    setting.states.show("state", b"{}")
    await setting.step()
    assert [(p.topic, p.retain) for p in setting.connection.published] == [
        ("state", True),
        ("reading", False),
    ]
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
    assert setting.connection.topics == ["a", "b"]

    setting.connection.refusals = {}
    await asyncio.sleep(resume_at - asyncio.get_running_loop().time())
    await setting.step()
    await setting.step()
    assert setting.connection.topics == ["a", "b", "a", "c"]
    assert all(row_id in setting.discharge for row_id in (1, 2, 3))
    assert setting.delivery.finished


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
    setting.states.show("s", b"{}")
    setting.connection.refusals = {"s": 0x9A}
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

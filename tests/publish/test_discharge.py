import asyncio
from collections.abc import AsyncIterator

import pytest

from dcud.publish.backoff import Backoff
from dcud.publish.discharge import Discharge
from tests.support.fake_outbox import FakeOutbox

pytestmark = pytest.mark.looptime


class _Running:
    """A discharge with what it works on."""

    def __init__(self) -> None:
        self.outbox = FakeOutbox("a", "b", "c", "d")
        self.wake = asyncio.Event()
        backoff = Backoff(initial=1, maximum=60, draw=lambda: 1.0)
        self.discharge = Discharge(self.outbox, self.wake, backoff)


@pytest.fixture
async def running() -> AsyncIterator[_Running]:
    made = _Running()
    task = asyncio.ensure_future(made.discharge.run())
    yield made
    task.cancel()


async def test_what_gathers_during_a_commit_goes_with_the_next(running: _Running) -> None:
    running.discharge.add(1)
    await asyncio.sleep(0.001)
    for row_id in (3, 2):
        running.discharge.add(row_id)
    assert 2 in running.discharge
    await running.discharge.done()
    assert running.outbox.commits == [[1], [2, 3]]
    assert running.outbox.waiting == ["d"]
    assert 2 not in running.discharge
    assert running.wake.is_set()


async def test_a_store_that_fails_is_tried_again(
    running: _Running, caplog: pytest.LogCaptureFixture
) -> None:
    running.outbox.failures = 3
    running.discharge.add(1)
    await running.discharge.done()
    assert running.outbox.waiting == ["b", "c", "d"]
    assert 7 <= asyncio.get_running_loop().time() < 8  # 1 + 2 + 4
    assert len(caplog.records) == 1
    assert "database or disk is full; free space" in caplog.text


async def test_a_store_far_behind_holds_the_publishing_up(running: _Running) -> None:
    for row_id in range(5_000):
        assert not running.discharge.congested
        running.discharge.add(row_id)
    assert running.discharge.congested
    await running.discharge.done()
    assert not running.discharge.congested


async def test_nothing_to_do_is_done(running: _Running) -> None:
    await running.discharge.done()
    assert running.outbox.commits == []

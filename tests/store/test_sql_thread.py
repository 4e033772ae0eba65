import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

import pytest

from dcud.store.sql_thread import SqlThread


class _Journal:
    """Notes what happens on the thread, as a database would."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.settled = 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.notes.append("begin")
        try:
            yield
        except BaseException:
            self.notes.append("rollback")
            raise
        self.notes.append("commit")

    def act(self, name: str) -> Callable[[], str]:
        def work() -> str:
            self.notes.append(name)
            return name.upper()

        return work

    def count(self) -> None:
        self.settled += 1


@pytest.fixture
def journal() -> _Journal:
    return _Journal()


@pytest.fixture
async def thread(journal: _Journal) -> AsyncIterator[SqlThread]:
    running = SqlThread("sql", journal.count)
    yield running
    running.end()


async def _busy(thread: SqlThread) -> Callable[[], None]:
    """Keep the thread busy until the returned function is called."""
    started, released = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def work() -> None:
        loop.call_soon_threadsafe(started.set)
        assert released.wait(10)

    busy = thread.read(work)
    await started.wait()
    assert not busy.done()
    return released.set


async def test_what_waits_goes_into_one_transaction(thread: SqlThread, journal: _Journal) -> None:
    release = await _busy(thread)
    waiting = [
        thread.write(journal.act("a"), journal.transaction),
        thread.read(journal.act("look")),
        thread.write(journal.act("b"), journal.transaction),
    ]
    release()
    assert await asyncio.gather(*waiting) == ["A", "LOOK", "B"]
    assert journal.notes == ["begin", "a", "b", "commit", "look"]


async def test_one_bad_act_does_not_spoil_its_group(thread: SqlThread, journal: _Journal) -> None:
    def bad() -> str:
        raise ZeroDivisionError

    release = await _busy(thread)
    good = thread.write(journal.act("a"), journal.transaction)
    spoilt = thread.write(bad, journal.transaction)
    release()
    assert await good == "A"
    with pytest.raises(ZeroDivisionError):
        await spoilt
    alone = ["begin", "a", "commit", "begin", "rollback"]
    assert journal.notes == ["begin", "a", "rollback", *alone]


async def test_an_act_is_done_even_if_nobody_waits(thread: SqlThread, journal: _Journal) -> None:
    release = await _busy(thread)
    abandoned = thread.write(journal.act("a"), journal.transaction)
    abandoned.cancel()
    release()
    await thread.read(journal.act("look"))
    assert journal.notes == ["begin", "a", "commit", "look"]


async def test_each_group_is_told_before_those_who_wait_go_on(
    thread: SqlThread, journal: _Journal
) -> None:
    await thread.write(journal.act("a"), journal.transaction)
    assert journal.settled == 1


async def test_what_was_given_before_the_end_is_done(journal: _Journal) -> None:
    thread = SqlThread("sql", journal.count)
    release = await _busy(thread)
    last = thread.write(journal.act("a"), journal.transaction)
    thread.end()
    release()
    assert await last == "A"


def test_a_loop_that_closed_ends_the_thread(journal: _Journal) -> None:
    released = threading.Event()

    async def leave() -> SqlThread:
        thread = SqlThread("sql", journal.count)
        assert not thread.read(lambda: released.wait(10)).done()
        return thread

    loop = asyncio.new_event_loop()
    thread = loop.run_until_complete(leave())
    loop.close()
    released.set()
    thread._thread.join(10)
    assert not thread._thread.is_alive()

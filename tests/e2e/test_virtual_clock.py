"""The loop on which the endurance tests let a day pass."""

import asyncio
import threading
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

from tests.support.virtual_clock_loop import VirtualClockLoop

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T], start: float = 0.0) -> T:
    with asyncio.Runner(loop_factory=lambda: VirtualClockLoop(start)) as runner:
        return runner.run(main)


def test_a_year_of_sleep_takes_no_time_and_all_of_the_clock() -> None:
    async def main() -> float:
        for _ in range(365):
            await asyncio.sleep(86_400)
        return asyncio.get_running_loop().time()

    began = time.monotonic()
    assert run(main(), start=1000.0) == 1000.0 + 365 * 86_400
    assert time.monotonic() - began < 5


def test_timers_go_off_in_their_order_at_their_time() -> None:
    async def main() -> list[tuple[str, float]]:
        loop = asyncio.get_running_loop()
        heard: list[tuple[str, float]] = []

        def note(name: str) -> None:
            heard.append((name, loop.time()))

        for name, at in (("late", 900.0), ("soon", 0.25), ("middle", 3600.0)):
            loop.call_at(at, note, name)
        await asyncio.sleep(4000)
        return heard

    assert run(main()) == [("soon", 0.25), ("late", 900.0), ("middle", 3600.0)]


def test_a_timeout_that_is_longer_than_the_work_never_ends_it() -> None:
    async def main() -> float:
        async with asyncio.timeout(0.001):
            await asyncio.to_thread(time.sleep, 0.05)
        return asyncio.get_running_loop().time()

    assert run(main()) == 0.0


def test_the_clock_is_held_for_a_thread_of_ones_own() -> None:
    async def main() -> tuple[str, float]:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualClockLoop)
        answer: asyncio.Future[str] = loop.create_future()
        loop.hold_while(lambda: not answer.done())

        def work() -> None:
            time.sleep(0.05)
            loop.call_soon_threadsafe(answer.set_result, "done")

        threading.Thread(target=work).start()
        async with asyncio.timeout(1):
            return await answer, loop.time()

    assert run(main(), start=5.0) == ("done", 5.0)


def test_each_leap_is_told() -> None:
    async def main() -> list[float]:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualClockLoop)
        told: list[float] = []
        loop.leapt = told.append
        await asyncio.sleep(10)
        await asyncio.sleep(0)
        await asyncio.sleep(20)
        return told

    assert run(main()) == [10.0, 30.0]

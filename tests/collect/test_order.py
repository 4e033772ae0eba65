"""Orders: what is wanted of a meter out of turn, on a virtual clock."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime

import pytest

from dcud.collect.alignment import Alignment
from dcud.collect.asking import Asker
from dcud.collect.breaker import Breaker, BreakerLimits
from dcud.collect.job import JobOutcome, Keep, MayGoOn, Reader
from dcud.collect.order import HeldError, MeterGoneError, Order, OrderError, OrderExpiredError
from dcud.collect.poller import Meter, Poller
from dcud.dlms.errors import DecodeError, NoAnswerError
from dcud.errors import DcudError
from dcud.line.errors import PortError
from tests.collect.test_poller import EPOCH, ScriptedJob, World
from tests.support.fake_meter import FakeReader

pytestmark = pytest.mark.looptime

FOREVER = float("inf")


class Site:
    """A bus whose meters note when they were opened."""

    def __init__(self) -> None:
        self.world = World()
        self.opened: list[tuple[str, float]] = []
        self.failures: dict[str, Exception] = {}
        self.readers: list[FakeReader] = []

    def meter(self, name: str, *jobs: ScriptedJob) -> Meter:
        @asynccontextmanager
        async def associate() -> AsyncIterator[Asker]:
            self.opened.append((name, self.world.now() - EPOCH))
            await asyncio.sleep(1)
            if name in self.failures:
                raise self.failures[name]
            self.readers.append(FakeReader({}))
            yield self.readers[-1]

        limits = BreakerLimits(failures=2, duration=3, first_pause=100, longest_pause=600)
        return Meter(id=name, associate=associate, jobs=jobs, breaker=Breaker(limits))

    def poller(self, *meters: Meter) -> Poller:
        return Poller("b1", meters, self.world.surroundings(), read_at_start=False)


async def during(poller: Poller, act: Callable[[], Awaitable[None]]) -> None:
    async with asyncio.TaskGroup() as group:
        running = group.create_task(poller.run())
        await act()
        running.cancel()


async def answer(reader: Asker) -> str:
    await asyncio.sleep(2)
    assert reader.is_open
    return "answer"


async def refuse(reader: Asker) -> None:
    raise DecodeError("nonsense")


async def lose(reader: Asker) -> None:
    assert isinstance(reader, FakeReader)
    reader.is_open = False
    raise NoAnswerError("nothing came")


async def test_an_order_is_obeyed_at_once_and_its_result_returned() -> None:
    site = Site()
    poller = site.poller(site.meter("m1"), site.meter("m2", ScriptedJob(Alignment(interval=60))))

    async def act() -> None:
        await asyncio.sleep(10)
        assert await poller.obey("m1", answer, expires=FOREVER) == "answer"
        assert site.opened == [("m1", 10)]

    await during(poller, act)
    assert ("m1", "success") in site.world.watcher.polls


async def test_what_is_due_is_done_in_the_same_association_after_the_order() -> None:
    site = Site()
    job = ScriptedJob(Alignment(interval=60, offset=2))
    poller = site.poller(site.meter("m1", job), site.meter("m2"))

    async def act() -> None:
        await asyncio.sleep(61)
        orders = [poller.obey(name, answer, expires=FOREVER) for name in ("m2", "m1")]
        assert await asyncio.gather(*orders) == ["answer", "answer"]

    await during(poller, act)
    assert site.opened == [("m1", 2), ("m2", 61), ("m1", 64)]
    assert job.ran == [3, 67]


async def test_a_meter_that_fails_fails_its_orders_and_only_them() -> None:
    site = Site()
    site.failures["m1"] = NoAnswerError("silence")
    poller = site.poller(site.meter("m1"), site.meter("m2"))

    async def act() -> None:
        with pytest.raises(NoAnswerError):
            await poller.obey("m1", answer, expires=FOREVER)
        # The breaker is open, and an order is tried all the same.
        with pytest.raises(NoAnswerError):
            await poller.obey("m1", answer, expires=FOREVER)
        assert await poller.obey("m2", answer, expires=FOREVER) == "answer"

    await during(poller, act)
    assert len(site.opened) == 3


@pytest.mark.parametrize("error", [PortError("gone"), ValueError("a fault of ours")])
async def test_no_order_is_left_without_an_answer(error: Exception) -> None:
    site = Site()
    site.failures["m1"] = error
    poller = site.poller(site.meter("m1"))

    async def act() -> None:
        with pytest.raises(DcudError):
            await poller.obey("m1", answer, expires=FOREVER)

    await during(poller, act)


async def test_an_act_that_is_refused_does_not_hurt_the_next_one() -> None:
    site = Site()
    poller = site.poller(site.meter("m1"))

    async def act() -> None:
        first = asyncio.ensure_future(poller.obey("m1", refuse, expires=FOREVER))
        second = asyncio.ensure_future(poller.obey("m1", answer, expires=FOREVER))
        with pytest.raises(DecodeError):
            await first
        assert await second == "answer"

    await during(poller, act)
    assert len(site.opened) == 1


async def test_an_association_that_breaks_fails_what_was_to_follow() -> None:
    site = Site()
    poller = site.poller(site.meter("m1"))

    async def act() -> None:
        first = asyncio.ensure_future(poller.obey("m1", lose, expires=FOREVER))
        second = asyncio.ensure_future(poller.obey("m1", answer, expires=FOREVER))
        for order in (first, second):
            with pytest.raises(NoAnswerError):
                await order

    await during(poller, act)


async def test_an_order_whose_time_is_over_is_not_begun() -> None:
    site = Site()
    poller = site.poller(site.meter("m1"))

    async def act() -> None:
        long = asyncio.ensure_future(poller.obey("m1", answer, expires=FOREVER))
        await asyncio.sleep(0)
        with pytest.raises(OrderExpiredError):
            await poller.obey("m1", answer, expires=site.world.now() + 2)
        assert await long == "answer"

    await during(poller, act)


async def test_who_no_longer_waits_gets_nothing_done() -> None:
    site = Site()
    poller = site.poller(site.meter("m1"))
    done: list[str] = []

    async def note(reader: Asker) -> None:
        done.append("done")

    async def act() -> None:
        given_up = asyncio.ensure_future(poller.obey("m1", note, expires=FOREVER))
        await asyncio.sleep(0)
        given_up.cancel()
        assert await poller.obey("m1", answer, expires=FOREVER) == "answer"

    await during(poller, act)
    assert done == []


async def test_a_flood_of_orders_leaves_the_schedule_every_other_turn() -> None:
    site = Site()
    jobs = [ScriptedJob(Alignment(interval=20)) for _ in range(2)]
    meters = [site.meter(f"m{n}", job) for n, job in enumerate(jobs)]
    poller = site.poller(*meters, site.meter("busy"))

    async def flood() -> None:
        while True:
            await poller.obey("busy", answer, expires=FOREVER)

    async def act() -> None:
        async with asyncio.TaskGroup() as group:
            floods = [group.create_task(flood()) for _ in range(50)]
            await asyncio.sleep(600)
            for each in floods:
                each.cancel()

    await during(poller, act)
    for job in jobs:
        assert len(job.ran) >= 600 / 2 / (10 + 2) - 2  # half of the time is theirs
    names = [name for name, _ in site.opened]
    assert names.count("busy") >= 600 / 2 / (10 + 2) - 2


async def test_a_profile_that_catches_up_makes_room_for_an_order() -> None:
    site = Site()
    may: list[bool] = []

    class Endless(ScriptedJob):
        async def run(
            self, reader: Reader, keep: Keep, now: datetime, may_go_on: MayGoOn
        ) -> JobOutcome:
            for _ in range(100):
                await asyncio.sleep(1)
                may.append(may_go_on())
                if not may[-1]:
                    break
            return JobOutcome.UNFINISHED

    poller = site.poller(site.meter("m1", Endless(Alignment(interval=100))), site.meter("m2"))

    async def act() -> None:
        await asyncio.sleep(105)
        assert await poller.obey("m2", answer, expires=FOREVER) == "answer"
        assert site.world.now() - EPOCH < 110

    await during(poller, act)


async def test_a_meter_that_is_held_is_left_alone_until_it_is_let_go() -> None:
    site = Site()
    job, other = ScriptedJob(Alignment(interval=10)), ScriptedJob(Alignment(interval=10))
    poller = site.poller(site.meter("m1", job), site.meter("m2", other))

    async def act() -> None:
        poller.hold("m1", site.world.now() + 35)
        with pytest.raises(HeldError):
            await poller.obey("m1", answer, expires=FOREVER)
        await asyncio.sleep(45)
        assert job.ran == pytest.approx([36, 41], abs=1)
        poller.hold("m1", FOREVER)
        await asyncio.sleep(100)
        assert len(job.ran) == 2
        poller.hold("m1", -FOREVER)
        await asyncio.sleep(5)
        assert len(job.ran) == 3

    await during(poller, act)
    assert len(other.ran) == 14


async def test_orders_of_an_unknown_meter_and_of_one_that_goes_are_refused() -> None:
    site = Site()
    first, second = site.meter("m1"), site.meter("m2")
    poller = site.poller(first, second)

    async def act() -> None:
        with pytest.raises(MeterGoneError, match="m3"):
            await poller.obey("m3", answer, expires=FOREVER)
        with pytest.raises(MeterGoneError):
            poller.hold("m3", 0)
        running = asyncio.ensure_future(poller.obey("m2", answer, expires=FOREVER))
        await asyncio.sleep(0.5)
        gone = asyncio.ensure_future(poller.obey("m1", answer, expires=FOREVER))
        await asyncio.sleep(0)
        poller.replace([second])
        with pytest.raises(MeterGoneError):
            await gone
        assert await running == "answer"

    await during(poller, act)


async def test_a_stop_answers_whoever_waits() -> None:
    site = Site()
    poller = site.poller(site.meter("m1"), site.meter("m2"))
    orders: list[asyncio.Future[object]] = []

    async def act() -> None:
        orders.extend(
            asyncio.ensure_future(poller.obey(name, answer, expires=FOREVER))
            for name in ("m1", "m2")
        )
        await asyncio.sleep(1.5)

    await during(poller, act)
    for order in orders:
        with pytest.raises(OrderError):
            await order


async def test_an_order_answers_once() -> None:
    order = Order(answer, FOREVER, asyncio.get_running_loop().create_future())
    order.refuse(OrderError("first"))
    order.refuse(OrderError("second"))
    with pytest.raises(OrderError, match="first"):
        await order.done

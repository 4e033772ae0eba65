"""The poller on a virtual clock: the wall clock runs with the loop's."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from dcud.collect.breaker import Breaker, BreakerLimits, MeterState
from dcud.collect.job import JobOutcome, Keep, Reader
from dcud.collect.poller import Meter, MeterHealth, Poller, Surroundings
from dcud.collect.schedule import Alignment
from dcud.dlms.errors import DecodeError, NoAnswerError
from dcud.errors import DcudError
from dcud.line.errors import PortError
from tests.support.fake_meter import FakeReader, Kept

pytestmark = pytest.mark.looptime

EPOCH = 1_800_000_000.0
"""A whole multiple of every interval used here."""


@dataclass
class ScriptedJob:
    """Notes when it ran; takes `duration`; raises what `failure` returns."""

    alignment: Alignment
    name: str = "job"
    duration: float = 0.0
    failure: Callable[[], Exception | None] = lambda: None
    outcome: JobOutcome = JobOutcome.SUCCESS
    ran: list[float] = field(default_factory=list)

    async def run(self, reader: Reader, keep: Keep, now: datetime) -> JobOutcome:
        self.ran.append(now.timestamp() - EPOCH)
        await asyncio.sleep(self.duration)
        if error := self.failure():
            raise error
        return self.outcome


@dataclass
class Watcher:
    polls: list[tuple[str, str]] = field(default_factory=list)
    healths: list[MeterHealth] = field(default_factory=list)

    def poll_finished(self, bus: str, meter: str, result: str, seconds: float) -> None:
        self.polls.append((meter, result))

    def meter_health(self, health: MeterHealth) -> None:
        self.healths.append(health)


class World:
    """A wall clock that runs with the loop's and can be set."""

    def __init__(self) -> None:
        self.watcher = Watcher()
        self.shift = EPOCH

    def now(self) -> float:
        return asyncio.get_running_loop().time() + self.shift

    def surroundings(self) -> Surroundings:
        self.shift = EPOCH - asyncio.get_running_loop().time()
        return Surroundings(
            keep=Kept(), observer=self.watcher, wall_clock=self.now, random=lambda: 1.0
        )


def meter(name: str, *jobs: ScriptedJob, opening: Callable[[], Exception | None]) -> Meter:
    @asynccontextmanager
    async def associate() -> AsyncIterator[FakeReader]:
        if error := opening():
            raise error
        yield FakeReader({})

    limits = BreakerLimits(failures=2, duration=3, first_pause=10, longest_pause=60)
    return Meter(id=name, associate=associate, jobs=jobs, breaker=Breaker(limits))


def well() -> None:
    return None


async def poll(
    world: World, *meters: Meter, seconds: float, read_at_start: bool = False
) -> Watcher:
    poller = Poller("b1", meters, world.surroundings(), read_at_start=read_at_start)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await poller.run()
    return world.watcher


async def test_a_job_runs_at_its_aligned_instants() -> None:
    job = ScriptedJob(Alignment(interval=60, offset=5))
    await poll(World(), meter("m1", job, opening=well), seconds=200)
    assert job.ran == pytest.approx([5, 65, 125, 185])


async def test_reading_at_start_comes_before_the_first_instant() -> None:
    job = ScriptedJob(Alignment(interval=60))
    await poll(World(), meter("m1", job, opening=well), seconds=100, read_at_start=True)
    assert job.ran == pytest.approx([0, 60])


async def test_jobs_due_together_share_an_association() -> None:
    first, second = (ScriptedJob(Alignment(interval=60)) for _ in range(2))
    watcher = await poll(World(), meter("m1", first, second, opening=well), seconds=61)
    assert len(first.ran) == len(second.ran) == 1
    assert watcher.polls == [("m1", "success")]


async def test_a_meter_that_is_slow_misses_instants_rather_than_piling_them_up() -> None:
    job = ScriptedJob(Alignment(interval=60), duration=150)
    await poll(World(), meter("m1", job, opening=well), seconds=500)
    assert job.ran == pytest.approx([60, 240, 420])


async def test_a_dead_meter_delays_only_itself() -> None:
    dead = meter("dead", ScriptedJob(Alignment(interval=10)), opening=lambda: NoAnswerError("no"))
    job = ScriptedJob(Alignment(interval=10))
    watcher = await poll(World(), dead, meter("m1", job, opening=well), seconds=601)
    assert len(job.ran) == 60
    failures = [result for name, result in watcher.polls if name == "dead"]
    assert set(failures) == {"no_answer"}
    assert len(failures) == 12  # pauses of 10, 20, 40 and then 60 seconds


async def test_a_meter_is_degraded_then_down_then_up_again() -> None:
    count = 0

    def opening() -> Exception | None:
        nonlocal count
        count += 1
        return NoAnswerError("silence") if count <= 2 else None

    job = ScriptedJob(Alignment(interval=60))
    watcher = await poll(World(), meter("m1", job, opening=opening), seconds=200)
    assert [health.state for health in watcher.healths[:3]] == [
        MeterState.DEGRADED,
        MeterState.DOWN,
        MeterState.UP,
    ]
    assert [health.reason for health in watcher.healths[:3]] == ["no_answer", "no_answer", ""]
    assert watcher.healths[1].last_success is None
    assert watcher.healths[2].last_success == pytest.approx(EPOCH + 90)


async def test_what_fails_with_the_association_standing_spares_the_other_jobs() -> None:
    bad = ScriptedJob(Alignment(interval=60), failure=lambda: DecodeError("garbage"))
    good = ScriptedJob(Alignment(interval=60))
    watcher = await poll(World(), meter("m1", bad, good, opening=well), seconds=130)
    assert good.ran == pytest.approx([60, 120])
    assert bad.ran == good.ran
    assert watcher.polls == [("m1", "decode")] * 2
    assert watcher.healths[0].state is MeterState.DEGRADED


async def test_a_job_that_broke_down_with_the_association_is_tried_again_soon() -> None:
    count = 0

    def failure() -> Exception | None:
        nonlocal count
        count += 1
        return NoAnswerError("silence") if count == 1 else None

    job = ScriptedJob(Alignment(interval=3600), failure=failure)
    target = meter("m1", job, opening=well)

    @asynccontextmanager
    async def associate() -> AsyncIterator[FakeReader]:
        reader = FakeReader({})
        reader.is_open = count > 0
        yield reader

    target.associate = associate
    await poll(World(), target, seconds=3700)
    assert job.ran == pytest.approx([3600, 3610])


async def test_a_partial_reading_is_told_as_such() -> None:
    job = ScriptedJob(Alignment(interval=60), outcome=JobOutcome.PARTIAL)
    watcher = await poll(World(), meter("m1", job, opening=well), seconds=61)
    assert watcher.polls == [("m1", "partial")]
    assert watcher.healths[0].state is MeterState.UP


async def test_a_line_that_is_down_blames_no_meter_and_is_no_busy_loop() -> None:
    tries = 0

    def opening() -> Exception | None:
        nonlocal tries
        tries += 1
        return PortError("unplugged") if tries <= 100 else None

    jobs = [ScriptedJob(Alignment(interval=60)) for _ in range(2)]
    meters = [meter(f"m{n}", job, opening=opening) for n, job in enumerate(jobs)]
    watcher = await poll(World(), *meters, seconds=175)
    assert tries == 102
    assert watcher.polls == [("m0", "port"), ("m0", "success"), ("m1", "success")]
    assert [health.state for health in watcher.healths] == ["down", "down", "up", "up"]


async def test_a_fault_of_ours_is_told_and_costs_the_other_meters_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bad = ScriptedJob(Alignment(interval=60), failure=ZeroDivisionError)
    good = ScriptedJob(Alignment(interval=60))
    meters = meter("m1", bad, opening=well), meter("m2", good, opening=well)
    watcher = await poll(World(), *meters, seconds=61)
    assert watcher.polls == [("m1", "internal"), ("m2", "success")]
    assert "please report it" in caplog.text


async def test_what_is_wrong_is_told_once_and_when_it_ends(
    caplog: pytest.LogCaptureFixture,
) -> None:
    count = 0

    def opening() -> DcudError | None:
        nonlocal count
        count += 1
        return NoAnswerError("nobody at address 17") if count <= 4 else None

    caplog.set_level(logging.INFO)
    await poll(
        World(), meter("m1", ScriptedJob(Alignment(interval=60)), opening=opening), seconds=600
    )
    told = [record.getMessage() for record in caplog.records if record.name == "dcud.collect"]
    assert len(told) == 2
    assert "nobody at address 17" in told[0]
    assert "answers again after 4 failures" in told[1]


async def test_a_clock_that_goes_back_schedules_anew(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    job = ScriptedJob(Alignment(interval=60))
    poller = Poller(
        "b1", [meter("m1", job, opening=well)], world.surroundings(), read_at_start=False
    )
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(200), asyncio.TaskGroup() as group:
            group.create_task(poller.run())
            await asyncio.sleep(70)
            world.shift -= 3600
    assert job.ran == pytest.approx([60, 60 - 3540, 120 - 3540])
    assert "went back" in caplog.text

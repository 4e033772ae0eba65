"""The poller on a virtual clock: the wall clock runs with the loop's."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from dcud.collect.alignment import Alignment
from dcud.collect.breaker import Breaker, BreakerLimits, MeterState
from dcud.collect.job import JobOutcome, Keep, MayGoOn, Priority, Reader, Timing
from dcud.collect.poller import JobRun, Meter, MeterHealth, Poller, Surroundings
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
    deadline: float | None = None
    priority: Priority = Priority.NORMAL

    @property
    def timing(self) -> Timing:
        return Timing(schedule=self.alignment, deadline=self.deadline, priority=self.priority)

    async def run(
        self, reader: Reader, keep: Keep, now: datetime, may_go_on: MayGoOn
    ) -> JobOutcome:
        self.ran.append(now.timestamp() - EPOCH)
        await asyncio.sleep(self.duration)
        if error := self.failure():
            raise error
        return self.outcome


@dataclass
class Watcher:
    polls: list[tuple[str, str]] = field(default_factory=list)
    healths: list[MeterHealth] = field(default_factory=list)
    runs: list[JobRun] = field(default_factory=list)

    def job_ran(self, run: JobRun) -> None:
        self.runs.append(run)

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


@dataclass
class CatchingUp(ScriptedJob):
    """A job of many steps, each of which takes `duration`; asks before each further one."""

    steps: int = 0
    ended: list[float] = field(default_factory=list)

    async def run(
        self, reader: Reader, keep: Keep, now: datetime, may_go_on: MayGoOn
    ) -> JobOutcome:
        self.ran.append(now.timestamp() - EPOCH)
        while self.steps:
            await asyncio.sleep(self.duration)
            self.steps -= 1
            if self.steps and not may_go_on():
                return JobOutcome.UNFINISHED
        self.ended.append(asyncio.get_running_loop().time())
        return JobOutcome.SUCCESS


async def test_a_job_that_catches_up_leaves_the_bus_to_what_is_scheduled() -> None:
    long = CatchingUp(Alignment(interval=3600), duration=8.0, steps=30)
    short = ScriptedJob(Alignment(interval=60))
    watcher = await poll(
        World(),
        meter("m1", long, opening=well),
        meter("m2", short, opening=well),
        seconds=3900,
    )
    assert watcher.polls[0] == ("m2", "success")
    assert len(short.ran) == 64  # one is to begin as the test ends
    assert max(run.lag for run in watcher.runs if run.meter == "m2") <= 8.0
    assert long.steps == 0
    assert watcher.polls.count(("m1", "success")) == 4  # 240 s, in which the other one comes often


async def test_a_meter_s_own_jobs_are_not_held_up_by_what_it_catches_up_with() -> None:
    long = CatchingUp(Alignment(interval=7200), duration=8.0, steps=60)
    short = ScriptedJob(Alignment(interval=60))
    watcher = await poll(World(), meter("m1", long, short, opening=well), seconds=7700)
    assert max(run.lag for run in watcher.runs) <= 16.0  # the other one's first step, at one time
    assert long.steps == 0


async def test_meters_that_catch_up_take_turns() -> None:
    jobs = [CatchingUp(Alignment(interval=3600), duration=4.0, steps=10) for _ in range(2)]
    meters = [meter(f"m{place}", job, opening=well) for place, job in enumerate(jobs)]
    watcher = await poll(World(), *meters, seconds=3700)
    assert [job.steps for job in jobs] == [0, 0]
    assert [name for name, _ in watcher.polls][:5] == ["m0", "m1", "m0", "m1", "m0"]


async def test_a_job_with_the_bus_to_itself_goes_on_to_its_end() -> None:
    long = CatchingUp(Alignment(interval=3600), duration=8.0, steps=30)
    watcher = await poll(World(), meter("m1", long, opening=well), seconds=3900)
    assert watcher.polls == [("m1", "success")]


async def test_what_is_late_and_what_is_left_out_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    slow = ScriptedJob(Alignment(interval=60), deadline=100.0, duration=150.0)
    watcher = await poll(World(), meter("m1", slow, opening=well), seconds=250)
    (run,) = watcher.runs
    assert (run.meter, run.job, run.is_late, run.left_out) == ("m1", "job", True, 2)
    assert run.lag == pytest.approx(0.0, abs=0.01)
    assert [text for text in caplog.messages if "short of time" in text] == [
        "bus b1 is short of time: job job of meter m1 is late; ask for less, or less often"
    ]


async def test_a_priority_goes_before_what_was_due_earlier() -> None:
    order: list[str] = []

    class Noting(ScriptedJob):
        async def run(
            self, reader: Reader, keep: Keep, now: datetime, may_go_on: MayGoOn
        ) -> JobOutcome:
            order.append(self.name)
            return await super().run(reader, keep, now, may_go_on)

    jobs = [
        Noting(Alignment(interval=3600, offset=1), name="busy", duration=5.0),
        Noting(Alignment(interval=3600, offset=2), name="plain"),
        Noting(Alignment(interval=3600, offset=3), name="urgent", priority=Priority.HIGH),
    ]
    meters = [meter(job.name, job, opening=well) for job in jobs]
    await poll(World(), *meters, seconds=100)
    assert order == ["busy", "urgent", "plain"]


async def test_after_a_jump_forth_each_job_runs_once_and_is_not_late() -> None:
    world, job = World(), ScriptedJob(Alignment(interval=60))

    async def jump() -> None:
        await asyncio.sleep(90)
        world.shift += 1_000_000

    async with asyncio.TaskGroup() as group:
        task = group.create_task(jump())
        watcher = await poll(world, meter("m1", job, opening=well), seconds=200)
        await task
    assert [run.is_late for run in watcher.runs] == [False] * len(watcher.runs)
    assert sum(run.left_out for run in watcher.runs) == 0
    after = [at for at in job.ran if at > 1_000_000]
    assert len(after) == 2


async def test_a_dead_meter_costs_its_bus_at_most_a_fiftieth_of_the_time() -> None:
    spent = 0.0

    @asynccontextmanager
    async def silence() -> AsyncIterator[FakeReader]:
        nonlocal spent
        await asyncio.sleep(20.0)
        spent += 20.0
        if spent:
            raise NoAnswerError("silence")
        yield FakeReader({})

    dead = meter("dead", ScriptedJob(Alignment(interval=60)), opening=well)
    dead.associate = silence
    day = 86_400.0
    await poll(World(), dead, seconds=day)
    assert 3 * 20.0 < spent <= 0.02 * day + 2 * 20.0  # until it counts as dead, two tries


async def test_meters_are_exchanged_between_polls_and_keep_what_is_due_of_them() -> None:
    world = World()
    kept, gone, come = (ScriptedJob(Alignment(interval=60), duration=5.0) for _ in range(3))
    stays = meter("stays", kept, opening=well)
    poller = Poller(
        "b1",
        [stays, meter("goes", gone, opening=well)],
        world.surroundings(),
        read_at_start=True,
    )
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(130), asyncio.TaskGroup() as group:
            group.create_task(poller.run())
            await asyncio.sleep(2)  # the first is being asked
            poller.replace([stays, meter("comes", come, opening=well)])
    assert kept.ran == pytest.approx([0, 60, 120])
    assert gone.ran == []
    assert come.ran == pytest.approx([5, 65, 125])


async def test_a_bus_without_meters_waits_for_some() -> None:
    world, job = World(), ScriptedJob(Alignment(interval=60))
    poller = Poller("b1", [], world.surroundings(), read_at_start=False)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(200), asyncio.TaskGroup() as group:
            group.create_task(poller.run())
            await asyncio.sleep(70)
            poller.replace([meter("m1", job, opening=well)])
            await asyncio.sleep(60)
            poller.replace([])
    assert job.ran == pytest.approx([120])


async def test_a_meter_that_speaks_by_itself_is_asked_at_once_and_once_a_minute_at_most() -> None:
    tries: list[float] = []
    world = World()

    def silent() -> Exception | None:
        tries.append(world.now() - EPOCH)
        return NoAnswerError("silence")

    job = ScriptedJob(Alignment(interval=60))
    deaf = meter("m1", job, opening=silent)
    poller = Poller("b1", [deaf], world.surroundings(), read_at_start=True)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(poller.run())
        await asyncio.sleep(100)
        asked = len(tries)
        assert deaf.breaker.not_before > 101
        for _ in range(3):
            poller.wake("m1")
            await asyncio.sleep(1)
        assert tries[asked:] == pytest.approx([100])
        poller.wake("another")
        task.cancel()


async def test_a_meter_that_comes_back_and_says_so_does_what_it_missed() -> None:
    world = World()
    is_dead = True
    job = ScriptedJob(Alignment(interval=30))
    asked = meter("m1", job, opening=lambda: NoAnswerError("silence") if is_dead else None)
    poller = Poller("b1", [asked], world.surroundings(), read_at_start=True)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(poller.run())
        await asyncio.sleep(80)
        is_dead = False
        assert asked.breaker.not_before > 85
        poller.wake("m1")
        await asyncio.sleep(1)
        assert job.ran == pytest.approx([80])
        assert asked.failures == 0
        task.cancel()


async def test_a_meter_that_is_well_is_not_asked_for_speaking() -> None:
    world = World()
    job = ScriptedJob(Alignment(interval=60))
    poller = Poller(
        "b1", [meter("m1", job, opening=well)], world.surroundings(), read_at_start=True
    )
    async with asyncio.TaskGroup() as group:
        task = group.create_task(poller.run())
        await asyncio.sleep(10)
        poller.wake("m1", powered_up=True)
        await asyncio.sleep(10)
        assert job.ran == pytest.approx([0])
        task.cancel()


async def test_what_failed_before_the_power_was_back_is_done_when_it_is() -> None:
    world = World()
    errors: list[Exception] = [DecodeError("half a row")]
    daily = ScriptedJob(
        Alignment(interval=86_400), failure=lambda: errors.pop() if errors else None
    )
    poller = Poller(
        "b1", [meter("m1", daily, opening=well)], world.surroundings(), read_at_start=True
    )
    async with asyncio.TaskGroup() as group:
        task = group.create_task(poller.run())
        await asyncio.sleep(10)
        poller.wake("m1")
        await asyncio.sleep(10)
        assert daily.ran == pytest.approx([0])
        for _ in range(2):
            poller.wake("m1", powered_up=True)
            await asyncio.sleep(10)
        assert daily.ran == pytest.approx([0, 20])
        task.cancel()


async def test_what_a_meter_says_while_it_is_asked_ends_no_pause() -> None:
    world = World()
    polls = 0

    def speaks_and_falls_silent() -> Exception | None:
        nonlocal polls
        polls += 1
        poller.wake("m1")
        return NoAnswerError("silence")

    job = ScriptedJob(Alignment(interval=3600))
    asked = meter("m1", job, opening=speaks_and_falls_silent)
    poller = Poller("b1", [asked], world.surroundings(), read_at_start=True)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(poller.run())
        await asyncio.sleep(15)
        assert polls == 2
        assert asked.woken_at == float("-inf")
        task.cancel()

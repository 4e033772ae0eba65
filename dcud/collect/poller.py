"""The polling of one bus: which meter is next, and what becomes of it.

One task runs one poller. The plan says which meter is next; it is asked for all that is due of it
in one association. A job that came to its end is due again at its next instant. One that could go
on for long, as a profile that catches up, is asked to stop between its steps where others wait, and
goes on when the bus has time. When the association breaks down, the unfinished jobs stay due and
the meter is left alone for the breaker's pause, so that a dead meter delays only itself.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import inf
from typing import Any, Protocol

from dcud.collect.asking import Asker
from dcud.collect.breaker import Breaker, MeterState
from dcud.collect.job import Job, JobOutcome, Keep
from dcud.collect.order import Act, HeldError, MeterGoneError, Order
from dcud.collect.plan import Class, Task, choose, foremost_waiting, wanted
from dcud.collect.shortage import Shortage
from dcud.errors import DcudError
from dcud.line.errors import PortError

_LOGGER = logging.getLogger("dcud.collect")

PORT_PAUSE = 1.0
"""Seconds until a line that is down is tried again; its bus keeps the growing pauses."""

LONGEST_SLEEP = 30.0
"""Seconds after which the wall clock is looked at again, so that a jump of it is noticed."""

JUMP = 2.0
"""Seconds by which the wall clock may run off within that time, since it is being disciplined."""

SHARE = 10.0
"""Seconds after which a job that catches up lets another one catch up, and orders let others be."""

WAKE_PAUSE = 60.0
"""Seconds in which a meter that speaks by itself is asked out of turn once at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterHealth:
    """What is known of one meter after a poll.

    Attributes:
        reason: code of the error that the last poll ended in; empty after a good one.
        last_success: unix seconds of the last good poll, None before the first.
    """

    bus: str
    meter: str
    state: MeterState
    reason: str
    last_success: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRun:
    """How one run of a job kept to its time.

    Attributes:
        lag: seconds from its instant to its begin.
        is_late: whether its deadline had passed when it was done.
        left_out: instants that went by meanwhile, and have no run of their own.
    """

    bus: str
    meter: str
    job: str
    lag: float
    is_late: bool
    left_out: int


class PollObserver(Protocol):
    """Who wants to know how polls go."""

    def job_ran(self, run: JobRun) -> None:
        """A job has had the run that was due."""
        ...

    def poll_finished(self, bus: str, meter: str, result: str, seconds: float) -> None:
        """One association with a meter has ended; `result` is an outcome or an error's code."""
        ...

    def meter_health(self, health: MeterHealth) -> None:
        """Tell how a meter stands after a poll."""
        ...


@dataclass(slots=True, kw_only=True, eq=False)
class Meter:
    """One meter as its bus's poller sees it.

    Attributes:
        associate: opens an association with the meter for the length of an `async with`.
        tasks: its jobs, with what is due of them.
        orders: what somebody wants of it.
        held_until: until when it is left alone, unix seconds.
        asked_at: when it was last asked, monotonic seconds.
        woken_at: when it last spoke by itself and was asked for that, monotonic seconds.
    """

    id: str
    associate: Callable[[], AbstractAsyncContextManager[Asker]]
    jobs: Sequence[Job]
    breaker: Breaker
    tasks: Sequence[Task] = field(init=False)
    orders: list[Order] = field(default_factory=list)
    held_until: float = -inf
    asked_at: float = -inf
    woken_at: float = -inf
    last_success: float | None = None
    failures: int = 0

    def __post_init__(self) -> None:
        """Have a task for each job."""
        self.tasks = [Task(job) for job in self.jobs]

    def schedule(self, now: float) -> None:
        """Set every job to its next instant."""
        for task in self.tasks:
            task.schedule(now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a poller is given of the world.

    Attributes:
        wall_clock: unix seconds.
        random: a number in 0..1, to spread the tries of meters that failed together.
    """

    keep: Keep
    observer: PollObserver
    wall_clock: Callable[[], float]
    random: Callable[[], float]


class Poller:
    """Asks the meters of one bus, each when it is due.

    Attributes:
        turns: how often it looked what is due, which it does every `LONGEST_SLEEP` at least.
    """

    def __init__(
        self, bus: str, meters: Sequence[Meter], surroundings: Surroundings, *, read_at_start: bool
    ) -> None:
        self._bus = bus
        self._meters: Sequence[Meter] = ()
        self._told_meters = meters
        self._told = asyncio.Event()
        self._world = surroundings
        self._read_at_start = read_at_start
        self._shortage = Shortage(bus)
        self._seen = 0.0
        self._seen_at = 0.0
        self._line_down = False
        self._asking: Meter | None = None
        self._owed = 0.0  # seconds that orders had while others waited
        self.turns = 0

    async def run(self) -> None:
        """Poll until cancelled."""
        try:
            await self._run_on()
        finally:
            self._withdraw({*self._meters, *self._told_meters})

    async def _run_on(self) -> None:
        self._see(self._world.wall_clock())
        while True:
            self.turns += 1
            self._notice_clock_jump()
            self._take_meters()
            meter, pause = self._next()
            if meter is None or pause > 0:
                self._shortage.idle(self._world.wall_clock())
                await self._sleep(min(pause, LONGEST_SLEEP))
                continue
            await self._poll(meter)
            if self._line_down:
                await asyncio.sleep(PORT_PAUSE)

    def replace(self, meters: Sequence[Meter]) -> None:
        """Poll these meters from now on; those that it had keep what is due of them.

        A meter that is being asked is asked to the end.
        """
        self._told_meters = meters
        self._told.set()

    async def obey(self, meter: str, act: Act, *, expires: float) -> Any:
        """Have an act done on a meter before all that is scheduled; return what came of it.

        Where orders keep coming they have half of the time, so that the schedule goes on.

        Args:
            meter: its configured id.
            act: what is to be done.
            expires: by when it has to begin, unix seconds.

        Raises:
            OrderError: it was not begun.
            DcudError: it failed.
        """
        target = self._find(meter)
        if target.held_until > self._world.wall_clock():
            raise HeldError(f"meter {meter} is not to be asked now", remedy="resume it first")
        order = Order(act, expires, asyncio.get_running_loop().create_future())
        target.orders.append(order)
        self._told.set()
        return await order.done

    def hold(self, meter: str, until: float) -> None:
        """Leave a meter alone until then, unix seconds; what it is asked now goes to its end.

        Raises:
            MeterGoneError: there is no such meter.
        """
        self._find(meter).held_until = until
        self._told.set()

    def wake(self, meter: str, *, powered_up: bool = False) -> None:
        """Take note that a meter spoke by itself, so that it is there.

        What is due of it doesn't wait for its breaker any more; other meters' ids are passed over.

        Args:
            meter: its configured id.
            powered_up: whether it told that its power is back. Then what it could not be asked
                while it went down or came up, because its jobs failed, is due again.
        """
        now = asyncio.get_running_loop().time()
        for woken in [each for each in self._told_meters if each.id == meter]:
            failed = [each for each in woken.tasks if each.has_failed] if powered_up else []
            waits = woken.failures and woken is not self._asking
            if not (waits or failed) or now - woken.woken_at < WAKE_PAUSE:
                continue
            _LOGGER.info("bus %s: meter %s speaks by itself: it is asked", self._bus, meter)
            woken.woken_at = now
            woken.breaker.end_pause()
            for task in failed:
                task.set_due(self._world.wall_clock())
            self._told.set()

    def _find(self, meter: str) -> Meter:
        for known in self._told_meters:
            if known.id == meter:
                return known
        raise MeterGoneError(
            f"bus {self._bus} has no meter {meter}", remedy="see the configuration"
        )

    def _withdraw(self, meters: Iterable[Meter]) -> None:
        """Tell whoever waits for an order of these that nothing will come of it."""
        for meter in meters:
            gone = MeterGoneError(f"meter {meter.id} was taken off bus {self._bus}, or dcud stops")
            self._refuse(meter.orders, gone)
            meter.orders.clear()

    def _take_meters(self) -> None:
        """Begin with the meters that are new."""
        if self._told_meters is self._meters:
            return
        known = set(map(id, self._meters))
        self._withdraw(set(self._meters) - set(self._told_meters))
        self._meters = self._told_meters
        now = self._world.wall_clock()
        for meter in self._meters:
            if id(meter) not in known:
                meter.schedule(now)
                if self._read_at_start:
                    for task in meter.tasks:
                        task.set_due(now)

    async def _sleep(self, seconds: float) -> None:
        """Sleep so long, or until the meters are others."""
        self._told.clear()
        if self._told_meters is self._meters:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._told.wait()

    def _notice_clock_jump(self) -> None:
        """Schedule afresh when the wall clock jumped.

        After a jump back all is due in the new time; after one forth what it passed over is due
        now, once, and was not late.
        """
        now = self._world.wall_clock()
        jump = now - self._seen - (asyncio.get_running_loop().time() - self._seen_at)
        if abs(jump) > JUMP:
            _LOGGER.warning(
                "bus %s: the system clock went %s by %.0f s; all jobs are scheduled anew",
                self._bus,
                "back" if jump < 0 else "forth",
                abs(jump),
            )
            for task in [task for meter in self._meters for task in meter.tasks]:
                if jump < 0:
                    task.schedule(now)
                elif task.due <= now:
                    task.set_due(now)
        self._see(now)

    def _see(self, now: float) -> None:
        self._seen, self._seen_at = now, asyncio.get_running_loop().time()

    def _next(self) -> tuple[Meter | None, float]:
        """Return the meter that is to be asked next and the seconds until then."""
        if not self._meters:
            return None, inf
        monotonic = asyncio.get_running_loop().time()
        wall = self._world.wall_clock()
        if self._owed > 0:
            place, pause = choose(self._meters, wall, monotonic, with_orders=False)
            if not pause:
                return self._meters[place], pause
        place, pause = choose(self._meters, wall, monotonic)
        return self._meters[place], pause

    async def _poll(self, meter: Meter) -> None:
        loop = asyncio.get_running_loop()
        began = meter.asked_at = loop.time()
        ordered, meter.orders = meter.orders, []
        self._asking = meter
        try:
            result = await self._ask(meter, ordered)
        except PortError as error:
            result = error.code
            self._refuse(ordered, error)
            if self._line_down:
                return
            self._line_failed(error)
        except DcudError as error:
            result = error.code
            self._refuse(ordered, error)
            self._failed(meter, error, loop.time() - began)
        except Exception:  # a fault of ours that one meter brings out must not cost the others
            _LOGGER.exception(
                "bus %s: meter %s: this is a fault in dcud; please report it", self._bus, meter.id
            )
            result = DcudError.code
            self._refuse(ordered, DcudError("an error inside dcud"))
            self._failed(meter, DcudError("an error inside dcud"), loop.time() - began)
        else:
            self._succeeded(meter, result)
        finally:
            self._asking = None
        took = loop.time() - began
        self._owed = took if ordered else self._owed - took
        meter.orders[:0] = [order for order in ordered if not order.done.done()]
        self._world.observer.poll_finished(self._bus, meter.id, result, took)

    async def _obey(self, ordered: Iterable[Order], asker: Asker) -> None:
        """Do what was ordered, as far as its share of the bus goes; the rest keeps its place."""
        clock = asyncio.get_running_loop().time
        began = clock()
        for order in ordered:
            await order.run(asker, self._world.wall_clock())
            if clock() - began >= SHARE:
                break

    async def _ask(self, meter: Meter, ordered: Sequence[Order]) -> str:
        """Do what was ordered, then all due jobs, in one association.

        Returns the worst of the jobs' results.
        """
        results = [JobOutcome.SUCCESS.value]
        async with meter.associate() as reader:
            self._line_down = False
            await self._obey(ordered, reader)
            for task in wanted(meter.tasks, self._world.wall_clock()):
                now = self._world.wall_clock()
                if task.due > now and not self._may_go_on(meter, task):
                    continue
                results.append(await self._run(meter, task, reader, now))
        return max(results, key=_severity)

    def _refuse(self, ordered: Iterable[Order], error: DcudError) -> None:
        """Tell whoever waits that the meter could not be asked."""
        for order in ordered:
            order.refuse(error)

    async def _run(self, meter: Meter, task: Task, reader: Asker, now: float) -> str:
        result = await self._result(meter, task, reader, now)
        task.is_unfinished = result == JobOutcome.UNFINISHED.value
        task.has_failed = result not in tuple(JobOutcome)
        if task.due <= now:
            self._tell_run(meter, task, now)
            task.schedule(self._world.wall_clock())
        return JobOutcome.SUCCESS.value if task.is_unfinished else result

    def _tell_run(self, meter: Meter, task: Task, began: float) -> None:
        ended = self._world.wall_clock()
        run = JobRun(
            bus=self._bus,
            meter=meter.id,
            job=task.job.name,
            lag=began - task.due,
            is_late=ended > task.deadline,
            left_out=task.left_out(ended),
        )
        if not meter.failures:  # what a meter missed by itself is no shortage of the bus
            self._shortage.ran(run.meter, run.job, ended, late=run.is_late, left_out=run.left_out)
        self._world.observer.job_ran(run)

    def _may_go_on(self, meter: Meter, running: Task) -> bool:
        """Tell whether a job that catches up may take another step before others have theirs."""
        wall, monotonic = self._world.wall_clock(), asyncio.get_running_loop().time()
        own = [task for task in meter.tasks if task is not running and task.due <= wall]
        waiting = foremost_waiting(self._meters, meter, wall, monotonic)[0]
        if own or waiting in (Class.ORDERED, Class.SCHEDULED):
            return False
        return waiting is Class.NOTHING or monotonic - meter.asked_at < SHARE

    async def _result(self, meter: Meter, task: Task, reader: Asker, now: float) -> str:
        job = task.job
        try:
            return await job.run(
                reader,
                self._world.keep,
                datetime.fromtimestamp(now, UTC),
                lambda: self._may_go_on(meter, task),
            )
        except DcudError as error:
            if not reader.is_open:
                raise
            # The association still stands: the other jobs of this meter need not suffer.
            _LOGGER.error(
                "bus %s: meter %s: job %s failed: %s", self._bus, meter.id, job.name, error
            )
            return error.code

    def _line_failed(self, error: PortError) -> None:
        """Tell that no meter can be reached; none of them is to blame, so no breaker opens."""
        self._line_down = True
        for meter in self._meters:
            self._tell(meter, MeterState.DOWN, error.code)

    def _failed(self, meter: Meter, error: DcudError, cost: float) -> None:
        now = asyncio.get_running_loop().time()
        meter.failures += 1
        meter.breaker.failed(now, self._world.random(), cost)
        level = logging.WARNING if meter.failures == 1 else logging.DEBUG
        _LOGGER.log(
            level,
            "bus %s: meter %s: %s (failure %d, next try in %.0f s)",
            self._bus,
            meter.id,
            error,
            meter.failures,
            meter.breaker.not_before - now,
        )
        self._tell(meter, meter.breaker.state(now), error.code)

    def _succeeded(self, meter: Meter, result: str) -> None:
        if meter.failures:
            _LOGGER.warning(
                "bus %s: meter %s answers again after %d failures",
                self._bus,
                meter.id,
                meter.failures,
            )
        meter.failures = 0
        meter.breaker.succeeded()
        if result in tuple(JobOutcome):
            meter.last_success = self._world.wall_clock()
            self._tell(meter, MeterState.UP, "")
        else:
            self._tell(meter, MeterState.DEGRADED, result)

    def _tell(self, meter: Meter, state: MeterState, reason: str) -> None:
        self._world.observer.meter_health(
            MeterHealth(
                bus=self._bus,
                meter=meter.id,
                state=state,
                reason=reason,
                last_success=meter.last_success,
            )
        )


_RANKS = {JobOutcome.SUCCESS.value: 0, JobOutcome.PARTIAL.value: 1}


def _severity(result: str) -> int:
    """Rank results: what an error is called is worse than any outcome."""
    return _RANKS.get(result, len(_RANKS))

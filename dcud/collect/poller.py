"""The polling of one bus: which meter is next, and what becomes of it.

One task runs one poller. A meter is ready when one of its jobs is due and its breaker lets it be
asked; of the ready meters the one that has waited longest is asked, for all that is due of it in
one association. A job that came to its end is due again at its next aligned instant. When the
association breaks down, the unfinished jobs stay due and the meter is left alone for the breaker's
pause, so that a dead meter delays only itself.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import inf
from typing import Protocol

from dcud.collect.breaker import Breaker, MeterState
from dcud.collect.job import Job, JobOutcome, Keep, Reader
from dcud.errors import DcudError
from dcud.line.errors import PortError

_LOGGER = logging.getLogger("dcud.collect")

PORT_PAUSE = 1.0
"""Seconds until a line that is down is tried again; its bus keeps the growing pauses."""

LONGEST_SLEEP = 30.0
"""Seconds after which the wall clock is looked at again, so that a jump of it is noticed."""


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


class PollObserver(Protocol):
    """Who wants to know how polls go."""

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
        due: for each job by position, the unix second at which it is due.
    """

    id: str
    associate: Callable[[], AbstractAsyncContextManager[Reader]]
    jobs: Sequence[Job]
    breaker: Breaker
    due: list[float] = field(default_factory=list)
    last_success: float | None = None
    failures: int = 0

    def schedule(self, now: float) -> None:
        """Set every job to its next instant."""
        self.due = [job.alignment.next_after(now) for job in self.jobs]


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
    """Asks the meters of one bus, each when it is due."""

    def __init__(
        self, bus: str, meters: Sequence[Meter], surroundings: Surroundings, *, read_at_start: bool
    ) -> None:
        self._bus = bus
        self._meters = meters
        self._world = surroundings
        self._read_at_start = read_at_start
        self._seen = 0.0
        self._line_down = False

    async def run(self) -> None:
        """Poll until cancelled."""
        self._start()
        while True:
            self._notice_clock_jump()
            meter, pause = self._next()
            if pause > 0:
                await asyncio.sleep(min(pause, LONGEST_SLEEP))
                continue
            await self._poll(meter)
            if self._line_down:
                await asyncio.sleep(PORT_PAUSE)

    def _start(self) -> None:
        now = self._world.wall_clock()
        self._seen = now
        for meter in self._meters:
            meter.schedule(now)
            if self._read_at_start:
                meter.due = [now] * len(meter.jobs)

    def _notice_clock_jump(self) -> None:
        """Schedule afresh when the wall clock went back: what was due is due in the new time."""
        now = self._world.wall_clock()
        if now < self._seen - 1:
            _LOGGER.warning(
                "bus %s: the system clock went back by %.0f s; all jobs are scheduled anew",
                self._bus,
                self._seen - now,
            )
            for meter in self._meters:
                meter.schedule(now)
        self._seen = now

    def _next(self) -> tuple[Meter, float]:
        """Return the meter that is to be asked next and the seconds until then."""
        wall, monotonic = self._world.wall_clock(), asyncio.get_running_loop().time()
        # This runs over every meter of the bus for every poll of one: most end at the first look.
        first, shortest = self._meters[0], inf
        for meter in self._meters:
            pause = min(meter.due) - wall
            if pause < shortest:
                pause = max(pause, meter.breaker.not_before - monotonic)
                if pause < shortest:
                    first, shortest = meter, pause
        return first, shortest

    async def _poll(self, meter: Meter) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            result = await self._ask(meter)
        except PortError as error:
            result = error.code
            if self._line_down:
                return
            self._line_failed(error)
        except DcudError as error:
            result = error.code
            self._failed(meter, error)
        except Exception:  # a fault of ours that one meter brings out must not cost the others
            _LOGGER.exception(
                "bus %s: meter %s: this is a fault in dcud; please report it", self._bus, meter.id
            )
            result = DcudError.code
            self._failed(meter, DcudError("an error inside dcud"))
        else:
            self._succeeded(meter, result)
        self._world.observer.poll_finished(self._bus, meter.id, result, loop.time() - began)

    async def _ask(self, meter: Meter) -> str:
        """Run all due jobs of `meter` in one association; returns the worst of their results."""
        results = [JobOutcome.SUCCESS.value]
        async with meter.associate() as reader:
            self._line_down = False
            for index, job in enumerate(meter.jobs):
                now = self._world.wall_clock()
                if meter.due[index] > now:
                    continue
                results.append(await self._run(meter, job, reader, now))
                meter.due[index] = job.alignment.next_after(self._world.wall_clock())
        return max(results, key=_severity)

    async def _run(self, meter: Meter, job: Job, reader: Reader, now: float) -> str:
        try:
            return await job.run(reader, self._world.keep, datetime.fromtimestamp(now, UTC))
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

    def _failed(self, meter: Meter, error: DcudError) -> None:
        now = asyncio.get_running_loop().time()
        meter.failures += 1
        meter.breaker.failed(now, self._world.random())
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

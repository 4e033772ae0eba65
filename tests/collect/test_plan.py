"""The plan: what comes next of all that is due."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.collect.alignment import Alignment
from dcud.collect.breaker import Breaker, BreakerLimits
from dcud.collect.job import Job, JobOutcome, Keep, MayGoOn, Priority, Reader, Timing
from dcud.collect.order import Order
from dcud.collect.plan import Class, Planned, Task, choose, foremost_waiting, wanted

QUARTER = Alignment(interval=900)


@dataclass(frozen=True)
class Silent:
    """A job that is never run."""

    timing: Timing
    name: str = "job"

    async def run(
        self, reader: Reader, keep: Keep, now: datetime, may_go_on: MayGoOn
    ) -> JobOutcome:
        raise AssertionError(self)


@dataclass(eq=False)
class Waiting:
    tasks: Sequence[Task]
    breaker: Breaker = field(default_factory=lambda: Breaker(BreakerLimits()))
    asked_at: float = -inf
    orders: list[Order] = field(default_factory=list)
    held_until: float = -inf


def task(
    due: float,
    *,
    priority: Priority = Priority.NORMAL,
    deadline: float | None = None,
    unfinished: bool = False,
) -> Task:
    job: Job = Silent(Timing(schedule=QUARTER, deadline=deadline, priority=priority))
    planned = Task(job, is_unfinished=unfinished)
    planned.set_due(due)
    return planned


def meter(*tasks: Task, asked_at: float = -inf) -> Waiting:
    return Waiting(tasks, asked_at=asked_at)


def test_what_is_due_goes_before_what_is_not() -> None:
    assert choose([meter(task(900)), meter(task(300))], 300.0, 0.0) == (1, 0.0)


def test_until_something_is_due_there_is_a_pause() -> None:
    assert choose([meter(task(900)), meter(task(400))], 300.0, 0.0) == (1, 100.0)


def test_the_nearest_deadline_goes_first() -> None:
    late, soon = meter(task(100, deadline=500)), meter(task(200, deadline=60))
    assert choose([late, soon], 300.0, 0.0) == (1, 0.0)


def test_without_a_deadline_the_next_instant_is_one() -> None:
    assert task(900).deadline == 1800
    assert task(900, deadline=5).deadline == 905


def test_a_higher_priority_goes_before_a_nearer_deadline() -> None:
    urgent = meter(task(200, priority=Priority.HIGH, deadline=9000))
    soon = meter(task(200, deadline=10))
    least = meter(task(100, priority=Priority.LOW, deadline=1))
    assert choose([soon, least, urgent], 300.0, 0.0) == (2, 0.0)
    assert choose([soon, least], 300.0, 0.0) == (0, 0.0)


def test_what_is_left_over_waits_for_what_is_scheduled() -> None:
    left = meter(task(900, unfinished=True))
    assert choose([left, meter(task(900))], 300.0, 0.0) == (0, 0.0)
    assert choose([left, meter(task(300))], 300.0, 0.0) == (1, 0.0)


def test_meters_take_turns_with_what_is_left_over() -> None:
    meters = [meter(task(900, unfinished=True), asked_at=at) for at in (30.0, 10.0, 20.0)]
    assert choose(meters, 300.0, 40.0)[0] == 1


def test_a_meter_that_is_left_alone_waits_for_its_breaker() -> None:
    dead, well = meter(task(0)), meter(task(900))
    dead.breaker.failed(100.0, 1.0)  # for 10 seconds
    assert choose([dead, well], 300.0, 105.0) == (0, 5.0)
    assert choose([dead, well], 300.0, 110.0) == (0, 0.0)
    assert choose([dead, meter(task(302))], 300.0, 105.0) == (1, 2.0)


def test_what_a_meter_is_asked_for_is_in_order() -> None:
    first, second = task(200, deadline=10), task(100, deadline=500)
    left, later = task(900, unfinished=True), task(900)
    assert wanted([left, later, second, first], 300.0) == [first, second, left]


def test_instants_that_went_by_are_counted() -> None:
    assert task(900).left_out(899) == 0
    assert task(900).left_out(1799) == 0
    assert task(900).left_out(2700) == 2
    assert task(900).left_out(4e9) == 1000


def test_what_others_wait_for() -> None:
    served = meter(task(0))
    left, due = meter(task(900, unfinished=True)), meter(task(200))
    assert foremost_waiting([served], served, 300.0, 0.0)[0] is Class.NOTHING
    assert foremost_waiting([served, meter(task(900))], served, 300.0, 0.0)[0] is Class.NOTHING
    assert foremost_waiting([served, left], served, 300.0, 0.0)[0] is Class.LEFT_OVER
    assert foremost_waiting([served, left, due], served, 300.0, 0.0)[0] is Class.SCHEDULED
    due.breaker.failed(0.0, 1.0)
    assert foremost_waiting([served, left, due], served, 300.0, 0.0)[0] is Class.LEFT_OVER


tasks = st.builds(
    task,
    st.floats(0, 2000),
    priority=st.sampled_from(Priority),
    deadline=st.none() | st.floats(1, 500),
    unfinished=st.booleans(),
)


@given(st.lists(st.lists(tasks, min_size=1, max_size=3), min_size=1, max_size=6))
def test_nothing_that_waits_goes_before_what_was_chosen(drawn: list[list[Task]]) -> None:
    meters: list[Planned] = [meter(*each) for each in drawn]
    place, pause = choose(meters, 1000.0, 0.0)
    ranks = [min(each.rank(1000.0) for each in one.tasks) for one in meters]
    if pause:
        assert {rank[0] for rank in ranks} == {Class.NOTHING}
        assert pause == pytest.approx(min(t.due for one in meters for t in one.tasks) - 1000.0)
    else:
        assert ranks[place] == min(ranks)

"""From the configured discipline of a meter's clock to the job that keeps it."""

from dataclasses import replace
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from dcud.collect.capture_periods import CapturePeriods
from dcud.collect.clock_discipline import DayTimes, Discipline, Limits
from dcud.collect.clock_job import ClockJob
from dcud.collect.clock_moves import Position
from dcud.collect.clock_observer import ClockObserver
from dcud.collect.clock_setting import Clock, set_by_preset, set_to
from dcud.collect.job import Timing
from dcud.collect.meter_memory import MeterMemory
from dcud.collect.postponed import Postponed
from dcud.config import model
from dcud.dlms.obis import Obis

_ANY_PROFILE = Obis.parse("1.0.99.255.255.255")
"""In whose name a capture period stands that is told for all profiles together."""


def make_clock_job(
    job: model.ClockJob,
    timing: Timing,
    memory: MeterMemory,
    position: Position,
    observer: ClockObserver,
    clock: Clock,
) -> ClockJob:
    """Return the job as its poller runs it; `timing` as that of any job."""
    postponed = Postponed(timing.schedule)
    profiles = memory.profiles
    if job.capture_period is not None:
        profiles = {_ANY_PROFILE: job.capture_period}
    return ClockJob(
        name=job.name,
        timing=replace(timing, schedule=postponed),
        postponed=postponed,
        limits=Limits(
            discipline=Discipline(job.discipline),
            tolerance=job.tolerance,
            max_shift=job.max_shift,
            max_set=job.max_set,
            changes_a_day=job.changes_a_day,
            windows=tuple(DayTimes(*each) for each in job.windows),
            zone=_zone(job, memory),
            across_captures=job.across_captures,
        ),
        set_clock=set_by_preset if job.set_by == "preset" else set_to,
        captures=CapturePeriods(profiles=profiles, memory=memory),
        memory=memory,
        position=position,
        observer=observer,
        clock=clock,
    )


def _zone(job: model.ClockJob, memory: MeterMemory) -> tzinfo:
    """Return by whose clock the day and its windows go."""
    return ZoneInfo(job.time_zone) if job.time_zone else memory.convention.zone or UTC

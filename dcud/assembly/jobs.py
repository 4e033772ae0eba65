"""From the jobs of a configured meter to those that its poller runs."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, timedelta
from hashlib import blake2b
from typing import Protocol, assert_never
from zoneinfo import ZoneInfo

from dcud.collect.alignment import Alignment
from dcud.collect.clock_moves import Position
from dcud.collect.clock_observer import ClockObserver
from dcud.collect.identity_job import USUAL, IdentityJob, IdentityObserver
from dcud.collect.job import Job, Priority, Timing
from dcud.collect.lists import ListMemory
from dcud.collect.meter_memory import OBJECT_LIST, MeterMemory
from dcud.collect.objects_job import ObjectsJob, ObjectsObserver
from dcud.collect.profile_job import GapObserver, ProfileJob
from dcud.collect.profile_reader import ProfileAccess, ProfileQuirks, ProfileReader
from dcud.collect.register_job import Item, RegisterJob
from dcud.collect.schedule import Delayed, Schedule
from dcud.config import model
from dcud.cosem.clock import ClockConvention, TimeEncoding
from dcud.cosem.profile_columns import NullData
from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.cosem_time import DeviationSign

_SIGNS = {
    "utc-minus-local": DeviationSign.UTC_MINUS_LOCAL,
    "local-minus-utc": DeviationSign.LOCAL_MINUS_UTC,
}


class JobObserver(ClockObserver, GapObserver, IdentityObserver, ObjectsObserver, Protocol):
    """Who learns what jobs find out beside what they read."""


_PRIORITIES = {"low": Priority.LOW, "normal": Priority.NORMAL, "high": Priority.HIGH}


def convention(meter: model.Meter) -> ClockConvention:
    """Return what the meter means by its times."""
    clock = meter.clock
    sign = DeviationSign.IGNORED if clock.ignore_deviation else _SIGNS[clock.deviation]
    return ClockConvention(sign=sign, zone=ZoneInfo(clock.time_zone))


def meter_memory(meter: model.Meter) -> MeterMemory:
    """Return a memory of the meter that holds nothing yet but what is configured."""
    return MeterMemory(
        meter=meter.id,
        bus=meter.bus,
        convention=convention(meter),
        clock_name=meter.clock.logical_name,
        lists=ListMemory(longest=meter.longest_list),
        companion=meter.companion,
        object_list=_object_list(meter),
        profiles={
            job.logical_name: job.capture_period
            for job in meter.job
            if isinstance(job, model.ProfileJob)
        },
    )


def _object_list(meter: model.Meter) -> AttributeDescriptor:
    """Return the attribute that lists the meter's objects, of an association of either kind."""
    if meter.referencing == "short-names":
        # There is but the current one whose short name is known.
        return AttributeDescriptor(12, OBJECT_LIST.logical_name, 2)
    return replace(OBJECT_LIST, logical_name=meter.association)


def make_job(
    job: model.Job,
    memory: MeterMemory,
    position: Position,
    observer: JobObserver,
    clock: Callable[[], float],
) -> Job:
    """Return a job as its poller runs it.

    Args:
        job: as configured.
        memory: what is known of its meter.
        position: gives what was kept before.
        observer: learns of what it finds.
        clock: ours, unix seconds.
    """
    timing = _timing(job, memory)
    match job:
        case model.ClockJob():
            from dcud.assembly.clock_jobs import make_clock_job  # noqa: PLC0415  # start-up

            return make_clock_job(job, timing, memory, position, observer, clock)
        case model.RegistersJob():
            return RegisterJob(
                name=job.name,
                timing=timing,
                items=items(job.objects),
                memory=memory,
                with_clock=job.read_clock,
            )
        case model.ProfileJob():
            return ProfileJob(
                name=job.name,
                timing=timing,
                profile=profile_reader(job, memory),
                access=ProfileAccess(job.access),
                initial_history=timedelta(seconds=job.initial_history),
                max_range=None if job.max_range is None else timedelta(seconds=job.max_range),
                names={(column.obis, column.attribute): column.name for column in job.columns},
                position=position,
                observer=observer,
            )
        case model.IdentityJob():
            return IdentityJob(
                name=job.name,
                timing=timing,
                items=items(job.objects) or USUAL,
                memory=memory,
                position=position,
                observer=observer,
            )
        case model.ObjectsJob():
            return ObjectsJob(
                name=job.name,
                timing=timing,
                versions=items(job.versions),
                memory=memory,
                position=position,
                observer=observer,
            )
        case _:
            assert_never(job)


def _timing(job: model.Job, memory: MeterMemory) -> Timing:
    return Timing(
        schedule=Delayed(schedule(job, memory.convention), _delay(job, memory.meter)),
        deadline=job.deadline,
        priority=_PRIORITIES[job.priority],
    )


def schedule(job: model.Job, clock: ClockConvention) -> Schedule:
    """Return when a job is due of a meter with such a clock, but for the meter's own delay."""
    zone = ZoneInfo(job.time_zone) if job.time_zone else clock.zone or UTC
    if job.cron is not None:
        from dcud.collect.cron import Cron  # noqa: PLC0415  # most have none: start-up

        return Delayed(Cron(job.cron, zone), job.offset)
    assert job.interval is not None  # noqa: S101  # rules._instants_fault
    return Alignment(interval=job.interval, offset=job.offset, zone=zone)


def _delay(job: model.Job, meter: str) -> float:
    """Return the meter's own place within the spread: the same at every start."""
    digest = blake2b(f"{meter}/{job.name}".encode(), digest_size=8).digest()
    return job.spread * int.from_bytes(digest) / 2**64


def items(objects: Iterable[model.ObjectAttribute]) -> list[Item]:
    """Return what a job reads."""
    return [
        Item(
            attribute=AttributeDescriptor(each.class_id, each.obis, each.attribute),
            name=each.name or str(each.obis),
        )
        for each in objects
    ]


def profile_reader(job: model.ProfileJob, memory: MeterMemory) -> ProfileReader:
    """Return the reader of a profile job's profile."""
    return ProfileReader(
        logical_name=job.logical_name,
        memory=memory,
        quirks=ProfileQuirks(
            bounds=TimeEncoding(job.range_bounds),
            step=job.range_step or 0.0,
            far_end=job.range_end == "far-future",
            capture_period=None if job.capture_period is None else int(job.capture_period),
            null_data=NullData.REPEATED if job.null_value == "previous" else NullData.NO_VALUE,
        ),
    )

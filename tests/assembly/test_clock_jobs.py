"""Clocks kept as configured; a simulated meter's on a pseudo-terminal."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

import pytest

from dcud.assembly.jobs import JobObserver, make_job, meter_memory
from dcud.assembly.telling import FindingsTold
from dcud.collect import kernel_clock
from dcud.collect.clock_discipline import DayTimes, Discipline, Limits
from dcud.collect.clock_job import ClockJob
from dcud.collect.clock_setting import compare, shift
from dcud.collect.job import Asker, JobOutcome
from dcud.collect.kernel_clock import KernelTime
from dcud.config.load import load
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.obis import Obis
from dcud.dlms.server import ServerParameters
from dcud.observe.metrics import Metrics
from dcud.publish.incidents import Incidents
from dcud.sim.hdlc_line import HdlcLine
from dcud.sim.meter import MeterParameters, SimulatedMeter
from dcud.sim.serving import serve_pty
from dcud.store.rows import Cursor
from tests.assembly.commands.test_meter_verbs import session
from tests.assembly.test_telling import Incidence
from tests.support.fake_meter import Kept, always

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC).timestamp()
METER = """
[gateway]
id = "gw"
[[bus]]
id = "b"
tcp.host = "h"
[[meter]]
id = "m"
bus = "b"
clock.time_zone = "Asia/Kolkata"
[[meter.job]]
kind = "profile"
name = "load"
logical_name = "1.0.99.1.0.255"
interval = "1 h"
[[meter.job]]
kind = "profile"
name = "day"
logical_name = "1.0.99.2.0.255"
interval = "1 d"
capture_period = "1 d"
[[meter.job]]
kind = "clock"
name = "clock"
interval = "1 d"
KEYS
"""


async def nowhere(meter: str, key: str) -> Cursor | None:
    return None


def running(start: float) -> Callable[[], float]:
    """Return a clock that shows `start` now, and goes on."""
    began = time.monotonic()
    return lambda: start + time.monotonic() - began


def clock_job(tmp_path: Path, keys: str, observer: JobObserver | None = None) -> ClockJob:
    path = tmp_path / "dcud.toml"
    path.write_text(METER.replace("KEYS", keys))
    meter = load(path).meters[0]
    configured = next(each for each in meter.job if each.name == "clock")
    observer = observer or cast("JobObserver", object())
    clock = running(NOON + 420)
    job = make_job(configured, meter_memory(meter), nowhere, observer, clock)
    assert isinstance(job, ClockJob)
    return job


def test_a_clock_is_observed_unless_more_is_said(tmp_path: Path) -> None:
    job = clock_job(tmp_path, "")
    assert job.limits == Limits(
        discipline=Discipline.OBSERVE,
        tolerance=10.0,
        max_shift=60.0,
        max_set=3600.0,
        changes_a_day=2,
        windows=(),
        zone=ZoneInfo("Asia/Kolkata"),
        across_captures=False,
    )
    assert NOON + 420 <= job.clock() < NOON + 600


def test_limits_are_as_configured(tmp_path: Path) -> None:
    job = clock_job(
        tmp_path,
        'discipline = "set"\ntolerance = 3\nmax_shift = 30\nmax_set = "1 d"\nchanges_a_day = 1\n'
        'windows = "22:00-04:00"\ntime_zone = "UTC"\nacross_captures = true\n',
    )
    assert job.limits == Limits(
        discipline=Discipline.SET,
        tolerance=3.0,
        max_shift=30.0,
        max_set=86_400.0,
        changes_a_day=1,
        windows=(DayTimes(22 * 60, 4 * 60),),
        zone=ZoneInfo("UTC"),
        across_captures=True,
    )


def test_captures_are_those_of_the_profile_jobs_unless_told(tmp_path: Path) -> None:
    profiles = clock_job(tmp_path, "").captures.profiles
    load_profile, daily = Obis.parse("1.0.99.1.0.255"), Obis.parse("1.0.99.2.0.255")
    assert profiles == {load_profile: None, daily: 86_400.0}
    told = clock_job(tmp_path, 'capture_period = "30 min"').captures.profiles
    assert list(told.values()) == [1800.0]


def test_what_is_put_off_is_an_instant_of_the_job(tmp_path: Path) -> None:
    job = clock_job(tmp_path, "")
    job.postponed.put_off(NOON + 60)
    assert job.timing.schedule.next_after(NOON) == NOON + 60
    # Midnight in India is half past six in the evening.
    assert job.timing.schedule.next_after(NOON + 60) == NOON + 6.5 * 3600


@asynccontextmanager
async def simulated(tmp_path: Path, clock: Callable[[], float]) -> AsyncIterator[Asker]:
    """Serve a meter whose clock is right."""
    meter = SimulatedMeter(MeterParameters(number=1, installed=NOON - 7200), clock)
    line = HdlcLine({ServerAddress(logical=1, physical=17): meter}, ServerParameters())
    async with serve_pty(line, tmp_path / "line") as device, session(str(device)) as asker:
        yield asker


def kernel_says(monkeypatch: pytest.MonkeyPatch, state: int) -> None:
    answer = KernelTime(state=state, status=0, max_error=20_000)
    monkeypatch.setattr(kernel_clock, "_ask_kernel", lambda: answer)


MAY_SET = 'discipline = "set"\ntolerance = 3\n'


BY_PRESET = MAY_SET + 'set_by = "preset"\n'


@pytest.mark.parametrize(
    ("keys", "ahead", "how"),
    [
        (MAY_SET, -20, "shifted by +20 s"),
        (MAY_SET, 300, "set"),
        (BY_PRESET, 300, "set"),
        (BY_PRESET, -150, "set"),
    ],
)
async def test_a_meter_whose_clock_is_wrong_is_put_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: str, ahead: int, how: str
) -> None:
    kernel_says(monkeypatch, 0)
    incidents, kept = Incidence(), Kept()
    told = FindingsTold(Metrics(version="1"), cast("Incidents", incidents))
    job = clock_job(tmp_path, keys, told)
    async with simulated(tmp_path, job.clock) as asker:
        await shift(asker, job.memory, ahead)
        outcome = await job.run(asker, kept, datetime.fromtimestamp(NOON, UTC), always)
        after = await compare(asker, job.memory, job.clock)
    assert outcome is JobOutcome.SUCCESS
    assert incidents.reported == [("m", "clock_changed")]
    assert f"and was {how};" in incidents.texts[0]
    assert abs(after.deviation.total_seconds()) < 1.5
    assert [value.name for value in kept.readings[0].values] == [
        "clock_offset",
        "clock_uncertainty",
        "clock_offset_before",
        "clock_change",
    ]


async def test_while_the_kernel_has_its_doubts_a_meter_keeps_its_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel_says(monkeypatch, 5)
    incidents = Incidence()
    told = FindingsTold(Metrics(version="1"), cast("Incidents", incidents))
    job = clock_job(tmp_path, MAY_SET, told)
    async with simulated(tmp_path, job.clock) as asker:
        await shift(asker, job.memory, 60)
        await job.run(asker, Kept(), datetime.fromtimestamp(NOON, UTC), always)
        after = await compare(asker, job.memory, job.clock)
    assert incidents.reported == [("", "gateway_clock_not_synchronised"), ("m", "clock_off")]
    assert 58 < after.deviation.total_seconds() < 62

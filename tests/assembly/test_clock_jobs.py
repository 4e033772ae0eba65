from datetime import UTC, datetime
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

from dcud.assembly.jobs import JobObserver, make_job, meter_memory
from dcud.collect.clock_discipline import DayTimes, Discipline, Limits
from dcud.collect.clock_job import ClockJob
from dcud.config.load import load
from dcud.dlms.obis import Obis
from dcud.store.rows import Cursor

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
    raise AssertionError


def clock_job(tmp_path: Path, keys: str) -> ClockJob:
    path = tmp_path / "dcud.toml"
    path.write_text(METER.replace("KEYS", keys))
    meter = load(path).meters[0]
    configured = next(each for each in meter.job if each.name == "clock")
    observer = cast("JobObserver", object())
    job = make_job(configured, meter_memory(meter), nowhere, observer, lambda: NOON)
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
    assert job.clock() == NOON


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

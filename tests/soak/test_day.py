"""A day of a gateway's life: 4 buses with 200 meters, and all that can go wrong.

`make day` runs it; KILLS and SEED of the environment amend it.
"""

import os
from pathlib import Path
from random import Random

import pytest

from tests.support.virtual_day import Day, Stretch
from tests.support.virtual_day_account import Account
from tests.support.virtual_day_run import DayRun

pytestmark = pytest.mark.soak

KILLS = int(os.environ.get("KILLS", "3"))
SEED = int(os.environ.get("SEED", "1"))
HOUR = 3600.0
AWAY = Stretch(6 * HOUR, 12 * HOUR)
BUSY_AT_MOST = 0.6
"""Share of its time that a line may be busy."""
PROMPT = 300.0
"""Seconds from a capture to its acknowledgement, for 95 in 100 where nothing went wrong."""
DOUBLES_AT_MOST = 100
"""For each time that the daemon or the broker goes: what was on its way, or not forgotten yet."""


def day() -> Day:
    draw = Random(SEED)  # noqa: S311  # moments, no secrets
    thirds = ((1 * HOUR, 6 * HOUR), (AWAY.begin, AWAY.end), (12 * HOUR, 23 * HOUR))
    kills = tuple(draw.uniform(*thirds[number % len(thirds)]) for number in range(KILLS))
    return Day(
        buses=4, meters=50, hours=24, seed=SEED, away=AWAY, kills=kills, kill_after_away=True
    )


def test_every_interval_of_a_day_arrives(tmp_path: Path) -> None:
    planned = day()
    account = Account(planned, DayRun(tmp_path, planned).run())
    account.settle()
    print(f"\n{account.report()}")
    assert not account.faults, "\n".join(account.faults)
    assert len(account.lived.kills) == len(planned.kills) + 1
    assert account.lag("undisturbed")[1] < PROMPT
    assert max(account.busy().values()) < BUSY_AT_MOST
    assert account.doubles < DOUBLES_AT_MOST * (len(planned.kills) + 2)

"""Programs killed at random moments, stores lost and put back: no counter is ever used twice.

`make counter-kills` runs it; RUNS and SEED of the environment amend it.
"""

import os
import random
from collections import Counter
from pathlib import Path

import pytest

from tests.support.counter_site import CounterSite

RUNS = int(os.environ.get("RUNS", "1000"))
SEED = int(os.environ.get("SEED", "1"))
RUNS_BEFORE_A_NEW_SITE = 20


def test_no_counter_is_used_twice_in_a_few_runs(tmp_path: Path) -> None:
    assert fire(tmp_path, runs=20, seed=2)["frames"] > 50


@pytest.mark.soak
def test_no_counter_is_used_twice(tmp_path: Path) -> None:
    done = fire(tmp_path, RUNS, SEED)
    print("\n" + ", ".join(f"{what}: {number}" for what, number in sorted(done.items())))


def fire(directory: Path, runs: int, seed: int) -> "Counter[str]":
    """Run programs under fire; return what was done and what came of it."""
    draw = random.Random(seed)  # noqa: S311  # moments, not secrets
    done: Counter[str] = Counter()
    for first in range(0, runs, RUNS_BEFORE_A_NEW_SITE):
        site = CounterSite(directory / str(first), draw, done)
        for _ in range(min(RUNS_BEFORE_A_NEW_SITE, runs - first)):
            site.run()
        site.check()
    return done

"""Ten thousand reads on a bad line, for each window; `make faults` runs it.

READS and SEED of the environment amend it.
"""

import os

import pytest

from dcud.line.impairment import CORRUPTION, Impairment, Mishap
from tests.support.faulty_reads import FaultyReads

pytestmark = [pytest.mark.soak, pytest.mark.looptime]

READS = int(os.environ.get("READS", "10000"))
SEED = int(os.environ.get("SEED", "1"))
BAD = Impairment(corruption=0.01, loss=0.02)


@pytest.mark.parametrize("window", [1, 7])
async def test_every_read_comes_back_right(window: int) -> None:
    tally = await FaultyReads(window=window, impairment=BAD, seed=SEED).run(READS)
    print(
        f"\nwindow {window}: {tally.right} reads right, {tally.retransmissions} frames sent again,"
        f" {tally.mishaps[Mishap.LOSS]} lost, {tally.mishaps[CORRUPTION]} octets damaged,"
        f" {sum(tally.failures.values())} sessions opened again {dict(tally.failures)},"
        f" {tally.seconds / 3600:.1f} h on the line's clock"
    )
    assert tally.right == READS

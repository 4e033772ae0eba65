"""1 % of the octets damaged and 2 % of the frames lost, both ways: every read comes back right.

`make faults` does it ten thousand times; docs/endurance.md has its figures.
"""

import pytest

from dcud.line.impairment import CORRUPTION, Impairment, Mishap
from tests.support.faulty_reads import FaultyReads

pytestmark = pytest.mark.looptime

BAD = Impairment(corruption=0.01, loss=0.02)
READS = 1_000


@pytest.mark.parametrize("window", [1, 7])
async def test_every_read_comes_back_right(window: int) -> None:
    tally = await FaultyReads(window=window, impairment=BAD, seed=window).run(READS)
    assert tally.right == READS
    assert not tally.failures  # the link alone gets them all
    assert tally.mishaps[Mishap.LOSS] > 50
    assert tally.mishaps[CORRUPTION] > 1000
    assert tally.retransmissions > tally.mishaps[Mishap.LOSS]


async def test_a_good_line_needs_no_retransmission() -> None:
    tally = await FaultyReads(window=7, impairment=Impairment(), seed=1).run(200)
    assert (tally.right, tally.retransmissions, sum(tally.mishaps.values())) == (200, 0, 0)

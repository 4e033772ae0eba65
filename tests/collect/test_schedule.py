from hypothesis import given
from hypothesis import strategies as st

from dcud.collect.alignment import Alignment
from dcud.collect.schedule import Delayed, instants

QUARTER = Alignment(interval=900)


def test_a_delay_moves_every_instant() -> None:
    assert Delayed(QUARTER, 30).next_after(1_700_000_100) == 1_700_000_130
    assert Delayed(QUARTER, 30).next_after(1_700_000_130) == 1_700_001_030


def test_a_delay_may_be_longer_than_the_interval() -> None:
    assert Delayed(QUARTER, 930).next_after(1_700_000_100) == 1_700_000_130


def test_the_instants_of_a_stretch_of_time() -> None:
    assert list(instants(QUARTER, 1_700_000_100, 1_700_001_900)) == [1_700_001_000, 1_700_001_900]
    assert list(instants(QUARTER, 1_700_000_100, 1_700_000_999)) == []


@given(st.floats(min_value=0, max_value=1e6), st.floats(min_value=0, max_value=4e9))
def test_the_next_instant_is_later(delay: float, now: float) -> None:
    assert now < Delayed(QUARTER, delay).next_after(now) <= now + 1801

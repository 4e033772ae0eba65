import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.collect.schedule import Alignment

QUARTER = Alignment(interval=900)


def test_the_next_quarter_of_the_hour() -> None:
    assert QUARTER.next_after(1_700_000_000) == 1_700_000_100
    assert QUARTER.next_after(1_700_000_100) == 1_700_001_000


def test_an_offset_moves_every_instant() -> None:
    assert Alignment(interval=900, offset=30).next_after(1_700_000_100) == 1_700_000_130


def test_only_the_remainder_of_the_offset_counts() -> None:
    assert Alignment(interval=900, offset=930).next_after(1_700_000_100) == 1_700_000_130


@pytest.mark.parametrize("interval", [0.0, -1.0, float("nan")])
def test_an_interval_that_never_moves_on_is_refused(interval: float) -> None:
    with pytest.raises(ValueError, match="positive"):
        Alignment(interval=interval)


@given(
    st.floats(min_value=0.1, max_value=1e7),
    st.floats(min_value=0, max_value=1e6),
    st.floats(min_value=0, max_value=4e9),
)
def test_the_next_instant_is_later_and_at_most_one_interval_away(
    interval: float, offset: float, now: float
) -> None:
    due = Alignment(interval=interval, offset=offset).next_after(now)
    assert now < due <= now + interval * (1 + 1e-6) + 1e-5

from hypothesis import given
from hypothesis import strategies as st

from dcud.publish.backoff import Backoff


def test_pauses_double_up_to_the_bound() -> None:
    backoff = Backoff(initial=1, maximum=10, draw=lambda: 1.0)
    assert [backoff.next() for _ in range(6)] == [1, 2, 4, 8, 10, 10]
    backoff.reset()
    assert backoff.next() == 1


def test_the_longest_pause_stays_until_the_reset() -> None:
    backoff = Backoff(initial=1, maximum=10, draw=lambda: 1.0)
    assert [backoff.longest(), backoff.next()] == [10, 10]


def test_a_bound_below_the_first_pause_holds() -> None:
    assert Backoff(initial=5, maximum=2, draw=lambda: 1.0).next() == 2


@given(draws=st.lists(st.floats(0, 1, exclude_max=True), min_size=8, max_size=8))
def test_each_pause_is_drawn_from_the_upper_half(draws: list[float]) -> None:
    drawn = iter(draws)
    backoff = Backoff(initial=1, maximum=60, draw=lambda: next(drawn))
    for bound in (1, 2, 4, 8, 16, 32, 60, 60):
        assert bound / 2 <= backoff.next() <= bound

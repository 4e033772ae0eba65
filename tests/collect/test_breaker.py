from hypothesis import given
from hypothesis import strategies as st

from dcud.collect.breaker import Breaker, BreakerLimits, MeterState

LIMITS = BreakerLimits(failures=2, duration=3.0, first_pause=10.0, longest_pause=60.0)


def test_a_meter_is_up_until_it_fails() -> None:
    breaker = Breaker(LIMITS)
    assert breaker.state(100.0) is MeterState.UP
    assert breaker.not_before < 0


def test_down_needs_both_a_number_of_failures_and_a_time() -> None:
    breaker = Breaker(LIMITS)
    breaker.failed(100.0, 1.0)
    assert breaker.state(200.0) is MeterState.DEGRADED
    breaker.failed(101.0, 1.0)
    assert breaker.state(102.9) is MeterState.DEGRADED
    assert breaker.state(103.0) is MeterState.DOWN


def test_pauses_double_up_to_the_longest() -> None:
    breaker = Breaker(LIMITS)
    pauses = []
    for _ in range(5):
        breaker.failed(0.0, 1.0)
        pauses.append(breaker.not_before)
    assert pauses == [10.0, 20.0, 40.0, 60.0, 60.0]


def test_jitter_shortens_a_pause_by_a_quarter_at_most() -> None:
    breaker = Breaker(LIMITS)
    breaker.failed(0.0, 0.0)
    assert breaker.not_before == 7.5


def test_a_pause_that_is_ended_leaves_the_next_one_the_longer() -> None:
    breaker = Breaker(BreakerLimits(first_pause=10, longest_pause=900))
    breaker.failed(0, 1.0)
    breaker.end_pause()
    assert breaker.not_before == float("-inf")
    breaker.failed(1, 1.0)
    assert breaker.not_before == 21


def test_a_success_ends_it_all() -> None:
    breaker = Breaker(LIMITS)
    breaker.failed(0.0, 1.0)
    breaker.succeeded()
    assert breaker.state(0.0) is MeterState.UP
    assert breaker.not_before < 0


@given(st.integers(1, 5000))
def test_any_number_of_failures_stays_within_the_longest_pause(failures: int) -> None:
    breaker = Breaker(LIMITS)
    for _ in range(failures):
        breaker.failed(0.0, 1.0)
    assert breaker.not_before <= 60.0

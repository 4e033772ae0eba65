import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.errors import CountersSpentError, ReplayError
from dcud.dlms.security.counters import (
    LAST_COUNTER,
    FreshCounter,
    GrantedCounters,
    InvocationCounter,
    ReceivedCounter,
)


def taken(counter: InvocationCounter, count: int) -> list[int]:
    return [counter.next() for _ in range(count)]


def test_what_is_granted_is_given_out_in_turn() -> None:
    counters = GrantedCounters()
    counters.grant(10, 2)
    counters.grant(100, 1)
    assert counters.remaining == 3
    assert taken(counters, 3) == [10, 11, 100]
    assert counters.remaining == 0


def test_without_a_grant_nothing_is_given_out() -> None:
    with pytest.raises(CountersSpentError, match="no invocation counter"):
        GrantedCounters().next()


@pytest.mark.parametrize("count", [0, -1])
def test_a_grant_of_nothing_grants_nothing(count: int) -> None:
    counters = GrantedCounters()
    counters.grant(10, count)
    assert counters.remaining == 0
    with pytest.raises(CountersSpentError):
        counters.next()


def test_what_is_revoked_is_never_given_out() -> None:
    counters = GrantedCounters()
    counters.grant(10, 5)
    assert counters.next() == 10
    counters.revoke()
    assert counters.remaining == 0
    with pytest.raises(CountersSpentError):
        counters.next()
    counters.grant(50, 1)
    assert counters.next() == 50


@given(st.lists(st.tuples(st.integers(0, 10), st.integers(0, 3)), max_size=8))
def test_no_counter_is_given_out_twice(blocks: list[tuple[int, int]]) -> None:
    counters = GrantedCounters()
    first = 0
    granted = []
    for gap, count in blocks:
        first += gap
        counters.grant(first, count)
        granted += list(range(first, first + count))
        first += count
    assert counters.remaining == len(granted)
    assert taken(counters, len(granted)) == granted
    assert counters.remaining == 0


def test_a_fresh_counter_counts_from_nothing() -> None:
    counter = FreshCounter()
    assert counter.remaining == LAST_COUNTER + 1
    assert taken(counter, 3) == [0, 1, 2]
    assert counter.remaining == LAST_COUNTER - 2


def test_a_fresh_counter_ends_before_the_one_that_is_never_used() -> None:
    counter = FreshCounter(LAST_COUNTER)
    assert counter.next() == 0xFFFFFFFE
    assert counter.remaining == 0
    with pytest.raises(CountersSpentError, match="at its end"):
        counter.next()


@pytest.mark.parametrize("counter", [0, 6])
def test_what_is_old_is_a_replay(counter: int) -> None:
    received = ReceivedCounter(7)
    with pytest.raises(ReplayError, match=f"counter {counter}") as caught:
        received.check(counter)
    assert (caught.value.counter, caught.value.floor) == (counter, 7)
    assert received.floor == 7


def test_checking_alone_moves_nothing() -> None:
    received = ReceivedCounter()
    received.check(0)
    received.check(0)
    assert received.floor == 0


def test_what_was_verified_is_not_taken_again() -> None:
    received = ReceivedCounter()
    received.advance(41)
    with pytest.raises(ReplayError):
        received.check(41)
    received.check(42)


def test_the_floor_never_falls() -> None:
    received = ReceivedCounter(100)
    received.advance(5)
    assert received.floor == 100

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dcud.collect.gaps import (
    PAUSES,
    Gap,
    from_text,
    gaps_between,
    halves_of,
    joined,
    left_of,
    to_text,
)

QUARTER = timedelta(minutes=15)
START = datetime(2026, 5, 25, 12, 0, tzinfo=UTC)
NOW = datetime(2026, 6, 1, 12, 7, tzinfo=UTC)


def at(*steps: float) -> list[datetime]:
    return [START + step * QUARTER for step in steps]


def spans(gaps: list[Gap]) -> list[tuple[float, float]]:
    return [((gap.first - START) / QUARTER, (gap.last - START) / QUARTER) for gap in gaps]


def found(*steps: float, upto: float) -> list[tuple[float, float]]:
    return spans(gaps_between(at(*steps), START, START + upto * QUARTER, QUARTER, NOW))


def test_where_each_instant_has_its_entry_there_is_no_gap() -> None:
    assert found(1, 2, 3, 4, upto=4) == []
    assert found(upto=0) == []


def test_what_is_missing_on_end_is_one_gap() -> None:
    assert found(1, 4, 5, 9, upto=9) == [(2, 3), (6, 8)]
    assert found(1, 3, upto=4) == [(2, 2), (4, 4)]


def test_nothing_at_all_is_one_gap() -> None:
    assert found(upto=5) == [(1, 5)]


def test_a_capture_some_seconds_off_counts_for_its_instant() -> None:
    assert found(1.02, 1.98, 3.4, upto=3) == []


def test_captures_beside_the_instants_make_no_gap() -> None:
    assert found(1, 1.5, 2, 2.2, 3, upto=3) == []


def test_a_gap_is_asked_for_after_a_while() -> None:
    (gap,) = gaps_between(at(1, 3), START, START + 3 * QUARTER, QUARTER, NOW)
    assert (gap.tries, gap.not_before) == (0, NOW + timedelta(hours=1))
    assert gap.captures(QUARTER) == 1


def test_a_gap_is_asked_for_less_and_less_often_and_given_up_at_last() -> None:
    gap = Gap(first=START, last=START, tries=0, not_before=NOW)
    waits = []
    while (again := gap.asked_in_vain(NOW)) is not None:
        waits.append(again.not_before - NOW)
        gap = again
    assert waits == list(PAUSES[1:])


def test_what_came_of_a_gap_is_taken_out_of_it() -> None:
    gap = Gap(first=START + QUARTER, last=START + 6 * QUARTER, tries=2, not_before=NOW)
    rest = left_of(gap, at(3, 4), QUARTER)
    assert spans(rest) == [(1, 2), (5, 6)]
    assert {(each.tries, each.not_before) for each in rest} == {(2, NOW)}
    assert left_of(gap, at(1, 2, 3, 4, 5, 6), QUARTER) == []


def test_the_notation() -> None:
    gap = Gap(first=START, last=START + QUARTER, tries=1, not_before=NOW)
    assert to_text([gap]) == (
        "2026-05-25T12:00:00+00:00/2026-05-25T12:15:00+00:00/1/2026-06-01T12:07:00+00:00"
    )
    assert (to_text([]), from_text("")) == ("", [])


moments = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001  # hypothesis wants it so
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001  # likewise
    timezones=st.just(UTC),
)


@given(st.lists(st.tuples(moments, moments, st.integers(0, 9), moments), max_size=5))
def test_gaps_survive_being_noted_down(
    drawn: list[tuple[datetime, datetime, int, datetime]],
) -> None:
    gaps = [Gap(first=a, last=b, tries=n, not_before=c) for a, b, n, c in drawn]
    assert from_text(to_text(gaps)) == gaps


@given(st.sets(st.integers(1, 60)), st.integers(1, 60))
def test_captures_with_the_gaps_are_all_there_is_to_have(there: set[int], upto: int) -> None:
    missing = {
        step
        for first, last in found(*there, upto=upto)
        for step in range(int(first), int(last) + 1)
    }
    assert missing == set(range(1, upto + 1)) - there


def test_a_gap_of_several_captures_has_halves_that_leave_none_out() -> None:
    whole = Gap(first=START, last=START + 4 * QUARTER, tries=2, not_before=START)
    older, newer = halves_of(whole, QUARTER)
    assert (older.first, older.last) == (START, START + 2 * QUARTER)
    assert (newer.first, newer.last) == (START + 3 * QUARTER, START + 4 * QUARTER)
    assert {older.tries, newer.tries} == {2}
    single = replace(whole, last=START)
    assert halves_of(single, QUARTER) == [single]


def test_halves_without_a_period_meet_and_are_joined_again() -> None:
    whole = Gap(first=START, last=START + 4 * QUARTER, tries=0, not_before=START)
    older, newer = halves_of(whole, timedelta(0))
    assert older.last == newer.first == START + 2 * QUARTER
    assert joined([newer, older]) == [whole]
    apart = replace(newer, first=newer.first + QUARTER)
    assert joined([apart, older]) == [older, apart]

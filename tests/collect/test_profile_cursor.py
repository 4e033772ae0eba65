from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dcud.collect.profile_cursor import NEVER, ProfileCursor, captured
from dcud.cosem.profile_buffer import ProfileEntry

T = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def entries(*seconds: int) -> list[ProfileEntry]:
    return [
        ProfileEntry(cells=(number,), time=T + each * SECOND) for number, each in enumerate(seconds)
    ]


def numbers(found: list[ProfileEntry]) -> list[object]:
    return [entry.cells[0] for entry in found]


def test_what_lies_behind_a_time_is_new() -> None:
    assert numbers(ProfileCursor(T).new(entries(-1, 0, 0, 1, 2))) == [3, 4]


def test_of_the_cursors_second_those_are_new_that_come_after_the_known_ones() -> None:
    assert numbers(ProfileCursor(T, 2).new(entries(-1, 0, 0, 0, 1))) == [3, 4]
    assert numbers(ProfileCursor(T, 0).new(entries(0, 0))) == [0, 1]


def test_a_cursor_moves_behind_the_last_and_counts_those_of_its_second() -> None:
    assert ProfileCursor(T).behind(entries(1, 2, 2), NEVER) == ProfileCursor(T + 2 * SECOND, 2)
    assert ProfileCursor(T, 1).behind(entries(0), NEVER) == ProfileCursor(T, 2)
    assert ProfileCursor(T, 1).behind([], NEVER) == ProfileCursor(T, 1)
    assert ProfileCursor(T).behind([], NEVER) == ProfileCursor(T)
    settled = T + 3 * SECOND
    assert ProfileCursor(T, 1).behind(entries(2), settled) == ProfileCursor(settled, 0)


def test_an_older_note_has_no_count() -> None:
    assert ProfileCursor.from_text("2026-06-01T08:00:00+00:00") == ProfileCursor(T)
    assert ProfileCursor.from_text("2026-06-01T08:00:00+00:00#2") == ProfileCursor(T, 2)


@given(time=st.datetimes(timezones=st.just(UTC)), count=st.none() | st.integers(0, 1000))
def test_what_is_noted_is_read_back(time: datetime, count: int | None) -> None:
    cursor = ProfileCursor(time, count)
    assert ProfileCursor.from_text(cursor.to_text()) == cursor


@given(seconds=st.lists(st.integers(1, 5)).map(sorted), read=st.integers(0, 20))
def test_however_a_log_is_read_in_two_goes_each_entry_comes_once(
    seconds: list[int], read: int
) -> None:
    log = entries(*seconds)
    cursor = ProfileCursor(T)
    first = cursor.new(log[:read])
    rest = cursor.behind(first, NEVER).new(log)
    assert [*first, *rest] == log


def test_an_entry_without_a_time_comes_before_all_others() -> None:
    assert captured(ProfileEntry(cells=(), time=None)) == NEVER
    assert captured(ProfileEntry(cells=(), time=T.replace(tzinfo=None))) == T

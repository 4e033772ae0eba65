from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.collect.cron import Cron, CronSyntaxError

BERLIN = ZoneInfo("Europe/Berlin")


def told(expression: str, start: str, count: int) -> list[str]:
    schedule, due, shown = Cron(expression, BERLIN), datetime.fromisoformat(start).timestamp(), []
    for _ in range(count):
        due = schedule.next_after(due)
        shown.append(datetime.fromtimestamp(due, BERLIN).strftime("%m-%d %H:%M%z"))
    return shown


def test_the_first_of_each_month() -> None:
    assert told("5 0 1 * *", "2026-01-15T00:00:00Z", 2) == ["02-01 00:05+0100", "03-01 00:05+0100"]


def test_an_instant_is_never_told_twice() -> None:
    schedule = Cron("*/5 * * * *")
    assert schedule.next_after(300.0) == 600.0
    assert schedule.next_after(299.5) == 300.0


def test_a_time_that_spring_leaves_out_comes_when_the_clocks_have_jumped() -> None:
    shown = told("30 2 * * *", "2026-03-28T12:00:00Z", 2)
    assert shown == ["03-29 03:00+0200", "03-30 02:30+0200"]


def test_a_time_that_comes_twice_in_autumn_counts_once() -> None:
    shown = told("30 2 * * *", "2026-10-24T12:00:00Z", 2)
    assert shown == ["10-25 02:30+0200", "10-26 02:30+0100"]


def test_the_29th_of_february_comes_in_leap_years() -> None:
    assert told("0 0 29 2 *", "2026-01-01T00:00:00Z", 1) == ["02-29 00:00+0100"]


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("* * *", "five fields"),
        ("0 * * * * *", "five fields"),
        ("61 * * * *", "Bad minute"),
        ("0 0 30 2 *", "Bad day-of-month"),
        ("a b c d e", "Bad"),
    ],
)
def test_what_is_no_expression_is_refused(expression: str, why: str) -> None:
    with pytest.raises(CronSyntaxError, match=why):
        Cron(expression)


@given(st.text(alphabet="0123456789*/,-L# ", max_size=20))
def test_any_text_is_an_expression_or_a_typed_error(expression: str) -> None:
    try:
        schedule = Cron(expression)
    except CronSyntaxError:
        return
    assert schedule.next_after(1.7e9) > 1.7e9

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.collect.clock_record import ClockRecord, Pending

SHIFT = Pending(before=12.5, how="shifted by -12 s", began=1_780_000_000.5)
MONDAY, TUESDAY = date(2026, 6, 1), date(2026, 6, 2)


def test_changes_count_by_the_day() -> None:
    record = ClockRecord().on(MONDAY).begun(SHIFT).ended().on(MONDAY).begun(SHIFT)
    assert record.changes == 2
    assert record.on(TUESDAY).changes == 0
    assert record.on(TUESDAY).pending == SHIFT


@pytest.mark.parametrize(
    ("ahead", "happened"), [(12.4, False), (14.0, False), (0.4, True), (-3.0, True), (25.0, True)]
)
def test_whether_a_change_happened_shows_afterwards(ahead: float, *, happened: bool) -> None:
    assert SHIFT.has_happened(ahead) is happened


@given(
    st.builds(
        ClockRecord,
        day=st.dates().map(date.isoformat),
        changes=st.integers(0, 100),
        told=st.sampled_from(["", "too_far"]),
        pending=st.none() | st.just(SHIFT),
    )
)
def test_what_is_kept_is_read_back(record: ClockRecord) -> None:
    assert ClockRecord.from_text(record.to_text()) == record


def test_what_was_told_is_remembered() -> None:
    assert ClockRecord().having_told("too_far").told == "too_far"

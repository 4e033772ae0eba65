from hypothesis import given
from hypothesis import strategies as st

from dcud.line.pace import Pace


def test_a_burst_is_let_through_and_what_follows_waits() -> None:
    now = [100.0]
    pace = Pace(2.0, 3, lambda: now[0])
    assert [pace.pause() for _ in range(5)] == [0.0, 0.0, 0.0, 0.5, 1.0]
    now[0] += 1.5
    assert pace.pause() == 0.0
    assert pace.pause() == 0.5
    now[0] += 1000.0
    assert [pace.pause() for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]


@given(st.lists(st.integers(0, 5), max_size=60))
def test_never_more_than_the_rate_and_the_burst(gaps: list[int]) -> None:
    now = [0.0]
    pace = Pace(1.0, 4, lambda: now[0])
    taken = []
    for gap in gaps:
        now[0] += gap
        taken.append(now[0] + pace.pause())
    for moment in taken:
        assert sum(moment - 10 < other <= moment for other in taken) <= 10 + 4

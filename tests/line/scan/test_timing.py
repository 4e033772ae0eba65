from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.hdlc.address import ServerAddress
from dcud.line.scan import likely
from dcud.line.scan.found import Found, SignedOn
from dcud.line.scan.ranges import LineSetting, ScanRanges
from dcud.line.scan.search import (
    SILENCE,
    LineProgress,
    Probe,
    ProbeKind,
    SearchState,
    SignOn,
    after,
    next_question,
    signed_on,
)
from dcud.line.scan.timing import SIGN_ON_SECONDS, ScanTiming, seconds_left

TIMING = ScanTiming()
AT_9600 = ScanRanges(
    lines=(LineSetting(9600),),
    sizes=(2,),
    logicals=(1,),
    physicals=tuple(range(16, 116)),
    clients=(16,),
)


def test_patience_follows_the_answers_within_bounds() -> None:
    sweep = ProbeKind.SWEEP
    assert TIMING.patience_for(sweep, None) == 0.3
    assert TIMING.patience_for(sweep, 0.001) == 0.15
    assert TIMING.patience_for(sweep, 0.1) == pytest.approx(0.35)
    assert TIMING.patience_for(sweep, 5.0) == 1.0
    assert TIMING.patience_for(ProbeKind.HAIL, 0.001) == 1.0
    assert TIMING.patience_for(ProbeKind.DIRECT, None) == 3.0


def test_the_estimate_is_the_sum_of_what_the_questions_take() -> None:
    # 2 hails of 1 s, 100 addresses of 0.3 s; each with 12 octets at 9600 bit/s and the turnaround.
    each = 12 * 10 / 9600 + 0.02
    state = SearchState.initial(AT_9600)
    expected = 2 * (1.0 + each) + 100 * (0.3 + each)
    assert seconds_left(AT_9600, state, TIMING, None) == pytest.approx(expected)


def test_the_pace_is_kept() -> None:
    slow = replace(TIMING, frames_per_second=0.5)
    assert slow.probe_seconds(ProbeKind.SWEEP, LineSetting(9600), None) == 2.0


def test_a_slow_line_takes_longer() -> None:
    at_300 = TIMING.probe_seconds(ProbeKind.SWEEP, LineSetting(300), None)
    assert at_300 == pytest.approx(12 * 10 / 300 + 0.3 + 0.02)


def test_the_sign_on_counts_until_it_is_done_or_not_needed() -> None:
    ranges = replace(AT_9600, mode_e=True)
    state = SearchState.initial(ranges)
    with_it = seconds_left(ranges, state, TIMING, None)
    assert with_it - seconds_left(AT_9600, state, TIMING, None) == pytest.approx(SIGN_ON_SECONDS)
    done = signed_on(state, None)
    assert seconds_left(ranges, done, TIMING, None) == pytest.approx(with_it - SIGN_ON_SECONDS)


def test_nothing_is_left_once_a_meter_was_found_and_its_setting_swept() -> None:

    ranges = replace(AT_9600, lines=likely.SETTINGS, mode_e=True)
    station = Found(line=0, client=16, address=ServerAddress(1, 17, 2), answer="UA")
    done = LineProgress(len(ranges.hails), ranges.sweep_length, heard=True)
    state = replace(SearchState.initial(ranges), found=(station,))
    state = replace(state, lines=(done, *state.lines[1:]))
    assert seconds_left(ranges, state, TIMING, 0.1) == 0.0
    who = SignedOn(identification="/ABC5X", manufacturer="ABC", baud=9600, hdlc=False)
    assert seconds_left(ranges, signed_on(state, who), TIMING, None) == 0.0


@given(
    st.lists(st.sampled_from(likely.SETTINGS), min_size=1, max_size=3, unique=True).map(tuple),
    st.booleans(),
    st.one_of(st.none(), st.floats(0, 2)),
)
def test_in_silence_the_estimate_becomes_less_with_each_question(
    lines: tuple[LineSetting, ...],
    mode_e: bool,  # noqa: FBT001  # drawn
    slowest: float | None,
) -> None:
    ranges = replace(AT_9600, lines=lines, physicals=(16, 17), mode_e=mode_e)
    state = SearchState.initial(ranges)
    left = seconds_left(ranges, state, TIMING, slowest)
    while (question := next_question(ranges, state)) is not None:
        state = (
            after(state, question, SILENCE)
            if isinstance(question, Probe)
            else signed_on(state, None)
        )
        assert isinstance(question, Probe | SignOn)
        before, left = left, seconds_left(ranges, state, TIMING, slowest)
        assert left < before
    assert left == pytest.approx(0.0)

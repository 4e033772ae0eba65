"""The order of questions, whatever the answers are."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.hdlc.address import ServerAddress
from dcud.line.scan.found import Found, Identity, LogicalDevice, SignedOn
from dcud.line.scan.ranges import LineSetting, ScanRanges
from dcud.line.scan.search import (
    MAX_OVERHEARD,
    SILENCE,
    Overheard,
    Probe,
    ProbeKind,
    SearchState,
    SignOn,
    Verdict,
    after,
    identified,
    next_question,
    next_unidentified,
    overheard,
    remaining,
    signed_on,
)

TWO_LINES = ScanRanges(
    lines=(LineSetting(9600), LineSetting(19200)),
    sizes=(2,),
    logicals=(1,),
    physicals=(17, 18, 19),
    clients=(16, 1),
    sweep_clients=1,
)
METER = Identity(logical_device_name="ABC")

Hear = Callable[[Probe], Verdict]
Asked = tuple[int, int, ServerAddress]


def nothing(_probe: Probe) -> Verdict:
    return SILENCE


def answered(*places: tuple[int, int]) -> Hear:
    """Return what a line says on which stations are at (setting, physical device)."""

    def hear(probe: Probe) -> Verdict:
        there = (probe.line, probe.address.physical) in places
        return Verdict(answer="UA", answers=1, seconds=0.1) if there else SILENCE

    return hear


def search(
    ranges: ScanRanges, hear: Hear, state: SearchState | None = None, *, limit: int = 5000
) -> tuple[list[Probe | SignOn], list[SearchState]]:
    """Return all questions, and the state before each of them and in the end."""
    state = state or SearchState.initial(ranges)
    questions: list[Probe | SignOn] = []
    states = [state]
    while (question := next_question(ranges, state)) is not None:
        assert len(questions) < limit
        questions.append(question)
        if isinstance(question, SignOn):
            state = signed_on(state, None)
        else:
            state = after(state, question, hear(question))
        states.append(state)
    return questions, states


def asked(questions: list[Probe | SignOn]) -> list[Asked]:
    return [(q.line, q.client, q.address) for q in questions if isinstance(q, Probe)]


def wanted(ranges: ScanRanges) -> set[Asked]:
    swept = {ranges.combination(place) for place in range(ranges.sweep_length)}
    return {(line, *each) for line in range(len(ranges.lines)) for each in (*ranges.hails, *swept)}


some_ranges = st.builds(
    ScanRanges,
    lines=st.lists(
        st.sampled_from([LineSetting(9600), LineSetting(2400), LineSetting(300, "7E1")]),
        min_size=1,
        unique=True,
    ).map(tuple),
    sizes=st.lists(st.sampled_from([1, 2, 4]), min_size=1, unique=True).map(tuple),
    logicals=st.lists(st.sampled_from([2, 200]), unique=True).map(lambda these: (1, *these)),
    physicals=st.lists(st.sampled_from([17, 126, 127, 1000, 16383]), unique=True).map(
        lambda these: (16, *these)
    ),
    clients=st.just((16, 1, 32)),
    sweep_clients=st.integers(1, 3),
    wrapper=st.booleans(),
    mode_e=st.booleans(),
    silent_lines=st.booleans(),
    all_lines=st.booleans(),
)
verdicts = st.one_of(
    st.just(SILENCE),
    st.just(SILENCE),
    st.just(Verdict(damaged=9)),
    st.just(Verdict(answer="UA", answers=1, seconds=0.1)),
    st.just(Verdict(answer="DM", answers=2, seconds=0.1)),
    st.just(Verdict(strangers=(ServerAddress(1, 33, 2), ServerAddress(1, 17, 2)))),
)


@given(some_ranges)
def test_in_silence_every_combination_is_asked_exactly_once(ranges: ScanRanges) -> None:
    ranges = replace(ranges, silent_lines=True)
    questions, _ = search(ranges, nothing)
    counts = Counter(asked(questions))
    assert set(counts) == wanted(ranges)
    assert set(counts.values()) == {1}
    assert questions.count(SignOn()) == ranges.mode_e


@given(some_ranges, st.data())
def test_whatever_is_heard_no_combination_is_asked_twice(
    ranges: ScanRanges, data: st.DataObject
) -> None:
    heard: list[Verdict] = []

    def hear(_probe: Probe) -> Verdict:
        heard.append(data.draw(verdicts))
        return heard[-1]

    questions, states = search(ranges, hear)
    swept = [
        (q.line, q.client, q.address)
        for q in questions
        if isinstance(q, Probe) and q.kind is not ProbeKind.DIRECT
    ]
    assert len(set(swept)) == len(swept)
    direct = [q for q in questions if isinstance(q, Probe) and q.kind is ProbeKind.DIRECT]
    assert len(set(direct)) == len(direct)
    assert not states[-1].waiting


@given(some_ranges, st.data())
def test_a_search_goes_on_from_any_state_as_if_it_had_not_stopped(
    ranges: ScanRanges, data: st.DataObject
) -> None:
    script = data.draw(st.lists(verdicts, max_size=40))

    def at(number: int) -> Verdict:
        return script[number] if number < len(script) else SILENCE

    def replay(first: int) -> Hear:
        numbers = iter(range(first, 5000))
        return lambda _probe: at(next(numbers))

    questions, states = search(ranges, replay(0))
    stop = data.draw(st.integers(0, len(questions)))
    answers = sum(isinstance(each, Probe) for each in questions[:stop])
    again, later = search(ranges, replay(answers), states[stop])
    assert again == questions[stop:]
    assert later == states[stop:]


def total(ranges: ScanRanges, state: SearchState) -> int:
    return sum(left.hails + left.sweeps for left in remaining(ranges, state))


@given(some_ranges)
def test_in_silence_what_remains_becomes_less_with_each_question(ranges: ScanRanges) -> None:
    questions, states = search(ranges, nothing)
    left = [total(ranges, state) for state in states]
    for question, before, later in zip(questions, left, left[1:], strict=False):
        assert later < before or isinstance(question, SignOn)
    assert left[-1] == 0 or not ranges.silent_lines


@given(some_ranges, st.data())
def test_what_remains_only_grows_by_what_is_heard(ranges: ScanRanges, data: st.DataObject) -> None:
    ranges = replace(ranges, silent_lines=True)
    state = SearchState.initial(ranges)
    while isinstance(question := next_question(ranges, state), Probe):
        verdict = data.draw(verdicts)
        later = after(state, question, verdict)
        assert total(ranges, later) <= total(ranges, state) + len(verdict.strangers)
        state = later


def test_a_setting_is_swept_as_soon_as_something_is_heard_there() -> None:
    questions, _ = search(
        TWO_LINES, lambda probe: Verdict(damaged=20) if probe.line == 1 else SILENCE
    )
    kinds = [(q.line, q.kind) for q in questions if isinstance(q, Probe)]
    hails = len(TWO_LINES.hails)
    assert kinds == [
        *[(0, ProbeKind.HAIL)] * hails,
        (1, ProbeKind.HAIL),
        *[(1, ProbeKind.SWEEP)] * 3,
        *[(0, ProbeKind.SWEEP)] * 3,
    ]


def test_a_setting_with_a_meter_is_swept_to_its_end_and_ends_the_search() -> None:
    questions, states = search(replace(TWO_LINES, mode_e=True), answered((1, 17)))
    swept = [
        (q.line, q.address.physical)
        for q in questions
        if isinstance(q, Probe) and q.kind is ProbeKind.SWEEP
    ]
    assert swept == [(0, 17), (0, 18), (0, 19), (1, 17), (1, 18), (1, 19)]
    assert [each.address.physical for each in states[-1].found] == [17]
    everywhere, _ = search(replace(TWO_LINES, all_lines=True), answered((0, 127)))
    assert (1, 1, ServerAddress(1, 126, 2)) in asked(everywhere)


def test_only_the_first_size_in_which_a_meter_answers_counts() -> None:
    questions, states = search(replace(TWO_LINES, sizes=(2, 4)), answered((0, 17)))
    assert [str(each.address) for each in states[-1].found] == ["1/17 (2 octets)"]
    assert (0, 16, ServerAddress(1, 17, 4)) not in asked(questions)
    assert (0, 16, ServerAddress(1, 18, 4)) in asked(questions)


def test_a_quick_search_sweeps_only_where_something_was_heard() -> None:
    questions, _ = search(replace(TWO_LINES, silent_lines=False), nothing)
    assert {q.kind for q in questions if isinstance(q, Probe)} == {ProbeKind.HAIL}


def test_the_sign_on_comes_before_silent_settings_and_its_answer_ends_the_search() -> None:
    ranges = replace(TWO_LINES, mode_e=True)
    questions, states = search(ranges, nothing)
    at = questions.index(SignOn())
    assert {q.kind for q in questions[:at] if isinstance(q, Probe)} == {ProbeKind.HAIL}
    assert {q.kind for q in questions[at + 1 :] if isinstance(q, Probe)} == {ProbeKind.SWEEP}
    who = SignedOn(identification="/ABC5\\2X", manufacturer="ABC", baud=9600, hdlc=True)
    signed = signed_on(states[at], who)
    assert next_question(ranges, signed) is None
    assert total(ranges, signed) == 0


def test_an_overheard_server_is_tried_next_and_once() -> None:
    stranger = ServerAddress(1, 18, 2)
    questions, states = search(
        TWO_LINES,
        lambda probe: Verdict(strangers=(stranger,)) if probe.line == 0 else SILENCE,
    )
    direct = [q for q in questions if isinstance(q, Probe) and q.kind is ProbeKind.DIRECT]
    assert direct == [Probe(ProbeKind.DIRECT, 0, 16, stranger)]
    assert questions.index(direct[0]) == 1
    assert asked(questions).count((0, 16, stranger)) == 1
    assert states[-1].tried == (Overheard(0, 16, stranger),)


def test_an_overheard_server_that_answers_is_found_and_not_swept() -> None:
    def hear(probe: Probe) -> Verdict:
        if probe.kind is ProbeKind.HAIL:
            return Verdict(strangers=(ServerAddress(1, 18, 2),))
        return answered((0, 18))(probe)

    questions, states = search(TWO_LINES, hear)
    assert [each.address.physical for each in states[-1].found] == [18]
    swept = [a for line, _, a in asked(questions[2:]) if line == 0]
    assert ServerAddress(1, 18, 2) not in swept


def test_a_babbling_line_adds_only_so_many_servers() -> None:
    state = overheard(
        SearchState.initial(TWO_LINES), 0, 16, (ServerAddress(1, n, 4) for n in range(1000))
    )
    assert len(state.waiting) == MAX_OVERHEARD


def test_many_answers_to_a_general_address_are_no_meter_but_a_sign_of_life() -> None:
    state = SearchState.initial(TWO_LINES)
    crowd = Verdict(answer="UA", answers=2, seconds=0.1)
    hail = next_question(TWO_LINES, state)
    assert isinstance(hail, Probe)
    state = after(state, hail, crowd)
    assert state.found == ()
    assert state.lines[0].heard
    probe = next_question(TWO_LINES, state)
    assert isinstance(probe, Probe)
    assert after(state, probe, crowd).found[0].is_crowded


def test_a_station_that_said_who_it_is_leads_to_the_devices_beside_it() -> None:
    station = Found(line=0, client=16, address=ServerAddress(1, 17, 2), answer="UA")
    state = replace(SearchState.initial(TWO_LINES), found=(station,))
    assert next_unidentified(state) is station
    devices = tuple(LogicalDevice(sap=sap, name="") for sap in (0, 1, 2, 200))
    state = identified(TWO_LINES, state, station, replace(METER, logical_devices=devices))
    assert next_unidentified(state) is None
    assert state.waiting == (Overheard(0, 16, ServerAddress(2, 17, 2)),)


def test_over_the_wrapper_the_devices_beside_a_station_are_ports() -> None:
    ranges = replace(TWO_LINES, wrapper=True, lines=(LineSetting(),))
    station = Found(line=0, client=16, address=ServerAddress(1), answer="APDU")
    state = replace(SearchState.initial(ranges), found=(station,))
    devices = tuple(LogicalDevice(sap=sap, name="") for sap in (1, 300, 0x4000))
    state = identified(ranges, state, station, replace(METER, logical_devices=devices))
    assert state.waiting == (Overheard(0, 16, ServerAddress(300)),)

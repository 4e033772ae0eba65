import contextlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.hdlc.address import ServerAddress
from dcud.line.scan import likely
from dcud.line.scan.found import ClientStanding, Found, Identity, LogicalDevice, SignedOn
from dcud.line.scan.ranges import AS_IT_IS, LineSetting, ScanRanges
from dcud.line.scan.search import LineProgress, Overheard, SearchState
from dcud.line.scan.state_file import ScanStateError, from_json, to_json

RANGES = ScanRanges(
    lines=(LineSetting(9600), LineSetting(300, "7E1"), AS_IT_IS),
    sizes=(1, 2, 4),
    logicals=(1,),
    physicals=likely.PHYSICALS,
    clients=likely.CLIENTS,
    mode_e=True,
)

texts = st.text(max_size=5)
counts = st.integers(0, 200)
lines = st.integers(0, 2)
addresses = st.one_of(
    st.builds(ServerAddress, st.integers(1, 127), st.none(), st.just(1)),
    st.builds(ServerAddress, st.integers(1, 127), st.integers(0, 127), st.sampled_from([2, 4])),
    st.builds(ServerAddress, st.integers(1, 0x3FFF)),
)
identities = st.builds(
    Identity,
    clients=st.lists(
        st.builds(ClientStanding, client=counts, standing=texts, words=texts), max_size=3
    ).map(tuple),
    logical_device_name=texts,
    serial_number=texts,
    logical_devices=st.lists(st.builds(LogicalDevice, sap=counts, name=texts), max_size=3).map(
        tuple
    ),
)
overheard = st.lists(st.builds(Overheard, lines, counts, addresses), max_size=3).map(tuple)
states = st.builds(
    SearchState,
    lines=st.lists(
        st.builds(LineProgress, counts, counts, st.booleans()), min_size=3, max_size=3
    ).map(tuple),
    signed_on=st.booleans(),
    waiting=overheard,
    tried=overheard,
    found=st.lists(
        st.builds(
            Found,
            line=lines,
            client=counts,
            address=addresses,
            answer=texts,
            answers=counts,
            seconds=st.floats(0, 9),
            identity=st.one_of(st.none(), identities),
        ),
        max_size=3,
    ).map(tuple),
    mode_e=st.one_of(
        st.none(),
        st.builds(
            SignedOn,
            identification=texts,
            manufacturer=texts,
            baud=st.one_of(st.none(), counts),
            hdlc=st.booleans(),
            client=counts,
            address=st.one_of(st.none(), addresses),
            identity=st.one_of(st.none(), identities),
        ),
    ),
)
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-1, 3), st.floats(), st.text(max_size=3)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(states)
def test_what_was_stored_is_what_comes_back(state: SearchState) -> None:
    document = json.loads(json.dumps(to_json(RANGES, state)))
    assert from_json(document) == (RANGES, state)


@given(anything)
def test_anything_is_a_state_or_refused(document: object) -> None:
    with pytest.raises(ScanStateError):
        from_json(document)


@given(states, st.data())
def test_a_state_with_something_else_in_it_is_a_state_or_refused(
    state: SearchState, data: st.DataObject
) -> None:
    document = json.loads(json.dumps(to_json(RANGES, state)))
    place = document
    while isinstance(place, dict | list) and place:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        inner = place[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
            place[key] = data.draw(anything)
            break
        place = inner
    with contextlib.suppress(ScanStateError):
        ranges, _ = from_json(document)
        assert isinstance(ranges, ScanRanges)


def test_a_state_of_other_ranges_is_refused() -> None:
    initial = SearchState.initial(RANGES)
    fewer = replace(RANGES, lines=RANGES.lines[:1])
    with pytest.raises(ScanStateError, match="other ranges"):
        from_json(to_json(fewer, initial))
    away = replace(initial, waiting=(Overheard(3, 16, ServerAddress(1, 17)),))
    with pytest.raises(ScanStateError, match="other ranges"):
        from_json(to_json(RANGES, away))


def test_a_later_version_is_refused() -> None:
    document = to_json(RANGES, SearchState.initial(RANGES)) | {"version": 2}
    with pytest.raises(ScanStateError, match="version 2"):
        from_json(document)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("state",), []),
        (("state", "lines"), {}),
        (("state", "signed_on"), 1),
        (("state", "lines", 0, "hailed"), -1),
        (("state", "lines", 0, "hailed"), True),
        (("ranges", "clients"), 16),
        (("ranges", "lines", 0, "format"), "9N9"),
        (("ranges", "lines", 0, "baud"), 0),
        (("ranges", "lines", 0, "format"), 8),
        (("ranges", "sizes"), [3]),
    ],
)
def test_what_stands_in_a_wrong_place_is_refused(
    path: tuple[str | int, ...], value: object
) -> None:
    document = json.loads(json.dumps(to_json(RANGES, SearchState.initial(RANGES))))
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(ScanStateError, match="it holds no state of a scan"):
        from_json(document)

"""Any octets end in a value or a typed error, whichever decoder gets them."""

import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcud.dlms.errors import DecodeError
from tests.fuzz.decoders import attempt, decoders
from tests.fuzz.seeds import seeds

DECODERS = decoders()
EXAMPLES = 60
SLOWEST = 2.0
"""Seconds of CPU for less than 4,000 octets; a thousand times what it takes."""

Edit = Callable[[bytes], bytes]


def edits() -> st.SearchStrategy[Edit]:
    """Return ways to damage octets."""
    place = st.integers(0, 200)
    sparks = st.sampled_from([b"\x00", b"\x01", b"\x02", b"\x7f", b"\x80", b"\x84\xff\xff\xff\xff"])
    return st.one_of(
        st.builds(lambda at, bit: lambda o: _flipped(o, at, bit), place, st.integers(0, 7)),
        st.builds(lambda at, new: lambda o: o[:at] + new + o[at + len(new) :], place, sparks),
        st.builds(lambda at, new: lambda o: o[:at] + new + o[at:], place, sparks),
        st.builds(lambda at, n: lambda o: o[:at] + o[at + n :], place, st.integers(1, 8)),
        st.builds(lambda at, n: lambda o: o[:at] + o[at : at + 8] * n + o[at:], place, place),
        st.builds(lambda at: lambda o: o[:at], place),
    )


def _flipped(octets: bytes, at: int, bit: int) -> bytes:
    if at >= len(octets):
        return octets
    return octets[:at] + bytes((octets[at] ^ 1 << bit,)) + octets[at + 1 :]


def _edited(octets: bytes, changes: list[Edit]) -> bytes:
    for change in changes:
        octets = change(octets)
    return octets[:4000]


damaged = st.builds(_edited, st.sampled_from(seeds()), st.lists(edits(), max_size=4))


def test_all_decoders_are_found() -> None:
    assert len(DECODERS) >= 70
    for name in (
        "dcud.dlms.apdu.get.decode_get_response",
        "dcud.dlms.data.decode_data",
        "dcud.dlms.apdu.aare.AssociateResponse.decode",
        "dcud.dlms.hdlc.frame.parse",
        "dcud.dlms.security.general_ciphering.GeneralCiphering.decode",
        "dcud.dlms.v44.expander.expand",
        "dcud.cosem.profile_buffer.decode_buffer",
        "dcud.cosem.association_view.parse_object_list",
        "dcud.trace.apdu.dissect_apdu",
    ):
        assert name in DECODERS


@pytest.mark.parametrize("name", DECODERS)
@settings(max_examples=EXAMPLES)
@given(octets=damaged)
def test_any_octets_end_in_a_value_or_a_typed_error(name: str, octets: bytes) -> None:
    begin = time.thread_time()
    attempt(DECODERS[name], octets)
    assert time.thread_time() - begin < SLOWEST


@pytest.mark.parametrize("fault", [IndexError, KeyError, ValueError, RecursionError])
def test_what_is_no_typed_error_would_be_seen(fault: type[Exception]) -> None:
    def faulty(_: bytes) -> object:
        raise fault

    with pytest.raises(fault):
        attempt(faulty, b"")


def test_an_error_without_words_would_be_seen() -> None:
    def silent(_: bytes) -> object:
        raise DecodeError("")

    with pytest.raises(AssertionError):
        attempt(silent, b"")

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.sfsk.ciase import (
    Ciase,
    ClearAlarm,
    DiscoverReport,
    DiscoverRequest,
    PingRequest,
    PingResponse,
    RegisterRequest,
    Registration,
    RepeaterCall,
    decode_ciase,
)

# titles invented; layouts as a public library and an excerpt of IEC 62056-8-3 have them
KNOWN: dict[str, Ciase] = {
    "1D 64 000A 00 00": DiscoverRequest(),
    "1D 32 0014 07 01": DiscoverRequest(
        response_probability=50, allowed_time_slots=20, report_credit=7, equal_credit=1
    ),
    "1E 01 4D4554000001 01 01": DiscoverReport(system_titles=(b"MET\0\0\1",), alarm=1),
    "1E 01 4D4554000001 00": DiscoverReport(system_titles=(b"MET\0\0\1",)),
    "1C 444355000000 01 4D4554000001 0064": RegisterRequest(
        initiator=b"DCU\0\0\0", registrations=(Registration(b"MET\0\0\1", 100),)
    ),
    "19 4D4554000001": PingRequest(system_title=b"MET\0\0\1"),
    "1A 4D4554000001": PingResponse(system_title=b"MET\0\0\1"),
    "1F 0063 00 00": RepeaterCall(max_mac_address=0x63),
    "1F 0063 04 01 50": RepeaterCall(max_mac_address=0x63, slots_for_new=4, threshold=80),
    "39 00 01": ClearAlarm(body=b"\x00\x01"),
}


@pytest.mark.parametrize("octets", KNOWN)
def test_known_pdus(octets: str) -> None:
    encoded = bytes.fromhex(octets.replace(" ", ""))
    assert decode_ciase(encoded) == KNOWN[octets]
    assert KNOWN[octets].encode() == encoded


TITLES = st.binary(min_size=8, max_size=8)
PDUS: st.SearchStrategy[Ciase] = st.one_of(
    st.builds(PingRequest, system_title=TITLES),
    st.builds(PingResponse, system_title=TITLES),
    st.builds(
        RegisterRequest,
        initiator=TITLES,
        registrations=st.lists(
            st.builds(Registration, TITLES, st.integers(0, 0xFFFF)), max_size=3
        ).map(tuple),
    ),
    st.builds(
        DiscoverRequest,
        response_probability=st.integers(0, 255),
        allowed_time_slots=st.integers(0, 0xFFFF),
        report_credit=st.integers(0, 255),
        equal_credit=st.integers(0, 255),
    ),
    st.builds(
        DiscoverReport,
        system_titles=st.lists(TITLES, max_size=3).map(tuple),
        alarm=st.none() | st.integers(0, 255),
    ),
    st.builds(
        RepeaterCall,
        max_mac_address=st.integers(0, 0xFFFF),
        slots_for_new=st.integers(0, 255),
        threshold=st.none() | st.integers(0, 255),
    ),
    st.builds(ClearAlarm, body=st.binary(max_size=9)),
)


@given(PDUS)
def test_what_is_encoded_is_decoded(pdu: Ciase) -> None:
    assert decode_ciase(pdu.encode(), title_size=8) == pdu


@given(st.sampled_from(b"\x19\x1a\x1c\x1d\x1e\x1f\x39\x00"), st.binary(max_size=30))
def test_any_octets_are_a_pdu_or_an_error(tag: int, body: bytes) -> None:
    try:
        pdu = decode_ciase(bytes((tag,)) + body)
    except DecodeError:
        return
    assert decode_ciase(pdu.encode()) == pdu


@pytest.mark.parametrize("octets", ["", "C0", "1900", "1A4D455400000100", "1E05AA", "1D6400"])
def test_what_is_none(octets: str) -> None:
    with pytest.raises(DecodeError):
        decode_ciase(bytes.fromhex(octets))


def test_what_does_not_fit() -> None:
    with pytest.raises(EncodeError):
        DiscoverRequest(response_probability=256)
    with pytest.raises(EncodeError):
        DiscoverReport(system_titles=(), alarm=256)
    with pytest.raises(EncodeError):
        RepeaterCall(max_mac_address=0x10000)
    with pytest.raises(EncodeError):
        Registration(b"", -1)

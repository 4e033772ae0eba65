import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.sfsk.mac import (
    ALL_PHYSICAL,
    FIRST_INITIATOR,
    MAX_M_SDU,
    Credits,
    MacFrame,
    decode_credits,
    decode_mac_frame,
    sub_frames,
)

ADDRESSES = st.integers(0, 0xFFF)


@given(st.integers(0, 255))
def test_every_octet_is_credits(octet: int) -> None:
    assert decode_credits(octet).encode() == octet


def test_known_credits() -> None:
    assert Credits().encode() == 0xFC
    assert decode_credits(0x49) == Credits(initial=2, current=2, delta=1)


@pytest.mark.parametrize(
    "wrong", [{"initial": 8}, {"current": 8}, {"delta": 4}, {"initial": -1}], ids=str
)
def test_credits_that_do_not_fit(wrong: dict[str, int]) -> None:
    with pytest.raises(EncodeError, match="credit"):
        Credits(**wrong)


def test_a_known_header() -> None:
    frame = MacFrame(
        source=FIRST_INITIATOR, destination=ALL_PHYSICAL, m_sdu=b"\x90", credits=Credits()
    )
    assert frame.header(19) == bytes.fromhex("FCC00FFF13")
    octets = frame.header(2) + frame.m_sdu + bytes(2)
    assert decode_mac_frame(octets) == frame
    assert decode_mac_frame(frame.header(19) + b"\x90", pad=0) == frame


@given(ADDRESSES, ADDRESSES, st.binary(max_size=MAX_M_SDU), st.integers(0, 35))
def test_what_is_built_is_decoded(source: int, destination: int, m_sdu: bytes, pad: int) -> None:
    frame = MacFrame(
        source=source, destination=destination, m_sdu=m_sdu, credits=Credits(initial=3)
    )
    assert decode_mac_frame(frame.header(pad) + m_sdu + bytes(pad)) == frame


@given(st.binary(max_size=260))
def test_any_octets_are_a_frame_or_an_error(octets: bytes) -> None:
    try:
        frame = decode_mac_frame(octets)
    except DecodeError:
        return
    assert frame.header(octets[4]) == octets[:5]


@pytest.mark.parametrize("octets", [b"", bytes(4), bytes.fromhex("FCC00FFF01"), bytes(248)])
def test_what_holds_no_frame(octets: bytes) -> None:
    with pytest.raises(DecodeError):
        decode_mac_frame(octets)


@pytest.mark.parametrize(
    ("source", "destination", "size"), [(0x1000, 0, 0), (0, 0x1000, 0), (0, 0, 243)]
)
def test_what_does_not_fit(source: int, destination: int, size: int) -> None:
    with pytest.raises(EncodeError):
        MacFrame(source=source, destination=destination, m_sdu=bytes(size), credits=Credits())


@pytest.mark.parametrize(
    ("octets", "number"), [(0, 1), (26, 1), (27, 2), (62, 2), (63, 3), (242, 7)]
)
def test_sub_frames(octets: int, number: int) -> None:
    assert sub_frames(octets) == number

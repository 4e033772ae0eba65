import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.sfsk.frame_check import fcs24
from dcud.dlms.sfsk.framing import MacFrameHeard
from dcud.dlms.sfsk.line_framing import CODE_WORDS, LineFraming
from dcud.dlms.sfsk.mac import MAX_M_SDU, Credits, MacFrame

FRAMING = LineFraming()
DISCOVER = MacFrame(
    source=0xC00,
    destination=0xFFF,
    m_sdu=bytes.fromhex("9000011D64000A0000"),
    credits=Credits(),
)
# put together by hand, the check sequence by a public library's routine
ON_THE_LINE = bytes.fromhex(
    "6c6cfcc00fff119000011d64000a00000000000000000000000000000000000000fb8bc8"
)


def test_a_known_frame() -> None:
    assert FRAMING.build(DISCOVER) == ON_THE_LINE
    assert FRAMING.measure(ON_THE_LINE) == 36
    assert ON_THE_LINE[FRAMING.m_sdu_offset :].startswith(DISCOVER.m_sdu)
    assert fcs24(ON_THE_LINE[2 : -FRAMING.check_size]) == 0xFB8BC8
    assert FRAMING.parse(ON_THE_LINE) == MacFrameHeard(ON_THE_LINE, DISCOVER)


def test_how_much_is_wanted() -> None:
    assert FRAMING.measure(b"\x6c") == 2
    assert FRAMING.measure(b"\x6d") == 0
    assert FRAMING.measure(b"\x6c\x3a") == 0
    for number, word in enumerate(CODE_WORDS, 1):
        assert FRAMING.measure(word.to_bytes(2, "big") + b"\x00") == 36 * number


@given(st.integers(2, 35), st.integers(0, 7))
def test_a_damaged_frame_is_none(position: int, bit: int) -> None:
    damaged = bytearray(ON_THE_LINE)
    damaged[position] ^= 1 << bit
    assert FRAMING.parse(bytes(damaged)) is None


def test_impossible_padding() -> None:
    covered = bytes.fromhex("FCC00FFF20") + bytes(26)
    octets = b"\x6c\x6c" + covered + fcs24(covered).to_bytes(3, "big")
    assert FRAMING.parse(octets) is None


@given(st.binary(max_size=MAX_M_SDU))
def test_what_is_built_is_parsed(m_sdu: bytes) -> None:
    frame = MacFrame(source=1, destination=2, m_sdu=m_sdu, credits=Credits(initial=0, current=0))
    octets = FRAMING.build(frame)
    assert FRAMING.measure(octets) == len(octets)
    assert FRAMING.parse(octets) == MacFrameHeard(octets, frame)


@pytest.mark.parametrize("size", [0, 26, 27, 242])
def test_the_length_is_whole_sub_frames(size: int) -> None:
    frame = MacFrame(source=1, destination=2, m_sdu=bytes(size), credits=Credits())
    assert len(FRAMING.build(frame)) % 36 == 0

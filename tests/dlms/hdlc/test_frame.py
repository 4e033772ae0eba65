import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.hdlc.fcs import check_sequence
from dcud.dlms.hdlc.frame import (
    CONTROLS,
    MAX_INFORMATION,
    FrameKind,
    HdlcFrame,
    numbered,
    parse,
    supervisory,
    take_whole,
    unnumbered,
)

# name, frame, destination, source, control, information
KNOWN = [
    # u9n/dlms-cosem tests (values quoted there from the DLMS Green Book)
    ("7ea00802232193bd647e", "0223", "21", 0x93, ""),
    (
        "7ea01f21022373e6c781801205019a06019a070400000001080400000001cca27e",
        *("21", "0223", 0x73, "81801205019a06019a070400000001080400000001"),
    ),
    (
        "7ea023030002002373c0488180140502008006020080070400000001080400000001ce6a7e",
        *("03", "00020023", 0x73, "8180140502008006020080070400000001080400000001"),
    ),
    (
        (
            "7ea02c02232110af9fe6e600601da109060760857405080101be10040e01000000065f1f0400001e1d"
            "ffffc5e47e"
        ),
        *("0223", "21", 0x10),
        "e6e600601da109060760857405080101be10040e01000000065f1f0400001e1dffff",
    ),
    # jDLMS tests: an RR to a Landis+Gyr E650
    ("7ea00a002254d361513f997e", "002254d3", "61", 0x51, ""),
    # u9n/dlms-cosem issue 97: a flag octet inside the frame check sequence
    (
        "7ea01b0300023c4752d551e6e700c401c10009060100202000ff7e8c7e",
        *("03", "00023c47", 0x52, "e6e700c401c10009060100202000ff"),
    ),
    # u9n/dlms-cosem issue 95: a FRMR of a MEM600
    ("7ea00f0300022c29971b60540010743f7e", "03", "00022c29", 0x97, "540010"),
]


@pytest.mark.parametrize(("octets", "destination", "source", "control", "information"), KNOWN)
def test_known_frames(
    octets: str, destination: str, source: str, control: int, information: str
) -> None:
    frame = HdlcFrame(
        bytes.fromhex(destination),
        bytes.fromhex(source),
        CONTROLS[control],
        bytes.fromhex(information),
    )
    assert frame.build().hex() == octets
    assert parse(bytes.fromhex(octets)[1:-1]) == frame
    start = frame.information_start
    if information:
        assert frame.build()[start:-3] == frame.information


def test_the_segmentation_bit() -> None:
    # wireshark-dlms' sample.pcap: the last segment of an answer, and an RR, made segmented here
    frame = parse(bytes.fromhex("a0170303dcde680309060100010805ff0f021200006158"))
    assert not frame.segmented
    segment = HdlcFrame(
        frame.destination, frame.source, frame.control, frame.information, segmented=True
    )
    assert segment.build()[1:3].hex() == "a817"
    assert parse(segment.build()[1:-1]).segmented


@pytest.mark.parametrize(
    ("octet", "kind", "poll_final", "send_sequence", "receive_sequence"),
    [
        (0x10, FrameKind.I, True, 0, 0),
        (0xBA, FrameKind.I, True, 5, 5),
        (0xDA, FrameKind.I, True, 5, 6),
        (0xEE, FrameKind.I, False, 7, 7),
        (0x11, FrameKind.RR, True, None, 0),
        (0xD1, FrameKind.RR, True, None, 6),
        (0x35, FrameKind.RNR, True, None, 1),
        (0x93, FrameKind.SNRM, True, None, None),
        (0x53, FrameKind.DISC, True, None, None),
        (0x73, FrameKind.UA, True, None, None),
        (0x1F, FrameKind.DM, True, None, None),
        (0x97, FrameKind.FRMR, True, None, None),
        (0x03, FrameKind.UI, False, None, None),
        (0x13, FrameKind.UI, True, None, None),
        (0x19, FrameKind.UNDEFINED, True, None, None),  # REJ: not in this profile
        (0xE3, FrameKind.UNDEFINED, False, None, None),  # TEST: likewise
    ],
)
def test_control_octets(
    octet: int,
    kind: FrameKind,
    poll_final: bool,  # noqa: FBT001  # a column of the table
    send_sequence: int | None,
    receive_sequence: int | None,
) -> None:
    control = CONTROLS[octet]
    assert control.octet == octet
    assert control.kind is kind
    assert control.poll_final is poll_final
    assert (control.send_sequence, control.receive_sequence) == (send_sequence, receive_sequence)


def test_controls_are_made_as_they_are_read() -> None:
    assert unnumbered(FrameKind.SNRM).octet == 0x93
    assert unnumbered(FrameKind.UI, poll_final=False).octet == 0x03
    assert supervisory(FrameKind.RR, receive_sequence=6).octet == 0xD1
    assert supervisory(FrameKind.RNR, receive_sequence=1, poll_final=False).octet == 0x25
    assert numbered(send_sequence=5, receive_sequence=6, poll_final=True).octet == 0xDA


def test_information_that_does_not_fit_is_refused() -> None:
    frame = HdlcFrame(b"\x03", b"\x21", CONTROLS[0x10], bytes(MAX_INFORMATION + 10))
    with pytest.raises(EncodeError):
        frame.build()


@pytest.mark.parametrize(
    ("octets", "defect"),
    [
        ("", "truncated"),
        ("a0", "truncated"),
        ("a007", "truncated"),
        ("a00703", "truncated"),
        ("a0070302", "truncated"),
        ("a02c02232110af", "truncated"),
        ("900703030111aa", "noise"),
        ("a006030393abcd", "length"),
        ("a00703020393ab", "length"),
        ("a00803039311223344", "length"),
        ("a00702020393ab", "header_check"),
        ("a00703020203abcd", "header_check"),
        ("a00703039300", "length"),
        ("a02c02232110af9ee6", "header_check"),
        ("a00802232193bd65", "frame_check"),
        ("a00f0300022c29971b60540010743e", "frame_check"),
    ],
)
def test_defects_are_named(octets: str, defect: str) -> None:
    with pytest.raises(DecodeError, match=defect):
        parse(bytes.fromhex(octets))


addresses = st.sampled_from(["03", "21", "0223", "00020023", "fefefeff"]).map(bytes.fromhex)
frames = st.builds(
    HdlcFrame,
    addresses,
    addresses,
    st.sampled_from(CONTROLS),
    st.binary(max_size=300),
    st.booleans(),
)


@given(frames)
def test_frames_survive_the_line(frame: HdlcFrame) -> None:
    assert parse(frame.build()[1:-1]) == frame


@given(st.binary(max_size=3), frames, st.binary(max_size=3), st.integers(-1, 1))
def test_the_quick_way_takes_a_frame_whose_header_has_the_size_guessed(
    before: bytes, frame: HdlcFrame, after: bytes, off: int
) -> None:
    octets = before + frame.build()
    header_size = len(frame.destination) + len(frame.source) + 5
    expected = None if off else (frame, len(octets))
    assert take_whole(octets + after, len(before), header_size + off) == expected


@given(frames, st.data())
def test_the_quick_way_takes_nothing_that_is_damaged(frame: HdlcFrame, data: st.DataObject) -> None:
    octets = bytearray(frame.build())
    octets[data.draw(st.integers(0, len(octets) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    header_size = len(frame.destination) + len(frame.source) + 5
    assert take_whole(bytes(octets), 0, header_size) is None


@given(frames, st.data())
def test_the_quick_way_takes_nothing_that_is_cut(frame: HdlcFrame, data: st.DataObject) -> None:
    octets = frame.build()
    there = data.draw(st.integers(0, len(octets) - 1))
    header_size = len(frame.destination) + len(frame.source) + 5
    assert take_whole(octets[:there], 0, header_size) is None


def test_the_quick_way_believes_no_header_without_its_own_check() -> None:
    # RR, its check sequence wrong: nothing but the header is there to be checked
    assert take_whole(bytes.fromhex("7ea0070303d19a707e"), 0, 7) is not None
    assert take_whole(bytes.fromhex("7ea0070303d19a717e"), 0, 7) is None


@given(st.binary(max_size=60) | st.binary(max_size=40).map(lambda rest: b"\xa0\x0a\x03\x21" + rest))
def test_any_octets_are_a_frame_or_a_typed_error(octets: bytes) -> None:
    sealed = octets + check_sequence(octets)
    for candidate in (octets, sealed):
        try:
            frame = parse(candidate)
        except DecodeError:
            continue
        assert frame.build()[1:-1] == candidate


def test_no_repr_of_a_frame_shows_what_it_carries() -> None:
    frame = HdlcFrame(b"\x02\x23", b"\x03", CONTROLS[0x10], b"password")
    assert repr(frame) == "HdlcFrame(03 to 0223, I, 8 octets, segmented=False)"

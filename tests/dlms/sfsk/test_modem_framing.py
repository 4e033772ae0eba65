import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dcud.dlms.sfsk.frame_check import octet_sum
from dcud.dlms.sfsk.framing import MacFrameHeard, ModemSpoke, TransmissionReported
from dcud.dlms.sfsk.mac import MAX_M_SDU, Credits, MacFrame
from dcud.dlms.sfsk.modem_framing import MODEM, PADDED, LocalFrames, Padding

DISCOVER = MacFrame(
    source=0xC00,
    destination=0xFFF,
    m_sdu=bytes.fromhex("9000011D64000A0000"),
    credits=Credits(),
)
# by the data sheet of the AMIS-49587; the check sequence is a sum
REQUEST = bytes.fromhex("021151fcc00fff009000011d64000a00004804")
# by what a public library does; the check sequence is its own routine's
PADDED_REQUEST = bytes.fromhex(
    "021150fcc00fff139000011d64000a000000000000000000000000000000000000000000c254"
)


def local(tag: int, data: bytes) -> bytes:
    """Return a local frame with a good sum."""
    octets = bytes((0x02, len(data) + 3, tag)) + data
    return octets + octet_sum(octets[1:])


def test_a_known_request() -> None:
    assert MODEM.build(DISCOVER) == REQUEST
    assert PADDED.build(DISCOVER) == PADDED_REQUEST
    assert MODEM.mirrored.parse(REQUEST) == MacFrameHeard(REQUEST, DISCOVER)
    assert PADDED.parse(PADDED_REQUEST) == MacFrameHeard(PADDED_REQUEST, DISCOVER)


@pytest.mark.parametrize("framing", [MODEM, PADDED], ids=["modem", "padded"])
@given(m_sdu=st.binary(max_size=MAX_M_SDU))
def test_what_is_built_is_parsed(framing: LocalFrames, m_sdu: bytes) -> None:
    frame = MacFrame(source=1, destination=2, m_sdu=m_sdu, credits=Credits(delta=1))
    octets = framing.build(frame)
    assert framing.measure(octets) == len(octets)
    assert framing.mirrored.parse(octets) == MacFrameHeard(octets, frame)


@pytest.mark.parametrize("framing", [MODEM, PADDED], ids=["modem", "padded"])
def test_where_things_stand(framing: LocalFrames) -> None:
    octets = framing.build(DISCOVER)
    assert octets[framing.m_sdu_offset :].startswith(DISCOVER.m_sdu)
    assert framing.check_size == 2


def test_padding_within_the_length_is_taken_off() -> None:
    octets = local(0x50, bytes.fromhex("FCC01C00 03 900110 C4 000000".replace(" ", "")))
    unit = MODEM.parse(octets)
    assert isinstance(unit, MacFrameHeard)
    assert unit.frame.m_sdu == bytes.fromhex("900110C4")
    absent = LocalFrames(padding=Padding.ABSENT).parse(octets)
    assert isinstance(absent, MacFrameHeard)
    assert absent.frame.m_sdu == bytes.fromhex("900110C4000000")


@pytest.mark.parametrize(
    ("octets", "wanted"),
    [
        ("02", 2),
        ("0203", 5),
        ("02FA", 252),
        ("0202", 0),
        ("02FB", 0),
        ("06", 1),
        ("15", 1),
        ("3F", 4),
        ("00", 0),
    ],
)
def test_how_much_a_modem_says(octets: str, wanted: int) -> None:
    assert MODEM.measure(bytes.fromhex(octets)) == wanted


@pytest.mark.parametrize(
    ("octets", "wanted"),
    [
        ("02", 2),
        ("0207", 0),
        ("0208", 10),
        ("0211", 19),
        ("021150fcc00fff13", 38),
        ("06", 0),
        ("3F", 0),
    ],
)
def test_how_much_a_padded_frame_says(octets: str, wanted: int) -> None:
    assert PADDED.measure(bytes.fromhex(octets)) == wanted


@pytest.mark.parametrize("octets", [b"\x06", b"\x15", b"\x3f\x00\x01\x02"])
def test_what_a_modem_says_outside_frames(octets: bytes) -> None:
    assert MODEM.parse(octets) == ModemSpoke(octets)


@pytest.mark.parametrize("status", [0xFF, 0x0A])
def test_what_became_of_a_transmission(status: int) -> None:
    octets = local(0x52, bytes((status,)))
    assert MODEM.parse(octets) == TransmissionReported(octets, status)


def test_other_local_frames_are_well_formed() -> None:
    for octets in (local(0x52, b""), local(0x10, b"\x01\x02"), local(0x53, bytes(6))):
        assert MODEM.parse(octets) == ModemSpoke(octets)


def test_a_frame_that_is_none() -> None:
    assert MODEM.parse(REQUEST[:-1] + b"\x05") is None
    assert MODEM.parse(local(0x50, bytes(4))) is None
    assert PADDED.parse(PADDED_REQUEST[:-1] + b"\x00") is None


@given(st.binary(min_size=1, max_size=40))
def test_any_octets_have_a_measure(octets: bytes) -> None:
    for framing in (MODEM, PADDED):
        wanted = framing.measure(octets)
        if 0 < wanted <= len(octets):
            framing.parse(octets[:wanted])


@pytest.mark.parametrize("framing", [MODEM, PADDED], ids=["modem", "padded"])
@example(b"\0\0")
@given(st.binary(max_size=60))
def test_whatever_follows_a_head_is_parsed_or_refused(framing: LocalFrames, octets: bytes) -> None:
    covered = b"\x02" + octets
    for told in (covered, covered + octet_sum(covered[1:])):
        unit = framing.parse(told)
        assert unit is None or unit.octets == told

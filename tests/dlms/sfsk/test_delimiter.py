import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.sfsk.delimiter import MAX_NOISE, SfskDelimiter
from dcud.dlms.sfsk.framing import Framing, MacFrameHeard, ModemSpoke, Noise, Unit
from dcud.dlms.sfsk.line_framing import LineFraming
from dcud.dlms.sfsk.mac import Credits, MacFrame
from dcud.dlms.sfsk.modem_framing import MODEM, PADDED

FRAMINGS: dict[str, Framing] = {
    "modem": MODEM.mirrored,
    "padded": PADDED,
    "line": LineFraming(),
}
EACH = pytest.mark.parametrize("kind", FRAMINGS)


def frame(number: int) -> MacFrame:
    return MacFrame(
        source=0xC00, destination=number, m_sdu=bytes((0x90, 1, 16, number)), credits=Credits()
    )


def sent(kind: str, number: int) -> bytes:
    framing = MODEM if kind == "modem" else FRAMINGS[kind]
    return framing.build(frame(number))


def numbers(units: list[Unit | Noise]) -> list[int]:
    return [unit.frame.destination for unit in units if isinstance(unit, MacFrameHeard)]


@EACH
def test_frames_in_a_row(kind: str) -> None:
    delimiter = SfskDelimiter(FRAMINGS[kind])
    assert numbers(delimiter.feed(sent(kind, 1) + sent(kind, 2))) == [1, 2]
    assert not delimiter.pending


@EACH
def test_noise_is_told_with_what_follows_it(kind: str) -> None:
    delimiter = SfskDelimiter(FRAMINGS[kind])
    assert delimiter.feed(b"\xaa\xaa\x54\xc7") == []
    assert delimiter.pending
    noise, heard = delimiter.feed(sent(kind, 3))
    assert noise == Noise(b"\xaa\xaa\x54\xc7", "noise")
    assert numbers([heard]) == [3]


@EACH
def test_a_damaged_frame_hides_none_behind_it(kind: str) -> None:
    delimiter = SfskDelimiter(FRAMINGS[kind])
    damaged = bytearray(sent(kind, 1))
    damaged[5] ^= 0xFF
    noise, heard = delimiter.feed(bytes(damaged) + sent(kind, 2))
    assert noise == Noise(bytes(damaged), "frame_check")
    assert numbers([heard]) == [2]


@EACH
def test_half_a_frame_is_given_up_at_silence(kind: str) -> None:
    delimiter = SfskDelimiter(FRAMINGS[kind])
    half = sent(kind, 1)[:-1]
    assert delimiter.feed(half) == []
    told = delimiter.give_up()
    assert told[0] == Noise(half, "truncated")
    assert not delimiter.pending
    assert delimiter.give_up() == []


def test_a_frame_behind_a_false_beginning_is_found_at_silence() -> None:
    delimiter = SfskDelimiter(MODEM.mirrored)
    assert delimiter.feed(b"\x02\xfa" + sent("modem", 7)) == []
    noise, heard = delimiter.give_up()
    assert noise == Noise(b"\x02\xfa", "truncated")
    assert numbers([heard]) == [7]


def test_long_noise_is_told_in_pieces() -> None:
    delimiter = SfskDelimiter(MODEM)
    told = delimiter.feed(bytes(MAX_NOISE + 10))
    assert told == [Noise(bytes(MAX_NOISE), "noise")]
    assert delimiter.give_up() == [Noise(bytes(10), "noise")]


def test_the_modems_words_stand_between_frames() -> None:
    delimiter = SfskDelimiter(MODEM)
    assert delimiter.feed(b"\x3f\x01\x02\x03\x06") == [
        ModemSpoke(b"\x3f\x01\x02\x03"),
        ModemSpoke(b"\x06"),
    ]


STREAMS = st.lists(st.one_of(st.integers(0, 0xFF), st.binary(max_size=6)), max_size=5)


@EACH
@given(parts=STREAMS, data=st.data())
def test_any_chunking_gives_the_same(
    kind: str, parts: list[int | bytes], data: st.DataObject
) -> None:
    octets = b"".join(p if isinstance(p, bytes) else sent(kind, p) for p in parts)
    whole = SfskDelimiter(FRAMINGS[kind])
    expected = whole.feed(octets) + whole.give_up()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(octets)), max_size=6)))
    delimiter = SfskDelimiter(FRAMINGS[kind])
    told: list[Unit | Noise] = []
    for start, end in zip([0, *cuts], [*cuts, len(octets)], strict=True):
        told += delimiter.feed(octets[start:end])
    told += delimiter.give_up()
    assert told == expected
    assert b"".join(unit.octets for unit in told) == octets


@EACH
@given(st.binary(max_size=300))
def test_every_octet_is_accounted_for(kind: str, octets: bytes) -> None:
    delimiter = SfskDelimiter(FRAMINGS[kind])
    told = delimiter.feed(octets) + delimiter.give_up()
    assert b"".join(unit.octets for unit in told) == octets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.mode_e.delimiter import Delimiter, Kind, Part
from dcud.dlms.mode_e.messages import BREAK
from dcud.dlms.mode_e.parity import with_parity, without_parity

IDENTIFICATION = b"/LGZ5\\2ZMD3104407.B32\r\n"
OPTION = b"\x06252\r\n"


@pytest.mark.parametrize(
    ("octets", "parts"),
    [
        (IDENTIFICATION, [Part(Kind.LINE, IDENTIFICATION)]),
        (OPTION, [Part(Kind.OPTION, OPTION)]),
        (b"\x15", [Part(Kind.NAK, b"\x15")]),
        (b"\x02", [Part(Kind.READOUT, b"\x02")]),
        (BREAK, [Part(Kind.BREAK, BREAK)]),
        (
            b"/?!\r\n" + IDENTIFICATION,
            [Part(Kind.LINE, b"/?!\r\n"), Part(Kind.LINE, IDENTIFICATION)],
        ),
        (b"\x00\x55" + OPTION, [Part(Kind.NOISE, b"\x00\x55"), Part(Kind.OPTION, OPTION)]),
        (b"/LG/LGZ5\r\n", [Part(Kind.NOISE, b"/LG"), Part(Kind.LINE, b"/LGZ5\r\n")]),
        (b"/LG\x00Z5\r\n", [Part(Kind.NOISE, b"/LG\x00"), Part(Kind.NOISE, b"Z5\r\n")]),
        (b"\x01B1\x03", [Part(Kind.NOISE, b"\x01B1"), Part(Kind.NOISE, b"\x03")]),
    ],
)
def test_what_stands_on_a_line(octets: bytes, parts: list[Part]) -> None:
    assert Delimiter().feed(octets) == parts


def test_parity_bits_are_removed() -> None:
    assert Delimiter().feed(with_parity(OPTION)) == [Part(Kind.OPTION, OPTION)]


def test_a_message_that_does_not_end_is_noise_in_the_end() -> None:
    delimiter = Delimiter()
    assert delimiter.feed(b"/LGZ5") == []
    assert delimiter.flush() == [Part(Kind.NOISE, b"/LGZ5")]
    assert delimiter.flush() == []


def test_a_line_has_a_longest_length() -> None:
    parts = Delimiter().feed(b"/" + b"A" * 1000)
    assert max(len(part.octets) for part in parts) == 128
    assert {part.kind for part in parts} == {Kind.NOISE}
    assert sum(len(part.octets) for part in parts) == 1001


LIKELY = st.sampled_from(
    [IDENTIFICATION, OPTION, BREAK, b"/?!\r\n", b"\x15", b"\x02", b"/", b"\x01"]
)


@given(st.lists(LIKELY | st.binary(max_size=200), max_size=6), st.data())
def test_every_octet_is_accounted_for_however_the_line_cuts(
    pieces: list[bytes], data: st.DataObject
) -> None:
    octets = b"".join(pieces)
    at_once = Delimiter()
    whole = [*at_once.feed(octets), *at_once.flush()]
    assert b"".join(part.octets for part in whole) == without_parity(octets)
    delimiter = Delimiter()
    cut: list[Part] = []
    rest = octets
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        cut += delimiter.feed(rest[:size])
        rest = rest[size:]
    cut += delimiter.flush()
    messages = [part for part in cut if part.kind is not Kind.NOISE]
    assert messages == [part for part in whole if part.kind is not Kind.NOISE]
    assert b"".join(part.octets for part in cut) == without_parity(octets)

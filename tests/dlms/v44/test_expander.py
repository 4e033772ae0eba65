import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.errors import CompressionError
from dcud.dlms.v44.expander import _Expander, expand
from tests.support.compressed_packets import PLAIN, WITH_EXTENSIONS, WITHOUT_EXTENSIONS
from tests.support.packed_bits import FLUSH, codeword, number, packed

LIMIT = 0x10000


def ordinal(octets: bytes) -> str:
    """The code of an octet that comes after none of a codeword; of several one after the other."""
    return "".join(["0" + number(octet, 7) for octet in octets])


def ordinal_after_codeword(octet: bytes) -> str:
    return "0" + ordinal(octet)


@pytest.mark.parametrize("what", PLAIN)
def test_the_vectors(what: str) -> None:
    assert expand(WITH_EXTENSIONS[what], len(PLAIN[what])) == PLAIN[what]
    assert expand(WITHOUT_EXTENSIONS[what], len(PLAIN[what])) == PLAIN[what]


def test_nothing() -> None:
    assert expand(packed(FLUSH), 0) == b""


def test_a_codeword_that_is_learnt_as_it_is_used() -> None:
    assert expand(packed(ordinal(b"A"), codeword(4), FLUSH), LIMIT) == b"AAA"


def test_a_codeword_that_is_learnt_as_it_is_used_behind_another() -> None:
    # Codeword 7 is "AB" and its first octet.
    packet = packed(ordinal(b"ABC"), codeword(4), codeword(7), FLUSH)
    assert expand(packet, LIMIT) == b"ABC" + b"AB" + b"ABA"


def test_an_extension_of_a_codeword_that_is_learnt_as_it_is_used() -> None:
    # Codeword 7 was learnt where its last octet came for the first time: that is the first "A" of
    # "ABA". Decoders are known that go on behind the second one.
    packet = packed(ordinal(b"ABC"), codeword(4), codeword(7), "01 010", ordinal(b"XY"), FLUSH)
    assert packet == bytes.fromhex("828486898782951d00")
    assert expand(packet, LIMIT) == b"ABC" + b"AB" + b"ABA" + b"BA" + b"XY"


def test_a_string_that_goes_on_into_itself() -> None:
    packet = packed(ordinal(b"AB"), codeword(4), "01 0000 111", FLUSH)
    assert expand(packet, LIMIT) == b"AB" + b"AB" + b"AB" * 6


def test_what_an_extension_makes_is_learnt_at_once() -> None:
    packet = packed(ordinal(b"ABC"), codeword(4), "01 010", codeword(7), FLUSH)
    assert expand(packet, LIMIT) == b"ABC" + b"ABCA" + b"ABCA"


def test_nothing_is_learnt_from_the_code_behind_an_extension() -> None:
    # "AB" 4, "BA" 5, "ABA" 6, then "XY" 7: "ABAX" is none.
    packet = packed(ordinal(b"AB"), codeword(4), "01 1", ordinal(b"XY"), codeword(7), FLUSH)
    assert expand(packet, LIMIT) == b"AB" + b"AB" + b"A" + b"XY" + b"XY"


def test_a_string_is_learnt_across_an_ordinal_that_gets_longer() -> None:
    packet = packed(ordinal(b"A"), codeword(2), "0", number(0x80, 8), codeword(4), FLUSH)
    assert expand(packet, LIMIT) == b"A\x80" + b"A\x80"


def test_a_string_is_learnt_across_a_codeword_that_gets_longer() -> None:
    # Decoders are known that look for the codeword before at a fixed place in the bits.
    packet = packed(
        ordinal(bytes(range(64))),  # 4 to 66: 00 01, 01 02, and so on to 3e 3f
        codeword(63),  # 3b 3c; 67 is 3f 3b
        codeword(2),
        codeword(64, 7),  # 3c 3d; 68 is 3b 3c 3c
        codeword(68, 7),
        codeword(1, 7),
    )
    assert expand(packet, LIMIT)[64:] == bytes.fromhex("3b3c 3c3d 3b3c3c")


def test_everything_is_forgotten() -> None:
    packet = packed(ordinal(b"AB"), codeword(3), ordinal(b"CD"), codeword(4), FLUSH)
    assert expand(packet, LIMIT) == b"AB" + b"CD" + b"CD"


def test_nothing_is_learnt_across_the_forgetting() -> None:
    packet = packed(ordinal(b"AB"), codeword(3), ordinal(b"C"), codeword(5), FLUSH)
    with pytest.raises(CompressionError, match="string 5 before"):
        expand(packet, LIMIT)


def test_what_stands_after_the_end_does_not_matter() -> None:
    assert expand(packed(ordinal(b"A"), FLUSH) + b"\xff\x00\xff", LIMIT) == b"A"


LONG = "".join((ordinal(b"AB"), codeword(4), "01 0001", number(253 - 13, 8)))
"""Codeword 6 has 255 octets then, as many as one can have."""


def test_the_longest_string() -> None:
    packet = packed(LONG, codeword(6), FLUSH)
    assert expand(packet, LIMIT) == b"AB" + (b"AB" * 128)[:255] * 2


def test_nothing_is_learnt_from_the_longest_string() -> None:
    packet = packed(
        LONG, codeword(6), ordinal_after_codeword(b"X"), ordinal(b"Y"), codeword(7), FLUSH
    )
    assert expand(packet, LIMIT)[-4:] == b"XYXY"
    with pytest.raises(CompressionError, match="string 7 before"):
        expand(packed(LONG, codeword(6), codeword(7), FLUSH), LIMIT)


def test_no_string_gets_longer_than_the_longest() -> None:
    longer = packed(ordinal(b"AB"), codeword(4), "01 0001", number(254 - 13, 8), FLUSH)
    for packet in (longer, packed(LONG, codeword(6), "01 1", FLUSH)):
        with pytest.raises(CompressionError, match="string longer"):
            expand(packet, LIMIT)


FULL = ordinal(b"A" * 1522) + "".join([codeword(2, size) for size in range(6, 11)])
"""Codewords 4 to 1524 are all "AA" then, and have 11 bits."""


def test_a_full_dictionary() -> None:
    packet = packed(FULL, codeword(1524, 11), "01 1", codeword(1524, 11), codeword(1, 11))
    assert expand(packet, LIMIT) == b"A" * (1522 + 3 + 2)


def test_a_full_dictionary_learns_no_more() -> None:
    for codes in (
        codeword(1525, 11),
        codeword(1524, 11) + codeword(1525, 11),
        codeword(1524, 11) + "01 1" + codeword(1525, 11),
    ):
        with pytest.raises(CompressionError, match="string 1525 before"):
            expand(packed(FULL, codes, codeword(1, 11)), LIMIT)


@pytest.mark.parametrize(
    ("codes", "what"),
    [
        (codeword(4), "string 4 before"),
        (ordinal(b"A") + codeword(5), "string 5 before"),
        (ordinal(b"AB") + codeword(4) + "01 1" + codeword(7), "string 7 before"),
        (ordinal(b"A") + codeword(0), "transparent mode"),
    ],
)
def test_what_is_malformed(codes: str, what: str) -> None:
    with pytest.raises(CompressionError, match=what):
        expand(packed(codes, FLUSH), LIMIT)


@pytest.mark.parametrize("what", PLAIN)
def test_what_is_cut_short(what: str) -> None:
    packet = WITH_EXTENSIONS[what]
    for size in range(len(packet) - 2):
        with pytest.raises(CompressionError, match="ends within"):
            expand(packet[:size], LIMIT)


@pytest.mark.parametrize("what", PLAIN)
def test_the_limit(what: str) -> None:
    limit = len(PLAIN[what]) - 1
    with pytest.raises(CompressionError, match=f"more than {limit} octets"):
        expand(WITH_EXTENSIONS[what], limit)


def test_little_is_held_of_what_expands_to_much() -> None:
    bomb = packed(LONG, codeword(6) * 1000, FLUSH)
    assert len(bomb) < 900
    expander = _Expander(bomb, 1000)
    with pytest.raises(CompressionError, match="more than 1000 octets"):
        expander.expand()
    assert len(expander._expanded) <= 1000 + 255


def test_the_dictionary_stays_small() -> None:
    more = ordinal_after_codeword(b"A") + ordinal(b"A" * 4997)
    expander = _Expander(packed(FULL, codeword(4, 11), more, codeword(1, 11)), LIMIT)
    assert len(expander.expand()) == 1522 + 5000
    assert len(expander._ends) == len(expander._lengths) == 1525


@given(octets=st.binary(max_size=300), limit=st.integers(0, 600))
def test_any_octets_expand_within_the_limit_or_are_a_typed_error(octets: bytes, limit: int) -> None:
    try:
        expanded = expand(octets, limit)
    except CompressionError:
        return
    assert len(expanded) <= limit


@given(
    what=st.sampled_from(sorted(PLAIN)),
    position=st.integers(0, 10_000),
    flips=st.integers(1, 255),
)
def test_any_damage_gives_something_within_the_limit_or_a_typed_error(
    what: str, position: int, flips: int
) -> None:
    packet = bytearray(WITHOUT_EXTENSIONS[what])
    packet[position % len(packet)] ^= flips
    try:
        expanded = expand(bytes(packet), 2000)
    except CompressionError:
        return
    assert len(expanded) <= 2000

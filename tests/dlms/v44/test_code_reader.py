import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.errors import CompressionError
from dcud.dlms.v44.code_reader import CodeReader, Kind
from tests.support.packed_bits import FLUSH, codeword, number, packed

STEP_UP = codeword(2)
THE_END = (Kind.FLUSH, 0)


def read_all(octets: bytes) -> list[tuple[Kind, int]]:
    """Read up to the end; most codes have four bits, so that there can't be many of them."""
    reader = CodeReader(octets)
    codes = [reader.read()]
    while codes[-1] != THE_END:
        codes.append(reader.read())
        assert len(codes) <= 4 * len(octets)
    return codes


def test_the_worked_example() -> None:
    # "ABABABAB", code by code.
    octets = packed("0 1000001", "0 0100001", "1 001000", "01 0 11", "1 100000")
    assert octets == bytes.fromhex("8284093d00")
    assert read_all(octets) == [
        (Kind.ORDINAL, 0x41),
        (Kind.ORDINAL, 0x42),
        (Kind.CODEWORD, 4),
        (Kind.EXTENSION, 4),
        THE_END,
    ]


def test_an_ordinal_after_a_codeword_has_another_prefix() -> None:
    octets = packed(codeword(4), "00", number(0x42, 7), "0", number(0x43, 7), FLUSH)
    assert read_all(octets) == [
        (Kind.CODEWORD, 4), (Kind.ORDINAL, 0x42), (Kind.ORDINAL, 0x43), THE_END
    ]  # fmt: skip


def test_after_an_extension_there_is_no_other() -> None:
    octets = packed(codeword(4), "01 1", "0", number(0x41, 7), codeword(4), "01 010", FLUSH)
    assert read_all(octets) == [
        (Kind.CODEWORD, 4), (Kind.EXTENSION, 1), (Kind.ORDINAL, 0x41),
        (Kind.CODEWORD, 4), (Kind.EXTENSION, 2), THE_END,
    ]  # fmt: skip


def test_ordinals_get_longer() -> None:
    octets = packed("0", number(0x7F, 7), STEP_UP, "0", number(0x80, 8), "0", number(1, 8), FLUSH)
    assert read_all(octets) == [
        (Kind.ORDINAL, 0x7F), (Kind.ORDINAL, 0x80), (Kind.ORDINAL, 1), THE_END
    ]  # fmt: skip


def test_an_ordinal_that_gets_longer_behind_a_codeword_has_the_short_prefix() -> None:
    octets = packed(codeword(4), STEP_UP, "0", number(0xFF, 8), FLUSH)
    assert read_all(octets) == [(Kind.CODEWORD, 4), (Kind.ORDINAL, 0xFF), THE_END]


def test_codewords_get_longer() -> None:
    octets = packed(codeword(63), STEP_UP, codeword(64, 7), codeword(4, 7), codeword(1, 7))
    assert read_all(octets) == [
        (Kind.CODEWORD, 63), (Kind.CODEWORD, 64), (Kind.CODEWORD, 4), THE_END
    ]  # fmt: skip


def test_codewords_get_longer_by_several_bits_at_once() -> None:
    octets = packed(*[codeword(2, size) for size in range(6, 11)], codeword(1524, 11),
                    codeword(1, 11))  # fmt: skip
    assert read_all(octets) == [(Kind.CODEWORD, 1524), THE_END]


def test_everything_begins_anew() -> None:
    octets = packed(STEP_UP, "0", number(0x80, 8), STEP_UP, codeword(64, 7), codeword(3, 7),
                    "0", number(0x41, 7), FLUSH)  # fmt: skip
    assert read_all(octets) == [
        (Kind.ORDINAL, 0x80), (Kind.CODEWORD, 64), (Kind.REINITIALIZE, 0),
        (Kind.ORDINAL, 0x41), THE_END,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("octets", "what"),
    [
        (b"", "ends within"),
        (packed("0", number(0x41, 7)), "ends within"),
        (packed(codeword(0), "0"), "transparent mode"),
        (packed(STEP_UP, "0", number(0, 8), STEP_UP, "0", number(0, 9)), "longer than they can"),
        (packed(*[codeword(2, size) for size in range(6, 12)], FLUSH), "longer than they can"),
        (packed(STEP_UP, "0"), "ends within"),
        (packed(codeword(4), "01 0001 0000"), "ends within"),
        (packed(codeword(4), "1"), "ends within"),
    ],
)
def test_what_is_malformed(octets: bytes, what: str) -> None:
    with pytest.raises(CompressionError, match=what):
        read_all(octets)


@given(st.binary(max_size=200))
def test_any_octets_are_codes_or_a_typed_error(octets: bytes) -> None:
    try:
        codes = read_all(octets)
    except CompressionError:
        return
    assert codes[-1] == THE_END

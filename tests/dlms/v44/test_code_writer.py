from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.v44.code_reader import CodeReader, Kind
from dcud.dlms.v44.code_writer import CodeWriter
from tests.support.packed_bits import FLUSH, codeword, number, packed

STEP_UP = codeword(2)


def test_nothing_but_the_end() -> None:
    assert CodeWriter().flush() == packed(FLUSH) == b"\x03"


def test_the_worked_example() -> None:
    # "ABABABAB", code by code.
    writer = CodeWriter()
    writer.ordinal(0x41)
    writer.ordinal(0x42)
    writer.codeword(4)
    writer.extension(4)
    assert writer.flush() == bytes.fromhex("8284093d00")


def test_an_ordinal_after_a_codeword_has_another_prefix() -> None:
    writer = CodeWriter()
    writer.codeword(4)
    writer.ordinal(0x42)
    writer.ordinal(0x43)
    assert writer.flush() == packed(codeword(4), "00", number(0x42, 7), "0", number(0x43, 7), FLUSH)


def test_ordinals_get_longer_once() -> None:
    writer = CodeWriter()
    for octet in (0x7F, 0x80, 0xFF, 0x01):
        writer.ordinal(octet)
    assert writer.flush() == packed(
        "0", number(0x7F, 7), STEP_UP, "0", number(0x80, 8), "0", number(0xFF, 8),
        "0", number(1, 8), FLUSH,
    )  # fmt: skip


def test_an_ordinal_that_gets_longer_behind_a_codeword_has_the_short_prefix() -> None:
    writer = CodeWriter()
    writer.codeword(4)
    writer.ordinal(0xFF)
    assert writer.flush() == packed(codeword(4), STEP_UP, "0", number(0xFF, 8), FLUSH)


def test_codewords_get_longer_by_several_bits_at_once() -> None:
    writer = CodeWriter()
    writer.codeword(63)
    writer.codeword(256)
    writer.codeword(4)
    assert writer.flush() == packed(
        codeword(63), STEP_UP, codeword(2, 7), codeword(2, 8), codeword(256, 9), codeword(4, 9),
        codeword(1, 9),
    )  # fmt: skip


CODES = st.lists(
    st.tuples(st.just(Kind.ORDINAL), st.integers(0, 255))
    | st.tuples(st.just(Kind.CODEWORD), st.integers(4, 1524))
    | st.tuples(st.just(Kind.EXTENSION), st.integers(1, 253)),
    max_size=50,
)


@given(CODES)
def test_what_was_written_is_read(codes: list[tuple[Kind, int]]) -> None:
    writer, expected, before = CodeWriter(), [], Kind.ORDINAL
    write = {
        Kind.ORDINAL: writer.ordinal,
        Kind.CODEWORD: writer.codeword,
        Kind.EXTENSION: writer.extension,
    }
    for kind, value in codes:
        if kind is not Kind.EXTENSION or before is Kind.CODEWORD:
            write[kind](value)
            expected.append((kind, value))
            before = kind
    reader = CodeReader(writer.flush())
    assert [reader.read() for _ in expected] == expected
    assert reader.read() == (Kind.FLUSH, 0)

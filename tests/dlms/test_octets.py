import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.octets import Cursor, encode_length

# Known answers of the public test suite of Circutor/gosem.
LENGTHS = [(125, "7d"), (256, "820100"), (65535, "82ffff"), (65536, "83010000")]


@pytest.mark.parametrize(("n", "octets"), LENGTHS)
def test_known_lengths_both_ways(n: int, octets: str) -> None:
    assert encode_length(n).hex() == octets
    assert Cursor(bytes.fromhex(octets)).length() == n


@pytest.mark.parametrize(
    ("n", "octets"),
    [(0, "00"), (0x7F, "7f"), (0x80, "8180"), (0xFF, "81ff"), (0xFFFFFFFF, "84ffffffff")],
)
def test_a_length_changes_form_at_its_limits(n: int, octets: str) -> None:
    assert encode_length(n).hex() == octets


@given(st.integers(0, 0xFFFFFFFF))
def test_every_length_survives(n: int) -> None:
    cursor = Cursor(encode_length(n))
    assert cursor.length() == n
    cursor.expect_end()


@pytest.mark.parametrize("octets", ["820002", "8102", "8400000002"])
def test_lengths_longer_than_need_be_are_read(octets: str) -> None:
    assert Cursor(bytes.fromhex(octets)).length() == 2


@pytest.mark.parametrize("n", [-1, 1 << 32])
def test_what_is_no_length_is_refused(n: int) -> None:
    with pytest.raises(EncodeError, match=f"{n} is no length"):
        encode_length(n)


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        ("80", "length at octet 0 begins with 80"),
        ("850000000001", "length at octet 0 begins with 85"),
        ("ff", "length at octet 0 begins with FF"),
        ("8201", "a length field of 3 octets wanted at octet 0, but 2 are left"),
        ("", "1 octet wanted at octet 0, but 0 are left"),
    ],
)
def test_bad_lengths_name_their_position(octets: str, words: str) -> None:
    cursor = Cursor(bytes.fromhex(octets))
    with pytest.raises(DecodeError, match=words):
        cursor.length()
    assert cursor.position == 0


def test_each_width_and_sign() -> None:
    cursor = Cursor(
        bytes.fromhex("fe fffe fffffffe fffffffffffffffe fe fffe fffffffe fffffffffffffffe")
    )
    assert cursor.u8() == 0xFE
    assert cursor.u16() == 0xFFFE
    assert cursor.u32() == 0xFFFFFFFE
    assert cursor.u64() == 0xFFFFFFFFFFFFFFFE
    assert cursor.i8() == -2
    assert cursor.i16() == -2
    assert cursor.i32() == -2
    assert cursor.i64() == -2
    cursor.expect_end()


def test_an_overrun_says_where_and_what_and_moves_nothing() -> None:
    cursor = Cursor(b"\x01\x02\x03")
    cursor.u8()
    with pytest.raises(
        DecodeError, match=r"an integer of 4 octets wanted at octet 1, but 2 are left"
    ):
        cursor.u32()
    with pytest.raises(DecodeError, match=r"3 octets wanted at octet 1, but 2 are left"):
        cursor.take(3)
    assert cursor.position == 1
    assert cursor.rest() == b"\x02\x03"
    assert cursor.rest() == b""
    with pytest.raises(DecodeError, match=r"1 octet wanted at octet 3, but 0 are left"):
        cursor.u8()


def test_a_count_that_can_not_follow_is_refused_before_anything_is_allocated() -> None:
    cursor = Cursor(bytes.fromhex("84ffffffff0000"))
    with pytest.raises(
        DecodeError, match=r"length at octet 0 announces 4294967295, but 2 octets are left"
    ):
        cursor.count()
    assert cursor.position == 0


def test_a_count_may_reach_to_the_end_but_not_beyond() -> None:
    assert Cursor(b"\x02AB").count() == 2
    with pytest.raises(DecodeError, match="announces 3, but 2 octets are left"):
        Cursor(b"\x03AB").count()


def test_an_octet_string_is_its_length_then_its_octets() -> None:
    cursor = Cursor(b"\x02AB\x01C\x00")
    assert [cursor.octet_string(), cursor.octet_string(), cursor.octet_string()] == [
        b"AB",
        b"C",
        b"",
    ]


def test_octets_that_are_left_over_are_told() -> None:
    cursor = Cursor(b"\x00\x00\x00")
    cursor.u8()
    with pytest.raises(DecodeError, match="2 octets too many from octet 1 on"):
        cursor.expect_end()


def test_a_view_is_read_like_octets() -> None:
    cursor = Cursor(memoryview(b"\x00\x01\x02AB"))
    assert cursor.u16() == 1
    taken = cursor.octet_string()
    assert taken == b"AB"
    assert isinstance(taken, bytes)


READS = ["u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64", "length", "count", "octet_string"]


@given(st.binary(max_size=12), st.lists(st.sampled_from(READS), max_size=8))
def test_any_octets_give_values_or_the_one_error(octets: bytes, reads: list[str]) -> None:
    cursor = Cursor(octets)
    for read in reads:
        before = cursor.position
        try:
            getattr(cursor, read)()
        except DecodeError:
            assert cursor.position == before
        assert cursor.position + cursor.remaining == len(octets)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.data import MAX_NESTING, Data, decode_data, encode_data
from dcud.dlms.data_extent import take_data
from dcud.dlms.errors import DecodeError
from dcud.dlms.octets import Cursor
from tests.support.data_strategies import data


@pytest.mark.parametrize(
    "octets",
    [
        "00",
        "FF",
        "0600000005",
        "0903010203",
        "0409FF80",
        "0202110501021101090100",
        "13 01 0002 11 04 01020304",
        "13 02 02 11 12 03 050006",
    ],
)
def test_one_data_is_cut_out(octets: str) -> None:
    whole = bytes.fromhex(octets)
    cursor = Cursor(whole + b"\x11\x07")
    assert take_data(cursor) == whole
    assert take_data(cursor) == b"\x11\x07"
    cursor.expect_end()


@given(st.lists(data(), max_size=4))
def test_many_data_are_cut_where_they_end(items: list[Data]) -> None:
    encoded = [encode_data(item) for item in items]
    cursor = Cursor(b"".join(encoded))
    assert [take_data(cursor) for _ in items] == encoded
    cursor.expect_end()


@given(st.binary(max_size=40) | data().map(encode_data))
def test_what_can_be_decoded_ends_where_it_is_cut(octets: bytes) -> None:
    cutting, decoding = Cursor(octets), Cursor(octets)
    try:
        cut = take_data(cutting)
    except DecodeError:
        with pytest.raises(DecodeError):
            decode_data(decoding)
        return
    try:
        decode_data(decoding)
    except DecodeError:
        return  # only decoding looks into compact arrays
    assert decoding.position == cutting.position == len(cut)


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        ("", "1 octet wanted"),
        ("FE", "tag FE at octet 0 is no type of Data"),
        ("06000000", "4 octets wanted"),
        ("0105", "announces 5"),
        ("010211", "announces 2"),
        ("0101" * MAX_NESTING + "010100", "nested too deeply"),
        ("13" + "010001" * 40 + "1100", "nested too deeply"),
    ],
)
def test_what_is_no_data_is_refused(octets: str, words: str) -> None:
    with pytest.raises(DecodeError, match=words):
        take_data(Cursor(bytes.fromhex(octets)))

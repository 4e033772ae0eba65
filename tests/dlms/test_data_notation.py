import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.compact_array import encode_compact_array
from dcud.dlms.cosem_time import CosemDate, CosemDateTime, CosemTime
from dcud.dlms.data import (
    MAX_NESTING,
    Data,
    array,
    bit_string,
    boolean,
    date,
    date_time,
    dont_care,
    double_long,
    encode_data,
    enum,
    float32,
    float64,
    integer,
    null_data,
    octet_string,
    structure,
    time,
    unsigned,
    utf8_string,
    visible_string,
)
from dcud.dlms.data_notation import format_data, parse_data
from dcud.dlms.errors import EncodeError
from tests.support.data_strategies import compact_arrays, data

TIME = bytes.fromhex("07E40701030A000000FF8880")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("null-data", null_data()),
        ("dont-care", dont_care()),
        ("integer -3", integer(-3)),
        ("double-long 70000", double_long(70_000)),
        ("enum 4", enum(4)),
        ("boolean true", boolean(True)),
        ("boolean false", boolean(False)),
        ("octet-string 0102ff", octet_string(b"\x01\x02\xff")),
        ('octet-string ""', octet_string(b"")),
        ('visible-string "a \\"b\\", {c}"', visible_string('a "b", {c}')),
        ('utf8-string "\\u00e4"', utf8_string("ä")),
        ("bit-string 0101", bit_string("0101")),
        ('bit-string ""', bit_string("")),
        ("float32 1.5", float32(1.5)),
        ("float64 -inf", float64(float("-inf"))),
        ("float64 7ff8000000000000", float64(float("nan"))),
        ("date-time 07e40701030a000000ff8880", date_time(CosemDateTime.from_octets(TIME))),
        ("date 07e4070103", date(CosemDate.from_octets(TIME[:5]))),
        ("time 0a000000", time(CosemTime.from_octets(TIME[5:9]))),
        ("array []", array([])),
        (
            "structure {unsigned 1, array [unsigned 2]}",
            structure((unsigned(1), array([unsigned(2)]))),
        ),
    ],
)
def test_values_both_ways(text: str, value: Data) -> None:
    assert parse_data(text) == value
    assert format_data(value) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("  UNSIGNED\n 1 ", unsigned(1)),
        ('octet-string "abc"', octet_string(b"abc")),
        ("structure{unsigned 1,unsigned 2}", structure((unsigned(1), unsigned(2)))),
        ("float32 2", float32(2.0)),
    ],
)
def test_what_people_write_otherwise(text: str, value: Data) -> None:
    assert parse_data(text) == value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "it ends too early"),
        ("unsigned", "it ends too early"),
        ("number 5", "'number' is no type"),
        ("unsigned five", "'five' is no value of unsigned"),
        ("unsigned 256", "256 can't be encoded as unsigned"),
        ("boolean 1", "'1' is no value of boolean"),
        ("octet-string 01x", "'01x' is no value of octet-string"),
        ("visible-string abc", "'abc' is no value of visible-string"),
        ("bit-string 012", "no string of bits"),
        ("date 07e4", "'07e4' is no value of date"),
        ("float32 1e99", "can't be encoded as float32"),
        ("float64 maybe", "'maybe' is no value of float64"),
        ("compact-array 0102", "'0102' is no value of compact-array"),
        ("unsigned 1 unsigned 2", "'unsigned' stands after the end"),
        ("structure [unsigned 1]", r"'\[' stands where { of structure was expected"),
        ("array [unsigned 1; unsigned 2]", "'1;' is no value of unsigned"),
        ("array [unsigned 1 unsigned 2]", r"'unsigned' stands where , or \] was expected"),
        ("array [unsigned 1,]", r"'\]' is no type"),
        ("array [unsigned 1", "it ends too early"),
        ('visible-string "abc', "has no end"),
        ("array [" * (MAX_NESTING + 1), "nested too deeply"),
    ],
)
def test_what_is_no_value_is_told(text: str, words: str) -> None:
    with pytest.raises(EncodeError, match=words):
        parse_data(text)


@given(data())
def test_what_was_written_is_read_again(value: Data) -> None:
    assert encode_data(parse_data(format_data(value))) == encode_data(value)


@given(compact_arrays().map(encode_compact_array))
def test_compact_arrays_by_their_octets(octets: bytes) -> None:
    text = f"compact-array {octets.hex()}"
    assert format_data(parse_data(text)) == text


@given(st.text(max_size=40) | st.text('array structure[]{},"unsigned 0123-ef', max_size=60))
def test_any_text_is_a_value_or_the_one_error(text: str) -> None:
    try:
        value = parse_data(text)
    except EncodeError:
        return
    assert parse_data(format_data(value)) == value

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.publish.sparkplug.errors import SparkplugError
from dcud.publish.sparkplug.wire import (
    Field,
    Fields,
    WireType,
    as_integer,
    as_octets,
    as_text,
    counted_field,
    double_field,
    float_field,
    text_field,
    varint_field,
)


def test_small_integers_take_one_octet() -> None:
    assert varint_field(1, 0) == bytes.fromhex("08 00")
    assert varint_field(1, 127) == bytes.fromhex("08 7F")


def test_the_least_significant_seven_bits_come_first() -> None:
    # 150 = 1 * 128 + 22: the example of the encoding's own documentation
    assert varint_field(1, 150) == bytes.fromhex("08 96 01")


def test_field_numbers_above_15_take_two_octets() -> None:
    # 16 << 3 | 0 = 128
    assert varint_field(16, 1) == bytes.fromhex("80 01 01")


def test_numbers_are_little_endian() -> None:
    assert double_field(13, 1.0) == bytes.fromhex("69 00 00 00 00 00 00 F0 3F")
    assert float_field(12, -2.0) == bytes.fromhex("65 00 00 00 C0")


def test_texts_are_counted_in_octets() -> None:
    assert text_field(2, "testing") == bytes.fromhex("12 07 74 65 73 74 69 6E 67")
    assert text_field(2, "Ω") == bytes.fromhex("12 02 CE A9")


def test_a_lone_surrogate_stands_as_its_escape() -> None:
    assert text_field(1, "\ud800") == b"\x0a\x06\\ud800"


@pytest.mark.parametrize("value", [-1, 2**64])
def test_integers_beyond_64_bits_are_refused(value: int) -> None:
    with pytest.raises(ValueError, match="64 bits"):
        varint_field(1, value)


def test_the_last_of_several_values_counts() -> None:
    fields = Fields(bytes.fromhex("08 01 08 02 12 01 61 12 01 62"))
    assert fields.integer(1) == 2
    assert fields.text(2) == "b"
    assert fields.texts(2) == ["a", "b"]
    assert fields.last_of(range(1, 3)) == Field(2, b"b", WireType.COUNTED)


def test_what_is_not_there_is_none() -> None:
    fields = Fields(b"")
    assert fields.integer(1) is None
    assert fields.text(1) is None
    assert fields.counted(1) == []
    assert fields.last_of(range(1, 9)) is None


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        ("08", "ends too early"),
        ("08 80", "ends too early"),
        ("08 FF FF FF FF FF FF FF FF FF 02", "more than 64 bits"),
        ("08 80 80 80 80 80 80 80 80 80 80 01", "more than 64 bits"),
        ("00 01", "number 0"),
        ("80 80 80 80 10 01", "number 536870912"),
        ("0B", "wire type 3"),
        ("0C", "wire type 4"),
        ("0E", "wire type 6"),
        ("0A 02 61", "2 octets are announced, 1 are there"),
        ("0D 00 00 00", "4 octets are announced, 3 are there"),
        ("09 00 00 00 00 00 00 00", "8 octets are announced, 7 are there"),
    ],
)
def test_octets_that_are_no_fields_are_refused(octets: str, words: str) -> None:
    with pytest.raises(SparkplugError, match=words):
        Fields(bytes.fromhex(octets))


def test_another_shape_than_expected_is_refused() -> None:
    with pytest.raises(SparkplugError, match="field 1 should be a varint"):
        Fields(bytes.fromhex("0A 00")).integer(1)
    with pytest.raises(SparkplugError, match="field 1 should be counted"):
        Fields(bytes.fromhex("08 00")).text(1)
    with pytest.raises(SparkplugError, match="field 1 should be fixed64"):
        as_octets(Field(1, b"1234", WireType.FIXED32), WireType.FIXED64)
    with pytest.raises(SparkplugError, match="no UTF-8: ff"):
        as_text(b"\xff")


@given(st.integers(1, 2**29 - 1), st.integers(0, 2**64 - 1))
def test_integers_come_back(number: int, value: int) -> None:
    assert Fields(varint_field(number, value)).integer(number) == value


@given(st.integers(1, 2**29 - 1), st.binary(max_size=300))
def test_octets_come_back(number: int, octets: bytes) -> None:
    assert Fields(counted_field(number, octets)).counted(number) == [octets]


@given(st.floats(allow_nan=False))
def test_numbers_come_back(value: float) -> None:
    field = Fields(double_field(1, value)).last_of(range(1, 2))
    assert field is not None
    (back,) = struct.unpack("<d", as_octets(field, WireType.FIXED64))
    assert back == value
    assert math.copysign(1, back) == math.copysign(1, value)


@given(st.binary(max_size=40))
def test_any_octets_end_in_fields_or_a_typed_error(octets: bytes) -> None:
    try:
        fields = Fields(octets)
    except SparkplugError:
        return
    field = fields.last_of(range(1, 2**29))
    assert (field is None) == (octets == b"")
    if field is not None and field.wire_type is WireType.VARINT:
        assert 0 <= as_integer(field) < 2**64

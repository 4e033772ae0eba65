import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.cosem.value_shapes import Value, parse_shape
from dcud.dlms.constructors import (
    array,
    bit_string,
    boolean,
    date,
    date_time,
    enum,
    float64,
    long_unsigned,
    null_data,
    octet_string,
    structure,
    time,
    unsigned,
    utf8_string,
    visible_string,
)
from dcud.dlms.cosem_time import CosemDate, CosemDateTime, CosemTime
from dcud.dlms.data import Data
from dcud.dlms.errors import DecodeError
from tests.support.data_strategies import data as any_data

NOON = bytes.fromhex("07EA0601010C000000FF8880")


@pytest.mark.parametrize(
    ("shape", "data", "value"),
    [
        ("text", octet_string(b"P1"), "P1"),
        ("text", octet_string(b"\x01\x02"), "0102"),
        ("text", octet_string(b""), ""),
        ("text", visible_string("P1"), "P1"),
        ("text", utf8_string("ä"), "ä"),
        ("octets", octet_string(b"P1"), "5031"),
        ("name", octet_string(bytes((0, 0, 10, 0, 100, 255))), "0.0.10.0.100.255"),
        ("number", unsigned(5), 5),
        ("number", float64(1.5), 1.5),
        ("boolean", boolean(True), True),
        ("boolean", unsigned(0), False),
        ("bits", bit_string("1010"), "1010"),
        ("date-time", octet_string(NOON), str(CosemDateTime.from_octets(NOON))),
        (
            "date-time",
            date_time(CosemDateTime.from_octets(NOON)),
            "2026-06-01 12:00:00.00 deviation -120",
        ),
        ("date", octet_string(NOON[:5]), str(CosemDate.from_octets(NOON[:5]))),
        ("date", date(CosemDate.from_octets(NOON[:5])), str(CosemDate.from_octets(NOON[:5]))),
        ("time", octet_string(NOON[5:9]), str(CosemTime.from_octets(NOON[5:9]))),
        ("time", time(CosemTime.from_octets(NOON[5:9])), str(CosemTime.from_octets(NOON[5:9]))),
        ("bcd", long_unsigned(0x1234), "00001234"),
        # EN 13757-3's own example of a manufacturer: PAD
        ("manufacturer", long_unsigned(0x4024), "PAD"),
        ("any", structure((unsigned(1), octet_string(b"\x02"))), [1, "02"]),
        ("any", float64(math.inf), "inf"),
        ("any", date(CosemDate.from_octets(NOON[:5])), str(CosemDate.from_octets(NOON[:5]))),
        ("enum(0 open, 1 closed)", enum(1), "closed"),
        ("enum(0 open, 1 closed)", enum(2), 2),
        ("array number", array((unsigned(1), unsigned(2))), [1, 2]),
        ("{a: number, b: {c: text}}", structure((unsigned(1), structure((octet_string(b"x"),)))),
         {"a": 1, "b": {"c": "x"}}),
        ("array {a: enum(1 one), b: array number}", array((structure((enum(1), array(()))),)),
         [{"a": "one", "b": []}]),
    ],
)  # fmt: skip
def test_values(shape: str, data: Data, value: Value) -> None:
    assert parse_shape(shape).read(data) == value


SHAPES = (
    *("text", "octets", "name", "number", "boolean", "bits", "date-time", "date", "time", "bcd"),
    *(
        "manufacturer",
        "any",
        "enum(0 open)",
        "array text",
        "{a: number}",
        "array {a: name, b: any}",
    ),
)


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_left_open(shape: str) -> None:
    assert parse_shape(shape).read(null_data()) is None


@pytest.mark.parametrize(
    ("shape", "data", "said"),
    [
        ("text", unsigned(1), "unsigned stands where text was expected"),
        ("octets", visible_string("x"), "visible-string stands where octets was expected"),
        ("name", octet_string(b"x"), "name"),
        ("number", boolean(True), "boolean stands where a number was expected"),
        ("enum(0 open)", octet_string(b"x"), "octet-string stands where a number was expected"),
        ("boolean", octet_string(b"x"), "boolean"),
        ("bits", unsigned(1), "bits"),
        ("date-time", octet_string(b"x"), "a date-time has 12 octets"),
        ("bcd", float64(1.0), "bcd"),
        ("array text", structure(()), "structure stands where an array was expected"),
        ("{a: text}", array(()), "array stands where a structure was expected"),
        ("{a: text}", structure(()), "a structure of 0 stands for one of 1"),
    ],
)
def test_what_does_not_fit(shape: str, data: Data, said: str) -> None:
    with pytest.raises(DecodeError, match=said):
        parse_shape(shape).read(data)


@pytest.mark.parametrize("text", ["nothing", "text text", "array x"])
def test_what_is_no_shape(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_shape(text)


@given(any_data(), st.sampled_from(SHAPES))
def test_any_data_has_a_meaning_that_json_holds_or_none(data: Data, shape: str) -> None:
    try:
        value = parse_shape(shape).read(data)
    except DecodeError:
        return
    json.dumps(value, allow_nan=shape == "number")


def test_versions_of_a_class_may_have_different_shapes() -> None:
    shape = parse_shape("number | {min: number, max: number}")
    assert shape.read(unsigned(7)) == 7
    assert shape.read(structure((unsigned(1), unsigned(2)))) == {"min": 1, "max": 2}
    with pytest.raises(DecodeError, match="where a number was expected"):
        shape.read(octet_string(b"7"))

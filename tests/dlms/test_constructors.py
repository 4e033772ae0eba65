import math

import pytest

from dcud.dlms import constructors
from dcud.dlms.constructors import (
    array,
    bit_string,
    boolean,
    compact_array,
    date,
    date_time,
    dont_care,
    float32,
    float64,
    null_data,
    octet_string,
    structure,
    time,
    unsigned,
    utf8_string,
    visible_string,
)
from dcud.dlms.cosem_time import CosemDate, CosemDateTime, CosemTime
from dcud.dlms.data_types import BitString, CompactArray, Data, DataType, TypeDescription
from dcud.dlms.errors import EncodeError
from tests.support.data_strategies import INTEGERS


@pytest.mark.parametrize("kind", sorted(INTEGERS))
def test_integers(kind: DataType) -> None:
    assert getattr(constructors, kind.name.lower())(7) == Data(kind, 7)


@pytest.mark.parametrize(
    ("made", "data"),
    [
        (null_data(), Data(DataType.NULL_DATA, None)),
        (dont_care(), Data(DataType.DONT_CARE, None)),
        (boolean(value=True), Data(DataType.BOOLEAN, True)),
        (octet_string(b"A"), Data(DataType.OCTET_STRING, b"A")),
        (visible_string("A"), Data(DataType.VISIBLE_STRING, "A")),
        (utf8_string("A"), Data(DataType.UTF8_STRING, "A")),
        (bit_string("0101"), Data(DataType.BIT_STRING, BitString(4, b"\x50"))),
        (bit_string(BitString(1, b"\x80")), Data(DataType.BIT_STRING, BitString(1, b"\x80"))),
        (date_time(CosemDateTime()), Data(DataType.DATE_TIME, CosemDateTime())),
        (date(CosemDate()), Data(DataType.DATE, CosemDate())),
        (time(CosemTime()), Data(DataType.TIME, CosemTime())),
        (array([unsigned(1)]), Data(DataType.ARRAY, (Data(DataType.UNSIGNED, 1),))),
        (structure(iter([unsigned(1)])), Data(DataType.STRUCTURE, (Data(DataType.UNSIGNED, 1),))),
        (
            compact_array(TypeDescription(DataType.UNSIGNED), [unsigned(1)], explicit_counts=True),
            Data(
                DataType.COMPACT_ARRAY,
                CompactArray(
                    TypeDescription(DataType.UNSIGNED), (Data(DataType.UNSIGNED, 1),), True
                ),
            ),
        ),
    ],
)
def test_each_has_its_type(made: Data, data: Data) -> None:
    assert made == data


def test_a_float32_is_rounded_to_one() -> None:
    assert float32(0.1) == Data(DataType.FLOAT32, 0.10000000149011612)
    assert float64(0.1) == Data(DataType.FLOAT64, 0.1)
    assert float32(-math.inf) == Data(DataType.FLOAT32, -math.inf)


def test_what_is_not_a_number_is_its_octets() -> None:
    assert float32(math.nan) == Data(DataType.FLOAT32, b"\x7f\xc0\x00\x00")
    assert float64(math.nan) == Data(DataType.FLOAT64, b"\x7f\xf8\x00\x00\x00\x00\x00\x00")


def test_a_float_that_is_too_large_is_refused() -> None:
    with pytest.raises(EncodeError, match=r"1e\+39 can't be encoded as float32"):
        float32(1e39)

import math

from hypothesis import given

from dcud.dlms.constructors import (
    array,
    bit_string,
    boolean,
    compact_array,
    date_time,
    dont_care,
    float32,
    float64,
    null_data,
    octet_string,
    structure,
    unsigned,
    utf8_string,
)
from dcud.dlms.cosem_time import CosemDateTime
from dcud.dlms.data_types import BitString, Data, DataType, TypeDescription
from dcud.dlms.native import to_native
from tests.support.data_strategies import data


def test_arrays_become_lists_and_structures_tuples() -> None:
    value = array([structure([unsigned(1), array([])]), null_data(), dont_care()])
    assert to_native(value) == [(1, []), None, None]


def test_a_compact_array_becomes_a_list() -> None:
    description = TypeDescription(DataType.STRUCTURE, (TypeDescription(DataType.UNSIGNED),))
    assert to_native(compact_array(description, [structure([unsigned(1)])])) == [(1,)]


def test_other_values_are_as_they_are() -> None:
    values = [boolean(value=True), octet_string(b"A"), utf8_string("ä"), bit_string("01")]
    assert to_native(array(values)) == [True, b"A", "ä", BitString(2, b"\x40")]
    assert to_native(date_time(CosemDateTime())) == CosemDateTime()


def test_floats_are_floats_even_if_they_are_not_numbers() -> None:
    assert to_native(float32(0.5)) == 0.5
    for value in (float32(math.nan), float64(math.nan)):
        native = to_native(value)
        assert isinstance(native, float)
        assert math.isnan(native)


@given(data())
def test_every_data_has_a_native_value(value: Data) -> None:
    native = to_native(value)
    assert isinstance(native, list) == (value.type in {DataType.ARRAY, DataType.COMPACT_ARRAY})
    assert isinstance(native, tuple) == (value.type is DataType.STRUCTURE)

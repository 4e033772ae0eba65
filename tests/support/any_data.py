"""Strategies for Data of every type."""

from hypothesis import strategies as st

from dcud.dlms.cosem_time import CosemDate, CosemDateTime, CosemTime
from dcud.dlms.data import (
    BitString,
    Data,
    DataType,
    TypeDescription,
    array,
    compact_array,
    float32,
    float64,
    structure,
)

RANGES = {
    DataType.DOUBLE_LONG: (-(2**31), 2**31 - 1),
    DataType.DOUBLE_LONG_UNSIGNED: (0, 2**32 - 1),
    DataType.BCD: (0, 255),
    DataType.INTEGER: (-128, 127),
    DataType.LONG: (-(2**15), 2**15 - 1),
    DataType.UNSIGNED: (0, 255),
    DataType.LONG_UNSIGNED: (0, 2**16 - 1),
    DataType.LONG64: (-(2**63), 2**63 - 1),
    DataType.LONG64_UNSIGNED: (0, 2**64 - 1),
    DataType.ENUM: (0, 255),
    DataType.DELTA_INTEGER: (-128, 127),
    DataType.DELTA_LONG: (-(2**15), 2**15 - 1),
    DataType.DELTA_DOUBLE_LONG: (-(2**31), 2**31 - 1),
    DataType.DELTA_UNSIGNED: (0, 255),
    DataType.DELTA_LONG_UNSIGNED: (0, 2**16 - 1),
    DataType.DELTA_DOUBLE_LONG_UNSIGNED: (0, 2**32 - 1),
}
"""Of every type whose value is an int: the least, the greatest."""


def whole_numbers() -> st.SearchStrategy[Data]:
    return st.sampled_from(sorted(RANGES)).flatmap(
        lambda kind: st.integers(*RANGES[kind]).map(lambda value: Data(kind, value))
    )


def bit_strings() -> st.SearchStrategy[Data]:
    return st.text("01", max_size=20).map(
        lambda text: Data(DataType.BIT_STRING, BitString.from_text(text))
    )


def times() -> st.SearchStrategy[Data]:
    """Date-times, mostly of no moment that exists."""
    octets = st.binary(min_size=12, max_size=12)
    return st.one_of(
        octets.map(lambda o: Data(DataType.OCTET_STRING, o)),
        octets.map(lambda o: Data(DataType.DATE_TIME, CosemDateTime.from_octets(o))),
        octets.map(lambda o: Data(DataType.DATE, CosemDate.from_octets(o[:5]))),
        octets.map(lambda o: Data(DataType.TIME, CosemTime.from_octets(o[:4]))),
    )


def scalars() -> st.SearchStrategy[Data]:
    return st.one_of(
        st.sampled_from((Data(DataType.NULL_DATA, None), Data(DataType.DONT_CARE, None))),
        st.booleans().map(lambda value: Data(DataType.BOOLEAN, value)),
        whole_numbers(),
        bit_strings(),
        st.binary(max_size=16).map(lambda value: Data(DataType.OCTET_STRING, value)),
        st.text(st.characters(max_codepoint=255), max_size=8).map(
            lambda value: Data(DataType.VISIBLE_STRING, value)
        ),
        st.text(max_size=8).map(lambda value: Data(DataType.UTF8_STRING, value)),
        st.floats(width=32).map(float32),
        st.floats().map(float64),
        times(),
        st.lists(st.integers(0, 65535), max_size=4).map(
            lambda values: compact_array(
                TypeDescription(DataType.LONG_UNSIGNED),
                [Data(DataType.LONG_UNSIGNED, value) for value in values],
            )
        ),
    )


def any_data() -> st.SearchStrategy[Data]:
    return st.recursive(
        scalars(),
        lambda inner: st.one_of(
            st.lists(inner, max_size=5).map(structure), st.lists(inner, max_size=5).map(array)
        ),
        max_leaves=12,
    )

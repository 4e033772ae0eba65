"""Hypothesis strategies for COSEM Data of every type."""

import math
from collections.abc import Callable

from hypothesis import strategies as st

from dcud.dlms.cosem_time import CosemDate, CosemDateTime, CosemTime
from dcud.dlms.data_types import BitString, CompactArray, Data, DataType, TypeDescription

INTEGERS = {
    DataType.DOUBLE_LONG: (-(1 << 31), (1 << 31) - 1),
    DataType.DOUBLE_LONG_UNSIGNED: (0, (1 << 32) - 1),
    DataType.BCD: (0, 255),
    DataType.INTEGER: (-128, 127),
    DataType.LONG: (-(1 << 15), (1 << 15) - 1),
    DataType.UNSIGNED: (0, 255),
    DataType.LONG_UNSIGNED: (0, (1 << 16) - 1),
    DataType.LONG64: (-(1 << 63), (1 << 63) - 1),
    DataType.LONG64_UNSIGNED: (0, (1 << 64) - 1),
    DataType.ENUM: (0, 255),
    DataType.DELTA_INTEGER: (-128, 127),
    DataType.DELTA_LONG: (-(1 << 15), (1 << 15) - 1),
    DataType.DELTA_DOUBLE_LONG: (-(1 << 31), (1 << 31) - 1),
    DataType.DELTA_UNSIGNED: (0, 255),
    DataType.DELTA_LONG_UNSIGNED: (0, (1 << 16) - 1),
    DataType.DELTA_DOUBLE_LONG_UNSIGNED: (0, (1 << 32) - 1),
}
"""The integer types with their ranges, ends included."""


def octets(n: int) -> st.SearchStrategy[bytes]:
    """Draw exactly `n` octets."""
    return st.binary(min_size=n, max_size=n)


def _is_text(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _values() -> dict[DataType, st.SearchStrategy[object]]:
    bits = st.text("01", max_size=20).map(BitString.from_text)
    singles = st.floats(width=32, allow_nan=False)
    single_nans = st.sampled_from([b"\x7f\xc0\0\0", b"\x7f\x80\0\x01", b"\xff\xff\xff\xff"])
    doubles = st.floats(allow_nan=False)
    double_nans = st.sampled_from([b"\x7f\xf0\0\0\0\0\0\x01", b"\xff\xf8\0\0\0\0\0\0"])
    broken = st.binary(min_size=1, max_size=8).filter(lambda value: not _is_text(value))
    return {
        **{kind: st.integers(least, most) for kind, (least, most) in INTEGERS.items()},
        DataType.NULL_DATA: st.none(),
        DataType.DONT_CARE: st.none(),
        DataType.BOOLEAN: st.booleans(),
        DataType.BIT_STRING: bits,
        DataType.OCTET_STRING: st.binary(max_size=20),
        DataType.VISIBLE_STRING: st.text(st.characters(max_codepoint=255), max_size=20),
        DataType.UTF8_STRING: st.text(max_size=20) | broken,
        DataType.FLOAT32: singles | single_nans,
        DataType.FLOAT64: doubles | double_nans,
        DataType.DATE_TIME: octets(12).map(CosemDateTime.from_octets),
        DataType.DATE: octets(5).map(CosemDate.from_octets),
        DataType.TIME: octets(4).map(CosemTime.from_octets),
    }


VALUES = _values()


def scalar(kind: DataType) -> st.SearchStrategy[Data]:
    """Draw a value of one type that holds no other Data."""
    return VALUES[kind].map(lambda value: Data(kind, value))  # type: ignore[arg-type]  # each of its kind


SCALAR_TYPES = st.sampled_from(sorted(VALUES))
SCALARS = SCALAR_TYPES.flatmap(scalar)


def _description(kinds: st.SearchStrategy[DataType]) -> st.SearchStrategy[TypeDescription]:
    leaf = kinds.map(TypeDescription)

    def wider(inner: st.SearchStrategy[TypeDescription]) -> st.SearchStrategy[TypeDescription]:
        members = st.lists(inner, min_size=1, max_size=4).map(tuple)
        structures = members.map(lambda items: TypeDescription(DataType.STRUCTURE, items))
        arrays = st.builds(
            lambda item, n: TypeDescription(DataType.ARRAY, (item,), n), inner, st.integers(1, 3)
        )
        return structures | arrays

    return st.recursive(leaf, wider, max_leaves=5)


DESCRIPTIONS = _description(
    st.sampled_from(
        sorted(
            kind
            for kind in VALUES
            if VALUES[kind] is not VALUES[DataType.NULL_DATA] and kind is not DataType.DONT_CARE
        )
    )
)
"""Type descriptions of elements that take octets."""


def element(description: TypeDescription) -> st.SearchStrategy[Data]:
    """Draw an element of the type described."""
    if description.type in VALUES:
        return scalar(description.type)
    times = description.count if description.type is DataType.ARRAY else 1
    items = st.tuples(*(element(member) for member in description.members * times))
    return items.map(lambda values: Data(description.type, values))


def compact_arrays() -> st.SearchStrategy[CompactArray]:
    """Draw compact arrays whose arrays are counted by their description."""
    return DESCRIPTIONS.flatmap(
        lambda description: st.lists(element(description), max_size=4).map(
            lambda elements: CompactArray(description, tuple(elements))
        )
    )


def _sequence(kind: DataType) -> Callable[[list[Data]], Data]:
    return lambda items: Data(kind, tuple(items))


def data() -> st.SearchStrategy[Data]:
    """Draw Data of every type, nested."""
    compact = compact_arrays().map(lambda value: Data(DataType.COMPACT_ARRAY, value))
    return st.recursive(
        SCALARS | compact,
        lambda inner: (
            st.lists(inner, max_size=4).map(_sequence(DataType.ARRAY))
            | st.lists(inner, max_size=4).map(_sequence(DataType.STRUCTURE))
        ),
        max_leaves=8,
    )


def times() -> st.SearchStrategy[Data]:
    """Draw what may be a time, mostly of no moment that exists."""
    return octets(12).map(lambda value: Data(DataType.OCTET_STRING, value)) | scalar(
        DataType.DATE_TIME
    )


def is_nan(value: object) -> bool:
    """Tell whether `value` is a float that is not a number."""
    return isinstance(value, float) and math.isnan(value)

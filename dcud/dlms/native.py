"""Data as plain Python values."""

from typing import cast

from dcud.dlms.cosem_time import CosemDate, CosemDateTime, CosemTime
from dcud.dlms.data_types import BitString, CompactArray, Data, DataType

Native = (
    bool
    | int
    | float
    | bytes
    | str
    | BitString
    | CosemDate
    | CosemTime
    | CosemDateTime
    | list["Native"]
    | tuple["Native", ...]
    | None
)


def _array(data: Data) -> Native:
    return [to_native(item) for item in cast("tuple[Data, ...]", data.value)]


def _structure(data: Data) -> Native:
    return tuple([to_native(item) for item in cast("tuple[Data, ...]", data.value)])


def _compact_array(data: Data) -> Native:
    return [to_native(item) for item in cast("CompactArray", data.value).elements]


def _float(data: Data) -> Native:
    return float("nan") if isinstance(data.value, bytes) else cast("float", data.value)


_CONVERSIONS = {
    DataType.ARRAY: _array,
    DataType.STRUCTURE: _structure,
    DataType.COMPACT_ARRAY: _compact_array,
    DataType.FLOAT32: _float,
    DataType.FLOAT64: _float,
}


def to_native(data: Data) -> Native:
    """Return `data` without its types.

    Arrays of either kind become lists, structures tuples, null-data and dont-care None. The others
    are as in `Data.value`, but a float that is not a number is a float again.
    """
    conversion = _CONVERSIONS.get(data.type)
    return cast("Native", data.value) if conversion is None else conversion(data)

"""The encoding of Data, from which all of the other names of Data can be had as well.

[IEC 62056-5-3: Data], in the encoding of [IEC 61334-6: A-XDR]. Hostile octets cost time and memory
in proportion to their number: each value takes an octet at least, and nesting is limited.
"""

from dcud.dlms.compact_array import decode_compact_array, encode_compact_array
from dcud.dlms.constructors import (
    array,
    bcd,
    bit_string,
    boolean,
    compact_array,
    date,
    date_time,
    delta_double_long,
    delta_double_long_unsigned,
    delta_integer,
    delta_long,
    delta_long_unsigned,
    delta_unsigned,
    dont_care,
    double_long,
    double_long_unsigned,
    enum,
    float32,
    float64,
    integer,
    long,
    long64,
    long64_unsigned,
    long_unsigned,
    null_data,
    octet_string,
    structure,
    time,
    unsigned,
    utf8_string,
    visible_string,
)
from dcud.dlms.data_types import (
    BitString,
    CompactArray,
    Data,
    DataType,
    DataValue,
    TypeDescription,
)
from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.native import Native, to_native
from dcud.dlms.octets import Cursor, encode_length
from dcud.dlms.scalars import SCALARS

MAX_NESTING = 32
"""Arrays and structures that may stand one within another."""

_READERS = {int(kind): (kind, scalar.read) for kind, scalar in SCALARS.items() if scalar.least}
_VALUELESS = {int(kind): Data(kind, None) for kind, scalar in SCALARS.items() if not scalar.least}
_SEQUENCES = {int(kind): kind for kind in (DataType.ARRAY, DataType.STRUCTURE)}
_COMPACT_ARRAY = int(DataType.COMPACT_ARRAY)


def decode_data(cursor: Cursor, *, depth: int = 0) -> Data:
    """Read one Data with all that is in it.

    Args:
        cursor: stands at the tag.
        depth: how many arrays and structures were opened around it already.

    Raises:
        DecodeError: the octets end too early, have an unknown tag, or are nested too deeply.
    """
    return _decode(cursor, depth)


def _decode(cursor: Cursor, depth: int) -> Data:
    tag = cursor.u8()
    reader = _READERS.get(tag)
    if reader is not None:
        kind, read = reader
        return Data(kind, read(cursor))
    if tag in _VALUELESS:
        return _VALUELESS[tag]
    if tag in _SEQUENCES:
        return _decode_sequence(cursor, _SEQUENCES[tag], depth)
    if tag == _COMPACT_ARRAY:
        return Data(DataType.COMPACT_ARRAY, decode_compact_array(cursor))
    raise DecodeError(f"tag {tag:02X} at octet {cursor.position - 1} is no type of Data")


def _decode_sequence(cursor: Cursor, kind: DataType, depth: int) -> Data:
    if depth >= MAX_NESTING:
        raise DecodeError(f"{kind.words} at octet {cursor.position - 1} is nested too deeply")
    depth += 1
    return Data(kind, tuple([_decode(cursor, depth) for _ in range(cursor.count())]))


def encode_data(data: Data) -> bytes:
    """Encode one Data with all that is in it.

    Raises:
        EncodeError: a value is not of its type's range, or they are nested too deeply.
    """
    return _encode(data, 0)


def _encode(data: Data, depth: int) -> bytes:
    tag = bytes((data.type,))
    scalar = SCALARS.get(data.type)
    if scalar is not None:
        return tag + scalar.write(data.value)
    if data.type is DataType.COMPACT_ARRAY and isinstance(data.value, CompactArray):
        return tag + encode_compact_array(data.value)
    if data.type not in _SEQUENCES or not isinstance(data.value, tuple):
        raise EncodeError(f"{data.value!r} can't be encoded as {data.type.words}")
    if depth >= MAX_NESTING:
        raise EncodeError(f"{data.type.words} is nested too deeply")
    contents = b"".join([_encode(item, depth + 1) for item in data.value])
    return tag + encode_length(len(data.value)) + contents


__all__ = [
    "MAX_NESTING",
    "BitString",
    "CompactArray",
    "Data",
    "DataType",
    "DataValue",
    "Native",
    "TypeDescription",
    "array",
    "bcd",
    "bit_string",
    "boolean",
    "compact_array",
    "date",
    "date_time",
    "decode_data",
    "delta_double_long",
    "delta_double_long_unsigned",
    "delta_integer",
    "delta_long",
    "delta_long_unsigned",
    "delta_unsigned",
    "dont_care",
    "double_long",
    "double_long_unsigned",
    "encode_data",
    "enum",
    "float32",
    "float64",
    "integer",
    "long",
    "long64",
    "long64_unsigned",
    "long_unsigned",
    "null_data",
    "octet_string",
    "structure",
    "time",
    "to_native",
    "unsigned",
    "utf8_string",
    "visible_string",
]

"""The encoding of compact arrays, whose elements bear no tags.

[IEC 62056-5-3: compact-array]

Types without contents (null-data, an empty structure) would let a few octets stand for any number
of values. So an element may hold at most `VALUES_PER_OCTET` values for each octet that it takes at
least, and is only begun where there are as many octets; this keeps time and memory in proportion
to the octets received.
"""

from collections.abc import Callable
from functools import partial
from typing import cast

from dcud.dlms.data_types import CompactArray, Data, DataType, TypeDescription
from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.octets import Cursor, encode_length
from dcud.dlms.scalars import SCALARS

VALUES_PER_OCTET = 8
MAX_DESCRIPTION_DEPTH = 16

_TYPES = {int(kind): kind for kind in DataType if kind is not DataType.COMPACT_ARRAY}


def decode_type_description(cursor: Cursor, depth: int = 0) -> TypeDescription:
    """Read a type description; `DecodeError` if it is none, or is nested too deeply."""
    position = cursor.position
    kind = _TYPES.get(cursor.u8())
    if kind is None:
        raise DecodeError(
            f"tag {cursor.octets[position]:02X} at octet {position} describes no element of a "
            "compact array"
        )
    if kind in SCALARS:
        return TypeDescription(kind)
    if depth >= MAX_DESCRIPTION_DEPTH:
        raise DecodeError(f"type description at octet {position} is nested too deeply")
    if kind is DataType.ARRAY:
        count = cursor.u16()
        return TypeDescription(kind, (decode_type_description(cursor, depth + 1),), count)
    members = [decode_type_description(cursor, depth + 1) for _ in range(cursor.count())]
    return TypeDescription(kind, tuple(members))


def encode_type_description(description: TypeDescription, depth: int = 0) -> bytes:
    """Encode a type description; `EncodeError` if it is not well formed."""
    tag = bytes((description.type,))
    if description.type in SCALARS and description == TypeDescription(description.type):
        return tag
    if depth >= MAX_DESCRIPTION_DEPTH:
        raise EncodeError("a type description is nested too deeply")
    members = b"".join(encode_type_description(item, depth + 1) for item in description.members)
    if description.type is DataType.STRUCTURE and description.count == 0:
        return tag + encode_length(len(description.members)) + members
    if _is_array(description):
        return tag + description.count.to_bytes(2, "big") + members
    raise EncodeError(f"{description!r} describes no element of a compact array")


def _is_array(description: TypeDescription) -> bool:
    one_type = description.type is DataType.ARRAY and len(description.members) == 1
    return one_type and 0 <= description.count <= 0xFFFF


def _extent(description: TypeDescription, *, explicit_counts: bool) -> tuple[int, int]:
    """Return how many values an element holds, and how many octets it takes at least.

    With explicit counts an array may be empty; its items are held to account one by one.
    """
    if description.type in SCALARS:
        return 1, SCALARS[description.type].least
    extents = [_extent(item, explicit_counts=explicit_counts) for item in description.members]
    if description.type is DataType.ARRAY and explicit_counts:
        _hold_to_account(*extents[0])
        return 1, 1
    times = description.count if description.type is DataType.ARRAY else 1
    values = sum(values for values, _ in extents)
    return 1 + times * values, times * sum(least for _, least in extents)


def _hold_to_account(values: int, least: int) -> None:
    if values > VALUES_PER_OCTET * least:
        raise DecodeError(f"compact array of {values} values in each {least} octets")


def decode_compact_array(cursor: Cursor) -> CompactArray:
    """Read a compact array's type description and contents.

    Arrays within the elements have as many items as the description says; if the contents don't
    come out even that way, they are read once more with a count before the items of each.
    """
    start = cursor.position
    description = decode_type_description(cursor)
    contents = cursor.octet_string()
    try:
        return _decode_contents(contents, description, explicit_counts=False)
    except DecodeError as by_description:
        try:
            return _decode_contents(contents, description, explicit_counts=True)
        except DecodeError:
            raise DecodeError(
                f"contents of the compact array at octet {start}: {by_description.message}"
            ) from None


def _decode_contents(
    contents: bytes, description: TypeDescription, *, explicit_counts: bool
) -> CompactArray:
    cursor = Cursor(contents)
    elements: list[Data] = []
    least = 0
    if contents:
        values, least = _extent(description, explicit_counts=explicit_counts)
        _hold_to_account(values, least)
    while cursor.remaining:
        # An element that can't be whole isn't begun: it might hold very much before it ends.
        if cursor.remaining < least:
            raise DecodeError(f"{cursor.remaining} octets where an element takes {least} at least")
        elements.append(_read(cursor, description, explicit_counts=explicit_counts))
    return CompactArray(description, tuple(elements), explicit_counts)


def element_reader(description: TypeDescription) -> Callable[[Cursor], Data] | None:
    """Return what reads one element of the contents after the other.

    None where arrays or structures within the elements make it depend on all of the contents how
    they are to be read: `decode_compact_array` finds that out.

    Raises:
        DecodeError: an element takes too few octets for what it holds.
    """
    if any(member.type not in SCALARS for member in description.members):
        return None
    _hold_to_account(*_extent(description, explicit_counts=False))
    return partial(_read, description=description, explicit_counts=False)


_VALUELESS = {kind: Data(kind, None) for kind, scalar in SCALARS.items() if not scalar.least}


def _read(cursor: Cursor, description: TypeDescription, *, explicit_counts: bool) -> Data:
    kind = description.type
    if kind in _VALUELESS:
        return _VALUELESS[kind]
    if kind in SCALARS:
        return Data(kind, SCALARS[kind].read(cursor))
    members = description.members
    if kind is DataType.ARRAY:
        members *= cursor.count() if explicit_counts else description.count
    items = [_read(cursor, member, explicit_counts=explicit_counts) for member in members]
    return Data(kind, tuple(items))


def encode_compact_array(value: CompactArray) -> bytes:
    """Encode a type description and contents.

    Raises:
        EncodeError: the description is not well formed, elements are not of the type described, or
            the octets would not be read as that value again (elements without contents; explicit
            counts that could be taken for none).
    """
    description = encode_type_description(value.description)
    contents = b"".join(
        _write(element, value.description, explicit_counts=value.explicit_counts)
        for element in value.elements
    )
    octets = description + encode_length(len(contents)) + contents
    try:
        unambiguous = decode_compact_array(Cursor(octets)) == value
    except DecodeError:
        unambiguous = False
    if not unambiguous:
        raise EncodeError("a compact array would not be read back as it was")
    return octets


def _write(data: Data, description: TypeDescription, *, explicit_counts: bool) -> bytes:
    kind = description.type
    if data.type is not kind:
        raise EncodeError(f"{data.type.words} in a compact array of {kind.words}")
    if kind in SCALARS:
        return SCALARS[kind].write(data.value)
    items = cast("tuple[Data, ...]", data.value)
    members = description.members
    prefix = b""
    if kind is DataType.ARRAY:
        members *= len(items) if explicit_counts else description.count
        prefix = encode_length(len(items)) if explicit_counts else b""
    if len(items) != len(members):
        raise EncodeError(f"{kind.words} of {len(items)} where {len(members)} are described")
    return prefix + b"".join(
        _write(item, member, explicit_counts=explicit_counts)
        for item, member in zip(items, members, strict=True)
    )

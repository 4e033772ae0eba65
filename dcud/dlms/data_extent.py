"""Where one encoded Data ends, found without decoding it."""

from dcud.dlms.data import MAX_NESTING
from dcud.dlms.data_types import DataType
from dcud.dlms.errors import DecodeError
from dcud.dlms.octets import Cursor
from dcud.dlms.scalars import SCALARS

_SEQUENCES = frozenset({int(DataType.ARRAY), int(DataType.STRUCTURE)})
_STRINGS = frozenset(
    {int(DataType.OCTET_STRING), int(DataType.VISIBLE_STRING), int(DataType.UTF8_STRING)}
)
_BIT_STRING = int(DataType.BIT_STRING)
_COMPACT_ARRAY = int(DataType.COMPACT_ARRAY)
_SIZES = {
    int(kind): scalar.least
    for kind, scalar in SCALARS.items()
    if int(kind) not in _STRINGS | {_BIT_STRING}
}


def take_data(cursor: Cursor) -> bytes:
    """Read one encoded Data as it is, so that what follows it can be read.

    Raises:
        DecodeError: the octets end too early, have an unknown tag, or are nested too deeply.
    """
    start = cursor.position
    open_items = [1]  # how many items are still to come, of each sequence around
    while open_items:
        if not open_items[-1]:
            open_items.pop()
            continue
        open_items[-1] -= 1
        items = _skip_one(cursor)
        if items is not None:
            if len(open_items) > MAX_NESTING:
                raise DecodeError(f"the Data at octet {start} is nested too deeply")
            open_items.append(items)
    return bytes(cursor.octets[start : cursor.position])


def _skip_one(cursor: Cursor) -> int | None:
    """Pass over a tag with its contents; of a sequence over its count alone, which is returned."""
    tag = cursor.u8()
    size = _SIZES.get(tag)
    if size is not None:
        cursor.take(size)
    elif tag in _STRINGS:
        cursor.octet_string()
    elif tag in _SEQUENCES:
        return cursor.count()
    elif tag == _BIT_STRING:
        cursor.take((cursor.length() + 7) // 8)
    elif tag == _COMPACT_ARRAY:
        _skip_type(cursor, 0)
        cursor.octet_string()
    else:
        raise DecodeError(f"tag {tag:02X} at octet {cursor.position - 1} is no type of Data")
    return None


def _skip_type(cursor: Cursor, depth: int) -> None:
    if depth > MAX_NESTING:
        raise DecodeError(f"the type at octet {cursor.position} is nested too deeply")
    tag = cursor.u8()
    if tag == DataType.ARRAY:
        cursor.u16()
        _skip_type(cursor, depth + 1)
    elif tag == DataType.STRUCTURE:
        for _ in range(cursor.count()):
            _skip_type(cursor, depth + 1)

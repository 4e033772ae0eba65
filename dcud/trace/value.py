"""COSEM Data as a tree."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from dcud.cosem.obis_names import obis_name
from dcud.dlms.compact_array import decode_compact_array
from dcud.dlms.cosem_time import CosemDate, CosemDateTime
from dcud.dlms.data import MAX_NESTING, decode_data
from dcud.dlms.data_types import CompactArray, Data, DataType, DataValue
from dcud.dlms.errors import DecodeError
from dcud.dlms.obis import Obis
from dcud.dlms.scalars import SCALARS
from dcud.trace.tree import Dissection, Node, Value

_TYPES: Final = {int(kind): kind for kind in DataType}
_SEQUENCES: Final = frozenset({DataType.ARRAY, DataType.STRUCTURE})
_OBIS_SIZE: Final = 6
_LONGEST_WORDS: Final = 60
"""Characters of a value in one line."""
_MOST_SHOWN: Final = 4
"""Members of a structure that are told in one line."""
_NAMES_OF_MANY: Final = frozenset({"array", "structure", "compact-array"})


def describe_data(d: Dissection) -> None:
    """Take one Data apart, with all that is in it."""
    _describe(d, 0)


def data_words(node: Node) -> str:
    """Return a value in one line: what it is, and where it is short, what it says."""
    if node.name not in _NAMES_OF_MANY:
        said = _scalar_words(node)
        return f"{said} ({node.name})" if said else node.name
    is_plain = all(child.name not in _NAMES_OF_MANY for child in node.children)
    if not (node.children and is_plain and len(node.children) <= _MOST_SHOWN):
        return f"{node.name} of {node.value}"
    members = (_scalar_words(child) or child.name for child in node.children)
    return f"{node.name} {{{', '.join(members)}}}"


def _scalar_words(node: Node) -> str:
    said = node.meaning or ("" if node.value is None else str(node.value))
    return said if len(said) <= _LONGEST_WORDS else f"{said[:_LONGEST_WORDS]}..."


def _describe(d: Dissection, depth: int) -> None:
    cursor = d.cursor
    start = cursor.position
    tag = cursor.u8()
    kind = _TYPES.get(tag)
    if kind is None:
        cursor.position = start
        raise DecodeError(f"tag {tag:02X} at octet {start} is no type of Data")
    if kind in _SEQUENCES:
        _describe_sequence(d, kind, start, depth)
    elif kind is DataType.COMPACT_ARRAY:
        _describe_compact_array(d, start)
    else:
        value = SCALARS[kind].read(cursor)
        d.leaf(kind.words, start, shown_value(value), value_meaning(kind, value))


def _describe_sequence(d: Dissection, kind: DataType, start: int, depth: int) -> None:
    if depth >= MAX_NESTING:
        raise DecodeError(f"{kind.words} at octet {start} is nested too deeply")
    count = d.cursor.count()
    if d.is_brief and count > _MOST_SHOWN:
        d.cursor.position = start
        decode_data(d.cursor, depth=depth)
        d.leaf(kind.words, start, count)
        return
    with d.group(kind.words) as node:
        node.start = start
        node.value = count
        for _ in range(count):
            _describe(d, depth + 1)


def _describe_compact_array(d: Dissection, start: int) -> None:
    """Its elements have no place of their own: they are told with that of the whole."""
    value = decode_compact_array(d.cursor)
    node = d.leaf(DataType.COMPACT_ARRAY.words, start, len(value.elements))
    if not node.meaning:
        node.meaning = f"each {value.description.type.words}"
        node.children += [_element(each, start, node.end) for each in value.elements]


def _element(data: Data, start: int, end: int) -> Node:
    if isinstance(data.value, tuple):
        children = [_element(each, start, end) for each in data.value]
        return Node(
            name=data.type.words, start=start, end=end, value=len(children), children=children
        )
    shown, meaning = shown_value(data.value), value_meaning(data.type, data.value)
    return Node(name=data.type.words, start=start, end=end, value=shown, meaning=meaning)


def shown_value(value: DataValue) -> Value:
    """Return a scalar as JSON has it: octets in hex, times and bits as text."""
    match value:
        case bytes():
            return value.hex().upper()
        case float():
            # NaN and the infinities are no JSON.
            return value if value - value == 0 else str(value)
        case None | bool() | int() | str():
            return value
        case CompactArray() | tuple():
            return len(value.elements) if isinstance(value, CompactArray) else len(value)
        case _:
            return str(value)


def value_meaning(kind: DataType, value: DataValue) -> str:
    """Return what a scalar means beyond what it shows; "" for nothing."""
    meaning = _MEANINGS.get(kind)
    return meaning(value) if meaning else ""


def _octet_string_meaning(value: DataValue) -> str:
    if not isinstance(value, bytes):
        return ""
    known = _BY_SIZE.get(len(value))
    return (known(value) if known else "") or _text(value)


@lru_cache(maxsize=1024)
def obis_words(octets: bytes) -> str:
    """Return an OBIS code with its name, where it has one."""
    obis = Obis(octets)
    return f"{obis} {obis_name(obis)}".rstrip()


def _logical_name(octets: bytes) -> str:
    return obis_words(octets) if obis_name(Obis(octets)) else ""


def date_time_words(octets: bytes) -> str:
    """Return a date-time of 12 octets as people read it; "" where it can be none."""
    told = CosemDateTime.from_octets(octets)
    plausible = _is_plausible(told.date) and told.hour in _HOURS
    return _date_time_meaning(told) if plausible else ""


def _date_time_meaning(value: DataValue) -> str:
    """Name the bits of the clock status, and the UTC offset as the standard counts it."""
    if not isinstance(value, CosemDateTime):
        return ""
    status = value.clock_status
    flags = [each.name.lower().replace("_", " ") for each in status or () if each.name]
    return ", ".join([str(value), *flags])


def _date_words(octets: bytes) -> str:
    told = CosemDate.from_octets(octets)
    return str(told) if _is_plausible(told) else ""


def _is_plausible(date: CosemDate) -> bool:
    return date.year in _YEARS and date.month in _MONTHS and date.day in _DAYS


def _text(octets: bytes) -> str:
    text = octets.decode("ascii", "replace")
    return repr(text) if text.isascii() and text.isprintable() and len(text) > 1 else ""


_YEARS: Final = frozenset((*range(1970, 2200), 0xFFFF))
_MONTHS: Final = frozenset((*range(1, 13), 0xFD, 0xFE, 0xFF))
_DAYS: Final = frozenset((*range(1, 32), 0xFD, 0xFE, 0xFF))
_HOURS: Final = frozenset((*range(24), 0xFF))

_BY_SIZE: Final[Mapping[int, Callable[[bytes], str]]] = MappingProxyType(
    {5: _date_words, _OBIS_SIZE: _logical_name, 12: date_time_words}
)
"""What octet-strings of that size mostly are."""

_MEANINGS: Final[Mapping[DataType, Callable[[DataValue], str]]] = MappingProxyType(
    {
        DataType.OCTET_STRING: _octet_string_meaning,
        DataType.DATE_TIME: _date_time_meaning,
    }
)

"""Data as people write it: `structure {double-long-unsigned 5, octet-string 0102}`.

A type by its name in the specification, then its value: whole numbers in decimal; `true` or
`false`; octets in hex, or as text in double quotes; bits as zeros and ones; dates and times, and
floats that are not numbers, by their octets. Arrays have brackets, structures braces. A
compact-array is written by the octets of its encoding, without the tag. Nothing at all is `""`.
"""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, cast

from dcud.dlms.compact_array import decode_compact_array, encode_compact_array
from dcud.dlms.cosem_time import CosemDate, CosemDateTime, CosemTime
from dcud.dlms.data import MAX_NESTING
from dcud.dlms.data_types import BitString, CompactArray, Data, DataType, DataValue
from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.octets import Cursor
from dcud.dlms.scalars import SCALARS

_TOKEN = re.compile(r'\s*(?:("(?:[^"\\]|\\.)*")|([][{},])|([^][{},"\s]+))')
_KINDS = {kind.words: kind for kind in DataType}
_BRACKETS = {DataType.ARRAY: ("[", "]"), DataType.STRUCTURE: ("{", "}")}
_VALUELESS = frozenset({DataType.NULL_DATA, DataType.DONT_CARE})
_REMEDY = 'write as in: structure {unsigned 5, octet-string 0102, visible-string "abc", null-data}'
_EMPTY = '""'


def format_data(data: Data) -> str:
    """Return Data as text that `parse_data` reads back as it was."""
    kind = data.type
    if kind in _VALUELESS:
        return kind.words
    if kind in _BRACKETS:
        opening, closing = _BRACKETS[kind]
        items = ", ".join(format_data(item) for item in cast("tuple[Data, ...]", data.value))
        return f"{kind.words} {opening}{items}{closing}"
    return f"{kind.words} {_value_text(data.value)}"


def _value_text(value: DataValue) -> str:
    for types, write in _WRITERS.items():
        if isinstance(value, types):
            return write(value) or _EMPTY
    return repr(value)


_WRITERS: dict[type | tuple[type, ...], Callable[[Any], str]] = {
    bool: lambda value: "true" if value else "false",
    str: json.dumps,
    bytes: bytes.hex,
    BitString: str,
    (CosemDate, CosemTime, CosemDateTime): lambda value: value.to_octets().hex(),
    CompactArray: lambda value: encode_compact_array(value).hex(),
}
"""How values are written; numbers as they are."""


def parse_data(text: str) -> Data:
    """Return the Data that a text is.

    Raises:
        EncodeError: it is none, or a value is beyond the range of its type.
    """
    tokens = _tokens(text)
    data, end = _parse(tokens, 0, 0)
    if end != len(tokens):
        raise _fault(f"{tokens[end]!r} stands after the end")
    return data


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _fault(f"a text that begins at character {position} has no end")
        tokens.append(match[match.lastindex or 0])
        position = match.end()
    return tokens


def _parse(tokens: Sequence[str], at: int, depth: int) -> tuple[Data, int]:
    """Return the Data that begins at a token, with where it ends."""
    word = _token(tokens, at)
    kind = _KINDS.get(word.lower())
    if kind is None:
        raise _fault(f"{word!r} is no type")
    if kind in _VALUELESS:
        return Data(kind, None), at + 1
    if kind in _BRACKETS:
        if depth >= MAX_NESTING:
            raise _fault("it is nested too deeply")
        return _parse_items(kind, tokens, at + 1, depth + 1)
    return _scalar(kind, _token(tokens, at + 1)), at + 2


def _parse_items(kind: DataType, tokens: Sequence[str], at: int, depth: int) -> tuple[Data, int]:
    opening, closing = _BRACKETS[kind]
    if _token(tokens, at) != opening:
        raise _fault(f"{tokens[at]!r} stands where {opening} of {kind.words} was expected")
    items: list[Data] = []
    at += 1
    while _token(tokens, at) != closing:
        if items:
            if tokens[at] != ",":
                raise _fault(f"{tokens[at]!r} stands where , or {closing} was expected")
            at += 1
        item, at = _parse(tokens, at, depth)
        items.append(item)
    return Data(kind, tuple(items)), at + 1


def _token(tokens: Sequence[str], at: int) -> str:
    if at >= len(tokens):
        raise _fault("it ends too early")
    return tokens[at]


def _scalar(kind: DataType, text: str) -> Data:
    try:
        value = _READERS.get(kind, int)(text)
    except (ValueError, DecodeError):
        raise _fault(f"{text!r} is no value of {kind.words}") from None
    if kind in SCALARS:
        SCALARS[kind].write(value)
    return Data(kind, value)


def _boolean(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValueError(text)
    return text == "true"


def _octets(text: str) -> bytes:
    """Return the octets of hex digits, or of a text in quotes."""
    return _quoted(text).encode() if text.startswith('"') else bytes.fromhex(text)


def _characters(text: str) -> str:
    if not text.startswith('"'):
        raise ValueError(text)
    return _quoted(text)


def _quoted(text: str) -> str:
    return cast("str", json.loads(text))


def _utf8(text: str) -> str | bytes:
    return _quoted(text) if text.startswith('"') else bytes.fromhex(text)


def _bits(text: str) -> BitString:
    return BitString.from_text("" if text == _EMPTY else text)


def _float(text: str) -> float | bytes:
    try:
        value = float(text)
    except ValueError:
        return bytes.fromhex(text)
    return value


def _compact_array(text: str) -> CompactArray:
    cursor = Cursor(bytes.fromhex(text))
    value = decode_compact_array(cursor)
    cursor.expect_end()
    return value


_READERS: dict[DataType, Callable[[str], DataValue]] = {
    DataType.BOOLEAN: _boolean,
    DataType.OCTET_STRING: _octets,
    DataType.VISIBLE_STRING: _characters,
    DataType.UTF8_STRING: _utf8,
    DataType.BIT_STRING: _bits,
    DataType.FLOAT32: _float,
    DataType.FLOAT64: _float,
    DataType.DATE_TIME: lambda text: CosemDateTime.from_octets(bytes.fromhex(text)),
    DataType.DATE: lambda text: CosemDate.from_octets(bytes.fromhex(text)),
    DataType.TIME: lambda text: CosemTime.from_octets(bytes.fromhex(text)),
    DataType.COMPACT_ARRAY: _compact_array,
}
"""How the values of types are read; those of all others are whole numbers."""


def _fault(what: str) -> EncodeError:
    return EncodeError(f"this is no value: {what}", remedy=_REMEDY)

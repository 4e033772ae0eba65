"""The shapes that attribute values have: from Data to values with the standard's names.

A shape is written in a notation of its own, as the tables have it:

    {name: text, start: date-time, days: array unsigned}    a structure with its members
    array SHAPE                                             any number of the same
    enum(0 open, 1 closed)                                  a number with its names
    SHAPE | SHAPE                                           of versions of a class: the first to fit
    text, octets, name, date-time, date, time, number, boolean, bits, bcd, manufacturer, any

`name` is a logical name; `text` are octets that are shown as text where they are text, else in
hex; `any` is whatever stands there. What is null-data is None, wherever it stands, for meters leave
things open. Numbers may be of any type of numbers, for meters differ in those.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Final, Protocol

from dcud.dlms.cosem_time import CosemDate, CosemDateTime, CosemTime
from dcud.dlms.data import Data, DataType
from dcud.dlms.data_types import BitString
from dcud.dlms.errors import DecodeError
from dcud.dlms.native import to_native
from dcud.dlms.obis import Obis

Value = None | bool | int | float | str | Sequence["Value"] | Mapping[str, "Value"]
"""What JSON can hold."""

_TOKEN: Final = re.compile(r"\s*([{}(),:]|[\w./-]+)")


_NAME_SIZE: Final = 6


class Shape(Protocol):
    """What a value is like."""

    def read(self, data: Data) -> Value:
        """Return what `data` means.

        Raises:
            DecodeError: it is not of this shape.
        """


@dataclass(frozen=True, slots=True)
class _Scalar:
    """A value without an inside."""

    word: str
    convert: Callable[[Data], Value]

    def read(self, data: Data) -> Value:
        if data.type is DataType.NULL_DATA:
            return None
        try:
            return self.convert(data)
        except (TypeError, ValueError):
            raise DecodeError(f"{data.type.words} stands where {self.word} was expected") from None


@dataclass(frozen=True, slots=True)
class _Enumeration:
    """A number that stands for something."""

    names: Mapping[int, str]

    def read(self, data: Data) -> Value:
        if data.type is DataType.NULL_DATA:
            return None
        number = _number(data)
        return self.names.get(int(number), number)


@dataclass(frozen=True, slots=True)
class _Array:
    """Any number of the same."""

    element: Shape

    def read(self, data: Data) -> Value:
        if data.type is DataType.NULL_DATA:
            return None
        if data.type is not DataType.ARRAY:
            raise DecodeError(f"{data.type.words} stands where an array was expected")
        return [self.element.read(item) for item in _items(data)]


@dataclass(frozen=True, slots=True)
class _Structure:
    """Members with names; those that a later version adds at the end may be missing."""

    members: tuple[tuple[str, Shape], ...]

    def read(self, data: Data) -> Value:
        if data.type is DataType.NULL_DATA:
            return None
        if data.type is not DataType.STRUCTURE:
            raise DecodeError(f"{data.type.words} stands where a structure was expected")
        items = _items(data)
        if len(items) != len(self.members):
            raise DecodeError(f"a structure of {len(items)} stands for one of {len(self.members)}")
        pairs = zip(self.members, items, strict=True)
        return {name: shape.read(item) for (name, shape), item in pairs}


@dataclass(frozen=True, slots=True)
class _Versions:
    """What versions of a class have; errors are about the first one."""

    shapes: tuple[Shape, ...]

    def read(self, data: Data) -> Value:
        first, *others = self.shapes
        try:
            return first.read(data)
        except DecodeError as error:
            for shape in others:
                with suppress(DecodeError):
                    return shape.read(data)
            raise error from None


def _items(data: Data) -> tuple[Data, ...]:
    return data.value if isinstance(data.value, tuple) else ()


def _octets(data: Data) -> bytes:
    if not isinstance(data.value, bytes):
        raise TypeError
    return data.value


def _text(data: Data) -> Value:
    if isinstance(data.value, str):
        return data.value
    octets = _octets(data)
    is_text = bool(octets) and all(0x20 <= octet < 0x7F for octet in octets)
    return octets.decode("ascii") if is_text else octets.hex()


def _name(data: Data) -> Value:
    octets = _octets(data)
    if len(octets) != _NAME_SIZE:
        raise TypeError
    return str(Obis(octets))


def _number(data: Data) -> int | float:
    if isinstance(data.value, bool) or not isinstance(data.value, int | float):
        raise DecodeError(f"{data.type.words} stands where a number was expected")
    return data.value


def _boolean(data: Data) -> Value:
    if not isinstance(data.value, bool | int):
        raise TypeError
    return bool(data.value)


def _bits(data: Data) -> Value:
    if not isinstance(data.value, BitString):
        raise TypeError
    return str(data.value)


def _date_time(data: Data) -> Value:
    if isinstance(data.value, CosemDateTime):
        return str(data.value)
    return str(CosemDateTime.from_octets(_octets(data)))


def _date(data: Data) -> Value:
    if isinstance(data.value, CosemDate):
        return str(data.value)
    return str(CosemDate.from_octets(_octets(data)))


def _time(data: Data) -> Value:
    if isinstance(data.value, CosemTime):
        return str(data.value)
    return str(CosemTime.from_octets(_octets(data)))


def _bcd(data: Data) -> Value:
    """Return decimal digits that stand as hexadecimal ones. [EN 13757-3: identification number]."""
    return f"{_whole(data):08x}"


def _manufacturer(data: Data) -> Value:
    """Return the three letters of a manufacturer. [EN 13757-3: manufacturer identification]."""
    number = _whole(data)
    letters = [chr((number >> shift & 0x1F) + 0x40) for shift in (10, 5, 0)]
    return "".join(letters)


def _whole(data: Data) -> int:
    number = _number(data)
    if not isinstance(number, int) or number < 0:
        raise TypeError
    return number


def _any(data: Data) -> Value:
    return _plain(to_native(data))


def _plain(native: object) -> Value:
    match native:
        case None | bool() | int() | str():
            return native
        case float():
            return native if native - native == 0 else str(native)
        case bytes():
            return native.hex()
        case list() | tuple():
            return [_plain(item) for item in native]
        case _:
            return str(native)


_SCALARS: Final[Mapping[str, Shape]] = {
    word: _Scalar(word, convert)
    for word, convert in {
        "text": _text,
        "octets": lambda data: _octets(data).hex(),
        "name": _name,
        "number": _number,
        "boolean": _boolean,
        "bits": _bits,
        "date-time": _date_time,
        "date": _date,
        "time": _time,
        "bcd": _bcd,
        "manufacturer": _manufacturer,
        "any": _any,
    }.items()
}


@cache
def parse_shape(text: str) -> Shape:
    """Return the shape that `text` writes; `ValueError` where it writes none."""
    shapes = tuple([_parse_whole(version) for version in text.split(" | ")])
    return shapes[0] if len(shapes) == 1 else _Versions(shapes)


def _parse_whole(text: str) -> Shape:
    tokens = _TOKEN.findall(text)
    shape, end = _parse(tokens, 0)
    if end != len(tokens):
        raise ValueError(text)
    return shape


def _parse(tokens: Sequence[str], at: int) -> tuple[Shape, int]:
    word = tokens[at]
    if word == "array":
        element, end = _parse(tokens, at + 1)
        return _Array(element), end
    if word == "{":
        return _parse_members(tokens, at + 1)
    if word == "enum":
        return _parse_names(tokens, at + 2)
    if word not in _SCALARS:
        raise ValueError(word)
    return _SCALARS[word], at + 1


def _parse_members(tokens: Sequence[str], at: int) -> tuple[Shape, int]:
    members: list[tuple[str, Shape]] = []
    while tokens[at - 1] != "}":
        shape, end = _parse(tokens, at + 2)
        members.append((tokens[at], shape))
        at = end + 1
    return _Structure(tuple(members)), at


def _parse_names(tokens: Sequence[str], at: int) -> tuple[Shape, int]:
    names: dict[int, str] = {}
    while tokens[at - 1] != ")":
        names[int(tokens[at])] = tokens[at + 1]
        at += 3
    return _Enumeration(names), at

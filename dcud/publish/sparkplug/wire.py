"""The wire format of Protocol Buffers, as far as Sparkplug payloads need it.

Ours, because the few shapes of a Sparkplug payload don't pay for what the library costs a small
gateway at every start. [Protocol Buffers: Encoding]
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Final

from dcud.publish.sparkplug.errors import SparkplugError

_VARINT_BITS: Final = 70
"""Ten groups of seven bits hold 64."""

_GREATEST_FIELD_NUMBER: Final = 2**29 - 1


class WireType(IntEnum):
    """How the octets of a field are told from those after it."""

    VARINT = 0
    FIXED64 = 1
    COUNTED = 2
    FIXED32 = 5


_WIRE_TYPES: Final = {wire_type.value: wire_type for wire_type in WireType}

_FIXED_OCTETS: Final = {WireType.FIXED64: 8, WireType.FIXED32: 4}


@dataclass(frozen=True, slots=True)
class Field:
    """A field as it stands on the wire.

    Attributes:
        number: 1..536870911.
        value: 0..2^64-1 of a varint; else the octets.
    """

    number: int
    value: int | bytes
    wire_type: WireType


def varint_field(number: int, value: int) -> bytes:
    """Return an integer or a boolean; raise `ValueError` outside of 0..2^64-1."""
    if not 0 <= value < 2**64:
        raise ValueError(f"a varint has 64 bits: {value}")
    return _tag(number, WireType.VARINT) + _varint(value)


def double_field(number: int, value: float) -> bytes:
    """Return a number of 64 bits."""
    return _tag(number, WireType.FIXED64) + struct.pack("<d", value)


def float_field(number: int, value: float) -> bytes:
    """Return a number of 32 bits; raise `OverflowError` where it has none."""
    return _tag(number, WireType.FIXED32) + struct.pack("<f", value)


def counted_field(number: int, octets: bytes) -> bytes:
    """Return octets, a text or a message."""
    return _tag(number, WireType.COUNTED) + _varint(len(octets)) + octets


def text_field(number: int, text: str) -> bytes:
    r"""Return a text; a lone surrogate, which UTF-8 can't bear, stands as "\\udXXX"."""
    return counted_field(number, text.encode("utf-8", "backslashreplace"))


class Fields:
    """The fields of a message.

    Where one that holds a single value comes more than once, its last value counts. What is not
    asked for is passed over.

    Raises:
        SparkplugError: the octets are no fields.
    """

    def __init__(self, octets: bytes) -> None:
        self._fields = tuple(_fields(octets))

    def integer(self, number: int) -> int | None:
        """Return an integer, None where it has none; raise `SparkplugError` for another shape."""
        integers = [as_integer(field) for field in self._fields if field.number == number]
        return integers[-1] if integers else None

    def text(self, number: int) -> str | None:
        """Return a text, None where it has none; raise `SparkplugError` for another shape."""
        texts = self.texts(number)
        return texts[-1] if texts else None

    def texts(self, number: int) -> list[str]:
        """Return every text; raise `SparkplugError` for another shape."""
        return [as_text(octets) for octets in self.counted(number)]

    def counted(self, number: int) -> list[bytes]:
        """Return the octets of every such field; raise `SparkplugError` for another shape."""
        return [as_octets(field) for field in self._fields if field.number == number]

    def last_of(self, numbers: range) -> Field | None:
        """Return the last field of these, of which a message has one at most."""
        return next((field for field in reversed(self._fields) if field.number in numbers), None)


def as_integer(field: Field) -> int:
    """Return the integer of a field; raise `SparkplugError` if it is of another wire type."""
    if isinstance(field.value, bytes):
        raise SparkplugError(f"field {field.number} should be a varint")
    return field.value


def as_octets(field: Field, wire_type: WireType = WireType.COUNTED) -> bytes:
    """Return the octets of a field; raise `SparkplugError` if it is of another wire type."""
    if isinstance(field.value, int) or field.wire_type is not wire_type:
        raise SparkplugError(f"field {field.number} should be {wire_type.name.lower()}")
    return field.value


def as_text(octets: bytes) -> str:
    """Return octets as text; raise `SparkplugError` if they are no UTF-8."""
    try:
        return octets.decode()
    except UnicodeDecodeError as error:
        raise SparkplugError(f"a text is no UTF-8: {octets[:20].hex()}") from error


@cache
def _tag(number: int, wire_type: WireType) -> bytes:
    """Return what stands before a value; there are as many as there are kinds of fields."""
    return _varint(number << 3 | wire_type)


def _varint(value: int) -> bytes:
    """Return an integer in groups of seven bits, the least significant first."""
    octets = bytearray()
    while value > 0x7F:
        octets.append(value & 0x7F | 0x80)
        value >>= 7
    octets.append(value)
    return bytes(octets)


def _fields(octets: bytes) -> Iterator[Field]:
    """Take a message apart; raise `SparkplugError`."""
    at = 0
    while at < len(octets):
        tag, at = _take_varint(octets, at)
        number, type_number = tag >> 3, tag & 7
        if not 1 <= number <= _GREATEST_FIELD_NUMBER:
            raise SparkplugError(f"no field can have the number {number}")
        wire_type = _WIRE_TYPES.get(type_number)
        if wire_type is None:
            raise SparkplugError(f"field {number} has the unknown wire type {type_number}")
        value: int | bytes
        if wire_type is WireType.VARINT:
            value, at = _take_varint(octets, at)
        else:
            value, at = _take_octets(octets, at, wire_type)
        yield Field(number, value, wire_type)


def _take_varint(octets: bytes, at: int) -> tuple[int, int]:
    """Return an integer, and where it ends."""
    value = 0
    for shift in range(0, _VARINT_BITS, 7):
        if at >= len(octets):
            raise SparkplugError("a varint ends too early")
        octet = octets[at]
        at += 1
        value |= (octet & 0x7F) << shift
        if octet < 0x80 and value < 2**64:
            return value, at
    raise SparkplugError("a varint has more than 64 bits")


def _take_octets(octets: bytes, at: int, wire_type: WireType) -> tuple[bytes, int]:
    """Return what has a length, and where it ends."""
    if wire_type is WireType.COUNTED:
        length, at = _take_varint(octets, at)
    else:
        length = _FIXED_OCTETS[wire_type]
    if length > len(octets) - at:
        raise SparkplugError(f"{length} octets are announced, {len(octets) - at} are there")
    return octets[at : at + length], at + length

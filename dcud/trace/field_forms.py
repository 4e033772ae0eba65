"""How a field's value becomes octets, by the name of its form."""

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from dcud.dlms.data import encode_data
from dcud.dlms.data_notation import parse_data
from dcud.dlms.errors import EncodeError
from dcud.dlms.obis import Obis, ObisSyntaxError
from dcud.dlms.octets import encode_length


def encode_field(form: str, name: str, value: object) -> bytes:
    """Return the octets of a field.

    Args:
        form: one of `FORMS`.
        name: the field's name, which for Data is that of its type.
        value: as JSON has it.

    Raises:
        EncodeError: there is no such form, or the value is none of its.
    """
    encode = FORMS.get(form)
    if encode is None:
        raise EncodeError(f"{form!r} is no form of a field; the forms are {', '.join(FORMS)}")
    try:
        return encode(name, value)
    except (TypeError, ValueError, OverflowError, ObisSyntaxError):
        # UnicodeError is a ValueError, too.
        raise EncodeError(f"{value!r} is no value of the form {form}") from None


def _octets(_name: str, value: object) -> bytes:
    return bytes.fromhex(_text(value))


def _octet_string(name: str, value: object) -> bytes:
    octets = _octets(name, value)
    return encode_length(len(octets)) + octets


def _integer(size: int, *, signed: bool = False) -> Callable[[str, object], bytes]:
    def encode(_name: str, value: object) -> bytes:
        return _number(value).to_bytes(size, "big", signed=signed)

    return encode


def _boolean(_name: str, value: object) -> bytes:
    if not isinstance(value, bool):
        raise TypeError(value)
    return bytes((value,))


def _length(_name: str, value: object) -> bytes:
    return encode_length(_number(value))


def _logical_name(_name: str, value: object) -> bytes:
    return Obis.parse(_text(value)).octets


def _data(name: str, value: object) -> bytes:
    """Return Data whose value is as `data_notation` writes it, or a number or truth as such."""
    if value is None:
        return encode_data(parse_data(name))
    said = str(value).lower() if isinstance(value, bool) else str(value)
    return encode_data(parse_data(f"{name} {said}"))


def _text_data(name: str, value: object) -> bytes:
    return encode_data(parse_data(f"{name} {json.dumps(_text(value))}"))


def _shown(_name: str, _value: object) -> bytes:
    """Return nothing: the field is one way to look at octets that stand elsewhere."""
    return b""


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(value)
    return value


FORMS: Final[Mapping[str, Callable[[str, object], bytes]]] = MappingProxyType(
    {
        "unsigned8": _integer(1),
        "unsigned16": _integer(2),
        "unsigned32": _integer(4),
        "integer8": _integer(1, signed=True),
        "boolean": _boolean,
        "length": _length,
        "logical-name": _logical_name,
        "octet-string": _octet_string,
        "octets": _octets,
        "data": _data,
        "text": _text_data,
        "shown": _shown,
    }
)
"""Encoders by form, in the order in which they are tried on a field."""

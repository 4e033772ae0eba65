"""Elements of tag, length, content as the association's APDUs are made of.

Only what they use: definite lengths, tags of up to three octets.
[ITU-T X.690: encoding of tags and lengths]
"""

from collections.abc import Mapping
from dataclasses import dataclass

from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.octets import Cursor, encode_length

INTEGER = 0x02
OCTET_STRING = 0x04
OBJECT_IDENTIFIER = 0x06

MAX_INTEGER = 0xFFFFFFFF

_HIGH_TAG_NUMBER = 0x1F
_MORE = 0x80
_LONGEST_TAG = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One element.

    Attributes:
        tag: the tag's octets read as one number, class and constructed bit included: 0xA1, 0x5F1F.
        content: what the length counts.
    """

    tag: int
    content: bytes


def encode_element(tag: int, content: bytes) -> bytes:
    """Encode an element whose tag is one octet (0x00..0xFF)."""
    return bytes((tag,)) + encode_length(len(content)) + content


def decode_element(cursor: Cursor) -> Element:
    """Decode the element that begins at `cursor`."""
    return Element(tag=_decode_tag(cursor), content=cursor.octet_string())


def decode_elements(octets: bytes) -> tuple[Element, ...]:
    """Decode elements that follow one another until the octets end."""
    cursor = Cursor(octets)
    elements = []
    while cursor.remaining:
        elements.append(decode_element(cursor))
    return tuple(elements)


def decode_only(tag: int, octets: bytes) -> bytes:
    """Return the content of the one element that `octets` consist of, which must bear `tag`."""
    cursor = Cursor(octets)
    element = decode_element(cursor)
    cursor.expect_end()
    if element.tag != tag:
        raise DecodeError(f"element {element.tag:02X} stands where {tag:02X} was expected")
    return element.content


def encode_integer(value: int) -> bytes:
    """Encode the content of an INTEGER that isn't negative."""
    if value < 0:
        raise EncodeError(f"{value} is negative, which no integer of an association is")
    return value.to_bytes(value.bit_length() // 8 + 1, "big")


def decode_integer(content: bytes) -> int:
    """Decode the content of an INTEGER in 0..2**32-1.

    [field: integers over 127 without the leading zero octet] A set sign bit is taken for a value.
    """
    value = int.from_bytes(content, "big")
    if not content or value > MAX_INTEGER:
        raise DecodeError(f"integer of {len(content)} octets is none in 0..{MAX_INTEGER}")
    return value


def encode_explicit(tag: int, inner_tag: int, content: bytes | None) -> bytes:
    """Encode an explicitly tagged field: an element within an element, or nothing."""
    return b"" if content is None else encode_element(tag, encode_element(inner_tag, content))


def decode_explicit(fields: Mapping[int, bytes], tag: int, inner_tag: int) -> bytes | None:
    """Return the inner content of the explicitly tagged field `tag`; None where it's absent."""
    return decode_only(inner_tag, fields[tag]) if tag in fields else None


def decode_fields(tag: int, octets: bytes) -> dict[int, bytes]:
    """Return the fields of the one element `tag` that `octets` consist of, by their tags."""
    return {element.tag: element.content for element in decode_elements(decode_only(tag, octets))}


def _decode_tag(cursor: Cursor) -> int:
    tag = cursor.u8()
    if tag & _HIGH_TAG_NUMBER != _HIGH_TAG_NUMBER:
        return tag
    for _ in range(_LONGEST_TAG - 1):
        octet = cursor.u8()
        tag = tag << 8 | octet
        if not octet & _MORE:
            return tag
    raise DecodeError(f"a tag of more than {_LONGEST_TAG} octets before octet {cursor.position}")

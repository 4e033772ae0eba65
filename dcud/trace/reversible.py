"""A tree as values for JSON from which its octets can be had again.

Each field says in which form it stands, so that a value can be changed and the octets made anew;
counts and lengths follow from what is counted or measured. What fits no form stands in hex.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from dcud.dlms.data import decode_data
from dcud.dlms.data_notation import format_data
from dcud.dlms.data_types import DataType
from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.octets import Cursor, encode_length
from dcud.trace.apdu import Dissected
from dcud.trace.field_forms import encode_field
from dcud.trace.tree import Node, Value, shown_hex

Field = dict[str, object]

_PLAIN_FORMS: Final = (
    "unsigned8",
    "unsigned16",
    "unsigned32",
    "integer8",
    "boolean",
    "length",
    "logical-name",
    "octets",
    "octet-string",
)
_TYPES: Final = {kind.words: kind for kind in DataType}
_TAGS_OF_MANY: Final = {
    kind.words: bytes((int(kind),)) for kind in (DataType.ARRAY, DataType.STRUCTURE)
}
_GREATEST_SAFE_INTEGER: Final = 2**53 - 1
"""Beyond it readers of JSON that know only doubles would round."""
_DEEPEST: Final = 128
"""Fields that may stand one within another."""


def to_json(part: Dissected) -> Field:
    """Return what octets are made of, as what JSON can hold, and `from_json` reads back."""
    return {
        "title": part.title,
        "words": part.words,
        "octets": shown_hex(part.octets, part.masked),
        "fields": list(_fields(part.octets, part.nodes, 0, len(part.octets))),
    }


def _end(node: Node) -> int:
    """Return where a field ends; what can't be read may go beyond what it was begun for."""
    return max([node.end, *map(_end, node.children)])


def _fields(octets: bytes, nodes: Sequence[Node], start: int, end: int) -> Iterator[Field]:
    """Yield fields that make up octets[start:end], those between the nodes included."""
    at = start
    for node in nodes:
        if node.start < at:
            yield {"name": node.name, "form": "shown", **_said(node.value, node.meaning)}
            continue
        if node.start > at:
            yield _hex(octets[at : node.start])
        at = _end(node)
        yield _field(octets, node, at, end)
    if at < end:
        yield _hex(octets[at:end])


def _hex(octets: bytes, name: str = "", meaning: str = "") -> Field:
    return {"name": name, "form": "octets", **_said(octets.hex().upper(), meaning)}


def _said(value: Value, meaning: str) -> Field:
    return {"value": value, "meaning": meaning} if meaning else {"value": value}


def _field(octets: bytes, node: Node, end: int, end_of_all: int) -> Field:
    own = octets[node.start : end]
    if node.name in _TYPES and node.name not in _TAGS_OF_MANY:
        # Elements of BER have such names, too.
        return _data_field(node, own) or _leaf(node, own)
    if node.children and node.children[0].start >= node.start:
        return _group(octets, node, end)
    if node.name == "length" and own == encode_length(end_of_all - end):
        return {"name": node.name, "form": "length-of-rest"}
    return _leaf(node, own)


def _leaf(node: Node, own: bytes) -> Field:
    for form in _PLAIN_FORMS:
        if _fits(form, node.name, node.value, own):
            return {"name": node.name, "form": form, **_said(node.value, node.meaning)}
    return _hex(own, node.name, node.meaning)


def _fits(form: str, name: str, value: object, own: bytes) -> bool:
    try:
        return encode_field(form, name, value) == own
    except EncodeError:
        return False


def _data_field(node: Node, own: bytes) -> Field | None:
    """Return a Data that has no parts, by the value of its type; None where it is none."""
    try:
        data = decode_data(Cursor(own))
    except DecodeError:
        return None
    value: Value = node.value
    form = "text" if isinstance(data.value, str) else "data"
    if form == "data" and not (isinstance(value, int) and abs(value) <= _GREATEST_SAFE_INTEGER):
        value = format_data(data).partition(" ")[2] or None
    if not _fits(form, node.name, value, own):
        return None
    return {"name": node.name, "form": form, **_said(value, node.meaning)}


def _group(octets: bytes, node: Node, end: int) -> Field:
    first = node.children[0].start
    head = octets[node.start : first]
    field: Field = {"name": node.name}
    if node.meaning:
        field["meaning"] = node.meaning
    counted = _TAGS_OF_MANY.get(node.name, b"") + encode_length(len(node.children))
    tags = _tags(head, end - first)
    start = first
    if not head:
        field["form"] = "sequence"
    elif head == counted:
        field["form"] = "counted"
    elif tags:
        field |= {"form": "sized", "tags": tags}
    else:
        field["form"], start = "sequence", node.start
    field["fields"] = list(_fields(octets, node.children, start, end))
    return field


def _tags(head: bytes, size: int) -> list[str]:
    """Return the tags of elements one within another, whose innermost has so many octets."""
    tags: list[str] = []
    at = 0
    while at < len(head):
        length = Cursor(head[at + 1 :])
        try:
            told = length.length()
        except DecodeError:
            return []
        after = at + 1 + length.position
        is_right = told == len(head) - after + size
        if not is_right or encode_length(told) != head[at + 1 : after]:
            return []
        tags.append(f"{head[at]:02X}")
        at = after
    return tags


def from_json(part: object) -> bytes:
    """Return the octets of what `to_json` returned, with whatever was changed in its fields.

    Raises:
        EncodeError: it isn't of that shape, or a value is none of its field's form; the error names
            the field.
    """
    return _encode_all(_member(part, "fields", "the whole"), "", 0)


def _member(field: object, name: str, what: str) -> object:
    if not isinstance(field, Mapping) or name not in field:
        raise EncodeError(
            f"{what} has no {name!r}", remedy="write it as `dcud translate --to json` does"
        )
    return field[name]


def _encode_all(fields: object, path: str, depth: int) -> bytes:
    if not isinstance(fields, Sequence) or isinstance(fields, str):
        raise EncodeError(f"the fields of {path or 'the whole'} are no list")
    if depth > _DEEPEST:
        raise EncodeError(f"more than {_DEEPEST} fields stand one within another")
    parts: list[bytes] = []
    size = 0
    for index in range(len(fields) - 1, -1, -1):
        octets = _encode(fields[index], f"{path}/{index + 1}", depth, size)
        parts.append(octets)
        size += len(octets)
    return b"".join(reversed(parts))


def _encode(field: object, path: str, depth: int, rest: int) -> bytes:
    """Return a field's octets; `rest` is how many octets follow it in its group."""
    form = _member(field, "form", f"field {path}")
    name = str(_member(field, "name", f"field {path}"))
    if form == "length-of-rest":
        return encode_length(rest)
    if form in _GROUPS:
        return _encode_group(field, str(form), f"{path} {name}".rstrip(), depth)
    try:
        return encode_field(str(form), name, _member(field, "value", f"field {path}"))
    except EncodeError as error:
        raise EncodeError(
            f"field {path} {name}".rstrip() + f": {error.message}", remedy=error.remedy
        ) from None


_GROUPS: Final = ("sequence", "counted", "sized")


def _encode_group(field: object, form: str, path: str, depth: int) -> bytes:
    fields = _member(field, "fields", f"field {path}")
    content = _encode_all(fields, path, depth + 1)
    if form == "counted" and isinstance(fields, Sequence):
        name = str(_member(field, "name", f"field {path}"))
        return _TAGS_OF_MANY.get(name, b"") + encode_length(len(fields)) + content
    if form == "sized":
        for tag in reversed(_tag_octets(field, path)):
            content = tag + encode_length(len(content)) + content
    return content


def _tag_octets(field: object, path: str) -> list[bytes]:
    tags = _member(field, "tags", f"field {path}")
    try:
        return [bytes.fromhex(tag) for tag in tags]  # type: ignore[attr-defined]  # what isn't so is told below
    except (TypeError, ValueError):
        raise EncodeError(f"the tags of field {path} are no list of octets in hex") from None

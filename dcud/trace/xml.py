"""APDUs as the XML in which the field writes them.

[field: XML of DLMS translators] Values stand in hex but for names of results, truths, bits and
texts. Frames are no part of it: they are elements with their fields.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from dcud.dlms.errors import DecodeError
from dcud.dlms.octets import Cursor
from dcud.trace.apdu import Dissected
from dcud.trace.rendering import safe
from dcud.trace.tree import Node
from dcud.trace.xml_names import (
    CHOICES,
    CIPHERED,
    DATA,
    ERRORS,
    FIELDS,
    FIELDS_BY_SERVICE,
    ITEMS,
    LISTS_OF_DATA,
    RESULTS,
    ROOTS,
    SOURCES,
    UNWRITTEN,
    VALUES,
    camel,
)

_LISTS: Final = frozenset(
    {"attributes", "methods", "variables", "specifications", "results", "data"}
)
_NOTHING_BUT_A_LIST: Final = frozenset({"read-request", "read-response", "write-response"})
_MANY: Final = frozenset({"array", "structure"})
_BY_VALUE: Final = frozenset({"boolean", "bit-string", "visible-string", "utf8-string"})
_WITH_LENGTH: Final = frozenset({"octet-string", "raw-data", "block-data"})
_CIPHERED: Final = ("glo-", "ded-")
_NAMED: Final = frozenset({"data-access-result", "action-result"})
_WITH_NAMES: Final = frozenset({"exception-response", "rlrq", "rlre"})
_WITHOUT_NAMES: Final = frozenset({"more octets", "unreadable"})
_CONTENTS_OF_BER: Final = frozenset({"object-identifier", "octets", "charstring", "integer"})
_BIT_STRINGS: Final = frozenset(
    {"protocol-version", "sender-acse-requirements", "responder-acse-requirements"}
)
_CARRIERS: Final = frozenset({"apdu", "user-information"})
_CONTENT: Final = frozenset({"data", "data-access-result"})


@dataclass(slots=True)
class _Element:
    name: str
    value: str | None = None
    quantity: int | None = None
    label: str | None = None
    children: list["_Element"] = field(default_factory=list)


def to_xml(part: Dissected) -> str:
    """Return what octets are made of as XML, several lines without an end of line."""
    return "\n".join(_lines(_whole(part.octets, part.nodes, part.title), ""))


def _whole(octets: bytes, nodes: Sequence[Node], title: str) -> _Element:
    """Return the element of an APDU, or of what has no tag, by its title."""
    tags = [node.meaning for node in nodes if node.name == "tag"]
    return _Writer(octets, tags[0] if tags else "").root(nodes, title)


def _lines(element: _Element, indent: str) -> Iterator[str]:
    head = f"{indent}<{element.name}"
    if element.quantity is not None:
        head += f' Qty="{element.quantity:02X}"'
    if element.label is not None:
        head += f' Name="{_escaped(element.label)}"'
    if element.value is not None:
        head += f' Value="{_escaped(element.value)}"'
    if not element.children:
        yield f"{head} />"
        return
    yield f"{head}>"
    for child in element.children:
        yield from _lines(child, f"{indent}  ")
    yield f"{indent}</{element.name}>"


def _escaped(text: str) -> str:
    for letter, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(letter, entity)
    return safe(text)


class _Writer:
    """Makes elements of the fields of one APDU.

    Args:
        octets: those that its fields are told by.
        service: its name; "" for what is no APDU.
    """

    def __init__(self, octets: bytes, service: str) -> None:
        self._all = octets
        self._service = service

    def root(self, nodes: Sequence[Node], title: str) -> _Element:
        """Return the element of the whole."""
        if not self._service:
            return _Element(camel(title), children=self._elements(nodes))
        name = ROOTS.get(self._service) or camel(self._service)
        if self._service.startswith(_CIPHERED):
            return self._ciphered(self._service, nodes)
        for index, node in enumerate(nodes):
            if node.name == self._service:
                kind = CHOICES.get((self._service, node.meaning))
                inner = _Element(kind or name + camel(node.meaning))
                inner.children = self._elements(nodes[index + 1 :])
                return _Element(name, children=[inner])
        body = _ARRANGED.get(self._service, list)(self._elements(nodes))
        if self._service in _NOTHING_BUT_A_LIST and body and body[0].quantity is not None:
            items, *more = body
            return _Element(name, quantity=items.quantity, children=[*items.children, *more])
        return _Element(name, children=body)

    def _ciphered(self, name: str, nodes: Sequence[Node]) -> _Element:
        """Return what a service's own ciphering protects, as it is."""
        prefix, _, service = name.partition("-")
        octets = [self._octets(node) for node in nodes if node.name == "protected"]
        shown = CIPHERED.get(service) or camel(service)
        return _Element(f"{prefix}_{shown}", value=b"".join(octets).hex().upper())

    def _octets(self, node: Node) -> bytes:
        return self._all[node.start : node.end]

    def _elements(self, nodes: Iterable[Node], within: str = "") -> list[_Element]:
        elements: list[_Element] = []
        is_result = False
        for node in nodes:
            is_told = node.name in UNWRITTEN and not node.children
            is_told |= node.name == "write-response" and node.value != 0
            if is_told or node.name.endswith(" present"):
                is_result |= node.name == "result" and within != "datablock"
                continue
            element = self._element(node, within)
            is_content = node.name in _CONTENT and self._service == "get-response"
            if is_result and is_content and not within:
                element = _Element("Result", children=[element])
            elements.append(element)
        return elements

    def _element(self, node: Node, within: str) -> _Element:
        if node.name in _CARRIERS and node.children:
            return self._carried(node)
        special = _SPECIAL.get(node.name)
        if special and not any(child.is_trouble for child in node.children):
            return special(self._name(node, within), node, self._octets(node))
        if _is_list(node):
            return self._list(node)
        name = self._name(node, within)
        if _is_plain_ber(node):
            value = self._value(node.children[0])
            told = _bits(value) if node.name in _BIT_STRINGS else VALUES.get(value)
            return _Element(name, value=told or value)
        if node.children:
            return _nested(name, self._parts(node))
        outer, _, inner = name.rpartition("/")
        element = _Element(inner, value=self._value(node))
        return _nested(outer, [element]) if outer else element

    def _carried(self, node: Node) -> _Element:
        """Return the APDU behind a gateway's prefix, or what an association is negotiated with."""
        if node.name == "apdu":
            return _whole(self._all, node.children, node.name)
        kind, parts = node.children[0].meaning, node.children[1:]
        return _Writer(self._all, kind).root(parts, node.name)

    def _parts(self, node: Node) -> list[_Element]:
        if node.name == "data":
            return [self._data(child) for child in node.children]
        return self._elements(node.children, node.name)

    def _name(self, node: Node, within: str) -> str:
        key = f"{within}/{node.name}" if within else node.name
        found = FIELDS_BY_SERVICE.get((self._service, key))
        found = found or FIELDS_BY_SERVICE.get((self._service, node.name))
        return found or FIELDS.get(key) or FIELDS.get(node.name) or camel(node.name)

    def _list(self, node: Node) -> _Element:
        if node.name == "data":
            return self._list_of_data(node)
        items: list[_Element] = []
        for item in node.children:
            made = self._elements(item.children, node.name)
            around = ITEMS.get(node.name) or _around(item.children)
            items += [_nested(around, made)] if around else made
        return _Element(self._name(node, ""), quantity=_quantity(node), children=items)

    def _list_of_data(self, node: Node) -> _Element:
        children = [
            self._data(data.children[0])
            for item in node.children
            for data in item.children
            if data.children
        ]
        name = LISTS_OF_DATA.get(self._service, "ListOfData")
        return _Element(name, quantity=_quantity(node), children=children)

    def _data(self, node: Node) -> _Element:
        """Return one Data; what could not be read of it stands in hex."""
        name = DATA.get(node.name, camel(node.name))
        if node.name in _MANY:
            children = [self._data(child) for child in node.children]
            return _Element(name, quantity=_quantity(node), children=children)
        octets = self._octets(node)
        if node.name in _BY_VALUE:
            shown = str(node.value)
            return _Element(name, value=shown)
        if node.name not in DATA:
            return _Element(name, value=octets.hex().upper())
        content = _without_length(octets[1:]) if node.name == "octet-string" else octets[1:]
        has_value = bool(content) or node.name == "octet-string"
        return _Element(name, value=content.hex().upper() if has_value else None)

    def _value(self, node: Node) -> str:
        is_named = node.name in _NAMED or self._service in _WITH_NAMES
        if is_named and node.meaning and node.name not in _WITHOUT_NAMES:
            return RESULTS.get(node.meaning) or camel(node.meaning.replace(",", ""))
        if node.name == "date-time":
            return str(node.value)
        octets = self._octets(node)
        if node.name in _WITH_LENGTH or _is_octet_string(node, octets):
            octets = _without_length(octets)
        return octets.hex().upper()


def _bits(value: str) -> str:
    """Return the bits of a BIT STRING in hex, whose first octet counts those not used; "" for none.

    [X.690: encoding of a bitstring value]
    """
    octets = bytes.fromhex(value)
    if len(octets) < 2 or octets[0] > 7:
        return ""
    bits = f"{int.from_bytes(octets[1:], 'big'):0{8 * len(octets) - 8}b}"
    return bits[: len(bits) - octets[0]]


def _conformance(name: str, node: Node, _octets: bytes) -> _Element:
    bits = [_Element("ConformanceBit", label=camel(bit)) for bit in node.meaning.split(", ") if bit]
    return _Element(name, children=bits)


def _protected(name: str, _node: Node, octets: bytes) -> _Element:
    return _Element(name, value=octets.hex().upper())


def _decimal(name: str, node: Node, _octets: bytes) -> _Element:
    return _Element(name, value=str(node.value))


def _write_result(_name: str, node: Node, _octets: bytes) -> _Element:
    return _Element(camel(node.meaning))


def _diagnostic(name: str, node: Node, octets: bytes) -> _Element:
    """Return who gives a diagnostic, with its number."""
    source, *numbers = node.children
    giver = SOURCES.get(source.meaning, camel(source.meaning))
    given = [octets[each.start - node.start : each.end - node.start] for each in numbers]
    return _Element(name, children=[_Element(giver, value=each.hex().upper()) for each in given])


def _service_error(_name: str, node: Node, _octets: bytes) -> _Element:
    """Return class and value of an error, as the words of both tell them."""
    error_class, _, value = node.meaning.partition(" error, ")[2].partition(": ")
    told = _Element(camel(error_class), value=ERRORS.get(value) or camel(value))
    return _Element("ServiceError", children=[told])


def _key_info(name: str, node: Node, _octets: bytes) -> _Element:
    return _Element(name, children=[_Element(camel(node.meaning))])


_SPECIAL: Final[Mapping[str, Callable[[str, Node, bytes], _Element]]] = MappingProxyType(
    {
        "conformance": _conformance,
        "protected": _protected,
        "network-id": _decimal,
        "write-response": _write_result,
        "result-source-diagnostic": _diagnostic,
        "error-class": _service_error,
        "key-info": _key_info,
    }
)
"""Makers of elements by field, where the field is written in a way of its own."""


def _with_body(name: str) -> Callable[[list[_Element]], list[_Element]]:
    """Return what puts all but invoke id and time into an element."""

    def arranged(elements: list[_Element]) -> list[_Element]:
        head, body = elements[:2], elements[2:]
        return [*head, _Element(name, children=body)] if body else head

    return arranged


def _with_key_info(elements: list[_Element]) -> list[_Element]:
    """Put what tells a key into the element that tells how."""
    arranged: list[_Element] = []
    key: _Element | None = None
    for element in elements:
        if key is None or element.name == "CipheredContent":
            arranged.append(element)
        else:
            key.children.append(element)
        if element.name == "KeyInfo":
            key = element.children[0]
    return arranged


_ARRANGED: Final[Mapping[str, Callable[[list[_Element]], list[_Element]]]] = MappingProxyType(
    {
        "access-request": _with_body("AccessRequestBody"),
        "access-response": _with_body("AccessResponseBody"),
        "general-ciphering": _with_key_info,
    }
)
"""What puts the elements of an APDU into others, by service."""


def _around(item: Sequence[Node]) -> str:
    """Return the element around an item that begins with a choice; "" for none."""
    first = item[0] if item else None
    if first is None or first.name not in _ITEMS_BY_CHOICE:
        return ""
    return _ITEMS_BY_CHOICE[first.name].get(first.meaning, "")


_ITEMS_BY_CHOICE: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "variable-access-specification": {
            "parameterized-access": "ParameterisedAccess",
            "block-number-access": "BlockNumberAccess",
            "read-data-block-access": "ReadDataBlockAccess",
            "write-data-block-access": "WriteDataBlockAccess",
        },
        "read-response": {"data-block-result": "DataBlockResult"},
        "access-request": {
            kind: f"_AccessRequestSpecification/AccessRequest{camel(kind)}"
            for kind in ("get", "set", "action", "get-with-selection", "set-with-selection")
        },
        "access-response": {
            kind: f"_AccessResponseSpecification/AccessResponse{camel(kind)}"
            for kind in ("get", "set", "action")
        },
    }
)
"""Elements around an item, by the choice that it begins with."""


def _quantity(node: Node) -> int:
    """Return how many items are announced, which may be more than could be read."""
    return node.value if isinstance(node.value, int) else len(node.children)


def _nested(name: str, children: list[_Element]) -> _Element:
    """Return an element of a name like Outer/Inner with children in the innermost."""
    *outer, inner = name.split("/")
    element = _Element(inner, children=children)
    for each in reversed(outer):
        element = _Element(each, children=[element])
    return element


def _is_plain_ber(node: Node) -> bool:
    """Tell an element of BER with one value; Data has types of the same names."""
    children = node.children
    return node.name != "data" and len(children) == 1 and children[0].name in _CONTENTS_OF_BER


def _is_list(node: Node) -> bool:
    return node.name in _LISTS and node.value is not None


def _is_octet_string(node: Node, octets: bytes) -> bool:
    """Tell a field that begins with its length, which its value doesn't show."""
    return isinstance(node.value, str) and len(node.value) // 2 < len(octets)


def _without_length(octets: bytes) -> bytes:
    cursor = Cursor(octets)
    try:
        cursor.length()
    except DecodeError:
        return octets
    return cursor.rest()

"""The pieces that layouts of APDUs are put together from.

A part reads what stands at the cursor and notes it in the tree. Layouts are tables of parts, so
that they can be held against the standard line by line.
"""

from collections.abc import Callable, Mapping
from typing import Final

from dcud.cosem.classes import interface_class
from dcud.dlms.access import AttributeDescriptor, DataAccessResult, InvokeIdAndPriority
from dcud.dlms.errors import DecodeError
from dcud.dlms.octets import Cursor
from dcud.trace.tree import Dissection
from dcud.trace.value import data_words, date_time_words, describe_data, obis_words

Part = Callable[[Dissection], None]

_DATE_TIME_SIZE: Final = 12
_OCTET_STRING: Final = 9


def sequence(*parts: Part) -> Part:
    """Return a part that is one part after the other."""

    def describe(d: Dissection) -> None:
        for part in parts:
            part(d)

    return describe


def group(name: str, *parts: Part) -> Part:
    """Return a field made of parts."""
    whole = sequence(*parts)

    def describe(d: Dissection) -> None:
        with d.group(name):
            whole(d)

    return describe


def number(
    name: str, reader: Callable[[Cursor], int], names: Mapping[int, str] | None = None
) -> Part:
    """Return an integer, with its meanings by value."""
    known = names or {}

    def describe(d: Dissection) -> None:
        start = d.cursor.position
        value = reader(d.cursor)
        d.leaf(name, start, value, known.get(value, ""))

    return describe


def choice(name: str, choices: Mapping[int, tuple[str, Part]]) -> Part:
    """Return a tag of one octet, and what it says that follows."""

    def describe(d: Dissection) -> None:
        start = d.cursor.position
        tag = d.cursor.u8()
        if tag not in choices:
            d.cursor.position = start
            raise DecodeError(f"{name} {tag} is unknown")
        words, part = choices[tag]
        d.leaf(name, start, tag, words)
        part(d)

    return describe


def _of_kind(kind: str, part: Part) -> Part:
    def describe(d: Dissection) -> None:
        d.qualify(kind)
        part(d)

    return describe


def service(name: str, choices: Mapping[int, tuple[str, Part]]) -> Part:
    """Return the choice that an APDU begins with, and that tells its kind."""
    chosen = {tag: (words, _of_kind(words, part)) for tag, (words, part) in choices.items()}
    return choice(name, chosen)


def optional(name: str, part: Part) -> Part:
    """Return what is there only if a flag octet before it says so."""

    def describe(d: Dissection) -> None:
        start = d.cursor.position
        present = d.cursor.u8()
        d.leaf(name, start, present, "present" if present else "absent")
        if present:
            part(d)

    return describe


def list_of(name: str, *parts: Part) -> Part:
    """Return a count and so many times the parts."""
    whole = sequence(*parts)

    def describe(d: Dissection) -> None:
        with d.group(name) as node:
            node.value = d.cursor.count()
            d.say(f"{name} {node.value}")
            for index in range(node.value):
                with d.group(f"item {index + 1}"):
                    whole(d)

    return describe


def octet_string(name: str, meaning: Callable[[bytes], str] = lambda _: "") -> Part:
    """Return a length and so many octets, shown in hex."""

    def describe(d: Dissection) -> None:
        start = d.cursor.position
        octets = d.cursor.octet_string()
        d.leaf(name, start, octets.hex().upper(), meaning(octets))

    return describe


def nothing(d: Dissection) -> None:
    """Read nothing."""


def data(d: Dissection) -> None:
    """Read one Data, and tell what it is."""
    with d.group("data") as node:
        try:
            describe_data(d)
        finally:
            if node.children:
                d.say(data_words(node.children[0]))


def quiet_data(d: Dissection) -> None:
    """Read one Data that is a detail."""
    with d.group("data"):
        describe_data(d)


def date_time(d: Dissection) -> None:
    """Read a length and a date-time, or a length of zero.

    [field: the date-time as Data, tag included]
    """
    start = d.cursor.position
    length = d.cursor.length()
    if length == _OCTET_STRING:
        length = d.cursor.length()
    octets = d.cursor.take(length)
    words = date_time_words(octets) if length == _DATE_TIME_SIZE else ""
    d.leaf("date-time", start, octets.hex().upper(), words if octets else "none")


def invoke_id_and_priority(d: Dissection) -> None:
    """Read the octet that ties an answer to its request."""
    start = d.cursor.position
    told = InvokeIdAndPriority.decode(d.cursor)
    words = [f"invoke-id {told.invoke_id}", "confirmed" if told.confirmed else "unconfirmed"]
    words += ["high priority"] if told.high_priority else []
    d.leaf("invoke-id-and-priority", start, told.encode().hex().upper(), ", ".join(words))
    d.say(f"#{told.invoke_id}")


_LONG_FLAGS: Final = (
    (1 << 28, "self-descriptive"),
    (1 << 29, "break on error"),
    (1 << 30, "confirmed"),
    (1 << 31, "high priority"),
)


def long_invoke_id_and_priority(d: Dissection) -> None:
    """Read the four octets that do the same for some services."""
    start = d.cursor.position
    value = d.cursor.u32()
    invoke_id = value & 0xFFFFFF
    words = [f"invoke-id {invoke_id}", *(name for bit, name in _LONG_FLAGS if value & bit)]
    d.leaf("long-invoke-id-and-priority", start, f"{value:08X}", ", ".join(words))
    d.say(f"#{invoke_id}")


def _class_name(class_id: int) -> str:
    known = interface_class(class_id)
    return known.name if known else ""


def attribute_descriptor(d: Dissection) -> None:
    """Read class, object and attribute."""
    start = d.cursor.position
    told = AttributeDescriptor.decode(d.cursor)
    known = interface_class(told.class_id)
    attribute = known.attribute(told.attribute) if known else None
    name = "all attributes" if told.attribute == 0 else attribute.name if attribute else ""
    _descriptor(d, start, told, "attribute", name)


def method_descriptor(d: Dissection) -> None:
    """Read class, object and method, which stand as those of an attribute do."""
    start = d.cursor.position
    told = AttributeDescriptor.decode(d.cursor)
    known = interface_class(told.class_id)
    method = known.method(told.attribute) if known else None
    _descriptor(d, start, told, "method", method.name if method else "")


def _descriptor(d: Dissection, start: int, told: AttributeDescriptor, kind: str, name: str) -> None:
    """Note a descriptor; its parts have a fixed place each."""
    end = d.cursor.position
    said = obis_words(told.logical_name.octets)
    d.cursor.position = start
    with d.group(f"cosem-{kind}-descriptor", f"{told} {name}".rstrip()):
        for part, size, value, meaning in (
            ("class-id", 2, told.class_id, _class_name(told.class_id)),
            ("instance-id", 6, str(told.logical_name), said.partition(" ")[2]),
            (f"{kind}-id", 1, told.attribute, name),
        ):
            at = d.cursor.position
            d.cursor.position = at + size
            d.leaf(part, at, value, meaning)
    d.cursor.position = end
    words = " ".join(filter(None, (str(told), said.partition(" ")[2], name)))
    d.subject = f"{d.subject}, {words}" if d.subject else words


def _selection(d: Dissection) -> None:
    with d.group("access-selection"):
        d.number("access-selector", Cursor.u8)
        quiet_data(d)
    d.say("selective")


selection: Final = optional("access-selection present", _selection)

RESULTS: Final = {int(each): each.words for each in DataAccessResult}
"""Of attributes; those of actions have the same names but for two."""
ACTION_RESULTS: Final = {
    **{value: words for value, words in RESULTS.items() if value not in {17, 18, 19}},
    15: "long-action-aborted",
    16: "no-long-action-in-progress",
}


def _result(name: str, names: Mapping[int, str]) -> Part:
    def describe(d: Dissection) -> None:
        start = d.cursor.position
        value = d.cursor.u8()
        words = names.get(value, f"result {value}")
        d.leaf(name, start, value, words)
        d.say(words)

    return describe


data_access_result: Final = _result("data-access-result", RESULTS)
action_result: Final = _result("action-result", ACTION_RESULTS)

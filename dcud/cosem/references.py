"""What people write to name an attribute or method, as descriptors.

A reference is `CLASS/OBJECT/MEMBER`, of which class and member may be left out. The class is a
number or a name ("register"); the object an OBIS code in any of its forms, or the name of a
well-known object ("clock"); the member an attribute's number, an attribute's or method's name, or
"method:1". A member that is a name may follow the object after a dot: `clock.time`. Without a
member the value is meant, attribute 2; without a class, those that the object is likely to be of.
"""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import ClassVar, Final

from dcud.cosem.classes import interface_class, interface_classes
from dcud.cosem.interface_class import InterfaceClass
from dcud.cosem.likely_classes import likely_classes
from dcud.cosem.well_known_objects import WELL_KNOWN, NamedObject
from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.apdu.action import MethodDescriptor
from dcud.dlms.obis import Obis, ObisSyntaxError
from dcud.errors import DcudError

Descriptor = AttributeDescriptor | MethodDescriptor

_VALUE: Final = "2"
_METHOD: Final = "method:"
_FORMS: Final = "write CLASS/OBJECT/MEMBER as 3/1.0.1.8.0.255/value, an OBIS code, or clock.time"
_LONGEST: Final = 200


class ReferenceSyntaxError(DcudError):
    """A text that names no attribute, nor a method."""

    code: ClassVar[str] = "reference"


def parse_reference(text: str, objects: Mapping[str, NamedObject] = WELL_KNOWN) -> Descriptor:
    """Return the attribute or method that `text` likeliest names.

    Args:
        text: the reference.
        objects: what may stand for an object by name.

    Raises:
        ReferenceSyntaxError: it names none.
    """
    return parse_candidates(text, objects)[0]


def parse_candidates(
    text: str, objects: Mapping[str, NamedObject] = WELL_KNOWN
) -> tuple[Descriptor, ...]:
    """Return what `text` may name, likeliest first: one for each class the object may be of.

    Args:
        text: the reference.
        objects: what may stand for an object by name.

    Raises:
        ReferenceSyntaxError: it names nothing.
    """
    class_text, object_text, member = _parts(text.strip(), objects)
    named = _object(object_text, objects)
    if named is None:
        raise ReferenceSyntaxError(
            f"{text[:_LONGEST]!r} names no object",
            remedy=_nearest(object_text, objects) or _FORMS,
        )
    class_ids = (_class_id(class_text),) if class_text else named[1]
    found = tuple(_members(class_ids, named[0], member))
    if not found:
        raise _no_member(class_ids, object_text, named[0], member)
    return found


def _parts(text: str, objects: Mapping[str, NamedObject]) -> tuple[str, str, str]:
    """Return class, object and member as they are written; class "" where there is none."""
    match text.split("/"):
        case [alone]:
            return "", *_split_at_dot(alone, objects)
        case [first, second] if _object(first, objects) is not None:
            return "", first, second
        case [first, second] if _is_class(first):
            return first, *_split_at_dot(second, objects)
        case [first, second]:
            return "", first, second
        case [first, second, third]:
            return first, second, third
        case _:
            raise ReferenceSyntaxError(
                f"{text[:_LONGEST]!r} has more parts than class, object and member", remedy=_FORMS
            )


def _split_at_dot(text: str, objects: Mapping[str, NamedObject]) -> tuple[str, str]:
    """Return object and member; after a dot a member must be a name, else it could be a group."""
    if _object(text, objects) is not None:
        return text, _VALUE
    before, _, after = text.rpartition(".")
    if before and not after.isdecimal():
        return before, after
    return text, _VALUE


def _object(text: str, objects: Mapping[str, NamedObject]) -> tuple[Obis, tuple[int, ...]] | None:
    if text in objects:
        return objects[text].logical_name, (objects[text].class_id,)
    try:
        obis = Obis.parse(text)
    except ObisSyntaxError:
        return None
    return obis, likely_classes(obis)


def class_names() -> Mapping[str, int]:
    """Return the ids of the classes known, by their names as people write them."""
    return {snake_cased(known.name): known.class_id for known in interface_classes()}


def snake_cased(name: str) -> str:
    """Return a class's name as people write it: "IEC HDLC setup" as "iec_hdlc_setup"."""
    return "".join(each if each.isalnum() else "_" for each in name.lower())


def _is_class(text: str) -> bool:
    return _number(text, 0, 0xFFFF) is not None or text in class_names()


def _class_id(text: str) -> int:
    number = _number(text, 0, 0xFFFF)
    known = class_names()
    if number is None and text not in known:
        raise ReferenceSyntaxError(
            f"{text[:_LONGEST]!r} is no interface class",
            remedy=_nearest(text, known) or "write its number, 0..65535",
        )
    return known[text] if number is None else number


def _number(text: str, first: int, last: int) -> int | None:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 6):
        return None
    return int(text) if first <= int(text) <= last else None


def _members(class_ids: Iterable[int], obis: Obis, member: str) -> Iterator[Descriptor]:
    for class_id in class_ids:
        if member.startswith(_METHOD):
            method = _number(member.removeprefix(_METHOD), -0x80, 0x7F)
            if method is not None:
                yield MethodDescriptor(class_id, obis, method)
        elif (attribute := _number(member, -0x80, 0x7F)) is not None:
            yield AttributeDescriptor(class_id, obis, attribute)
        elif (known := interface_class(class_id)) is not None:
            yield from _by_name(known, obis, member)


def _by_name(known: InterfaceClass, obis: Obis, member: str) -> Iterator[Descriptor]:
    if (attribute := known.attribute(member)) is not None:
        yield AttributeDescriptor(known.class_id, obis, attribute.index)
    elif (method := known.method(member)) is not None:
        yield MethodDescriptor(known.class_id, obis, method.index)


def _no_member(
    class_ids: Iterable[int], object_text: str, obis: Obis, member: str
) -> ReferenceSyntaxError:
    classes = [(class_id, interface_class(class_id)) for class_id in class_ids]
    said = " or ".join(
        f"{known.name} (class {class_id})" if known else f"class {class_id} (not known here)"
        for class_id, known in classes
    )
    names = [each for _, known in classes if known is not None for each in _member_names(known)]
    shown = object_text if object_text == str(obis) else f"{object_text} ({obis})"
    return ReferenceSyntaxError(
        f"{shown} is of {said}, which has no attribute or method {member[:_LONGEST]!r}",
        remedy=_nearest(member, names) or "write an attribute's number, -128..127, or method:1",
    )


def _member_names(known: InterfaceClass) -> Iterator[str]:
    yield from (each.name for each in known.attributes)
    yield from (each.name for each in known.methods)


def _nearest(word: str, known: Iterable[str]) -> str:
    close = get_close_matches(word[:_LONGEST], sorted(set(known)), n=3)
    return "did you mean " + " or ".join(f'"{each}"' for each in close) + "?" if close else ""

"""The attributes that an operator names, as descriptors."""

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dcud.cli.main import UsageError
from dcud.collect.meter_memory import LOGICAL_DEVICE_NAME
from dcud.config import model
from dcud.config.report import suggestion
from dcud.cosem.classes import InterfaceClass, interface_class, interface_classes
from dcud.cosem.obis_names import obis_name
from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.obis import Obis, ObisSyntaxError

VALUE = 2
"""The attribute meant where none is named: what the object is there for."""

_DATA, _REGISTER, _EXTENDED_REGISTER, _DEMAND_REGISTER, _CLOCK = 1, 3, 4, 5, 8
_MEASURED = (_REGISTER, _DATA, _EXTENDED_REGISTER, _DEMAND_REGISTER, _CLOCK)
"""The classes that an object may be of, likeliest first."""
_ABSTRACT = (_DATA, _REGISTER, _EXTENDED_REGISTER, _CLOCK, _DEMAND_REGISTER)
_CLOCKS = (_CLOCK, _DATA, _REGISTER)
_PROFILES = (7,)
_CLOCK_GROUPS = b"\x01\x00"
"""Value groups C, D of clocks. [IEC 62056-6-1: abstract objects]"""
_PROFILE_GROUPS = frozenset({98, 99})
"""Value groups C of profiles. [IEC 62056-6-1: abstract objects]"""

_FORMS = "write CLASS/OBIS/ATTRIBUTE as 3/1.0.1.8.0.255/value, an OBIS code, or a word"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An attribute that was asked for.

    Attributes:
        candidates: what may be meant, likeliest first.
        name: under which it is shown.
    """

    candidates: tuple[AttributeDescriptor, ...]
    name: str


def obis_argument(text: str) -> Obis:
    """Return the OBIS code that an argument of the command line writes."""
    try:
        return Obis.parse(text)
    except ObisSyntaxError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def known_words(meter: model.Meter) -> Mapping[str, Wanted]:
    """Return the words that stand for attributes of this meter.

    They are a few that hold for every meter, and the names that its jobs give.
    """
    fixed = {
        "clock": AttributeDescriptor(_CLOCK, meter.clock.logical_name, VALUE),
        "name": LOGICAL_DEVICE_NAME,
        "serial": AttributeDescriptor(_DATA, Obis.parse("0.0.96.1.0.255"), VALUE),
    }
    words = {word: Wanted(candidates=(each,), name=word) for word, each in fixed.items()}
    return {**words, **{each.name: each for each in configured_attributes(meter)}}


def configured_attributes(meter: model.Meter) -> list[Wanted]:
    """Return what the meter's register jobs read, each attribute once."""
    found = {
        AttributeDescriptor(item.class_id, item.obis, item.attribute): item.name
        for job in meter.job
        if isinstance(job, model.RegistersJob)
        for item in job.objects
    }
    return [
        Wanted(candidates=(each,), name=name or _name(each.logical_name))
        for each, name in found.items()
    ]


def parse(text: str, words: Mapping[str, Wanted]) -> list[Wanted]:
    """Return the attributes that `text` names: one, or with "all" those of an object.

    Raises:
        UsageError: it names none.
    """
    if text in words:
        return [words[text]]
    match text.split("/"):
        case [obis]:
            return [_of_any_class(_obis(obis, text, words), str(VALUE))]
        case [class_id, obis, attribute]:
            return list(_of_class(_class_id(class_id), _obis(obis, text, words), attribute))
        case [first, second] if _is_obis(first):
            return [_of_any_class(_obis(first, text, words), second)]
        case [class_id, obis]:
            return list(_of_class(_class_id(class_id), _obis(obis, text, words), str(VALUE)))
        case _:
            raise UsageError(f"{text!r} names no attribute", remedy=_FORMS)


def _is_obis(text: str) -> bool:
    try:
        Obis.parse(text)
    except ObisSyntaxError:
        return False
    return True


def _obis(code: str, text: str, words: Mapping[str, Wanted]) -> Obis:
    try:
        return Obis.parse(code)
    except ObisSyntaxError:
        close = suggestion(text, words) if code == text else ""
        remedy = f"{_FORMS}; {close}" if close else _FORMS
        raise UsageError(f"{text!r} names no attribute", remedy=remedy) from None


def _class_id(text: str) -> int:
    by_name = {known.name.lower().replace(" ", "_"): known for known in interface_classes()}
    if text in by_name:
        return by_name[text].class_id
    if not text.isascii() or not text.isdigit() or int(text) > 0xFFFF:
        raise UsageError(f"{text!r} is no interface class", remedy=suggestion(text, by_name))
    return int(text)


def _of_class(class_id: int, obis: Obis, attribute: str) -> Iterator[Wanted]:
    known = interface_class(class_id)
    if attribute != "all":
        indices = [_index(attribute, known)]
    elif known is None:
        raise UsageError(
            f"the attributes of class {class_id} are not known here", remedy="name them by number"
        )
    else:
        indices = [each.index for each in known.attributes]
    for index in indices:
        yield Wanted(candidates=(AttributeDescriptor(class_id, obis, index),), name=_name(obis))


def _of_any_class(obis: Obis, attribute: str) -> Wanted:
    if _likely_classes(obis) == _PROFILES and attribute == str(VALUE):
        raise UsageError(f"{obis} is a profile", remedy=f"dcud read --profile {obis}")
    candidates = []
    for class_id in _likely_classes(obis):
        known = interface_class(class_id)
        if attribute.isdigit() or (known and known.attribute(attribute)):
            candidates.append(AttributeDescriptor(class_id, obis, _index(attribute, known)))
    if not candidates:
        raise UsageError(
            f"no class that {obis} is likely to be of has an attribute {attribute!r}",
            remedy="write CLASS/OBIS/ATTRIBUTE",
        )
    return Wanted(candidates=tuple(candidates), name=_name(obis))


def _likely_classes(obis: Obis) -> tuple[int, ...]:
    if obis.c in _PROFILE_GROUPS:
        return _PROFILES
    if obis.a != 0:
        return _MEASURED
    return _CLOCKS if obis.octets[2:4] == _CLOCK_GROUPS else _ABSTRACT


def _index(attribute: str, known: InterfaceClass | None) -> int:
    if attribute.removeprefix("-").isdecimal() and attribute.isascii():
        index = int(attribute)
        if -0x80 <= index <= 0x7F:
            return index
        raise UsageError(f"{attribute} is no attribute", remedy="write a number of -128..127")
    described = known.attribute(attribute) if known else None
    if described is None:
        names = [each.name for each in known.attributes] if known else []
        of_class = f"class {known.class_id}" if known else "a class that is not known here"
        raise UsageError(
            f"{attribute!r} is no attribute of {of_class}",
            remedy=suggestion(attribute, names) or "write its number",
        )
    return described.index


def _name(obis: Obis) -> str:
    return obis_name(obis) or str(obis)

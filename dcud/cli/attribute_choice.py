"""The attributes that an operator names, as descriptors."""

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from dcud.cli.main import UsageError
from dcud.collect.meter_memory import LOGICAL_DEVICE_NAME
from dcud.config import model
from dcud.cosem.classes import interface_class
from dcud.cosem.obis_names import obis_name
from dcud.cosem.references import (
    Descriptor,
    ReferenceSyntaxError,
    parse_candidates,
    parse_reference,
)
from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.obis import Obis, ObisSyntaxError

VALUE = 2
"""The attribute meant where none is named: what the object is there for."""

_DATA, _CLOCK, _PROFILE = 1, 8, 7
_ALL = "/all"


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
    try:
        if text.endswith(_ALL):
            return list(_all_of(parse_reference(text.removesuffix(_ALL))))
        named = parse_candidates(text)
    except ReferenceSyntaxError as error:
        close = get_close_matches(text, words, 1)
        remedy = f'did you mean "{close[0]}"?' if close else error.remedy
        raise UsageError(error.message, remedy=remedy) from None
    candidates = tuple([each for each in named if isinstance(each, AttributeDescriptor)])
    if not candidates:
        raise UsageError(f"{text} is a method", remedy="dcud call calls it")
    first = candidates[0]
    if (first.class_id, first.attribute) == (_PROFILE, VALUE):
        name = first.logical_name
        raise UsageError(f"{name} is a profile", remedy=f"dcud read --profile {name}")
    return [Wanted(candidates=candidates, name=_name(first.logical_name))]


def _all_of(value: Descriptor) -> Iterator[Wanted]:
    """Name every attribute of the object that this one is of."""
    known = interface_class(value.class_id)
    if known is None:
        raise UsageError(
            f"the attributes of class {value.class_id} are not known here",
            remedy="name them by number",
        )
    obis = value.logical_name
    for each in known.attributes:
        attribute = AttributeDescriptor(value.class_id, obis, each.index)
        yield Wanted(candidates=(attribute,), name=_name(obis))


def _name(obis: Obis) -> str:
    return obis_name(obis) or str(obis)

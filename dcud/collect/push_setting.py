"""A meter's push setup: what it says, set, tried."""

from collections.abc import Iterable, Mapping
from typing import ClassVar, Final

from dcud.collect.asking import Asker
from dcud.collect.meter_memory import get_data
from dcud.cosem.push_setup import (
    INTERVAL_PUSH,
    NOTHING_TO_SAY,
    PUSH_SETUP,
    PushAttribute,
    PushMethod,
    PushSetup,
    spoken_version,
)
from dcud.dlms.access import AttributeDescriptor, AttributeWithSelection, DataAccessResult
from dcud.dlms.action_exchange import MethodCall
from dcud.dlms.apdu.action import ActionResult, MethodDescriptor
from dcud.dlms.data import Data, encode_data
from dcud.dlms.obis import Obis
from dcud.dlms.refusal_causes import explain_result
from dcud.dlms.requests import Act, Set
from dcud.dlms.set_exchange import Writing
from dcud.errors import DcudError

_ORDER: Final = (
    PushAttribute.PUSH_OBJECT_LIST,
    PushAttribute.RANDOMISATION_START_INTERVAL,
    PushAttribute.NUMBER_OF_RETRIES,
    PushAttribute.REPETITION_DELAY,
    PushAttribute.SEND_DESTINATION_AND_METHOD,
    PushAttribute.COMMUNICATION_WINDOW,
)
"""In which they are written: a new receiver must not be sent what the one before was to get."""


class PushError(DcudError):
    """A meter's push setup can't be read, keeps what it had, or does not push."""

    code: ClassVar[str] = "push"


async def push_setup(asker: Asker, name: Obis = INTERVAL_PUSH) -> PushSetup:
    """Ask what a push setup says; None stands for what the meter does not tell.

    Raises:
        PushError: it tells nothing of it.
        DecodeError: what it tells makes no sense.
    """
    return PushSetup.from_data(await _told(asker, name))


async def set_up(asker: Asker, wanted: PushSetup, name: Obis = INTERVAL_PUSH) -> PushSetup:
    """Write what is wanted, read all back, and return what the meter keeps.

    It is written in an order in which nothing wrong is pushed, should the rest not follow, and in
    the form in which the meter tells it. What the meter takes but doesn't tell is not compared.

    Args:
        asker: an open association.
        wanted: what to write; None leaves what is there.
        name: the push setup.

    Raises:
        PushError: the meter refuses, or keeps something else than what was written.
        DecodeError: what it tells makes no sense.
        EncodeError: this version of the class can't say it; nothing is written.
    """
    values = wanted.to_data(spoken_version(await _told(asker, name)))
    written: list[PushAttribute] = []
    for attribute in _ORDER:
        if attribute in values:
            await _write(asker, _descriptor(name, attribute), values[attribute], written)
            written.append(attribute)
    kept = await push_setup(asker, name)
    others = tuple(_others(wanted, kept))
    if others:
        raise PushError(
            f"the push setup {name} took {', '.join(others)}, but keeps something else",
            remedy="look what it keeps with dcud push, and ask its maker what it allows",
        )
    return kept


async def push_now(asker: Asker, name: Obis = INTERVAL_PUSH) -> None:
    """Have a meter push at once, whatever its windows say.

    Raises:
        PushError: it refuses.
    """
    method = MethodDescriptor(PUSH_SETUP, name, PushMethod.PUSH)
    call = MethodCall(method=method, parameter=encode_data(NOTHING_TO_SAY))
    result = await asker.ask(Act(call))
    if isinstance(result, ActionResult | DataAccessResult):
        raise PushError(
            f"the push setup {name} does not push: {result.words}",
            remedy=explain_result(result).remedy,
        )


async def _told(asker: Asker, name: Obis) -> Mapping[PushAttribute, Data]:
    answers = {each: await get_data(asker, _descriptor(name, each)) for each in PushAttribute}
    told = {index: each for index, each in answers.items() if isinstance(each, Data)}
    refusals = [each for each in answers.values() if isinstance(each, DataAccessResult)]
    if not told:
        raise PushError(
            f"the push setup {name}: {refusals[0].words}",
            remedy=explain_result(refusals[0]).remedy,
        )
    return told


async def _write(
    asker: Asker, attribute: AttributeDescriptor, value: Data, before: Iterable[PushAttribute]
) -> None:
    target = AttributeWithSelection(attribute=attribute)
    result = await asker.ask(Set(Writing(target=target, value=encode_data(value))))
    if result is not DataAccessResult.SUCCESS:
        refused = PushAttribute(attribute.attribute).name.lower()
        written = " and ".join(each.name.lower() for each in before)
        told = f", after {written} was written" if written else ""
        raise PushError(
            f"the push setup {attribute.logical_name} does not take {refused}: "
            f"{result.words}{told}",
            remedy=explain_result(result).remedy,
        )


def _others(wanted: PushSetup, kept: PushSetup) -> Iterable[str]:
    """Name the fields that are wanted, and told to be something else."""
    for field in PushSetup.__slots__:
        value, now = getattr(wanted, field), getattr(kept, field)
        if value is not None and now is not None and value != now:
            yield _WORDS[field]


_WORDS: Final = {
    "objects": "the objects",
    "destination": "the destination",
    "windows": "the windows",
    "randomisation_start_interval": "the randomisation start interval",
    "number_of_retries": "the number of retries",
    "repetition_delay": "the repetition delay",
}


def _descriptor(name: Obis, attribute: PushAttribute) -> AttributeDescriptor:
    return AttributeDescriptor(PUSH_SETUP, name, attribute)

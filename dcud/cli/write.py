"""`dcud write`: an attribute of one meter, written by hand."""

import argparse
import asyncio

from dcud.cli import visit
from dcud.cli.explaining import explain_refusal
from dcud.cli.given_value import VALUE_FORMS, given_value
from dcud.cli.main import DENIED, UsageError
from dcud.cli.meter_choice import add_meter_arguments, choose
from dcud.cli.readable import attribute_name
from dcud.cli.rendering import Column, add_format_argument, rows
from dcud.collect.asking import Asker
from dcud.collect.meter_memory import get_data
from dcud.cosem.references import parse_candidates
from dcud.dlms.access import AttributeDescriptor, AttributeWithSelection, DataAccessResult
from dcud.dlms.data import Data, encode_data
from dcud.dlms.data_notation import format_data
from dcud.dlms.requests import Set
from dcud.dlms.set_exchange import Writing

summary = "write an attribute of one meter"

_EPILOG = f"""\
ATTRIBUTE is CLASS/OBIS/ATTRIBUTE, as 1/0.0.96.1.9.255/value; or an OBIS code alone, whose class is
then found by trying; or a well-known object with its attribute, as clock.time.

{VALUE_FORMS}

The attribute is read before and after, where the meter allows that. The exit code is 77 where it
refuses the value."""

_HEADINGS = ("attribute", "name", "before", "after", "result")
_COLUMNS = tuple(Column(heading=each) for each in _HEADINGS)
_SECRETS = frozenset({(15, 7), (12, 7)})
"""Attributes whose values no command line may hold. [IEC 62056-6-2: Association, secret]"""
_WRONG_GUESSES = frozenset(
    {DataAccessResult.OBJECT_UNDEFINED, DataAccessResult.OBJECT_CLASS_INCONSISTENT}
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("attribute", metavar="ATTRIBUTE", help="what to write")
    parser.add_argument("value", metavar="VALUE", help="what it is to be")
    add_format_argument(parser)
    add_meter_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write, and show; returns 0, or the exit code for denied."""
    candidates = [
        each
        for each in parse_candidates(arguments.attribute)
        if isinstance(each, AttributeDescriptor)
    ]
    if not candidates:
        raise UsageError(f"{arguments.attribute} is a method", remedy="dcud call calls it")
    if any((each.class_id, each.attribute) in _SECRETS for each in candidates):
        raise UsageError(
            "a secret is nothing for a command line, which everybody on this machine can see",
            remedy="put it into the meter with its maker's tool, and into dcud's key file",
        )
    return asyncio.run(_write(candidates, arguments))


async def _write(candidates: list[AttributeDescriptor], arguments: argparse.Namespace) -> int:
    chosen = choose(arguments)
    async with visit.visit(chosen, frames=arguments.frames) as session:
        attribute, before = await _found(session, candidates)
        value = given_value(arguments.value, before)
        target = AttributeWithSelection(attribute=attribute)
        result = await session.ask(Set(Writing(target=target, value=encode_data(value))))
        after = await _current(session, attribute)
    texts = ["" if each is None else format_data(each) for each in (before, after)]
    with rows(arguments.format, _COLUMNS) as shown:
        shown.add(
            [str(attribute), attribute_name(attribute), *texts, result.words],
            {
                "class_id": attribute.class_id,
                "obis": str(attribute.logical_name),
                "attribute": attribute.attribute,
                "attribute_name": attribute_name(attribute),
                "before": texts[0] or None,
                "after": texts[1] or None,
                "result": result.words,
            },
        )
    if result is DataAccessResult.SUCCESS:
        return 0
    explain_refusal(result)
    return DENIED


async def _found(
    asker: Asker, candidates: list[AttributeDescriptor]
) -> tuple[AttributeDescriptor, Data | None]:
    """Return the first candidate that the meter knows, with what it holds."""
    for candidate in candidates:
        answer = await get_data(asker, candidate)
        if isinstance(answer, Data):
            return candidate, answer
        if answer not in _WRONG_GUESSES:
            return candidate, None
    return candidates[0], None


async def _current(asker: Asker, attribute: AttributeDescriptor) -> Data | None:
    answer = await get_data(asker, attribute)
    return answer if isinstance(answer, Data) else None

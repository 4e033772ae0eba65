"""`dcud read`: what a meter says, asked by hand."""

import argparse
import asyncio
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import timedelta

from dcud.assembly.jobs import meter_memory, profile_reader
from dcud.cli import visit
from dcud.cli.attribute_choice import (
    Wanted,
    configured_attributes,
    known_words,
    obis_argument,
    parse,
)
from dcud.cli.attribute_reading import Answer, read_attribute
from dcud.cli.compact_reading import read_compact_data
from dcud.cli.explaining import explain
from dcud.cli.main import DENIED, UsageError
from dcud.cli.meter_choice import ChosenMeter, add_meter_arguments, choose
from dcud.cli.profile_reading import chunks
from dcud.cli.profile_rows import ProfileRows
from dcud.cli.progress import progress
from dcud.cli.readable import attribute_name
from dcud.cli.rendering import Column, Rows, add_format_argument, rows
from dcud.cli.time_span import add_span_arguments, is_given, span
from dcud.collect.compact_reader import is_compact_data
from dcud.collect.profile_reader import ColumnNames, ProfileAccess, ProfileReader
from dcud.config import model
from dcud.cosem.value_texts import CellTexts
from dcud.dlms.obis import Obis

summary = "read attributes or a profile of one meter, now"

USUAL_SPAN = timedelta(days=1)
"""Of a profile, where nobody says which part of it."""

_EPILOG = """\
ATTRIBUTE is CLASS/OBIS/ATTRIBUTE, as 3/1.0.1.8.0.255/value or 8/0.0.1.0.0.255/2, with "all" for all
attributes of the object; or an OBIS code alone, whose class is then found by trying; or an object
that has one place in most meters, as clock.time_zone; or a word: clock, name, serial, and the names
that the configuration gives. Without any, a configured meter is asked for what its register jobs
read. The exit code is 77 where the meter refused everything."""

_COLUMNS = (
    Column(heading="attribute"),
    Column(heading="name"),
    Column(heading="value"),
    Column(heading="unit"),
    Column(heading="remark", sparse=True),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("attributes", nargs="*", metavar="ATTRIBUTE", help="what to read")
    add_format_argument(parser)
    profile = parser.add_argument_group("a profile")
    profile.add_argument(
        "--profile",
        type=obis_argument,
        metavar="OBIS",
        help="read the entries of this profile, or compact data (0.b.66.0.e)",
    )
    add_span_arguments(profile)
    profile.add_argument(
        "--access",
        choices=tuple(ProfileAccess),
        type=ProfileAccess,
        help="how entries are asked for (default: as configured, else range)",
    )
    add_meter_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Read, and show; returns 0, or the exit code for denied where all was refused."""
    if arguments.profile is None:
        _refuse_without_profile(arguments)
        chosen = choose(arguments)
        return asyncio.run(_read(chosen, _wanted(arguments, chosen), arguments))
    if arguments.attributes:
        raise UsageError("--profile reads a profile alone", remedy="read attributes by themselves")
    if is_compact_data(arguments.profile):
        return read_compact_data(arguments)
    asyncio.run(_read_profile(choose(arguments), arguments))
    return 0


def _refuse_without_profile(arguments: argparse.Namespace) -> None:
    if is_given(arguments) or arguments.access is not None:
        raise UsageError(
            "--from, --to, --last and --access are about a profile", remedy="add --profile OBIS"
        )


def _wanted(arguments: argparse.Namespace, chosen: ChosenMeter) -> list[Wanted]:
    words = known_words(chosen.meter)
    wanted = [each for text in arguments.attributes for each in parse(text, words)]
    wanted = wanted or configured_attributes(chosen.meter)
    if not wanted:
        raise UsageError("read what?", remedy="name an attribute, as 1.0.1.8.0.255 or clock")
    return wanted


async def _read(chosen: ChosenMeter, wanted: list[Wanted], arguments: argparse.Namespace) -> int:
    memory = meter_memory(chosen.meter)
    answers: list[Answer] = []
    async with visit.visit(chosen, frames=arguments.frames) as session:
        with rows(arguments.format, _COLUMNS) as shown:
            for each in wanted:
                answers.append(await read_attribute(session, each, memory))
                _add(shown, answers[-1])
    _explain(answers)
    return DENIED if all(answer.refused for answer in answers) else 0


def _explain(answers: Iterable[Answer]) -> None:
    """Say once of each refusal what it means."""
    told = {each.shown.remark: each.explanation for each in answers if each.explanation}
    for words, explanation in told.items():
        explain(words, explanation)


def _add(shown: Rows, answer: Answer) -> None:
    attribute, value = answer.attribute, answer.shown
    shown.add(
        [str(attribute), answer.name, value.value, value.unit, value.remark],
        {
            "class_id": attribute.class_id,
            "obis": str(attribute.logical_name),
            "attribute": attribute.attribute,
            "attribute_name": attribute_name(attribute),
            "name": answer.name,
            "value": value.value,
            "unit": value.unit,
            "type": answer.type,
            "refused": answer.refused,
            "remark": value.remark,
        },
    )
    shown.flush()


async def _read_profile(chosen: ChosenMeter, arguments: argparse.Namespace) -> None:
    profile, access, names = _profile(chosen.meter, arguments.profile)
    access = arguments.access or access
    events = CellTexts(companion=profile.memory.companion, profile=arguments.profile)
    wanted = span(
        arguments,
        now=visit.wall_clock(),
        zone=profile.memory.convention.zone,
        otherwise=USUAL_SPAN if access is ProfileAccess.RANGE else None,
    )
    bar_fits = _has_room_for_bar(arguments)
    async with visit.visit(chosen, frames=arguments.frames) as session:
        # The table is shown after the bar is gone.
        with ExitStack() as output, progress(str(arguments.profile), wanted=bar_fits) as bar:
            entry_rows = ProfileRows(await profile.layout(session), names, events)
            shown = output.enter_context(rows(arguments.format, entry_rows.columns))
            async for entries in chunks(session, profile, access, wanted, bar):
                for entry in entries:
                    shown.add(entry_rows.cells(entry), entry_rows.record(entry))
                shown.flush()


def _has_room_for_bar(arguments: argparse.Namespace) -> bool:
    """Return whether nothing else runs over the terminal while the meter is read."""
    streams = arguments.format != "table" and sys.stdout.isatty()
    return not (arguments.frames or streams)


def _profile(
    meter: model.Meter, logical_name: Obis
) -> tuple[ProfileReader, ProfileAccess, ColumnNames]:
    """Return how the profile is read: as the meter's job for it says, where there is one."""
    memory = meter_memory(meter)
    for job in meter.job:
        if isinstance(job, model.ProfileJob) and job.logical_name == logical_name:
            names = {(column.obis, column.attribute): column.name for column in job.columns}
            return profile_reader(job, memory), ProfileAccess(job.access), names
    return ProfileReader(logical_name=logical_name, memory=memory), ProfileAccess.RANGE, {}

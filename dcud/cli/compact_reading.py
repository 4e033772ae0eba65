"""Reads of compact data: all of its rows, with names."""

import argparse
import asyncio

from dcud.assembly.jobs import meter_memory
from dcud.cli import visit
from dcud.cli.main import UsageError
from dcud.cli.meter_choice import ChosenMeter, choose
from dcud.cli.profile_rows import ProfileRows
from dcud.cli.rendering import rows
from dcud.cli.time_span import is_given
from dcud.collect.compact_reader import CompactReader
from dcud.cosem.value_texts import CellTexts


def read_compact_data(arguments: argparse.Namespace) -> int:
    """Read the object that `--profile` names, and show its rows; returns 0.

    Raises:
        UsageError: only a part of it was asked for.
    """
    if is_given(arguments) or arguments.access is not None:
        raise UsageError(
            f"{arguments.profile} is compact data, which is read as a whole",
            remedy="leave out --from, --to, --last, --access",
        )
    asyncio.run(_read(choose(arguments), arguments))
    return 0


async def _read(chosen: ChosenMeter, arguments: argparse.Namespace) -> None:
    compact = CompactReader(logical_name=arguments.profile, memory=meter_memory(chosen.meter))
    async with visit.visit(chosen, frames=arguments.frames) as session:
        found = await compact.rows(session)
        template = await compact.template(session)
    events = CellTexts(companion=compact.memory.companion, profile=arguments.profile)
    named = ProfileRows(template.layout, {}, events)
    with rows(arguments.format, named.columns) as shown:
        for row in found:
            shown.add(named.cells(row), named.record(row))

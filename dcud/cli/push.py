"""`dcud push`: what a meter pushes, looked at, set up, tried."""

import argparse
import asyncio
import sys
from collections.abc import Iterable
from dataclasses import replace

from dcud.assembly.jobs import meter_memory
from dcud.cli import visit
from dcud.cli.attribute_reading import read_attribute
from dcud.cli.confirmation import add_confirmation_argument, confirm
from dcud.cli.meter_choice import ChosenMeter, add_meter_arguments, choose
from dcud.cli.push_choice import (
    PUSH_FORMS,
    PushChoice,
    add_choice_arguments,
    push_choice,
)
from dcud.cli.push_parts import Compared, Part, compare
from dcud.cli.rendering import Cell, Column, add_format_argument, rows
from dcud.collect.asking import Asker
from dcud.collect.meter_memory import MeterMemory
from dcud.collect.push_setting import PushError, push_now, push_setup, set_up
from dcud.cosem.push_setup import PushSetup
from dcud.dlms.access import AttributeDescriptor

summary = "look at what a meter pushes, and set it up"

_EPILOG = f"""\
Without options it tells what the meter pushes, to whom, and when. What is to be changed is shown
before it is written, and read back after.

{PUSH_FORMS}"""

_NOW = tuple(Column(heading=each) for each in ("part", "now"))
_CHANGED = tuple(Column(heading=each) for each in ("part", "before", "after"))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add_choice_arguments(parser)
    parser.add_argument(
        "--now", action="store_true", help="have it pushed at once, after what is changed"
    )
    add_confirmation_argument(parser)
    add_format_argument(parser)
    add_meter_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Look, set up, push; returns 0."""
    chosen = choose(arguments)
    choice = push_choice(arguments, chosen.meter)
    dialogue = _Dialogue(chosen, arguments)
    if choice.changes:
        dialogue.change(choice)
    else:
        dialogue.show()
    return 0


class _Dialogue:
    """What is done about one push setup; a session is never open while somebody thinks."""

    def __init__(self, chosen: ChosenMeter, arguments: argparse.Namespace) -> None:
        self._chosen = chosen
        self._arguments = arguments
        self._memory = meter_memory(chosen.meter)

    def show(self) -> None:
        """Show the setup, and have it pushed where that is wanted."""
        meter = self._chosen.meter.id
        if self._arguments.now:
            confirm(self._arguments, f"have meter {meter} push now")
        setup = asyncio.run(self._look())
        with rows(self._arguments.format, _NOW) as shown:
            for each in compare(setup, setup):
                shown.add([each.title, _cell(each.after)], _record(each, {"now": each.after}))

    def change(self, choice: PushChoice) -> None:
        """Set up what is wanted, and have it pushed where that is wanted, too."""
        arguments, meter = self._arguments, self._chosen.meter.id
        before, wanted = asyncio.run(self._plan(choice))
        changed = _changed(before, wanted)
        if changed == before:
            print(f"meter {meter} is set up so already", file=sys.stderr)
            self.show()
            return
        _announce(compare(before, changed))
        pushing = " and have it pushed" if arguments.now else ""
        confirm(arguments, f"set up push {arguments.setup} of meter {meter}{pushing}")
        after = asyncio.run(self._set_up(wanted))
        with rows(arguments.format, _CHANGED) as shown:
            for each in compare(before, after):
                cells = [each.title, _cell(each.before), _cell(each.after)]
                told = {"before": each.before, "after": each.after}
                shown.add(cells, _record(each, told))

    async def _look(self) -> PushSetup:
        arguments = self._arguments
        async with visit.visit(self._chosen, frames=arguments.frames) as session:
            setup = await push_setup(session, arguments.setup)
            await self._push(session)
            return setup

    async def _plan(self, choice: PushChoice) -> tuple[PushSetup, PushSetup]:
        """Return what the meter has, and what is to be written."""
        arguments = self._arguments
        async with visit.visit(self._chosen, frames=arguments.frames) as session:
            before = await push_setup(session, arguments.setup)
            objects = await _found(session, choice, self._memory)
        return before, choice.beside(before, objects)

    async def _set_up(self, wanted: PushSetup) -> PushSetup:
        arguments = self._arguments
        async with visit.visit(self._chosen, frames=arguments.frames) as session:
            after = await set_up(session, wanted, arguments.setup)
            await self._push(session)
            return after

    async def _push(self, asker: Asker) -> None:
        if self._arguments.now:
            await push_now(asker, self._arguments.setup)
            print(f"meter {self._chosen.meter.id} pushes now", file=sys.stderr)


async def _found(
    asker: Asker, choice: PushChoice, memory: MeterMemory
) -> list[AttributeDescriptor]:
    """Return the objects that are wanted; those whose class isn't sure are tried."""
    found = []
    for wanted in choice.objects or ():
        if len(wanted.candidates) == 1:
            found.append(wanted.candidates[0])
            continue
        answer = await read_attribute(asker, wanted, memory)
        if answer.refused:
            raise PushError(
                f"{wanted.candidates[0].logical_name}: {answer.shown.remark}",
                remedy="write its class, too, as 3/1.0.1.8.0.255/value",
            )
        found.append(answer.attribute)
    return found


def _changed(before: PushSetup, wanted: PushSetup) -> PushSetup:
    """Return what the meter has once all that is wanted is written."""
    fields = {field: getattr(wanted, field) for field in PushSetup.__slots__}
    return replace(before, **{name: each for name, each in fields.items() if each is not None})


def _announce(compared: Iterable[Compared]) -> None:
    """Tell on standard error what will be another one."""
    for each in compared:
        if each.differs:
            print(f"{each.title}: {_told(each.before)} -> {_told(each.after)}", file=sys.stderr)


def _told(part: Part | None) -> str:
    return "(none)" if part is None else str(part)


def _cell(part: Part | None) -> str | None:
    return None if part is None else str(part)


def _record(compared: Compared, told: dict[str, Part | None]) -> dict[str, Cell]:
    record: dict[str, Cell] = {"part": compared.part, "number": compared.number}
    for when, part in told.items():
        record[when] = None if part is None else part.text
        record[f"{when}_name"] = (part and part.name) or None
    return record

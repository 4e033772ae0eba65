"""Runs the examples of docs/by-hand.md against a simulated bus."""

import argparse
import re
import shlex
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest

from dcud.cli.main import COMMANDS, main

DOCUMENT = Path(__file__).parents[2] / "docs" / "by-hand.md"

_BLOCK = re.compile(
    r"^```sh(?P<run> run(?: exit=(?P<exit>\d+))?)?\n(?P<command>.*?)^```\n"
    r"(?:\n```text\n(?P<output>.*?)^```\n)?",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A command with what the document says of it; `output` is "" where it shows none."""

    command: str
    exit: int
    output: str
    is_run: bool


EXAMPLES = [
    Example(
        command=match["command"].strip(),
        exit=int(match["exit"] or 0),
        output=match["output"] or "",
        is_run=match["run"] is not None,
    )
    for match in _BLOCK.finditer(DOCUMENT.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize(
    "example", [each for each in EXAMPLES if each.is_run], ids=lambda each: each.command
)
def test_an_example_does_what_the_document_says(
    example: Example,
    bus: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (bus.parent / "bus").symlink_to(bus)
    command, _, _file = example.command.partition(" > ")
    program, *arguments = shlex.split(command)
    assert program == "dcud"
    assert main(arguments) == example.exit
    output = capsys.readouterr().out
    assert bool(output) == (example.exit in {0, 77} and "--association" not in command)
    if example.output:
        assert output == example.output


def test_the_other_examples_have_arguments_that_their_commands_take() -> None:
    others = "\n".join(each.command for each in EXAMPLES if not each.is_run)
    commands = [shlex.split(line) for line in others.splitlines() if line.startswith("dcud ")]
    assert {command[1] for command in commands} == {"simulate", "read", "scan", "firmware"}
    for _, name, *arguments in commands:
        parser = argparse.ArgumentParser(exit_on_error=False)
        import_module(COMMANDS[name]).add_arguments(parser)
        parser.parse_args(arguments)


def test_the_document_has_examples_of_each_kind() -> None:
    assert {each.exit for each in EXAMPLES} == {0, 75, 77}
    assert sum(bool(each.output) for each in EXAMPLES) >= 4

"""Runs the examples of docs/trace.md on the log that stands in it."""

import argparse
import re
import shlex
from importlib import import_module
from pathlib import Path

import pytest

from dcud.cli.main import COMMANDS, main

TEXT = (Path(__file__).parents[2] / "docs" / "trace.md").read_text(encoding="utf-8")

_LOG = re.compile(r"^```log (?P<name>\S+)\n(?P<text>.*?)^```\n", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(
    r"^```sh(?P<run> run)?(?: walk| stays)?\n(?P<commands>.*?)^```\n"
    r"(?:\n```text\n(?P<output>.*?)^```\n)?",
    re.MULTILINE | re.DOTALL,
)
EXAMPLES = [
    (m["commands"].strip(), m["output"] or "", bool(m["run"])) for m in _BLOCK.finditer(TEXT)
]


@pytest.mark.parametrize(
    ("command", "expected"), [(command, output) for command, output, is_run in EXAMPLES if is_run]
)
def test_an_example_does_what_the_document_says(
    command: str,
    expected: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for log in _LOG.finditer(TEXT):
        Path(log["name"]).write_text(log["text"])
    program, *arguments = shlex.split(command)
    assert program == "dcud"
    assert main(arguments) == 0
    output = capsys.readouterr().out
    assert output == expected or (output and not expected) or "--pcap" in command


def test_the_other_examples_have_arguments_that_their_commands_take() -> None:
    others = [line for command, _, is_run in EXAMPLES if not is_run for line in command.split("\n")]
    written = re.findall(r"`(dcud trace[^`]*)`", TEXT)
    commands = [shlex.split(each.split(" | ")[0]) for each in (*others, *written)]
    ours = [each for each in commands if each[0] == "dcud"]
    assert {each[1] for each in ours} == {"simulate", "read", "trace"}
    for _, name, *arguments in ours:
        parser = argparse.ArgumentParser(exit_on_error=False)
        import_module(COMMANDS[name]).add_arguments(parser)
        parser.parse_args(arguments)


def test_there_are_examples_of_each_kind() -> None:
    assert sum(is_run for *_, is_run in EXAMPLES) >= 5
    assert sum(bool(output) for _, output, _ in EXAMPLES) >= 3

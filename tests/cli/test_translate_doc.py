"""Runs the examples of docs/translate.md on the files that stand in it."""

import re
import shlex
from pathlib import Path

import pytest

from dcud.cli.main import PROTOCOL, main
from dcud.trace.field_forms import FORMS

TEXT = (Path(__file__).parents[2] / "docs" / "translate.md").read_text(encoding="utf-8")

_FILE = re.compile(
    r"^```(?:toml|json) (?P<name>\S+)\n(?P<text>.*?)^```\n", re.MULTILINE | re.DOTALL
)
_BLOCK = re.compile(
    r"^```sh(?P<run> run)?\n(?P<command>.*?)^```\n\n```text\n(?P<output>.*?)^```\n",
    re.MULTILINE | re.DOTALL,
)
EXAMPLES = [(m["command"].strip(), m["output"], bool(m["run"])) for m in _BLOCK.finditer(TEXT)]


@pytest.mark.parametrize(("command", "expected", "is_right"), EXAMPLES)
def test_an_example_does_what_the_document_says(
    command: str,
    expected: str,
    *,
    is_right: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for file in _FILE.finditer(TEXT):
        Path(file["name"]).write_text(file["text"])
        Path(file["name"]).chmod(0o600)
    program, *arguments = shlex.split(command)
    assert program == "dcud"
    assert main(arguments) == (0 if is_right else PROTOCOL)
    told = capsys.readouterr()
    assert (told.out if is_right else told.err) == expected


def test_there_are_examples_of_each_kind() -> None:
    words = " ".join(command for command, _, _ in EXAMPLES)
    assert all(each in words for each in ("--to json", "--to xml", "--from json", "--key-file"))


def test_every_form_is_told_of() -> None:
    assert all(f"`{form}`" in TEXT for form in FORMS)

"""Runs the commands of docs/media.md: a simulated line, and a read by hand over it."""

import shlex
from pathlib import Path

import pytest

from dcud.cli.main import main
from tests.support.media_document import DOCUMENT, blocks
from tests.support.simulate import place, simulate

pytestmark = pytest.mark.e2e

WRITTEN_PLACE = "127.0.0.1:4059"
FREE_PLACE = "127.0.0.1:0"


@pytest.mark.parametrize("block", blocks("sh"))
def test_what_the_first_command_serves_the_second_reads(
    block: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    serving, reading = (shlex.split(command) for command in block.splitlines())
    assert (serving[:2], reading[:2]) == (["dcud", "simulate"], ["dcud", "read"])
    free = (FREE_PLACE if each == WRITTEN_PLACE else each for each in serving[2:])
    with simulate(*free) as (told, _):
        there = (place(told) if each == WRITTEN_PLACE else each for each in reading[1:])
        assert main([*there]) == 0, capsys.readouterr().err
    assert "8/0.0.1.0.0.255/2" in capsys.readouterr().out


def test_every_medium_of_the_table_has_its_section() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for row in text.splitlines():
        if row.startswith("| ["):
            name, _, anchor = row.removeprefix("| [").partition("](#")
            assert f"\n## {name}\n".lower() in text.lower()
            assert anchor.startswith(name.lower().replace(",", "").replace(" ", "-"))
    assert len(blocks("sh")) >= 8

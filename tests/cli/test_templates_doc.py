"""Holds docs/templates.md against what dcud does."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import tomli

from dcud.cli.main import main
from dcud.config import shipped
from dcud.config.load import load

DOCUMENT = (Path(__file__).parents[2] / "docs" / "templates.md").read_text(encoding="utf-8")

EXAMPLES = re.findall(
    r"^```sh run\n(.*?)\n```\n(?:\n```text\n(.*?)^```\n)?", DOCUMENT, re.MULTILINE | re.DOTALL
)
METERS = re.findall(r"^```toml\n(.*?)^```\n", DOCUMENT, re.MULTILINE | re.DOTALL)

SITE = """
[gateway]
id = "gw"
key_file = "keys"
[[bus]]
id = "rs485"
serial.device = "bus"
"""


def rows_of(heading: str) -> list[list[str]]:
    """Return the cells of the table below a heading row."""
    _, _, after = DOCUMENT.partition(f"| {heading} |")
    table = after.partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def in_ticks(cell: str) -> list[str]:
    found: list[str] = re.findall(r"`([^`]+)`", cell)
    return found


def template_of(name: str) -> dict[str, Any]:
    path = shipped.path_of(name)
    assert path is not None
    table: dict[str, Any] = tomli.loads(path.read_text(encoding="utf-8"))["template"][name]
    return table


def test_the_examples_do_what_the_document_says(
    bus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (bus.parent / "bus").symlink_to(bus)
    Path("conf.d").mkdir()
    assert len(EXAMPLES) == 3
    for command, output in EXAMPLES:
        program, *arguments = shlex.split(command)
        assert program == "dcud"
        assert main(arguments) == 0
        shown = capsys.readouterr().out
        assert not output or shown == output
    first, second = METERS
    Path("dcud.toml").write_text(SITE + first + second)
    ours, theirs = load("dcud.toml").meters
    assert [job.name for job in ours.job] == ["registers", "nameplate", "load-profile-1"]
    assert [job.name for job in theirs.job] == [
        *("registers", "load-profile", "tariffs", "daily-profile", "fraud"),
    ]


def test_every_template_is_told_of_with_its_client() -> None:
    told = {
        name: (client, authentication)
        for names, _, client, authentication in rows_of("template | for | client | authentication")
        for name in in_ticks(names)
    }
    assert told == {
        name: (str(table.get("client_sap", "")), table.get("authentication", ""))
        for name, table in ((name, template_of(name)) for name in shipped.shipped())
    }


def test_every_job_that_is_off_is_told_of() -> None:
    told: dict[str, set[str]] = {}
    for names, jobs in rows_of("template | jobs that are off"):
        for name in in_ticks(names):
            told.setdefault(name, set()).update(in_ticks(jobs))
    told["mbus"] |= {job.replace("2", n) for job in told["mbus"] for n in "34" if "-2" in job}
    assert told == {
        name: off
        for name in shipped.shipped()
        if (
            off := {
                job["name"]
                for job in template_of(name).get("job", ())
                if not job.get("enabled", True)
            }
        )
    }

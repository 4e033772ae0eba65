"""How many meters a bus can bear, by the table of docs/commissioning.md."""

import re
from pathlib import Path

import pytest

from dcud.assembly.capacity import TOO_MUCH, tell_load
from dcud.config.load import load
from tests.support.documents import DOCS
from tests.support.toml_text import TomlValue, toml_text

TEXT = (DOCS / "commissioning.md").read_text(encoding="utf-8")
SPEEDS = [2400, 9600, 19200, 115200]
ROWS = re.findall(r"^\| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", TEXT, re.MULTILINE)
NOW = 1.8e9


def share_of(directory: Path, meters: int, baud: int) -> float:
    """Return what the daemon would say of such a bus."""
    each: list[TomlValue] = [
        {
            "id": f"meter-{number}",
            "bus": "b",
            "template": "generic-electricity",
            "server_address": {"logical": 1, "physical": 17 + number},
        }
        for number in range(meters)
    ]
    path = directory / "dcud.toml"
    bus: TomlValue = {"id": "b", "serial": {"device": "tty", "baud": baud}}
    path.write_text(toml_text({"gateway": {"id": "g"}, "bus": [bus], "meter": each}))
    configuration = load(path)
    return tell_load(configuration.buses[0], configuration.meters, NOW)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_the_shares_are_what_the_daemon_tells(row: tuple[str, ...], tmp_path: Path) -> None:
    meters, *shares = map(int, row)
    assert [round(100 * share_of(tmp_path, meters, baud)) for baud in SPEEDS] == shares


def test_the_page_has_the_speeds_and_the_limit() -> None:
    assert "| " + " | ".join(f"{baud} baud" for baud in SPEEDS) + " |" in TEXT
    assert f"warns from {TOO_MUCH:.0%}".replace("%", " %") in TEXT
    assert len(ROWS) == 4

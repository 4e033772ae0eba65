import subprocess
from pathlib import Path

import pytest

from dcud.cli.command_tree import command_tree
from dcud.cli.main import COMMANDS
from dcud.cli.manual_pages import pages

PAGES = pages()


def test_each_command_has_its_page() -> None:
    expected = {"dcud.1", "dcud.toml.5", *(f"dcud-{name}.1" for name in COMMANDS)}
    assert PAGES.keys() == expected


@pytest.mark.parametrize("name", sorted(PAGES))
def test_they_are_set_without_a_warning(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(PAGES[name], encoding="utf-8")
    done = subprocess.run(
        ["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", path],
        env={"LC_ALL": "C.UTF-8", "MANWIDTH": "80", "MANROFFSEQ": "", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("command", [each.name for each in command_tree().children])
def test_every_option_is_told(command: str) -> None:
    (node,) = (each for each in command_tree().children if each.name == command)
    page = PAGES[f"dcud-{command}.1"].replace("\\-", "-")
    for group in node.groups:
        for argument in group.arguments:
            for flag in argument.flags:
                assert flag in page


def test_the_configuration_s_keys_are_told() -> None:
    page = PAGES["dcud.toml.5"].replace("\\-", "-")
    for key in ("response_timeout", "max_info_receive", "reconnect_pause", "session_expiry"):
        assert key in page

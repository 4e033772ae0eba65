"""Runs the examples of docs/keys.md, in their order."""

import asyncio
import os
import re
import shlex
from pathlib import Path

import pytest

from dcud.cli.main import main
from dcud.config.key_command import ask_key_command
from dcud.config.key_entries import parse_keys
from dcud.config.key_file import Access
from dcud.config.model import Meter

DOCUMENT = Path(__file__).parents[2] / "docs" / "keys.md"
TEXT = DOCUMENT.read_text(encoding="utf-8")
EXAMPLES = re.findall(
    r"^```sh run\n(.*?)\n```\n(?:\n```text\n(.*?)^```\n)?", TEXT, re.MULTILINE | re.DOTALL
)
SCRIPT = re.findall(r"^```bash\n(.*?)^```\n", TEXT, re.MULTILINE | re.DOTALL)[0]
TABLE = re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE)
CONFIGURATION = """
[gateway]
id = "gateway-1"
system_title = "4443550000000001"
state_directory = "."
key_file = "keys.toml"

[[bus]]
id = "net"
tcp.host = "meter.example"

[[meter]]
id = "house-1"
bus = "net"
template = "generic-electricity"
authentication = "hls-gmac"
security = {}
"""


@pytest.fixture(name="directory", autouse=True)
def make_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    tmp_path.chmod(0o700)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_examples_do_what_the_document_says(capsys: pytest.CaptureFixture[str]) -> None:
    Path("dcud.toml").write_text(CONFIGURATION)
    assert len(EXAMPLES) == 4
    for command, expected in EXAMPLES:
        program, *arguments = shlex.split(command)
        assert program == "dcud"
        assert main(arguments) == 0
        output = capsys.readouterr().out
        assert output == expected or not expected
        assert "problem" not in output


def test_the_script_prints_what_dcud_takes(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = directory / "vault"
    vault.write_text(
        '#!/bin/sh\ntest "$4" = meters/house-1 && echo 8f1c3a5be2790d46a1b3c5d7e9fb0d1f\n'
    )
    script = directory / "dcud-keys"
    script.write_text(SCRIPT)
    for program in (vault, script):
        program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{directory}:{os.environ['PATH']}")
    meter = Meter(
        id="house-1", bus="b", authentication="hls-gmac", key_command=(str(script), "{meter}")
    )
    found = asyncio.run(ask_key_command(meter, 10.0, Access(user=os.geteuid())))
    assert found.unicast_key == found.authentication_key
    assert found.unicast_key is not None


def test_each_entry_of_the_table_is_known(directory: Path) -> None:
    assert len(TABLE) == 8
    for name in TABLE:
        pem = "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----"
        value = (
            f"'''{pem}'''" if name.endswith(("signing_key", "agreement_key")) else f'"{"ab" * 16}"'
        )
        assert parse_keys(directory, f"[meter.m]\n{name} = {value}".encode())

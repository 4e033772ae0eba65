"""Runs the examples of docs/security.md, from its key file to a meter that is read."""

import re
import shlex
from pathlib import Path

import pytest

from dcud.cli.main import main
from tests.support.simulate import simulate

DOCUMENT = Path(__file__).parents[2] / "docs" / "security.md"
_BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```\n", re.MULTILINE | re.DOTALL)

CONFIGURATION, FIRST_KEYS, KEYS, SIMULATE, READ = (
    match["text"] for match in _BLOCK.finditer(DOCUMENT.read_text(encoding="utf-8"))
)
BUS = '\n[[bus]]\nid = "rs485"\nserial = { device = "/dev/ttyUSB0" }\n'


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path


def stored(text: str) -> None:
    Path("keys.toml").write_text(text)
    Path("keys.toml").chmod(0o600)


def test_the_least_configuration_works(capsys: pytest.CaptureFixture[str]) -> None:
    keys = iter(("4F2A9C11D07E83B65A1E04C7F9B2386D", "91C3E7050D6F48A2B8547E1C9A3D60F2"))
    stored(re.sub(r'"\.\.\."', lambda _: f'"{next(keys)}"', FIRST_KEYS))
    Path("dcud.toml").write_text(CONFIGURATION + BUS)
    assert main(["check", "--config", "dcud.toml"]) == 0, capsys.readouterr().err


def test_a_simulated_meter_is_read_by_hand(capsys: pytest.CaptureFixture[str]) -> None:
    stored(KEYS)
    _, _, *serving = shlex.split(SIMULATE)
    _, *reading = shlex.split(READ)
    with simulate(*serving):
        for _ in range(2):
            assert main(reading) == 0
            shown = capsys.readouterr()
            assert shown.out.splitlines()[1].startswith("8/0.0.1.0.0.255/2  clock")
            assert " tx meter " in shown.err
            assert "4F2A9C11" not in shown.err + shown.out

import json
import os
from pathlib import Path

import pytest

from dcud.cli import check
from dcud.cli.main import main

GOLDEN = Path(__file__).parent / "golden"

SOUND = """
[gateway]
id = "gw"

[[bus]]
id = "rs485"
serial.device = "/dev/ttyUSB0"

[[bus]]
id = "net"
tcp.host = "meter.example"

[[meter]]
id = "m1"
bus = "rs485"
template = "generic-electricity"
"""

LLS = 'authentication = "lls"\n'


@pytest.fixture(name="directory")
def make_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    tmp_path.chmod(0o700)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    return tmp_path


def run(*options: str) -> int:
    return main(["check", "--config", "dcud.toml", *options])


@pytest.mark.parametrize("case", sorted(path.name for path in GOLDEN.iterdir()))
def test_each_fault_is_told_as_in_its_golden_file(
    case: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(GOLDEN / case)
    assert run() == 78
    output = capsys.readouterr()
    assert output.err == (GOLDEN / case / "expected.txt").read_text(encoding="utf-8")
    assert not output.out


def test_json_holds_the_same_problems(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(GOLDEN / "syntax")
    assert run("--format", "json") == 78
    assert json.loads(capsys.readouterr().out) == {
        "ok": False,
        "problems": [
            {
                "file": "dcud.toml",
                "line": 3,
                "key": "",
                "message": "is not TOML: Invalid value (column 13)",
                "remedy": "correct the line",
            }
        ],
    }


def test_a_sound_configuration_is_counted(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (directory / "dcud.toml").write_text(SOUND)
    assert run() == 0
    assert capsys.readouterr().out == "ok: 2 buses, 1 meter\n"
    assert run("--format", "json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "ok": True,
        "problems": [],
        "buses": 2,
        "meters": 1,
    }


def test_a_file_that_is_not_there(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert not (directory / "dcud.toml").exists()
    assert run() == 78
    assert capsys.readouterr().err.startswith("dcud.toml: can't be read: No such file")


def test_key_files_are_looked_into(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (directory / "dcud.toml").write_text(SOUND + LLS + 'key_file = "keys.toml"\n')
    keys = directory / "keys.toml"
    keys.write_text('[meter.m1]\nlls_password = "hunter22"\n')
    keys.chmod(0o644)
    assert run() == 78
    assert capsys.readouterr().err == (
        f"{keys}: has mode 644; others may read or change it; chmod 600 {keys}\n"
    )
    keys.chmod(0o600)
    assert run() == 0
    assert run("--user", "root") == (0 if os.geteuid() == 0 else 78)


def test_credentials_are_left_out_outside_the_service(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = SOUND.replace('"gw"', '"gw"\ncredential = "dcud-keys"') + LLS
    (directory / "dcud.toml").write_text(text + '[mqtt]\nusername = "u"\n')
    assert run() == 0
    assert "can be verified only inside the service" in capsys.readouterr().err


def test_credentials_are_looked_into_inside_the_service(
    directory: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (directory / "dcud.toml").write_text(SOUND + LLS + 'credential = "dcud-keys"\n')
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(directory))
    assert run() == 78
    assert "dcud-keys: can't be opened: No such file" in capsys.readouterr().err


def test_a_user_that_is_not_there_is_a_fault_of_usage(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (directory / "dcud.toml").write_text(SOUND)
    assert run("--user", "nobody-of-that-name") == 64
    assert "there is no user nobody-of-that-name" in capsys.readouterr().err


def test_the_debian_path_is_the_default() -> None:
    assert str(check.DEFAULT_PATH) == "/etc/dcud/dcud.toml"

import argparse

import pytest

from dcud.cli.main import UsageError, main
from dcud.cli.simulate import add_arguments
from dcud.cli.simulated_security_choice import demands_security


def parsed(*options: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(options)


@pytest.mark.parametrize("options", [(), ("--authentication", "none"), ("--authentication", "lls")])
def test_a_password_is_no_more_than_before(options: tuple[str, ...]) -> None:
    assert not demands_security(parsed(*options))


@pytest.mark.parametrize(
    "options",
    [
        ("--authentication", "hls-gmac"),
        ("--suite", "0"),
        ("--policy", "none"),
        ("--system-title", "53494d0000000001"),
        ("--state", "state.json"),
        ("--fault", "wrong-tag"),
        ("--counter-refusal", "silent"),
    ],
)
def test_what_demands_more(options: tuple[str, ...]) -> None:
    assert demands_security(parsed(*options))


def test_a_recording_demands_nothing() -> None:
    with pytest.raises(UsageError, match="--suite contradicts --replay"):
        demands_security(parsed("--replay", "dlms.log", "--suite", "0"))


@pytest.mark.parametrize("title", ["53494d00000001", "no digits", ""])
def test_what_is_no_system_title(title: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parsed("--system-title", title)
    assert "16 hexadecimal digits" in capsys.readouterr().err


def test_a_password_that_stands_nowhere(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--authentication", "lls"]) == 64
    assert "name a --key-file" in capsys.readouterr().err

import json
from collections.abc import Callable

import pytest

from dcud.cli.main import main

Switch = Callable[..., tuple[int, list[dict[str, object]], str]]


@pytest.fixture(name="switch")
def make_switch(capsys: pytest.CaptureFixture[str]) -> Switch:
    """Give a function that runs `dcud switch` and returns exit code, records, errors."""

    def switch(*arguments: str) -> tuple[int, list[dict[str, object]], str]:
        line = ["--serial", "line", "--server", "1/17", "--format", "json"]
        code = main(["switch", *line, *arguments])
        output = capsys.readouterr()
        return code, [json.loads(each) for each in output.out.splitlines()], output.err

    return switch


@pytest.mark.usefixtures("bus")
def test_how_it_stands(switch: Switch) -> None:
    told = {"when": "now", "closed": True, "control_state": "connected", "control_mode": 4}
    assert switch() == (0, [told], "")


@pytest.mark.usefixtures("bus")
def test_it_is_opened_and_closed(switch: Switch) -> None:
    _, told, _ = switch("--disconnect", "--yes")
    assert [each["closed"] for each in told] == [True, False]
    _, told, _ = switch("--reconnect", "--yes")
    assert [each["closed"] for each in told] == [False, True]


@pytest.mark.usefixtures("bus")
def test_nothing_is_opened_by_mistake(switch: Switch) -> None:
    code, told, errors = switch("--disconnect")
    assert (code, told) == (64, [])
    assert "disconnect the consumer at meter meter: nobody is there to confirm it" in errors


@pytest.mark.usefixtures("bus")
def test_a_meter_without_one(switch: Switch) -> None:
    code, told, errors = switch("--object", "0.1.96.3.10.255")
    assert (code, told) == (77, [])
    assert "the switch 0.1.96.3.10.255: object-undefined" in errors

import json
from collections.abc import Callable

import pytest

from dcud.cli.main import main

Clock = Callable[..., tuple[int, list[dict[str, object]], str]]


@pytest.fixture(name="clock")
def make_clock(capsys: pytest.CaptureFixture[str]) -> Clock:
    """Give a function that runs `dcud clock` and returns exit code, records, errors."""

    def clock(*arguments: str) -> tuple[int, list[dict[str, object]], str]:
        line = ["--serial", "line", "--server", "1/17", "--format", "json"]
        code = main(["clock", *line, *arguments])
        output = capsys.readouterr()
        return code, [json.loads(each) for each in output.out.splitlines()], output.err

    return clock


@pytest.mark.usefixtures("bus")
def test_the_clocks_are_compared(clock: Clock) -> None:
    assert clock() == (
        0,
        [
            {
                "when": "now",
                "meter_time": "2026-05-04T12:00:30+00:00",
                "our_time": "2026-05-04T12:00:30.000+00:00",
                "ahead_ms": 0,
                "round_trip_ms": 0,
                "status": [],
            }
        ],
        "",
    )


@pytest.mark.usefixtures("bus")
def test_it_is_shifted_and_set(clock: Clock) -> None:
    _, told, _ = clock("--shift", "-20")
    assert [each["ahead_ms"] for each in told] == [0, -20_000]
    _, told, _ = clock("--to", "2026-05-04T14:00:00+02:00")
    assert [each["ahead_ms"] for each in told] == [-20_000, -30_000]
    _, told, _ = clock("--set")
    assert [each["ahead_ms"] for each in told] == [-30_000, 0]


@pytest.mark.parametrize("time", ["noon", "2026-05-04T14:00:00"])
@pytest.mark.usefixtures("bus")
def test_what_is_no_time(clock: Clock, time: str) -> None:
    code, told, errors = clock("--to", time)
    assert (code, told) == (64, [])
    assert time in errors


@pytest.mark.usefixtures("bus")
def test_a_shift_too_long(clock: Clock) -> None:
    _, told, errors = clock("--shift", "901")
    assert len(told) == 1
    assert "900 seconds at most" in errors

import json
from collections.abc import Callable

import pytest

from dcud.cli.call import _show
from dcud.cli.main import main
from dcud.dlms.access import DataAccessResult
from dcud.dlms.apdu.action import MethodDescriptor
from dcud.dlms.obis import Obis

Call = Callable[..., tuple[int, str, str]]
RECONNECT = "70/0.0.96.3.10.255/remote_reconnect"


@pytest.fixture(name="call")
def make_call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Give a function that runs `dcud call` and returns exit code, output, errors."""

    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(["call", "--serial", "line", "--server", "1/17", *arguments])
        output = capsys.readouterr()
        return code, output.out, output.err

    return call


@pytest.mark.usefixtures("bus")
def test_a_method_is_called(call: Call) -> None:
    code, output, errors = call("--yes", "--format", "json", RECONNECT)
    assert (code, errors) == (0, "")
    assert json.loads(output) == {
        "class_id": 70,
        "obis": "0.0.96.3.10.255",
        "method": 2,
        "method_name": "remote_reconnect",
        "result": "success",
        "returned": None,
    }


@pytest.mark.parametrize(
    ("arguments", "result"),
    [
        (("clock.shift_time", "long 5"), "success"),
        (("clock.shift_time", "long 901"), "other-reason"),
        (("clock.shift_time", "--no-parameter"), "type-unmatched"),
        (("70/0.0.96.3.10.255/method:3",), "read-write-denied"),
        (("99999/1.1.1.1.1.1/method:3".replace("99999", "9999"),), "object-undefined"),
    ],
)
@pytest.mark.usefixtures("bus")
def test_what_comes_of_it(call: Call, arguments: tuple[str, ...], result: str) -> None:
    code, output, errors = call("--yes", "--format", "json", *arguments)
    assert json.loads(output)["result"] == result
    assert code == (0 if result == "success" else 77)
    assert errors.startswith("" if result == "success" else f"{result}: ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((RECONNECT,), "nobody is there to confirm it"),
        (("--yes", "clock.time"), "clock.time is an attribute"),
        (("--yes", RECONNECT, "5"), "'5' is no type"),
    ],
)
@pytest.mark.usefixtures("bus")
def test_what_can_not_be_meant(call: Call, arguments: tuple[str, ...], said: str) -> None:
    code, output, errors = call(*arguments)
    assert (code, output) == (64, "")
    assert said in errors


@pytest.mark.parametrize(
    ("outcome", "returned", "code"),
    [(b"\x11\x07", "unsigned 7", 0), (None, "", 0), (DataAccessResult.OTHER_REASON, "", 77)],
)
def test_what_a_method_returns(
    capsys: pytest.CaptureFixture[str],
    outcome: bytes | DataAccessResult | None,
    returned: str,
    code: int,
) -> None:
    method = MethodDescriptor(15, Obis.parse("0.0.40.0.0.255"), 1)
    assert _show(method, outcome, "json") == code
    assert json.loads(capsys.readouterr().out)["returned"] == (returned or None)

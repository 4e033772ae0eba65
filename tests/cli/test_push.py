import json
import sys
from collections.abc import Callable
from io import StringIO

import pytest

from dcud.cli.main import main
from dcud.cosem.notification import parse_notification

Push = Callable[..., tuple[int, dict[str, dict[str, object]], str]]

TO = ("--to", "tcp:192.0.2.1:4059")


@pytest.fixture(name="push")
def make_push(capsys: pytest.CaptureFixture[str]) -> Push:
    """Give a function that runs `dcud push` and returns exit code, records by part, errors."""

    def push(*arguments: str) -> tuple[int, dict[str, dict[str, object]], str]:
        line = ["--serial", "line", "--server", "1/17", "--format", "json"]
        code = main(["push", *line, *arguments])
        output = capsys.readouterr()
        records = [json.loads(each) for each in output.out.splitlines()]
        parts = {f"{each['part']} {each['number'] or ''}".rstrip(): each for each in records}
        return code, parts, output.err

    return push


@pytest.mark.usefixtures("bus")
def test_what_is_pushed(push: Push) -> None:
    code, parts, errors = push()
    assert (code, errors) == (0, "")
    assert {name: (each["now"], each["now_name"]) for name, each in parts.items()} == {
        "object 1": ("40/0.0.25.9.0.255/1", "push_setup"),
        "object 2": ("8/0.0.1.0.0.255/2", "clock"),
        "object 3": ("3/1.0.1.8.0.255/2", "active_energy_import"),
        "object 4": ("3/1.0.2.8.0.255/2", "active_energy_export"),
        "destination": ("hdlc", None),
        "message": ("a-xdr", None),
        "window": ("always", None),
        "randomisation": ("0 s", None),
        "repetitions": ("3", None),
        "repetition delay": ("60 s", None),
    }


@pytest.mark.usefixtures("bus")
def test_it_is_set_up(push: Push) -> None:
    objects = ("--object", "0.0.25.9.0.255/logical_name", "--object", "1.0.1.8.0.255")
    code, parts, errors = push(*TO, *objects, "--window", "02:00..04:00", "--yes")
    assert code == 0
    changed = {n: (each["before"], each["after"]) for n, each in parts.items()}
    assert changed["object 2"] == ("8/0.0.1.0.0.255/2", "3/1.0.1.8.0.255/2")
    assert changed["object 3"] == ("3/1.0.1.8.0.255/2", None)
    assert changed["destination"] == ("hdlc", "tcp 192.0.2.1:4059")
    assert changed["window"] == ("always", "02:00:00..04:00:00")
    assert changed["repetitions"] == ("3", "3")
    assert errors.splitlines() == [
        "object 2: 8/0.0.1.0.0.255/2 clock -> 3/1.0.1.8.0.255/2 active_energy_import",
        "object 3: 3/1.0.1.8.0.255/2 active_energy_import -> (none)",
        "object 4: 3/1.0.2.8.0.255/2 active_energy_export -> (none)",
        "destination: hdlc -> tcp 192.0.2.1:4059",
        "window: always -> 02:00:00..04:00:00",
    ]
    _, parts, _ = push()
    assert parts["destination"]["now"] == "tcp 192.0.2.1:4059"
    assert parts["object 2"]["now"] == "3/1.0.1.8.0.255/2"


@pytest.mark.usefixtures("bus")
def test_a_table_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    line = ["--serial", "line", "--server", "1/17"]
    assert main(["push", *line, "--object", "clock", "--yes"]) == 0
    assert (
        capsys.readouterr().out
        == """\
part              before                                  after
object 1          40/0.0.25.9.0.255/1 push_setup          8/0.0.1.0.0.255/2 clock
object 2          8/0.0.1.0.0.255/2 clock
object 3          3/1.0.1.8.0.255/2 active_energy_import
object 4          3/1.0.2.8.0.255/2 active_energy_export
destination       hdlc                                    hdlc
message           a-xdr                                   a-xdr
window            always                                  always
randomisation     0 s                                     0 s
repetitions       3                                       3
repetition delay  60 s                                    60 s
"""
    )


@pytest.mark.usefixtures("bus")
def test_what_is_so_already_is_not_written(push: Push) -> None:
    code, parts, errors = push("--to", "hdlc", "--window", "always")
    assert (code, errors) == (0, "meter meter is set up so already\n")
    assert parts["destination"]["now"] == "hdlc"


@pytest.mark.usefixtures("bus")
def test_nothing_is_changed_by_mistake(push: Push) -> None:
    code, parts, errors = push(*TO)
    assert (code, parts) == (64, {})
    assert "destination: hdlc -> tcp 192.0.2.1:4059" in errors
    assert "set up push 0.0.25.9.0.255 of meter meter: nobody is there to confirm it" in errors
    assert push()[1]["destination"]["now"] == "hdlc"


@pytest.mark.usefixtures("bus")
def test_the_plan_stands_before_the_question(push: Push, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = StringIO("yes\n")
    monkeypatch.setattr(asked, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", asked)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    code, parts, errors = push(*TO, "--now")
    assert (code, parts["destination"]["after"]) == (0, "tcp 192.0.2.1:4059")
    assert errors == (
        "destination: hdlc -> tcp 192.0.2.1:4059\n"
        "set up push 0.0.25.9.0.255 of meter meter and have it pushed? [y/N] "
        "meter meter pushes now\n"
    )


@pytest.mark.usefixtures("bus")
def test_it_is_pushed_now(push: Push) -> None:
    code, parts, errors = push("--now", "--yes", "--frames")
    assert code == 0
    assert parts["destination"]["now"] == "hdlc"
    assert "meter meter pushes now\n" in errors
    heard = [each.rpartition(" ")[2] for each in errors.splitlines() if " rx " in each]
    (frame,) = [each for each in heard if "E6E7000F" in each]
    apdu = bytes.fromhex(frame.partition("E6E700")[2])[:-3]
    assert parse_notification(apdu).kind == "data-notification"


@pytest.mark.usefixtures("bus")
def test_nothing_is_pushed_by_mistake(push: Push) -> None:
    code, parts, errors = push("--now")
    assert (code, parts) == (64, {})
    assert "have meter meter push now: nobody is there to confirm it" in errors


@pytest.mark.usefixtures("bus")
def test_a_meter_without_one(push: Push) -> None:
    code, parts, errors = push("--setup", "0.1.25.9.0.255")
    assert (code, parts) == (77, {})
    assert "the push setup 0.1.25.9.0.255: object-undefined" in errors


@pytest.mark.usefixtures("bus")
def test_an_object_whose_class_can_not_be_found(push: Push) -> None:
    code, parts, errors = push("--object", "1.0.77.77.77.255", "--yes")
    assert (code, parts) == (77, {})
    assert "1.0.77.77.77.255: object-undefined; write its class, too" in errors
    assert push()[1]["object 1"]["now"] == "40/0.0.25.9.0.255/1"

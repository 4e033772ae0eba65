import argparse
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from types import ModuleType
from typing import ClassVar

import pytest

import dcud
from dcud.cli import main as top
from dcud.cli.main import COMMANDS, UsageError, exit_code, main
from dcud.config.problem import ConfigError, Problem
from dcud.dlms.errors import (
    AssociationRejectedError,
    DecodeError,
    EncodeError,
    MisuseError,
    NoAnswerError,
    ProtocolError,
)
from dcud.errors import DcudError


class StoreError(DcudError):
    code: ClassVar[str] = "store"


class PortError(DcudError):
    code: ClassVar[str] = "port"


class FullDiskError(StoreError):
    code: ClassVar[str] = "full_disk"


@pytest.fixture(name="command")
def make_command(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    """Give a function that makes the command `fail` raise what it is given."""
    module = ModuleType("dcud_test_command")
    monkeypatch.setitem(sys.modules, "dcud_test_command", module)
    monkeypatch.setattr(top, "COMMANDS", {"fail": "dcud_test_command"})

    def raising(error: BaseException) -> None:
        def run(_: argparse.Namespace) -> int:
            raise error

        vars(module).update(summary="fails", add_arguments=lambda _: None, run=run)

    return raising


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("no"), 64),
        (PortError("no"), 69),
        (DcudError("no"), 70),
        (MisuseError("no"), 70),
        (EncodeError("no"), 70),
        (StoreError("no"), 74),
        (FullDiskError("no"), 74),
        (NoAnswerError("no"), 75),
        (ProtocolError("no"), 76),
        (DecodeError("no"), 76),
        (AssociationRejectedError("no", result=1, source="user", diagnostic=13), 77),
        (ConfigError([]), 78),
    ],
)
def test_errors_end_in_the_exit_code_of_their_kind(error: DcudError, code: int) -> None:
    assert exit_code(error) == code


def test_an_error_is_one_line_with_its_remedy(
    command: Callable[[BaseException], None], capsys: pytest.CaptureFixture[str]
) -> None:
    command(PortError("/dev/ttyUSB0 is gone", remedy="plug it in"))
    assert main(["fail"]) == 69
    assert capsys.readouterr().err == "dcud: /dev/ttyUSB0 is gone; plug it in\n"


def test_problems_begin_with_their_place(
    command: Callable[[BaseException], None], capsys: pytest.CaptureFixture[str]
) -> None:
    command(ConfigError([Problem(file="f.toml", line=1, key="k", message="m")]))
    assert main(["fail"]) == 78
    assert capsys.readouterr().err == "f.toml:1: k: m\n"


def test_an_interrupt_ends_quietly(
    command: Callable[[BaseException], None], capsys: pytest.CaptureFixture[str]
) -> None:
    command(KeyboardInterrupt())
    assert main(["fail"]) == 130
    assert not capsys.readouterr().err


def test_a_fault_of_ours_is_told_as_one(
    command: Callable[[BaseException], None], capsys: pytest.CaptureFixture[str]
) -> None:
    command(ZeroDivisionError("by us"))
    assert main(["fail"]) == 70
    told = capsys.readouterr().err
    assert told.startswith("Traceback")
    assert "ZeroDivisionError: by us" in told
    assert told.endswith("please report it with the lines above\n")


@pytest.mark.parametrize(("given", "code"), [(3, 3), ("words", 70)])
def test_a_command_that_exits_by_itself(
    command: Callable[[BaseException], None], given: object, code: int
) -> None:
    command(SystemExit(given))
    assert main(["fail"]) == code


def test_the_commands_are_those_promised() -> None:
    assert list(COMMANDS) == [
        *(
            "run",
            "check",
            "read",
            "objects",
            "write",
            "call",
            "clock",
            "switch",
            "push",
            "firmware",
            "meters",
            "keys",
            "certificates",
            "scan",
        ),
        *("trace", "translate", "simulate", "demo"),
    ]


def test_the_help_tells_of_each_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    told = capsys.readouterr().out
    for name in COMMANDS:
        assert f"\n  {name} " in told
    assert "check a configuration with its key files" in told


def test_the_help_comes_even_where_a_command_lacks_something(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(top, "COMMANDS", {"none": "dcud.cli.none", "check": "dcud.cli.check"})
    assert main(["-h"]) == 0
    assert "(can't be used: No module named 'dcud.cli.none')" in capsys.readouterr().out


@pytest.mark.parametrize("module", [name for name in COMMANDS.values() if find_spec(name)])
def test_each_command_has_the_shape_of_one(module: str) -> None:
    from importlib import import_module  # noqa: PLC0415  # the commands load late by design

    command = import_module(module)
    command.add_arguments(argparse.ArgumentParser())
    assert "\n" not in command.summary
    assert command.run.__annotations__["return"] is int


@pytest.mark.parametrize(
    "arguments", [["frobnicate"], ["check", "--frobnicate"], ["check", "--format", "xml"], ["--no"]]
)
def test_wrong_arguments_are_a_fault_of_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 64
    output = capsys.readouterr()
    assert output.err.startswith("usage: dcud")
    assert "--help" in output.err
    assert not output.out


def test_no_arguments_bring_the_help_as_a_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 64
    assert "commands:" in capsys.readouterr().err


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"dcud {dcud.__version__}\n"


def test_a_reader_that_goes_away_is_no_fault() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as output:
        ended = subprocess.run(
            [sys.executable, "-m", "dcud", "--help"],
            stdout=output,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_a_command_loads_nothing_of_the_others() -> None:
    code = (
        "import sys\n"
        "from dcud.cli.main import main\n"
        "main(['check', '--config', '/none'])\n"
        "print(*(name for name in sys.modules if name.startswith(('dcud.cli.', 'rich', 'paho'))))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    own = {"dcud.cli.main", "dcud.cli.check", "dcud.cli.core_dumps"}
    assert set(ended.stdout.decode().split()) == own

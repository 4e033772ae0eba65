"""The command line's top: finds the command's module and maps errors to exit codes.

A command is a module with three names:

    summary: str                                    one line for `dcud --help`
    add_arguments(parser: argparse.ArgumentParser) -> None
    run(arguments: argparse.Namespace) -> int       returns the exit code, 0 for success

It is entered in `COMMANDS` by name and imported only when it is called for, so that `dcud run`
never pays for what the others need. A command raises `DcudError` for what people can mend; this
module writes the error's one line to stderr and turns its code into the exit code. A command that
finds its arguments contradictory raises `UsageError`.
"""

import argparse
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import ClassVar, NoReturn, Protocol, cast

import dcud
from dcud.errors import DcudError

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "run": "dcud.cli.run",
        "check": "dcud.cli.check",
        "read": "dcud.cli.read",
        "objects": "dcud.cli.objects",
        "write": "dcud.cli.write",
        "call": "dcud.cli.call",
        "clock": "dcud.cli.clock",
        "switch": "dcud.cli.switch",
        "push": "dcud.cli.push",
        "firmware": "dcud.cli.firmware",
        "meters": "dcud.cli.meters",
        "keys": "dcud.cli.keys",
        "certificates": "dcud.cli.certificates",
        "scan": "dcud.cli.scan",
        "trace": "dcud.cli.trace",
        "translate": "dcud.cli.translate",
        "simulate": "dcud.cli.simulate",
        "demo": "dcud.cli.demo",
    }
)
"""Modules by command, in the order of the help."""

USAGE, UNAVAILABLE, SOFTWARE, IO = 64, 69, 70, 74
TEMPORARY, PROTOCOL, DENIED, CONFIG = 75, 76, 77, 78
"""Exit codes as in sysexits(3), with those above."""

INTERRUPTED = 130
"""What a shell says of a program that ended by SIGINT."""

EXIT_CODES: Mapping[str, int] = MappingProxyType(
    {
        "usage": USAGE,
        "port": UNAVAILABLE,
        "internal": SOFTWARE,
        "misuse": SOFTWARE,
        "encode": SOFTWARE,
        "store": IO,
        "frame_log": IO,
        "metrics_page": UNAVAILABLE,
        "no_answer": TEMPORARY,
        "stalled": TEMPORARY,
        "broker": TEMPORARY,
        "demo": UNAVAILABLE,
        "protocol": PROTOCOL,
        "association_rejected": DENIED,
        "access_denied": DENIED,
        "profile_refused": DENIED,
        "clock": DENIED,
        "switch": DENIED,
        "push": DENIED,
        "reference": USAGE,
        "config": CONFIG,
        "obis": USAGE,
    }
)
"""Exit codes by error code; an error that isn't here is treated as the class it derives from."""


class UsageError(DcudError):
    """The arguments contradict each other or lead nowhere."""

    code: ClassVar[str] = "usage"


class Command(Protocol):
    """What a command's module offers."""

    summary: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's arguments."""
        ...

    def run(self, arguments: argparse.Namespace) -> int:
        """Do what the command does; returns the exit code."""
        ...


class _Parser(argparse.ArgumentParser):
    """A parser whose faults end in the exit code for usage."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}; see {self.prog} --help\n")


def main(arguments: Sequence[str]) -> int:
    """Run the command that `arguments` begin with; returns the exit code."""
    try:
        code = _outcome(arguments)
        # At exit it would be too late to bear that nobody reads any more.
        sys.stdout.flush()
    except BrokenPipeError:
        # Who read our output has gone, as `head` does; Python must not try to flush it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


def _outcome(arguments: Sequence[str]) -> int:
    try:
        return _run(arguments)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else SOFTWARE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001  # the last line of defence, told as what it is
        return _tell(error)


def _tell(error: Exception) -> int:
    """Tell the operator of `error`; returns the exit code."""
    if isinstance(error, DcudError):
        # The problems of a configuration begin with their place, for editors to jump to.
        prefix = "" if error.code == "config" else "dcud: "
        print(f"{prefix}{error}", file=sys.stderr)
        return exit_code(error)
    traceback.print_exception(error)
    print(
        f"dcud: this is a fault in dcud {dcud.__version__}; please report it with the lines above",
        file=sys.stderr,
    )
    return SOFTWARE


def exit_code(error: DcudError) -> int:
    """Return the exit code for `error`: that of its own code, or of the nearest class above it."""
    for ancestor in type(error).__mro__:
        code = ancestor.__dict__.get("code")
        if isinstance(code, str) and code in EXIT_CODES:
            return EXIT_CODES[code]
    return SOFTWARE


def _run(arguments: Sequence[str]) -> int:
    name = arguments[0] if arguments else ""
    if name in COMMANDS:
        return _run_command(name, arguments[1:])
    parser = top_parser()
    if name in {"", "-h", "--help"}:
        parser.epilog = _command_list()
        parser.print_help(sys.stdout if name else sys.stderr)
        return 0 if name else USAGE
    parser.parse_args(arguments)
    return USAGE


def _run_command(name: str, arguments: Sequence[str]) -> int:
    parser = command_parser(name)
    return _load(name).run(parser.parse_args(arguments))


def command_parser(name: str) -> argparse.ArgumentParser:
    """Return the parser of a command's arguments; loads the command."""
    command = _load(name)
    parser = _Parser(prog=f"dcud {name}", description=command.summary)
    command.add_arguments(parser)
    return parser


def _load(name: str) -> Command:
    return cast("Command", import_module(COMMANDS[name]))


def top_parser() -> argparse.ArgumentParser:
    """Return the parser of what stands before a command."""
    parser = _Parser(
        prog="dcud",
        usage="dcud [-h] [--version] COMMAND ...",
        description=dcud.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"dcud {dcud.__version__}")
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND", help="one of those below")
    return parser


def _command_list() -> str:
    """Return a line for each command; loads them all."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:{width}}  {_summary(name)}" for name in COMMANDS]
    return "\n".join(["commands:", *lines, "", "dcud COMMAND --help tells of one of them."])


def _summary(name: str) -> str:
    try:
        return _load(name).summary
    except ModuleNotFoundError as error:
        # The help must still come where one command lacks what it needs.
        return f"(can't be used: {error})"

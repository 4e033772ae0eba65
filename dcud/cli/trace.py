"""`dcud trace`: the frame log, understood."""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, Final

import dcud
from dcud.cli.check import DEFAULT_PATH
from dcud.cli.log_source import Passed, followed_lines, saved_lines
from dcud.cli.main import UsageError
from dcud.cli.trace_choice import Choice, add_choice_arguments
from dcud.config.load import load
from dcud.config.model import Log
from dcud.trace.capture import Capture
from dcud.trace.conversation import Conversations, Heard
from dcud.trace.record import LogLineError, Record, parse_line
from dcud.trace.rendering import Paint, as_json, line, plain, tree

summary = "show the frame log decoded, live or saved; make a capture for Wireshark"

POLL_INTERVAL: Final = 0.25
"""Seconds between two looks at a log that doesn't grow."""

_MOST_TOLD: Final = 10
"""Lines that can't be read are told of one by one up to this."""

_LONG_FILE: Final = 8 * 1024 * 1024
"""Octets from which on a bar is worth while."""

_EPILOG: Final = """\
Without FILE it follows the frame log that the configuration names, from its end on, or from the
time that --since says; - is standard input. Files may be compressed (.gz). Segments and blocks are
put together and shown whole at their last frame. Ctrl-C ends it."""

_COLOURS: Final = {
    "time": "2",
    "sent": "36",
    "received": "32",
    "trouble": "31",
    "name": "1",
    "meaning": "33",
}
"""Terminal codes by role."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a frame log, or -")
    parser.add_argument(
        "--follow", "-f", action="store_true", help="go on with what is written to FILE"
    )
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help=f"the configuration that names the frame log (default: {DEFAULT_PATH})",
    )
    parser.add_argument(
        "--format",
        choices=("line", "tree", "json"),
        default="line",
        help="a line for each frame, all its fields below it, or one JSON object a line "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--pcap",
        type=Path,
        metavar="OUT",
        help="write a capture (pcapng) instead of text; - is standard output",
    )
    add_choice_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Show the log, or write the capture."""
    choice = Choice.from_arguments(arguments)
    is_brief = arguments.format == "line" and arguments.pcap is None
    conversations = Conversations(is_brief=is_brief)
    with ExitStack() as stack:
        show = stack.enter_context(_output(arguments))
        for record in _records(stack.enter_context(_lines(arguments))):
            for heard in choice.hear(record, conversations):
                show(heard)
    return 0


def _records(lines: Iterator[str]) -> Iterator[Record]:
    """Yield what the lines say; tell of those that say nothing."""
    unreadable = total = 0
    try:
        for number, text in enumerate(lines, 1):
            total += bool(text)
            try:
                if text:
                    yield parse_line(text, number)
            except LogLineError as error:
                unreadable += 1
                if unreadable <= _MOST_TOLD:
                    print(f"dcud: {error}", file=sys.stderr)
    finally:
        if unreadable > _MOST_TOLD:
            print(f"dcud: {unreadable} lines in all are none of a frame log", file=sys.stderr)
    if total and unreadable == total:
        raise UsageError("this is no frame log", remedy="name a file that dcud wrote as [log] says")


@contextmanager
def _lines(arguments: argparse.Namespace) -> Iterator[Iterator[str]]:
    """Yield the lines that are asked for, with a bar where they are many."""
    path: Path | None = arguments.file
    is_live = path is None
    if path is None:
        path = _configured(arguments.config)
    if arguments.follow or is_live:
        if path == Path("-"):
            raise UsageError("standard input ends by itself", remedy="leave out --follow")
        from_end = is_live and arguments.since is None
        yield followed_lines(path, _pause, from_end=from_end)
        return
    if path == Path("-"):
        yield saved_lines(None)
        return
    with _bar(path, wanted=not (sys.stdout.isatty() and arguments.pcap is None)) as passed:
        yield saved_lines(path, passed)


def _pause() -> None:
    sys.stdout.flush()
    time.sleep(POLL_INTERVAL)


def _configured(path: Path | None) -> Path:
    """Return the frame log of the configuration; the usual one where there is no configuration."""
    if path is None and not DEFAULT_PATH.exists():
        return Path(Log().frame_log)
    return Path(load(path or DEFAULT_PATH).log.frame_log)


@contextmanager
def _bar(path: Path, *, wanted: bool) -> Iterator[Passed]:
    """Yield what shows how far a long file has been read: a bar, on a terminal only."""
    size = path.stat().st_size if path.is_file() else 0
    if not wanted or size < _LONG_FILE or not sys.stderr.isatty():
        yield lambda _octets: None
        return
    from rich.console import Console  # noqa: PLC0415  # start-up: only what a terminal needs
    from rich.progress import Progress  # noqa: PLC0415  # likewise

    with Progress(
        console=Console(stderr=True), transient=True, redirect_stdout=False, redirect_stderr=False
    ) as bar:
        task = bar.add_task(path.name, total=size)
        yield lambda octets: bar.update(task, completed=octets)


@contextmanager
def _output(arguments: argparse.Namespace) -> Iterator[Callable[[Heard], None]]:
    """Yield what takes each frame that is wanted."""
    if arguments.pcap is None:
        yield _TEXTS[arguments.format](_painter())
        return
    with _opened(arguments.pcap) as file:
        capture = Capture(f"dcud {dcud.__version__}")
        file.write(capture.header())

        def write(heard: Heard) -> None:
            for block in capture.blocks(heard):
                file.write(block)

        yield write


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    if path == Path("-"):
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        file = path.open("wb")
    except OSError as error:
        raise UsageError(
            f"{path} can't be written: {error.strerror}", remedy="name another file"
        ) from None
    with file:
        yield file


def _line_printer(paint: Paint) -> Callable[[Heard], None]:
    return lambda heard: print(line(heard, paint))


def _tree_printer(paint: Paint) -> Callable[[Heard], None]:
    return lambda heard: print("\n".join(tree(heard, paint)))


def _json_printer(_paint: Paint) -> Callable[[Heard], None]:
    return lambda heard: print(json.dumps(as_json(heard), ensure_ascii=False))


_TEXTS: Final = {"line": _line_printer, "tree": _tree_printer, "json": _json_printer}


def _painter() -> Paint:
    """Return what colours text, on a terminal that wants colours."""
    return coloured if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else plain


def coloured(text: str, role: str) -> str:
    """Colour a text for its role, as terminals do."""
    return f"\x1b[{_COLOURS[role]}m{text}\x1b[0m"

"""A page of the documentation followed word by word, as somebody at a terminal would.

The first words behind a fence say what a reader does with the block:

    sh              types it, waits until it ends, and sees that it went well (or `exit=77`)
    sh walk         likewise, in a page of which only such blocks are followed
    sh stays        types it in a terminal of its own, where it runs on
    sh ctrl-c       likewise, and ends it by Ctrl-C once the output below is there
    toml dcud.toml  puts the block into that file
    text            sees this: each line in this order, most figures apart; `...` is anything
    text from=NAME  sees this in the terminal where the program NAME runs on

A remark right above a command, `<!-- not run: why -->`, leaves it out; `<!-- slow: why -->` leaves
it to `make docs-walk`.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.documents import ROOT, Block
from tests.support.eventually import eventually

NOT_RUN = "not run: "
SLOW = "slow: "
PATIENCE = 30.0
WALKED = ("docs/quick-start.md", "docs/commissioning.md")
"""Pages that are followed from their first word to their last, by tests of their own."""
_WALK_WORDS = {"walk", "stays"}
_FIGURE = re.compile(
    r"(?P<kept>(?<![\w.:/+-])\d(?=[\s,}]|$)|house-\d+|\d/\d\d\b(?!/))|\d+(?:\.\d+)?"
)
_SETUP = ("cd ", ". ", "export ")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Terminal:
    """Where a command runs, or ran; what it shows goes to `shown`."""

    command: str
    process: "subprocess.Popen[bytes]"
    shown: Path
    ends_by_ctrl_c: bool


class Walk:
    """Follows blocks in a directory; what runs on ends with the walk.

    Args:
        directory: where the reader begins; an existing directory of its own.
        here: what to put in the place of what the page says: devices and ports of this machine.
        slowly: whether to do what takes long as well.
        environment: variables besides those of this process.
    """

    def __init__(
        self,
        directory: Path,
        here: Mapping[str, str],
        *,
        slowly: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.commands: list[str] = []
        self._directory = directory
        self._here = here
        self._slowly = slowly
        self._setup: list[str] = []
        self._terminals: list[_Terminal] = []
        self._environment = {
            **os.environ,
            "HOME": str(directory),
            "PATH": f"{_programs(directory)}:{os.environ['PATH']}:/usr/sbin",
            **(environment or {}),
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for terminal in reversed(self._terminals):
            if terminal.process.poll() is None:
                os.killpg(terminal.process.pid, signal.SIGTERM)
        for terminal in self._terminals:
            try:
                terminal.process.wait(PATIENCE)
            finally:
                if terminal.process.poll() is None:
                    os.killpg(terminal.process.pid, signal.SIGKILL)
                    terminal.process.wait()

    def follow(self, blocks: Sequence[Block]) -> None:
        """Do what the blocks say, one after the other."""
        is_left_out = False
        for block in blocks:
            if _is_file(block):
                self._write(block)
            elif block.language == "sh":
                is_left_out = self._is_left_out(block)
                if not is_left_out:
                    self._type(block)
            elif block.language == "text" and not is_left_out:
                self._see(block)

    def seen(self) -> str:
        """Return what the latest command has shown."""
        return self._shown(self._terminals[-1])

    def _is_left_out(self, block: Block) -> bool:
        is_slow = block.remark.startswith(SLOW) and not self._slowly
        return is_slow or block.remark.startswith(NOT_RUN)

    def _type(self, block: Block) -> None:
        command = self._in_this_place(block.text)
        self.commands.append(command)
        runs_on = {"stays", "ctrl-c"} & {*block.words}
        terminal = self._open(command, ends_by_ctrl_c="ctrl-c" in block.words)
        if runs_on:
            return
        code = terminal.process.wait(600 if self._slowly else PATIENCE)
        expected = next((int(w[5:]) for w in block.words if w.startswith("exit=")), 0)
        assert code == expected, f"{block.place} ended with {code}:\n{self._shown(terminal)}"
        self._setup += [line for line in command.splitlines() if line.startswith(_SETUP)]

    def _see(self, block: Block) -> None:
        terminal = self._terminal_of(block)
        expected = self._in_this_place(block.text)

        def is_shown() -> bool:
            return not missing(expected, self._shown(terminal))

        if terminal.process.poll() is None:
            eventually(
                lambda: is_shown() or terminal.process.poll() is not None,
                f"such output as at {block.place}",
                600 if self._slowly else PATIENCE,
            )
        shown = self._shown(terminal)
        assert is_shown(), f"{block.place}: no {missing(expected, shown)!r} in:\n{shown}"
        if terminal.ends_by_ctrl_c:
            os.killpg(terminal.process.pid, signal.SIGINT)
            terminal.process.wait(PATIENCE)

    def _write(self, block: Block) -> None:
        path = self._where() / block.words[0]
        path.write_text(self._in_this_place(block.text), encoding="utf-8")

    def _where(self) -> Path:
        """Return the directory that the reader is in."""
        done = subprocess.run(
            ["bash", "-c", "\n".join([*self._setup, "pwd"])],
            cwd=self._directory,
            env=self._environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return Path(done.stdout.strip())

    def _open(self, command: str, *, ends_by_ctrl_c: bool) -> _Terminal:
        shown = self._directory / f".terminal-{len(self._terminals)}"
        with shown.open("wb") as output:
            process = subprocess.Popen(
                ["bash", "-e", "-o", "pipefail", "-c", "\n".join([*self._setup, command])],
                cwd=self._directory,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        terminal = _Terminal(
            command=command, process=process, shown=shown, ends_by_ctrl_c=ends_by_ctrl_c
        )
        self._terminals.append(terminal)
        return terminal

    def _terminal_of(self, block: Block) -> _Terminal:
        names = [word.removeprefix("from=") for word in block.words if word.startswith("from=")]
        if not names:
            return self._terminals[-1]
        return next(t for t in reversed(self._terminals) if t.command.startswith(names[0]))

    def _shown(self, terminal: _Terminal) -> str:
        return terminal.shown.read_text(encoding="utf-8", errors="replace")

    def _in_this_place(self, text: str) -> str:
        for written, here in self._here.items():
            text = text.replace(written, here)
        return text


def is_walked(block: Block) -> bool:
    """Tell whether some walk does what the block says."""
    return block.page in WALKED or bool(_WALK_WORDS & {*block.words})


def walked_part(page: Sequence[Block]) -> list[Block]:
    """Return of a page the blocks to follow where the others have tests of their own."""
    part: list[Block] = []
    follows = False
    for block in page:
        if block.language != "text":
            follows = is_walked(block)
        if follows or _is_file(block):
            part.append(block)
    return part


def _is_file(block: Block) -> bool:
    return bool(block.words) and re.fullmatch(r"[\w./-]+\.\w+", block.words[0]) is not None


def missing(expected: str, shown: str) -> str | None:
    """Return the first line of `expected` that isn't in `shown` where it should be."""
    lines = iter([_without_figures(line) for line in shown.splitlines()])
    for line in expected.splitlines():
        if line.strip() in {"", "..."}:
            continue
        pattern = re.escape(_without_figures(line)).replace(r"\.\.\.", ".*")
        if not any(re.fullmatch(pattern, each) for each in lines):
            return line
    return None


def _without_figures(line: str) -> str:
    """Return the line with a 0 for each number, but for counts of one digit, and for names."""
    return _FIGURE.sub(lambda m: m["kept"] or "0", " ".join(line.split()))


def _programs(directory: Path) -> Path:
    """Return a directory in which `dcud` is the one of this tree."""
    folder = directory / ".programs"
    folder.mkdir(exist_ok=True)
    program = folder / "dcud"
    program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m dcud "$@"\n')
    program.chmod(0o700)
    return folder

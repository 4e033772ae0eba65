"""One TOML file, read."""

import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

import tomli

from dcud.config.kind import quoted
from dcud.config.locate import Path as KeyPath
from dcud.config.locate import line_of, locate
from dcud.config.problem import ConfigError, Problem

RawTable: TypeAlias = dict[str, object]

LARGEST_FILE = 16 << 20
"""Octets; a file beyond this is a mistake, and parsing it would take the machine's memory."""

_POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_PLAIN = re.compile(r"[\w.:*-]{1,80}")
_LABELS = ("id", "name", "obis")
"""The keys that tell one element of a list from the others, best first."""


@dataclass(frozen=True, eq=False)
class Document:
    """A file's name, text and tables.

    Attributes:
        name: as the operator is told it.
        directory: what relative paths in it count from.
    """

    name: str
    directory: Path
    text: str = field(repr=False)
    data: RawTable = field(repr=False)

    @cached_property
    def _lines(self) -> dict[KeyPath, int]:
        return locate(self.text)

    def line(self, path: KeyPath) -> int:
        """Return the line of the key at `path`, or of the nearest thing around it."""
        return line_of(self._lines, path)

    def label(self, path: KeyPath) -> str:
        """Return `path` with dots, the elements of lists by their ids."""
        shown = ""
        here: object = self.data
        for step in path:
            here = _inner(here, step)
            if isinstance(step, int):
                name = _name_of(here)
                shown += f".{_shown(name)}" if name else f"[{step + 1}]"
            else:
                shown += f".{_shown(step)}" if shown else _shown(step)
        return shown


def parse(name: str, path: Path, octets: bytes) -> Document:
    """Return the document that `octets`, read from `path`, hold.

    Raises:
        ConfigError: they are no TOML; the error tells of the text only where the fault is.
    """
    try:
        text = octets.decode()
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        raise _syntax(name, line, "is not UTF-8 text", "save the file as UTF-8") from None
    try:
        data = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        message, line = _split(str(error), text)
        raise _syntax(name, line, f"is not TOML: {message}", "correct the line") from None
    except (ValueError, RecursionError):
        message = "holds a number too long, or lists nested too deeply"
        raise _syntax(name, 0, message, "simplify the file") from None
    return Document(name, path.absolute().parent, text, data)


def read(path: Path) -> Document:
    """Return the document at `path`.

    Raises:
        ConfigError: the file can't be read, or is no TOML.
    """
    try:
        with path.open("rb") as file:
            octets = file.read(LARGEST_FILE + 1)
    except OSError as error:
        reason = error.strerror or "unknown error"
        remedy = "check the path, and that the user may read it"
        raise _syntax(str(path), 0, f"can't be read: {reason}", remedy) from None
    if len(octets) > LARGEST_FILE:
        raise _syntax(str(path), 0, "is larger than 16 MiB", "split it into drop-in files")
    return parse(str(path), path, octets)


def _shown(step: str) -> str:
    """Return a key as TOML would have it, so that no control character reaches a terminal."""
    return step if _PLAIN.fullmatch(step) else quoted(step)


def _split(message: str, text: str) -> tuple[str, int]:
    """Return the parser's message with its column, and the line apart."""
    match = _POSITION.search(message)
    if match is None:
        return message, 0
    words = message[: match.start()]
    if match[1]:
        return f"{words} (column {match[2]})", int(match[1])
    return f"{words} (at the end)", text.rstrip().count("\n") + 1


def _syntax(name: str, line: int, message: str, remedy: str) -> ConfigError:
    return ConfigError([Problem(file=name, line=line, key="", message=message, remedy=remedy)])


def _inner(outer: object, step: str | int) -> object:
    if isinstance(outer, dict):
        return outer.get(step)
    if isinstance(outer, list) and isinstance(step, int) and step < len(outer):
        return outer[step]
    return None


def _name_of(table: object) -> str:
    if not isinstance(table, dict):
        return ""
    names = (table.get(label) for label in _LABELS)
    return next((name for name in names if isinstance(name, str) and name), "")

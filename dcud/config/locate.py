"""Where in a TOML text a key stands.

The parser that reads the configuration tells no positions, so this one goes through the text again,
once something has to be told. It takes texts that are known to be valid and looks at nothing but
structure.
"""

import contextlib
import re
from typing import TypeAlias

import tomli

Path: TypeAlias = tuple[str | int, ...]
"""Keys, and indices into lists, from the top of the document."""

_SPACE = re.compile(r"[ \t]*")
_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:[^\\"]|\\.|"{1,2}(?!"))*"{3,5}'
    r"|'''(?:[^']|'{1,2}(?!'))*'{3,5}"
    r'|"(?:[^\\"\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}\n#]+")


def locate(text: str) -> dict[Path, int]:
    """Return the line, counted from 1, at which each table, key and element of `text` begins."""
    scanner = _Scanner(text.replace("\r\n", "\n"))
    # Lists within lists by the hundred: what has been found until then is still right.
    with contextlib.suppress(RecursionError):
        scanner.document()
    return scanner.lines


def line_of(lines: dict[Path, int], path: Path) -> int:
    """Return the line of `path`, or of the nearest thing around it; 0 for the whole document."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 0)


class _Scanner:
    """One pass through a text; `lines` fills up as it goes."""

    def __init__(self, text: str) -> None:
        self.lines: dict[Path, int] = {}
        self._text = text
        self._position = 0
        self._line = 1
        self._elements: dict[Path, int] = {}

    def document(self) -> None:
        table: Path = ()
        self._skip(_BLANK)
        while self._position < len(self._text):
            if self._peek("["):
                table = self._header()
            else:
                self._key_and_value(table)
            self._skip(_BLANK)

    def _header(self) -> Path:
        is_element = self._peek("[[")
        line = self._line
        self._position += 2 if is_element else 1
        *parents, last = self._key()
        self._position += 2 if is_element else 1
        path: Path = ()
        for part in parents:
            path = self._newest((*path, part), line)
        path = (*path, last)
        if is_element:
            self._elements[path] = self._elements.get(path, -1) + 1
        return self._newest(path, line)

    def _newest(self, path: Path, line: int) -> Path:
        """Note `path`, and return it with the index of the newest element where it is a list."""
        self.lines.setdefault(path, line)
        if path in self._elements:
            path = (*path, self._elements[path])
            self.lines.setdefault(path, line)
        return path

    def _key_and_value(self, table: Path) -> None:
        path = table
        line = self._line
        for part in self._key():
            path = (*path, part)
            self.lines.setdefault(path, line)
        self._position += 1
        self._skip(_SPACE)
        self._value(path)

    def _key(self) -> list[str]:
        """Read a dotted key, with the space around it."""
        parts = []
        while True:
            self._skip(_SPACE)
            parts.append(self._simple_key())
            self._skip(_SPACE)
            if not self._peek("."):
                return parts
            self._position += 1

    def _simple_key(self) -> str:
        if bare := self._skip(_BARE_KEY):
            return bare
        quoted = self._skip(_STRING)
        return quoted[1:-1] if "\\" not in quoted else str(tomli.loads(f"key = {quoted}")["key"])

    def _value(self, path: Path) -> None:
        if self._peek("["):
            self._list(path)
        elif self._peek("{"):
            self._inline_table(path)
        elif not self._skip(_STRING):
            self._skip(_SCALAR)

    def _list(self, path: Path) -> None:
        self._position += 1
        index = 0
        self._skip(_BLANK)
        while not self._peek("]"):
            self.lines[*path, index] = self._line
            self._value((*path, index))
            index += 1
            self._separator()
        self._position += 1

    def _inline_table(self, path: Path) -> None:
        self._position += 1
        self._skip(_BLANK)
        while not self._peek("}"):
            self._key_and_value(path)
            self._separator()
        self._position += 1

    def _separator(self) -> None:
        self._skip(_BLANK)
        if self._peek(","):
            self._position += 1
            self._skip(_BLANK)

    def _peek(self, text: str) -> bool:
        return self._text.startswith(text, self._position)

    def _skip(self, pattern: re.Pattern[str]) -> str:
        """Read what `pattern` matches here, if anything, and return it."""
        match = pattern.match(self._text, self._position)
        if match is None:
            return ""
        self._position = match.end()
        self._line += match[0].count("\n")
        return match[0]

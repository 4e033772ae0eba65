"""The editing of a key file's text, which leaves alone what it is not asked to change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import tomli

from dcud.config.key_entries import SYMMETRIC, Entry, fault, parse_keys, table_header
from dcud.config.kind import HEX_PREFIX
from dcud.config.locate import Path as KeyPath
from dcud.config.locate import locate
from dcud.dlms.secret import Secret

_PEM_MARK = b"-----BEGIN "

Extent: TypeAlias = tuple[int, int]
"""The first line of an entry, counted from 0, and the one after its last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What becomes of a table of a key file.

    Attributes:
        table: where the entries stand, as ("meter", NAME).
        removed: names of entries that go.
        renamed: entries' new names by their old ones.
        added: secrets by the names of new entries.
    """

    table: Entry
    removed: frozenset[str] = frozenset()
    renamed: Mapping[str, str] = field(default_factory=dict)
    added: Mapping[str, Secret] = field(default_factory=dict)


def edited(path: Path, octets: bytes, edit: Edit) -> bytes:
    """Return the key file with the edit done; comments and all else stay as they are.

    The result is read again and held against what is to come out.

    Args:
        path: names the file in errors.
        octets: what it holds; may be empty.
        edit: what is to become of one table.

    Raises:
        ConfigError: it is no key file, or the table is written in a way that can't be edited.
    """
    wanted = _outcome(parse_keys(path, octets), edit)
    changed = _changed(octets.decode(), edit)
    if changed is None or _read(path, changed) != wanted:
        # Raised out here so that no exception with the text in it hangs on this one.
        header = table_header(edit.table)
        remedy = f"write them on lines of their own below {header}"
        raise fault(path, 0, edit.table, "has entries that can't be edited as they stand", remedy)
    return changed.encode()


def _outcome(entries: Mapping[Entry, Secret], edit: Edit) -> Mapping[Entry, Secret]:
    """Return what the file holds once the edit is done."""
    table = edit.table
    left = dict(entries)
    for name in edit.removed:
        left.pop((*table, name), None)
    moved = {new: left.pop((*table, old)) for old, new in edit.renamed.items()}
    return left | {(*table, name): secret for name, secret in (moved | dict(edit.added)).items()}


def _read(path: Path, text: str) -> Mapping[Entry, Secret] | None:
    try:
        tomli.loads(text)
    except tomli.TOMLDecodeError:
        return None
    return parse_keys(path, text.encode())


def _changed(text: str, edit: Edit) -> str | None:
    """Return the text with the edit done; None where an entry can't be told from the others."""
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.replace("\r\n", "\n").split("\n")
    starts = locate(text)
    extents: dict[str, Extent] = {}
    for entry, line in starts.items():
        if entry[:-1] == edit.table:
            extent = _extent(lines, line - 1, str(entry[-1]))
            if extent is None:
                return None
            extents[str(entry[-1])] = extent
    place = _place(lines, starts, edit.table, extents)
    return newline.join(_rewritten(lines, edit, extents, place))


def _extent(lines: Sequence[str], first: int, name: str) -> Extent | None:
    """Return the lines of one entry: as few as are TOML by themselves."""
    for end in range(first + 1, len(lines) + 1):
        try:
            found = tomli.loads("\n".join(lines[first:end]))
        except tomli.TOMLDecodeError:
            continue
        return (first, end) if list(found) == [name] else None
    return None


def _place(
    lines: Sequence[str], starts: Mapping[KeyPath, int], table: Entry, extents: Mapping[str, Extent]
) -> int | None:
    """Return the line before which new entries go; None where there is no such table yet."""
    if extents:
        return max(end for _, end in extents.values())
    line = starts.get(table)
    if line is None or not lines[line - 1].lstrip().startswith("["):
        return None
    return line


def _rewritten(
    lines: Sequence[str], edit: Edit, extents: Mapping[str, Extent], place: int | None
) -> list[str]:
    gone = {
        line
        for name in edit.removed & extents.keys()
        for line in range(extents[name][0], extents[name][1])
    }
    renamed = {extents[old][0]: new for old, new in edit.renamed.items() if old in extents}
    added = [line for name, secret in edit.added.items() for line in _written(name, secret)]
    result: list[str] = []
    for number, line in enumerate(lines):
        if number == place:
            result += added
        if number not in gone:
            new = renamed.get(number)
            result.append(line if new is None else _with_name(line, new))
    if place == len(lines):
        result += added
    if place is None and added:
        result = [*_without_blank_end(result), table_header(edit.table), *added, ""]
    return result


def _with_name(line: str, name: str) -> str:
    """Return the line of an entry with another name before its equals sign."""
    key, equals, value = line.partition("=")
    indent = key[: len(key) - len(key.lstrip())]
    space = key[len(key.rstrip()) :]
    return f"{indent}{name}{space}{equals}{value}"


def _without_blank_end(lines: Sequence[str]) -> list[str]:
    """Return the lines with one blank line at the end, where there is anything before it."""
    kept = list(lines)
    while kept and not kept[-1].strip():
        kept.pop()
    return [*kept, ""] if kept else []


def _written(name: str, secret: Secret) -> list[str]:
    """Return the lines of an entry."""
    if secret.octets.startswith(_PEM_MARK):
        return f"{name} = '''\n{secret.octets.decode()}'''".split("\n")
    prefix = "" if name.endswith(SYMMETRIC) else HEX_PREFIX
    return [f'{name} = "{prefix}{secret.octets.hex()}"']

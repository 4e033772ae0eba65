"""The adding of secrets to a key file."""

from collections.abc import Mapping
from pathlib import Path

from dcud.config.key_entries import PREVIOUS, Entry, fault, parse_keys
from dcud.config.key_text import Edit, edited
from dcud.dlms.secret import Secret


def with_secrets(
    path: Path, octets: bytes, table: Entry, added: Mapping[str, Secret], *, replace: bool
) -> bytes:
    """Return a key file with secrets added to one of its tables.

    Args:
        path: names the file in errors.
        octets: what it holds; may be empty.
        table: as ("meter", NAME).
        added: by name.
        replace: whether those that are there may be replaced; they stay as the previous ones.

    Raises:
        ConfigError: one is there already, or so is a previous one that would have to go; or the
            file can't be edited.
    """
    entries = parse_keys(path, octets)
    there = [name for name in added if (*table, name) in entries]
    for name in there if not replace else ():
        remedy = f"--replace has a new one take its place and keeps this one as {PREVIOUS}{name}"
        raise fault(path, 0, (*table, name), "is there already", remedy)
    for name in there:
        if (*table, PREVIOUS + name) in entries:
            remedy = "remove it from the file if the meter has no use for it any more"
            message = "stands there from an earlier replacement, and may be what the meter has"
            raise fault(path, 0, (*table, PREVIOUS + name), message, remedy)
    edit = Edit(
        table=table,
        renamed={name: PREVIOUS + name for name in there},
        added=added,
    )
    return edited(path, octets, edit)

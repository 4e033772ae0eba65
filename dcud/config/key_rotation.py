"""The steps of a meter's key rotation in its key file, each whole or not at all.

`begin` writes the new keys beside the ones in use, `promote` has them change places, in one
replacement of the file, and `drop_previous` ends it. Between any two of them, and after power was
lost in the midst of one, the file holds both.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dcud.config.key_entries import DEFAULT, NEXT, PREVIOUS, Entry, fault, parse_keys
from dcud.config.key_file import Access, key_file, read_secret_file
from dcud.config.key_text import Edit, edited
from dcud.config.key_write import rewrite
from dcud.config.meter_secrets import NAMES
from dcud.dlms.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationState:
    """How far a rotation has come: secrets by their plain names, as "unicast_key".

    Attributes:
        current: those in use, those for all meters among them.
        next: those that are to replace them.
        previous: those that they replaced.
        own: names of those in use that stand in the meter's own table.
    """

    current: Mapping[str, Secret]
    next: Mapping[str, Secret]
    previous: Mapping[str, Secret]
    own: frozenset[str]


def state(path: Path, meter: str, access: Access | None = None) -> RotationState:
    """Return what a key file holds for a meter.

    Raises:
        ConfigError: the file was refused.
    """
    octets = read_secret_file(key_file(str(path)), access or Access.of_this_process())
    return _state(parse_keys(path, octets), meter)


def begin(path: Path, meter: str, keys: Mapping[str, Secret], access: Access | None = None) -> None:
    """Write secrets, by plain names as "unicast_key", that are to replace those in use.

    The same ones once more change nothing.

    Raises:
        ConfigError: the file was refused, can't be edited, or holds other new ones of these names,
            which the meter may use already.
    """

    def plan(now: RotationState) -> Edit:
        for name in keys:
            if now.next.get(name, keys[name]) != keys[name]:
                raise fault(
                    path,
                    0,
                    ("meter", meter, NEXT + name),
                    "is there already, from a rotation that was not ended",
                    "end or abandon that one; the meter may use this key already",
                )
        added = {NEXT + name: key for name, key in keys.items() if name not in now.next}
        return Edit(table=("meter", meter), added=added)

    _change(path, meter, plan, access)


def promote(path: Path, meter: str, access: Access | None = None) -> None:
    """Have the new secrets be those in use, and keep those that they replace.

    Where nothing is to come, nothing changes.

    Raises:
        ConfigError: the file was refused, or can't be edited.
    """

    def plan(now: RotationState) -> Edit:
        names = now.next.keys()
        return Edit(
            table=("meter", meter),
            removed=frozenset(PREVIOUS + name for name in names & now.previous.keys()),
            renamed={NEXT + name: name for name in names}
            | {name: PREVIOUS + name for name in names & now.own},
            added={
                PREVIOUS + name: now.current[name]
                for name in (names & now.current.keys()) - now.own
            },
        )

    _change(path, meter, plan, access)


def drop_previous(path: Path, meter: str, access: Access | None = None) -> None:
    """Remove the secrets that were replaced.

    Raises:
        ConfigError: the file was refused, or can't be edited.
    """
    _remove(path, meter, PREVIOUS, access)


def abandon(path: Path, meter: str, access: Access | None = None) -> None:
    """Remove the secrets that were to come.

    Raises:
        ConfigError: the file was refused, or can't be edited.
    """
    _remove(path, meter, NEXT, access)


def _remove(path: Path, meter: str, prefix: str, access: Access | None) -> None:
    names = frozenset(prefix + name for name in NAMES)
    _change(path, meter, lambda _: Edit(table=("meter", meter), removed=names), access)


def _change(
    path: Path, meter: str, plan: Callable[[RotationState], Edit], access: Access | None
) -> None:
    def change(octets: bytes) -> bytes:
        return edited(path, octets, plan(_state(parse_keys(path, octets), meter)))

    rewrite(path, change, access or Access.of_this_process())


def _state(entries: Mapping[Entry, Secret], meter: str) -> RotationState:
    def find(table: Entry, prefix: str = "") -> dict[str, Secret]:
        found = {name: entries.get((*table, prefix + name)) for name in NAMES}
        return {name: secret for name, secret in found.items() if secret is not None}

    own = find(("meter", meter))
    return RotationState(
        current=find((DEFAULT,)) | own,
        next=find(("meter", meter), NEXT),
        previous=find(("meter", meter), PREVIOUS),
        own=frozenset(own),
    )

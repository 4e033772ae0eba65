"""What makes keys weak, though a meter would take them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path
from typing import TypeAlias

from dcud.config.key_entries import DEFAULT, SYMMETRIC, Entry
from dcud.config.problem import Problem
from dcud.dlms.secret import Secret

_OF_ONE_METER = ("unicast_key", "authentication_key", "master_key")
"""Those that no second meter should have; a broadcast key is there to be shared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFileContent:
    """What a key file holds.

    Attributes:
        path: names the file.
        line: tells where an entry stands.
    """

    path: Path
    entries: Mapping[Entry, Secret]
    line: Callable[[Entry], int]

    @property
    def keys(self) -> Mapping[Entry, Secret]:
        """Return the symmetric keys that are in use."""
        return {entry: key for entry, key in self.entries.items() if entry[-1] in SYMMETRIC}


def weaknesses(files: Sequence[KeyFileContent]) -> list[Problem]:
    """Return what is weak in key files that are used together, each told once.

    First what is weak in each by itself, then what meters share.
    """
    found = [(file, weak) for file in files for weak in _weak_alone(file.keys)]
    found += _shared(files)
    return [
        Problem(
            file=str(file.path),
            line=file.line(entry),
            key=".".join(entry),
            message=message,
            remedy=remedy,
        )
        for file, (entry, message, remedy) in found
    ]


def _weak_alone(keys: Mapping[Entry, Secret]) -> "Iterable[Weakness]":
    yield from _guessable(keys)
    yield from _alike_in_one(keys)


Weakness: TypeAlias = tuple[Entry, str, str]
"""Where it is, what it is, and the remedy."""

_FRESH = "make a fresh one by dcud keys transfer"


def _guessable(keys: Mapping[Entry, Secret]) -> Iterable[Weakness]:
    for entry, key in keys.items():
        if not any(key.octets):
            yield entry, "is all zeros", _FRESH
        elif len(set(key.octets)) == 1:
            yield entry, "is one octet, repeated", _FRESH
        elif _counts_up(key.octets):
            yield entry, "counts up, as the keys of examples in the standard do", _FRESH


def _counts_up(octets: bytes) -> bool:
    """Tell whether it is one of 00 01 02..., D0 D1 D2... and the like, or such a one twice."""
    return all((after - before) % 256 == 1 for before, after in pairwise(octets[:16])) and (
        octets[16:] == octets[:16] or _counts_on(octets)
    )


def _counts_on(octets: bytes) -> bool:
    return all((after - before) % 256 == 1 for before, after in pairwise(octets))


def _alike_in_one(keys: Mapping[Entry, Secret]) -> Iterable[Weakness]:
    """Find keys of one table that are the same under two names."""
    for (one, key), (other, same) in combinations(keys.items(), 2):
        if one[:-1] == other[:-1] and key == same:
            yield other, f"is the same as {one[-1]}", "a meter's keys should all be different"


def _shared(files: Sequence[KeyFileContent]) -> Iterable[tuple[KeyFileContent, Weakness]]:
    """Find keys that stand for several meters, in one file or in two."""
    first: dict[Secret, tuple[KeyFileContent, Entry]] = {}
    held = ((file, entry, key) for file in files for entry, key in file.keys.items())
    for file, entry, key in held:
        if entry[-1] not in _OF_ONE_METER:
            continue
        if entry[0] == DEFAULT:
            remedy = "who opens one meter has the keys of all; give each its own"
            yield file, (entry, "is the key of all meters that have none of their own", remedy)
            continue
        where, known = first.setdefault(key, (file, entry))
        if known[:-1] != entry[:-1]:
            place = "" if where is file else f" of {where.path}"
            remedy = "who opens one meter has the keys of both; give each its own"
            yield file, (entry, f"is the same as {'.'.join(known)}{place}", remedy)

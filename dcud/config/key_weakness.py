"""What makes keys weak, though a meter would take them."""

from collections.abc import Callable, Iterable, Mapping
from itertools import combinations, pairwise
from pathlib import Path

from dcud.config.key_entries import DEFAULT, SYMMETRIC, Entry
from dcud.config.problem import Problem
from dcud.dlms.secret import Secret

_OF_ONE_METER = ("unicast_key", "authentication_key", "master_key")
"""Those that no second meter should have; a broadcast key is there to be shared."""


def weaknesses(
    path: Path, entries: Mapping[Entry, Secret], line: Callable[[Entry], int]
) -> list[Problem]:
    """Return what is weak among the entries of a key file, each told once.

    Args:
        path: names the file.
        entries: what it holds.
        line: tells where an entry stands.
    """
    keys = {entry: secret for entry, secret in entries.items() if entry[-1] in SYMMETRIC}
    found = [*_guessable(keys), *_alike_in_one(keys), *_shared(keys)]
    return [
        Problem(
            file=str(path), line=line(entry), key=".".join(entry), message=message, remedy=remedy
        )
        for entry, message, remedy in found
    ]


Weakness = tuple[Entry, str, str]

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


def _shared(keys: Mapping[Entry, Secret]) -> Iterable[Weakness]:
    """Find keys that stand for several meters."""
    first: dict[Secret, Entry] = {}
    for entry, key in keys.items():
        if entry[-1] not in _OF_ONE_METER:
            continue
        if entry[0] == DEFAULT:
            yield (
                entry,
                "is the key of all meters that have none of their own",
                "who opens one meter has the keys of all; give each its own",
            )
        elif (known := first.setdefault(key, entry))[:-1] != entry[:-1]:
            yield (
                entry,
                f"is the same as {'.'.join(known)}",
                "who opens one meter has the keys of both; give each its own",
            )

"""The entries of a key file: what may stand there, and how it is read."""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

from dcud.config.document import Document, parse
from dcud.config.kind import HEX_PREFIX, kind_of, parse_octets, quoted
from dcud.config.problem import ConfigError, Problem
from dcud.config.report import suggestion
from dcud.dlms.secret import Secret

Entry: TypeAlias = tuple[str, ...]
"""Where a secret stands in a key file: ("meter", NAME, "lls_password")."""

LONGEST_PASSWORD = 128
"""Octets."""

KEY_SIZES = (16, 32)
"""Octets of a symmetric key: in suites 0 and 1, in suite 2."""

PUBLIC_KEY_SIZE = 32
"""Octets. [RFC 8032: Ed25519]"""

SYMMETRIC = ("unicast_key", "authentication_key", "broadcast_key", "master_key")
"""The names of those."""

DEFAULT = "default"
"""The table with what holds for every meter that has none of its own."""

GATEWAY = "gateway"
"""The table with the private keys that all meters share."""

NEXT, PREVIOUS = "next_", "previous_"
"""What stands before the name of a secret that is to replace it, or that it replaced."""


def parse_keys(path: Path, octets: bytes) -> Mapping[Entry, Secret]:
    """Return the entries of a key file.

    Raises:
        ConfigError: it is no key file; the error shows nothing of what the file holds but the
            names of tables.
    """
    document, line = _parse(path, octets)
    if document is None:
        # Raised out here so that no exception with the text in it hangs on this one.
        remedy = 'write as in: [meter.NAME] and, below it, lls_password = "..."'
        raise fault(path, line, (), "is not TOML", remedy)
    problems: list[Problem] = []
    entries = dict(_entries(document, problems))
    if problems:
        raise ConfigError(problems)
    return entries


def _parse(path: Path, octets: bytes) -> tuple[Document | None, int]:
    try:
        return parse(str(path), path, octets), 0
    except ConfigError as error:
        return None, error.problems[0].line


def _entries(document: Document, problems: list[Problem]) -> Iterable[tuple[Entry, Secret]]:
    for table, keys in _tables(document, problems):
        known = _KNOWN[table[0]]
        for key, value in keys.items():
            entry = (*table, key)
            if key not in known:
                remedy = suggestion(key, known)
                problems.append(_problem(document, entry, table, "holds an unknown key", remedy))
            elif isinstance(result := known[key](value), Secret):
                yield entry, result
            else:
                remedy = _REMEDIES.get(known[key], _AS_TEXT)
                problems.append(_problem(document, entry, entry, result, remedy))


def _tables(
    document: Document, problems: list[Problem]
) -> Iterable[tuple[Entry, Mapping[str, object]]]:
    """Give the tables that hold secrets, each with its path."""
    for section, content in document.data.items():
        if section not in _KNOWN:
            remedy = suggestion(section, _KNOWN)
            problems.append(_problem(document, (section,), (), "holds an unknown table", remedy))
            continue
        named: dict[Entry, object] = {(section,): content}
        if section in _NAMED and isinstance(content, dict):
            named = {(section, meter): keys for meter, keys in content.items()}
        for table, keys in named.items():
            if isinstance(keys, dict):
                yield table, keys
            else:
                message = f"must be a table, not {kind_of(keys)}"
                shown = table[:1]
                problems.append(
                    _problem(document, table, shown, message, f"write [{section}.NAME]")
                )


def _password(shortest: int) -> Callable[[object], Secret | str]:
    """Return a reader of passwords; what it returns as text is what is wrong."""

    def read(value: object) -> Secret | str:
        if not isinstance(value, str):
            return f"must be text, not {kind_of(value)}"
        try:
            octets = parse_octets(value)
        except ValueError:
            return "holds something else than pairs of hexadecimal digits"
        if not shortest <= len(octets) <= LONGEST_PASSWORD:
            return f"must have {shortest} to {LONGEST_PASSWORD} octets"
        return Secret(octets)

    return read


def _symmetric(value: object) -> Secret | str:
    """Read a key, hexadecimal digits with "hex:" before them or not."""
    if not isinstance(value, str):
        return f"must be text, not {kind_of(value)}"
    try:
        octets = bytes.fromhex(value.removeprefix(HEX_PREFIX))
    except ValueError:
        return "holds something else than pairs of hexadecimal digits"
    if len(octets) not in KEY_SIZES:
        return f"has {len(octets)} octets; a key has {KEY_SIZES[0]}, in suite 2 {KEY_SIZES[1]}"
    return Secret(octets)


def _private(value: object) -> Secret | str:
    """Read a private key in PEM; whether it is on the meter's curve shows when it is used."""
    if not isinstance(value, str):
        return f"must be text, not {kind_of(value)}"
    if not _PEM.search(value):
        return "is no private key in PEM"
    return Secret(value.encode())


def _public(value: object) -> Secret | str:
    """Read a public key of Ed25519; no secret, but nobody else may exchange it."""
    if not isinstance(value, str):
        return f"must be text, not {kind_of(value)}"
    try:
        octets = bytes.fromhex(value.removeprefix(HEX_PREFIX))
    except ValueError:
        return "holds something else than pairs of hexadecimal digits"
    if len(octets) != PUBLIC_KEY_SIZE:
        return f"has {len(octets)} octets; a public key of Ed25519 has {PUBLIC_KEY_SIZE}"
    return Secret(octets)


_PEM = re.compile(
    r"-----BEGIN (EC )?PRIVATE KEY-----\s.*-----END (EC )?PRIVATE KEY-----", re.DOTALL
)

_PRIVATE: Mapping[str, Callable[[object], Secret | str]] = {
    "signing_key": _private,
    "agreement_key": _private,
}
_OF_METERS: Mapping[str, Callable[[object], Secret | str]] = {
    "lls_password": _password(1),
    "hls_secret": _password(1),
    **dict.fromkeys(SYMMETRIC, _symmetric),
    **_PRIVATE,
}


def _with_others(
    readers: Mapping[str, Callable[[object], Secret | str]],
) -> Mapping[str, Callable[[object], Secret | str]]:
    """Return the readers with those of secrets to come, and of secrets that are replaced."""
    prefixed = (
        (prefix + name, read) for prefix in (NEXT, PREVIOUS) for name, read in readers.items()
    )
    return {**readers, **dict(prefixed)}


_KNOWN: Mapping[str, Mapping[str, Callable[[object], Secret | str]]] = {
    "meter": _with_others(_OF_METERS),
    DEFAULT: _with_others(_OF_METERS),
    GATEWAY: _with_others(_PRIVATE),
    "mqtt": {"password": _password(0)},
    "uplink": {"password": _password(0)},
    "metrics": {"password": _password(1)},
    "command": {"public_key": _public},
}
"""The tables of a key file, the keys in each, and how they are read."""


_NAMED = frozenset({"meter", "command", "uplink"})
"""Those under which each has a table of its own name."""

_AS_TEXT = 'write text, or "hex:" and pairs of hexadecimal digits'
_REMEDIES: Mapping[Callable[[object], Secret | str], str] = {
    _symmetric: "write 32 hexadecimal digits, in suite 2 64",
    _public: "write 64 hexadecimal digits",
    _private: "write it between three quotation marks, with its lines BEGIN and END",
}


def _problem(document: Document, entry: Entry, shown: Entry, message: str, remedy: str) -> Problem:
    return Problem(
        file=document.name,
        line=document.line(entry),
        key=document.label(shown),
        message=message,
        remedy=remedy,
    )


def missing(path: Path, entry: Entry) -> ConfigError:
    """Return the error that an entry is not there."""
    *table, key = entry
    remedy = f'add {key} = "..." under {table_header(tuple(table))}'
    return fault(path, 0, entry, "is missing", remedy)


def table_header(table: Entry) -> str:
    """Return the header of a table, as it stands in a key file."""
    return f"[{'.'.join(step if _BARE.fullmatch(step) else quoted(step) for step in table)}]"


_BARE = re.compile(r"[A-Za-z0-9_-]+")


def fault(path: Path, line: int, entry: Entry, message: str, remedy: str) -> ConfigError:
    """Return the error about one entry of a key file, or about the file where that is empty."""
    key = ".".join(entry)
    return ConfigError(
        [Problem(file=str(path), line=line, key=key, message=message, remedy=remedy)]
    )

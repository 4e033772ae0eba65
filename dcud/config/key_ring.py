"""The secrets that the configuration's key files and credentials hold."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeAlias

from dcud.config.document import Document, parse
from dcud.config.key_file import Access, SecretFile, credential, key_file, read_secret_file
from dcud.config.kind import kind_of, parse_octets
from dcud.config.model import Configuration, Meter, Mqtt
from dcud.config.problem import ConfigError, Problem
from dcud.config.report import suggestion
from dcud.dlms.secret import Secret

Entry: TypeAlias = tuple[str, ...]
"""Where a secret stands in a key file: ("meter", NAME, "lls_password")."""

LONGEST_PASSWORD = 128
"""Octets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What the key files hold, as far as the configuration asks for it.

    Attributes:
        mqtt_password: None where the broker is told none.
        lls_passwords: by meter id, of the meters that authenticate by LLS.
    """

    mqtt_password: Secret | None = None
    lls_passwords: Mapping[str, Secret] = field(default_factory=dict)


def load_secrets(
    configuration: Configuration, access: Access, meters: Iterable[Meter] | None = None
) -> Secrets:
    """Return the secrets of the broker and of `meters` (default: all that are enabled).

    Raises:
        ConfigError: a file was refused, or lacks an entry; holds every such fault.
    """
    ring = KeyRing(access)
    chosen = meters if meters is not None else (m for m in configuration.meters if m.enabled)
    problems: list[Problem] = []

    def collect(fetch: Callable[[], Secret | None]) -> Secret | None:
        try:
            return fetch()
        except ConfigError as error:
            problems.extend(error.problems)
            return None

    passwords = {meter.id: collect(partial(ring.lls_password, meter)) for meter in chosen}
    mqtt_password = collect(partial(ring.mqtt_password, configuration.mqtt))
    problems += _certificate_problems(configuration.mqtt, access)
    if problems:
        raise ConfigError(problems)
    return Secrets(
        mqtt_password=mqtt_password,
        lls_passwords={meter: secret for meter, secret in passwords.items() if secret},
    )


class KeyRing:
    """Fetches single secrets; reads each file once."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._entries: dict[Path, Mapping[Entry, Secret] | ConfigError] = {}

    def lls_password(self, meter: Meter) -> Secret | None:
        """Return the meter's password, None where it needs none.

        Raises:
            ConfigError: its file was refused, or lacks the password.
        """
        if meter.authentication != "lls":
            return None
        return self._fetch(meter.key_file, meter.credential, ("meter", meter.id, "lls_password"))

    def mqtt_password(self, mqtt: Mqtt) -> Secret | None:
        """Return the password at the broker, None where no user or no file is named.

        Raises:
            ConfigError: its file was refused, or lacks the password.
        """
        if not mqtt.username or not (mqtt.key_file or mqtt.credential):
            return None
        return self._fetch(mqtt.key_file, mqtt.credential, ("mqtt", "password"))

    def _fetch(self, path: str | None, name: str | None, entry: Entry) -> Secret:
        file = self._file(path, name)
        if file.path not in self._entries:
            self._entries[file.path] = self._read(file)
        entries = self._entries[file.path]
        if isinstance(entries, ConfigError):
            raise entries
        if entry not in entries:
            *table, key = entry
            remedy = f'add {key} = "..." under [{".".join(table)}]'
            raise _fault(file.path, 0, entry, "is missing", remedy)
        return entries[entry]

    def _file(self, path: str | None, name: str | None) -> SecretFile:
        if path is not None:
            return key_file(path)
        if name is None or self._access.credentials is None:
            remedy = f"add LoadCredential={name}:/path to the unit, or name a key_file"
            message = "no systemd credentials are here"
            raise _fault(Path(str(name)), 0, (), message, remedy)
        return credential(name, self._access.credentials)

    def _read(self, file: SecretFile) -> Mapping[Entry, Secret] | ConfigError:
        try:
            return parse_keys(file.path, read_secret_file(file, self._access))
        except ConfigError as error:
            return error


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
        raise _fault(path, line, (), "is not TOML", remedy)
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
                remedy = 'write text, or "hex:" and pairs of hexadecimal digits'
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
        if section == "meter" and isinstance(content, dict):
            named = {(section, meter): keys for meter, keys in content.items()}
        for table, keys in named.items():
            if isinstance(keys, dict):
                yield table, keys
            else:
                message = f"must be a table, not {kind_of(keys)}"
                shown = table[:1]
                problems.append(_problem(document, table, shown, message, "write [meter.NAME]"))


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


_KNOWN: Mapping[str, Mapping[str, Callable[[object], Secret | str]]] = {
    "meter": {"lls_password": _password(1)},
    "mqtt": {"password": _password(0)},
}
"""The tables of a key file, the keys in each, and how they are read."""


def _certificate_problems(mqtt: Mqtt, access: Access) -> list[Problem]:
    problems: list[Problem] = []
    for name in (mqtt.ca_file, mqtt.certificate_file):
        if name and not Path(name).is_file():
            problems += _fault(Path(name), 0, (), "does not exist", "check the path").problems
    if mqtt.private_key_file:
        try:
            read_secret_file(key_file(mqtt.private_key_file), access)
        except ConfigError as error:
            problems += error.problems
    return problems


def _problem(document: Document, entry: Entry, shown: Entry, message: str, remedy: str) -> Problem:
    return Problem(
        file=document.name,
        line=document.line(entry),
        key=document.label(shown),
        message=message,
        remedy=remedy,
    )


def _fault(path: Path, line: int, entry: Entry, message: str, remedy: str) -> ConfigError:
    key = ".".join(entry)
    return ConfigError(
        [Problem(file=str(path), line=line, key=key, message=message, remedy=remedy)]
    )

"""The secrets that the configuration's key files and credentials hold."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from dcud.config.key_entries import Entry, fault, missing, parse_keys
from dcud.config.key_file import Access, SecretFile, credential, key_file, read_secret_file
from dcud.config.meter_secrets import MeterSecrets, chosen_for, needed_by
from dcud.config.model import FIRST_BROKER, Commands, Configuration, Meter, Metrics, Mqtt
from dcud.config.problem import ConfigError, Problem
from dcud.dlms.secret import Secret

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What the key files hold, as far as the configuration asks for it.

    Attributes:
        passwords: at brokers, by the broker's name; of those who are told one.
        metrics_password: of the metrics page, if a client has to tell one.
        command_keys: public keys of those who may sign requests, by name.
        meters: by meter id, of those whose secrets stand in files; a `key_command` is asked later.
    """

    passwords: Mapping[str, Secret] = field(default_factory=dict)
    metrics_password: Secret | None = None
    command_keys: Mapping[str, bytes] = field(default_factory=dict)
    meters: Mapping[str, MeterSecrets] = field(default_factory=dict)


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

    def collect(fetch: Callable[[], T]) -> T | None:
        try:
            return fetch()
        except ConfigError as error:
            problems.extend(error.problems)
            return None

    found = {
        meter.id: collect(partial(ring.meter_secrets, meter))
        for meter in chosen
        if meter.key_command is None
    }
    passwords = {
        name: collect(partial(ring.broker_password, name, broker))
        for name, broker in configuration.brokers()
    }
    command_keys = collect(partial(ring.command_keys, configuration.commands))
    metrics_password = collect(partial(ring.metrics_password, configuration.metrics))
    for _, broker in configuration.brokers():
        problems += _certificate_problems(broker.ca_file, broker, access)
    problems += _certificate_problems(None, configuration.metrics, access)
    if problems:
        raise ConfigError(problems)
    return Secrets(
        passwords={name: password for name, password in passwords.items() if password},
        metrics_password=metrics_password,
        command_keys=command_keys or {},
        meters={meter: secrets for meter, secrets in found.items() if secrets},
    )


class KeyRing:
    """Fetches single secrets; reads each file once."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._entries: dict[Path, Mapping[Entry, Secret] | ConfigError] = {}

    def meter_secrets(self, meter: Meter) -> MeterSecrets:
        """Return the meter's secrets, with all that its configuration needs.

        Raises:
            ConfigError: its file was refused, or lacks something; tells of all of it.
        """
        needed = needed_by(meter)
        if not needed:
            return MeterSecrets()
        file = self._file(meter.key_file, meter.credential)
        return chosen_for(meter, self._entries_of(file), file.path)

    def broker_password(self, name: str, mqtt: Mqtt) -> Secret | None:
        """Return the password at a broker, None where no user or no file is named.

        Raises:
            ConfigError: its file was refused, or lacks the password.
        """
        if not mqtt.username or not (mqtt.key_file or mqtt.credential):
            return None
        entry = ("mqtt",) if name == FIRST_BROKER else ("uplink", name)
        return self._fetch(mqtt.key_file, mqtt.credential, (*entry, "password"))

    def metrics_password(self, metrics: Metrics) -> Secret | None:
        """Return the password of the metrics page, None where nobody has to tell one.

        Raises:
            ConfigError: its file was refused, or lacks the password.
        """
        if not metrics.enabled or not metrics.username:
            return None
        return self._fetch(metrics.key_file, metrics.credential, ("metrics", "password"))

    def command_keys(self, commands: Commands) -> Mapping[str, bytes]:
        """Return the public keys that rules name.

        Raises:
            ConfigError: their file was refused, or lacks one.
        """
        if not commands.enabled:
            return {}
        names = sorted({name for rule in commands.allow for name in rule.signed_by})
        source = commands.key_file, commands.credential
        return {
            name: self._fetch(*source, ("command", name, "public_key")).octets for name in names
        }

    def _fetch(self, path: str | None, name: str | None, entry: Entry) -> Secret:
        file = self._file(path, name)
        entries = self._entries_of(file)
        if entry not in entries:
            raise missing(file.path, entry)
        return entries[entry]

    def _entries_of(self, file: SecretFile) -> Mapping[Entry, Secret]:
        if file.path not in self._entries:
            self._entries[file.path] = self._read(file)
        entries = self._entries[file.path]
        if isinstance(entries, ConfigError):
            raise entries
        return entries

    def _file(self, path: str | None, name: str | None) -> SecretFile:
        if path is not None:
            return key_file(path)
        if name is None or self._access.credentials is None:
            remedy = f"add LoadCredential={name}:/path to the unit, or name a key_file"
            message = "no systemd credentials are here"
            raise fault(Path(str(name)), 0, (), message, remedy)
        return credential(name, self._access.credentials)

    def _read(self, file: SecretFile) -> Mapping[Entry, Secret] | ConfigError:
        try:
            return parse_keys(file.path, read_secret_file(file, self._access))
        except ConfigError as error:
            return error


def _certificate_problems(
    ca_file: str | None, own: Mqtt | Metrics, access: Access
) -> list[Problem]:
    problems: list[Problem] = []
    for name in (ca_file, own.certificate_file):
        if name and not Path(name).is_file():
            problems += fault(Path(name), 0, (), "does not exist", "check the path").problems
    if own.private_key_file:
        try:
            read_secret_file(key_file(own.private_key_file), access)
        except ConfigError as error:
            problems += error.problems
    return problems

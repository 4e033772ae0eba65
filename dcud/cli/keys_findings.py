"""What there is to say of key files, and of what they hold for which meter."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dcud.config.key_entries import Entry, parse_keys
from dcud.config.key_file import Access, SecretFile, credential, key_file, read_secret_file
from dcud.config.key_ring import KeyRing
from dcud.config.key_weakness import weaknesses
from dcud.config.locate import line_of, locate
from dcud.config.meter_secrets import MeterSecrets, needed_by
from dcud.config.model import Configuration, Meter, Mqtt
from dcud.config.problem import ConfigError, Problem
from dcud.dlms.secret import Secret
from dcud.errors import DcudError

OK, NOTE, WARNING, PROBLEM = "ok", "note", "warning", "problem"
"""How grave a finding is."""

_PRIVATE_KEYS = ("signing_key", "agreement_key")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to say.

    Attributes:
        level: how grave it is.
        problem: what and where; of what is no problem as well.
    """

    level: str
    problem: Problem


def of_configuration(configuration: Configuration, access: Access) -> Iterable[Finding]:
    """Judge the key files of a configuration, then what is there for each enabled meter."""
    meters = [meter for meter in configuration.meters if meter.enabled]
    told: set[Finding] = set()
    for file in _files(configuration, meters, access):
        found = list(of_file(file, access))
        told.update(found)
        yield from found
    ring = KeyRing(access)
    for meter in meters:
        yield from (finding for finding in _of_meter(meter, ring, access) if finding not in told)


def _files(
    configuration: Configuration, meters: Iterable[Meter], access: Access
) -> list[SecretFile]:
    """Return the files that the configuration uses, each once."""
    files: dict[Path, SecretFile] = {}
    users: list[Meter | Mqtt] = [m for m in meters if needed_by(m) and m.key_command is None]
    if configuration.mqtt.username:
        users.append(configuration.mqtt)
    for user in users:
        if user.key_file is not None:
            file = key_file(user.key_file)
        elif user.credential is not None and access.credentials is not None:
            file = credential(user.credential, access.credentials)
        else:
            continue
        files.setdefault(file.path, file)
    return list(files.values())


def of_file(file: SecretFile, access: Access) -> Iterable[Finding]:
    """Judge one key file by itself."""
    try:
        octets = read_secret_file(file, access)
        entries = parse_keys(file.path, octets)
    except ConfigError as error:
        yield from (Finding(PROBLEM, problem) for problem in error.problems)
        return
    starts = locate(octets.decode())
    meters = len({entry[1] for entry in entries if entry[0] == "meter"})
    count = "1 meter" if meters == 1 else f"{meters} meters"
    secrets = "1 secret" if len(entries) == 1 else f"{len(entries)} secrets"
    yield Finding(OK, _told(str(file.path), "", f"holds {secrets}, of {count}"))

    def line(entry: Entry) -> int:
        return line_of(starts, entry)

    for entry, secret in entries.items():
        if entry[-1].endswith(_PRIVATE_KEYS) and (wrong := _private_key_fault(secret, None)):
            yield Finding(PROBLEM, _problem(str(file.path), line(entry), entry, wrong))
    for weak in weaknesses(file.path, entries, line):
        yield Finding(WARNING, weak)


def _of_meter(meter: Meter, ring: KeyRing, access: Access) -> Iterable[Finding]:
    """Judge what is there for one meter."""
    needed = needed_by(meter)
    key = f"meter.{meter.id}"
    if meter.key_command is not None:
        message = "keys come from key_command, which is asked when the meter is first used"
        yield Finding(NOTE, _told(meter.key_command[0], key, message))
        return
    if not needed:
        return
    if meter.key_file is None and access.credentials is None:
        message = "systemd credentials can be verified only inside the service"
        yield Finding(NOTE, _told(str(meter.credential), key, message))
        return
    try:
        secrets = ring.meter_secrets(meter)
    except ConfigError as error:
        yield from (Finding(PROBLEM, problem) for problem in error.problems)
        return
    file = meter.key_file or str(meter.credential)
    wrong = list(_wrong_curves(meter, secrets, file))
    yield from wrong
    if not wrong:
        yield Finding(OK, _told(file, key, f"has {', '.join(needed)}"))


def _wrong_curves(meter: Meter, secrets: MeterSecrets, file: str) -> Iterable[Finding]:
    """Find private keys that don't go with the meter's suite."""
    suite = meter.security.suite if meter.security is not None else 0
    for name in _PRIVATE_KEYS:
        secret: Secret | None = getattr(secrets, name)
        if secret is not None and name in needed_by(meter):
            wrong = _private_key_fault(secret, suite)
            if wrong:
                yield Finding(PROBLEM, _problem(file, 0, ("meter", meter.id, name), wrong))


def _private_key_fault(secret: Secret, suite: int | None) -> str:
    """Return what is wrong with a private key, by itself or for a suite; empty for nothing."""
    from dcud.dlms.security.primitives.elliptic_curve import (  # noqa: PLC0415  # most have none
        Curve,
        PrivateKey,
    )
    from dcud.dlms.security.suite import SecuritySuite  # noqa: PLC0415  # likewise

    try:
        key = PrivateKey.from_pem(secret, name="")
        curve = key.curve if suite is None else Curve.of_suite(SecuritySuite(suite))
    except DcudError as error:
        return error.message.strip()
    if key.curve is curve:
        return ""
    return f"is on {key.curve.value}; security suite {suite} has {curve.value}"


def _told(file: str, key: str, message: str) -> Problem:
    return Problem(file=file, line=0, key=key, message=message)


def _problem(file: str, line: int, entry: Entry, message: str) -> Problem:
    remedy = "make one by dcud keys generate --replace"
    return Problem(file=file, line=line, key=".".join(entry), message=message, remedy=remedy)

"""What there is to say of key files, and of what they hold for which meter."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dcud.config.key_command import checked_program, command_of
from dcud.config.key_entries import NEXT, PREVIOUS, Entry, parse_keys
from dcud.config.key_file import Access, SecretFile, credential, key_file, read_secret_file
from dcud.config.key_ring import KeyRing
from dcud.config.key_weakness import KeyFileContent, weaknesses
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
    ring = KeyRing(access)
    found = [*of_files(_files(configuration, meters, access), access)]
    for meter in meters:
        found += _of_meter(meter, ring, access)
    return dict.fromkeys(found)


def _files(
    configuration: Configuration, meters: Iterable[Meter], access: Access
) -> list[SecretFile]:
    """Return the files that the configuration uses, each once."""
    files: dict[Path, SecretFile] = {}
    users: list[Meter | Mqtt] = [m for m in meters if needed_by(m) and m.key_command is None]
    users += [broker for _, broker in configuration.brokers() if broker.username]
    for user in users:
        if user.key_file is not None:
            file = key_file(user.key_file)
        elif user.credential is not None and access.credentials is not None:
            file = credential(user.credential, access.credentials)
        else:
            continue
        files.setdefault(file.path, file)
    return list(files.values())


def of_files(files: Iterable[SecretFile], access: Access) -> Iterable[Finding]:
    """Judge key files that are used together: each by itself, then what is weak in them."""
    contents: list[KeyFileContent] = []
    for file in files:
        try:
            octets = read_secret_file(file, access)
            content = _content(file.path, octets)
        except ConfigError as error:
            yield from (Finding(PROBLEM, problem) for problem in error.problems)
            continue
        contents.append(content)
        yield from _of_content(content)
    for weak in weaknesses(contents):
        yield Finding(WARNING, weak)


def _content(path: Path, octets: bytes) -> KeyFileContent:
    entries = parse_keys(path, octets)
    starts = locate(octets.decode())
    return KeyFileContent(path=path, entries=entries, line=partial(line_of, starts))


def _of_content(content: KeyFileContent) -> Iterable[Finding]:
    """Judge what one key file holds by itself."""
    entries, file = content.entries, str(content.path)
    meters = len({entry[1] for entry in entries if entry[0] == "meter"})
    count = "1 meter" if meters == 1 else f"{meters} meters"
    secrets = "1 secret" if len(entries) == 1 else f"{len(entries)} secrets"
    yield Finding(OK, _told(file, "", f"holds {secrets}, of {count}"))
    for entry, secret in entries.items():
        if entry[-1].endswith(_PRIVATE_KEYS) and (wrong := _private_key_fault(secret, None)):
            yield Finding(PROBLEM, _problem(file, content.line(entry), entry, wrong))
    yield from _rotations(content)


def _rotations(content: KeyFileContent) -> Iterable[Finding]:
    """Tell of rotations that were begun and not ended, and of keys that were replaced."""
    for prefix, level, message, remedy in _BESIDE:
        found: dict[Entry, list[Entry]] = {}
        for entry in content.entries:
            if entry[-1].startswith(prefix):
                found.setdefault(entry[:-1], []).append(entry)
        for table, held in found.items():
            names = ", ".join(entry[-1] for entry in held)
            problem = Problem(
                file=str(content.path),
                line=content.line(held[0]),
                key=".".join(table),
                message=message.format(names),
                remedy=remedy.format(table[-1]) if table[0] == "meter" else "",
            )
            yield Finding(level, problem)


_BESIDE = (
    (
        NEXT,
        WARNING,
        "has {}: keys were to be replaced, and it is not known which the meter has",
        "end that by dcud keys transfer {}",
    ),
    (
        PREVIOUS,
        NOTE,
        "has {}, which dcud does not use",
        "remove what the meter has no use for, once it was read",
    ),
)
"""What stands beside keys in use: how grave that is, what it means, what to do about it."""


def _of_meter(meter: Meter, ring: KeyRing, access: Access) -> Iterable[Finding]:
    """Judge what is there for one meter."""
    needed = needed_by(meter)
    key = f"meter.{meter.id}"
    if not needed:
        return
    if meter.key_command is not None:
        yield _of_program(meter, access)
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


def _of_program(meter: Meter, access: Access) -> Finding:
    program = Path(command_of(meter)[0])
    try:
        checked_program(program, access)
    except ConfigError as error:
        return Finding(PROBLEM, error.problems[0])
    message = "keys come from key_command, which is asked when the meter is first used"
    return Finding(NOTE, _told(str(program), f"meter.{meter.id}", message))


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

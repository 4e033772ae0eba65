"""`dcud check`: says whether a configuration can be used."""

import argparse
import json
import pwd
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TypeVar

from dcud.cli.core_dumps import forbid_core_dumps
from dcud.cli.main import CONFIG, UsageError
from dcud.config.key_file import Access
from dcud.config.key_ring import load_secrets
from dcud.config.load import load
from dcud.config.model import Configuration, Mqtt
from dcud.config.problem import ConfigError

summary = "check a configuration with its key files, and do nothing else"

DEFAULT_PATH = Path("/etc/dcud/dcud.toml")
"""Where Debian's package has the configuration."""


BrokerT = TypeVar("BrokerT", bound=Mqtt)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--config",
        type=Path,
        default=DEFAULT_PATH,
        metavar="FILE",
        help="the configuration (default: %(default)s)",
    )
    parser.add_argument(
        "--user", metavar="NAME", help="the user that the daemon runs as (default: who runs this)"
    )
    parser.add_argument(
        "--format",
        choices=("table", "json"),
        default="table",
        help="lines for people, or JSON on standard output (default: %(default)s)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Check, and tell; returns 0, or the exit code for configuration."""
    access = access_of(arguments.user)
    forbid_core_dumps()
    try:
        configuration = load(arguments.config)
        load_secrets(_verifiable(configuration, access), access)
    except ConfigError as error:
        _tell_problems(error, arguments.format)
        return CONFIG
    _tell_success(configuration, arguments.format)
    return 0


def access_of(user: str | None) -> Access:
    """Return who reads key files: the named user, or who runs this.

    Raises:
        UsageError: there is no such user.
    """
    access = Access.of_this_process()
    if user is None:
        return access
    try:
        return replace(access, user=pwd.getpwnam(user).pw_uid)
    except KeyError:
        raise UsageError(f"there is no user {user}", remedy="name one of this system") from None


def _verifiable(configuration: Configuration, access: Access) -> Configuration:
    """Return the configuration without what only systemd's credentials can tell."""
    if access.credentials is not None:
        return configuration
    brokers = [broker for _, broker in configuration.brokers()]
    meters = tuple(meter for meter in configuration.meters if meter.credential is None)
    is_plain = all(broker.credential is None for broker in brokers)
    if is_plain and len(meters) == len(configuration.meters):
        return configuration
    print("note: systemd credentials can be verified only inside the service", file=sys.stderr)
    mqtt = _without_user(configuration.mqtt)
    uplinks = tuple(map(_without_user, configuration.uplinks))
    return replace(configuration, mqtt=mqtt, uplinks=uplinks, meters=meters)


def _without_user(broker: BrokerT) -> BrokerT:
    """Return a broker at which nobody needs the password that a credential holds."""
    return broker if broker.credential is None else replace(broker, username=None)


def _tell_problems(error: ConfigError, form: str) -> None:
    if form == "json":
        problems = [asdict(problem) for problem in error.problems]
        print(json.dumps({"ok": False, "problems": problems}, indent=2))
    else:
        print(error, file=sys.stderr)


def _tell_success(configuration: Configuration, form: str) -> None:
    counts = {"buses": len(configuration.buses), "meters": len(configuration.meters)}
    if form == "json":
        print(json.dumps({"ok": True, "problems": [], **counts}, indent=2))
    else:
        print(
            f"ok: {_count(counts['buses'], 'bus', 'buses')}, "
            f"{_count(counts['meters'], 'meter', 'meters')}"
        )


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"

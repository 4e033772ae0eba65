"""How an operator says what security simulated meters demand."""

import argparse
from pathlib import Path
from typing import Final

from dcud.cli.main import UsageError
from dcud.config.model import AUTHENTICATIONS

POLICIES: Final = (
    "none",
    "authenticated",
    "encrypted",
    "authenticated-encrypted",
    "authenticated-encrypted-signed",
)
COUNTER_REFUSALS: Final = ("hint", "no-hint", "deciphering-error", "silent")

_DESCRIPTION: Final = """\
What is demanded of every client but the public one, 16, which reads name, serial number, clock and
the frame counter 0.0.43.1.0.255 without. Keys and secrets stand in the key file under
[meter.simulated] or [default]: lls_password, hls_secret, unicast_key, authentication_key,
broadcast_key, master_key, signing_key, agreement_key; the client's own signing_key and
agreement_key, under [gateway], tell which client is a genuine one."""

_DEMANDING = (
    "suite", "policy", "system_title", "state", "certificates", "counter_refusal", "fault",
)  # fmt: skip
"""Options that say that there is more than a password."""


def add_security_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare them."""
    group = parser.add_argument_group(
        "security",
        _DESCRIPTION,
    )
    group.add_argument(
        "--authentication",
        choices=AUTHENTICATIONS,
        help="(default: lls where the key file has lls_password, else none)",
    )
    group.add_argument("--suite", type=int, choices=(0, 1, 2), help="security suite (default: 0)")
    group.add_argument(
        "--policy",
        choices=POLICIES,
        help="cipher, and demand this at least of every APDU (default with --suite:"
        " authenticated-encrypted; without, nothing is ciphered)",
    )
    group.add_argument(
        "--system-title",
        type=_system_title,
        metavar="HEX",
        help="of the first meter, 16 digits; the others count on (default: 53494D0000000001)",
    )
    group.add_argument(
        "--state",
        type=Path,
        metavar="FILE",
        help="keep keys and counters here, so that a meter outlives its power",
    )
    group.add_argument(
        "--certificates",
        type=Path,
        metavar="PLACE",
        help="file or directory with those that the meters hold from the beginning; suites 1 and 2",
    )
    group.add_argument(
        "--counter-refusal",
        choices=COUNTER_REFUSALS,
        help="what a client is told whose invocation counter is too low (default: hint)",
    )
    group.add_argument(
        "--fault",
        metavar="NAME",
        help="do this wrong, for tests of clients; an unknown NAME lists them all",
    )


def demands_security(arguments: argparse.Namespace) -> bool:
    """Tell whether more than a password is demanded.

    Raises:
        UsageError: something is, and nothing of it can be with a recording.
    """
    given = [name for name in _DEMANDING if getattr(arguments, name) is not None]
    if arguments.authentication not in {None, "none", "lls"}:
        given.append("authentication")
    if given and arguments.replay is not None:
        raise UsageError(
            f"--{given[0].replace('_', '-')} contradicts --replay", remedy="keep one of the two"
        )
    return bool(given)


def _system_title(text: str) -> bytes:
    try:
        octets = bytes.fromhex(text)
    except ValueError:
        octets = b""
    if len(octets) != 8:  # as every system title
        raise argparse.ArgumentTypeError(f"{text!r} is no system title, 16 hexadecimal digits")
    return octets

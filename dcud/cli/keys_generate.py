"""`dcud keys generate`: fresh keys, into a key file."""

import argparse
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, cast

from dcud.cli.main import UsageError
from dcud.config import kind
from dcud.config.key_addition import with_secrets
from dcud.config.key_entries import GATEWAY, KEY_SIZES, SYMMETRIC, Entry, table_header
from dcud.config.key_file import Access
from dcud.config.key_write import rewrite
from dcud.config.kind import UnfitError
from dcud.dlms.secret import Secret
from dcud.dlms.security.primitives.certificate_request import certificate_request
from dcud.dlms.security.primitives.elliptic_curve import Curve, PrivateKey, fresh_key
from dcud.dlms.security.suite import SecuritySuite
from dcud.errors import DcudError

summary = "make fresh keys for meters, and add them to a key file"

_PRIVATE = ("signing_key", "agreement_key")
_KINDS = (*SYMMETRIC, "hls_secret", *_PRIVATE)
_USUAL = ("unicast_key", "authentication_key")
_SECRET_SIZE = 16
"""Octets of an hls_secret; more is not taken by every meter."""


class RequestUnwritableError(DcudError):
    """A certificate request can't be written where it should be."""

    code: ClassVar[str] = "usage"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("meters", nargs="*", metavar="METER", help="ids of the meters")
    parser.add_argument(
        "--gateway",
        action="store_true",
        help="make private keys for [gateway] instead, which all meters share",
    )
    parser.add_argument(
        "--suite",
        type=int,
        choices=(0, 1, 2),
        required=True,
        help="the security suite that the keys are for",
    )
    parser.add_argument(
        "--key-file", type=Path, required=True, metavar="FILE", help="made where it is missing"
    )
    parser.add_argument(
        "--kind",
        action="append",
        choices=_KINDS,
        metavar="NAME",
        help=f"what to make, may be given several times: {', '.join(_KINDS)} "
        f"(default: {' and '.join(_USUAL)})",
    )
    parser.add_argument(
        "--replace",
        action="store_true",
        help="replace what is there, and keep that as previous_NAME",
    )
    parser.add_argument(
        "--csr", type=Path, metavar="FILE", help="write a certificate request for the private key"
    )
    parser.add_argument(
        "--system-title",
        type=_system_title,
        metavar="TITLE",
        help="dcud's, which the certificate request names: 16 hexadecimal digits or 8 letters",
    )


def run(arguments: argparse.Namespace) -> int:
    """Make keys, and tell their names; returns 0."""
    kinds = tuple(dict.fromkeys(arguments.kind or _USUAL))
    tables = _tables(arguments)
    _check(arguments, tables, kinds)
    suite = SecuritySuite(arguments.suite)
    made = {table: {name: _made(name, suite) for name in kinds} for table in tables}
    path = arguments.key_file.absolute()

    def change(octets: bytes) -> bytes:
        for table, keys in made.items():
            octets = with_secrets(path, octets, table, keys, replace=arguments.replace)
        return octets

    rewrite(path, change, Access.of_this_process(), create=True)
    for table in made:
        print(f"{arguments.key_file}: {table_header(table)} has a new {', '.join(kinds)}")
    if arguments.csr is not None:
        _write_request(arguments, made)
    return 0


def _tables(arguments: argparse.Namespace) -> list[Entry]:
    if arguments.gateway == bool(arguments.meters):
        raise UsageError("keys are made for meters or for the gateway", remedy="name the one")
    if arguments.gateway:
        return [(GATEWAY,)]
    return [("meter", meter) for meter in dict.fromkeys(arguments.meters)]


def _check(arguments: argparse.Namespace, tables: list[Entry], kinds: tuple[str, ...]) -> None:
    """Refuse what can't be, before anything is made."""
    private = [name for name in kinds if name in _PRIVATE]
    if arguments.gateway and len(private) < len(kinds):
        remedy = "add --kind signing_key or --kind agreement_key"
        raise UsageError("the gateway has private keys alone", remedy=remedy)
    if private and arguments.suite == 0:
        remedy = "name --suite 1 for P-256, --suite 2 for P-384"
        raise UsageError("security suite 0 has no private keys", remedy=remedy)
    if arguments.csr is None:
        return
    if arguments.system_title is None:
        remedy = "add --system-title with dcud's own, as gateway.system_title has it"
        raise UsageError("a certificate request names a system title", remedy=remedy)
    if len(private) != 1 or len(tables) != 1:
        remedy = "make the others without --csr"
        raise UsageError("a certificate request is for one private key", remedy=remedy)
    if arguments.csr.exists():
        raise _exists(arguments.csr)


def _made(name: str, suite: SecuritySuite) -> Secret:
    if name in _PRIVATE:
        return fresh_key(Curve.of_suite(suite)).to_pem()
    if name in SYMMETRIC:
        return Secret(secrets.token_bytes(KEY_SIZES[suite is SecuritySuite.SUITE_2]))
    return Secret(secrets.token_bytes(_SECRET_SIZE))


def _write_request(
    arguments: argparse.Namespace, made: Mapping[Entry, Mapping[str, Secret]]
) -> None:
    (keys,) = made.values()
    (pem,) = (secret for name, secret in keys.items() if name in _PRIVATE)
    request = certificate_request(PrivateKey.from_pem(pem), arguments.system_title)
    try:
        with arguments.csr.open("xb") as file:
            file.write(request)
    except FileExistsError:
        raise _exists(arguments.csr) from None
    except OSError as error:
        remedy = "the key is made; make one anew with --replace and another --csr"
        raise RequestUnwritableError(
            f"{arguments.csr} can't be written: {error.strerror}", remedy=remedy
        ) from None
    print(f"{arguments.csr}: a certificate request of {arguments.system_title.hex().upper()}")


def _exists(path: Path) -> RequestUnwritableError:
    return RequestUnwritableError(f"{path} exists", remedy="name another --csr, or remove it")


def _system_title(text: str) -> bytes:
    try:
        return bytes(cast("bytes", kind.system_title().read(text)))
    except UnfitError as error:
        raise argparse.ArgumentTypeError(f"{error.message}; {error.remedy}") from None

"""`dcud certificates`: the certificates that a meter holds, judged by those that are trusted."""

import argparse
import asyncio
import sys
from base64 import encodebytes
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from dcud.cli.core_dumps import forbid_core_dumps
from dcud.cli.meter_choice import ChosenMeter, add_meter_arguments, choose
from dcud.cli.rendering import Cell, Column, add_format_argument, rows
from dcud.cli.visit import visit, wall_clock

if TYPE_CHECKING:
    from dcud.dlms.security.certificate import Certificate
    from dcud.dlms.security.certificates import Certificates

summary = "show, fetch and give the certificates that a meter holds"

_COLUMNS = (
    Column(heading="subject"),
    Column(heading="system title"),
    Column(heading="type"),
    Column(heading="serial"),
    Column(heading="valid from"),
    Column(heading="valid until"),
    Column(heading="verdict", whole=True),
)
_NAMES = ("subject", "system_title", "type", "serial", "not_before", "not_after", "verdict")
_TRUSTED = "trusted"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_meter_arguments(parser)
    parser.add_argument(
        "--fetch",
        type=Path,
        metavar="DIRECTORY",
        help="put what the meter holds there, in PEM, a file each; nobody has judged it by that",
    )
    parser.add_argument(
        "--give",
        type=Path,
        metavar="FILE",
        help="have the meter take the certificates in this file first: its own, ours, an"
        " authority's",
    )
    add_format_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Show what the meter holds; returns 0 where all of it is trusted, else 76."""
    forbid_core_dumps()
    chosen = choose(arguments)
    return asyncio.run(_run(chosen, arguments))


async def _run(chosen: ChosenMeter, arguments: argparse.Namespace) -> int:
    from dcud.collect.security_setup import SecuritySetupDialogue  # noqa: PLC0415  # loads ciphers
    from dcud.config.certificates import load_certificates  # noqa: PLC0415  # likewise

    gateway = chosen.gateway
    known = load_certificates(anchors=gateway.trusted_certificates, others=gateway.certificates)
    given: Sequence[Certificate] = ()
    if arguments.give is not None:
        given = load_certificates(anchors=None, others=str(arguments.give)).others
    async with visit(chosen, frames=arguments.frames) as session:
        dialogue = SecuritySetupDialogue(session)
        for certificate in given:
            await dialogue.import_certificate(certificate)
        fetched = await dialogue.fetch_certificates()
    for error in fetched.refusals:
        print(f"dcud: {error}", file=sys.stderr)
    if arguments.fetch is not None:
        _put(fetched.certificates, arguments.fetch)
    verdicts = [_verdict(each, fetched.certificates, known) for each in fetched.certificates]
    with rows(arguments.format, _COLUMNS) as shown:
        for certificate, verdict in zip(fetched.certificates, verdicts, strict=True):
            cells = _cells(certificate, verdict)
            shown.add(cells, dict(zip(_NAMES, cells, strict=True)))
    return 0 if set(verdicts) <= {_TRUSTED} and not fetched.refusals else 76


def _verdict(
    certificate: "Certificate", beside: "Sequence[Certificate]", known: "Certificates"
) -> str:
    """Return "trusted", or why it isn't."""
    from dcud.dlms.errors import CertificateError  # noqa: PLC0415  # with the rest
    from dcud.dlms.security.certificate_chain import build_chain  # noqa: PLC0415  # likewise

    now = datetime.fromtimestamp(wall_clock(), UTC)
    try:
        build_chain(certificate, known.anchors, (*known.others, *beside), now)
    except CertificateError as error:
        return error.message
    return _TRUSTED


def _cells(certificate: "Certificate", verdict: str) -> list[Cell]:
    x509 = certificate.x509
    title = certificate.system_title
    return [
        x509.name,
        None if title is None else title.hex().upper(),
        certificate.type.name.lower().replace("_", " "),
        x509.serial_octets.hex(),
        x509.not_before,
        x509.not_after,
        verdict,
    ]


def _put(certificates: "Sequence[Certificate]", directory: Path) -> None:
    """Write each into a file of its own, named by whose, what for, and the serial number."""
    directory.mkdir(parents=True, exist_ok=True)
    for certificate in certificates:
        title = certificate.system_title
        whose = "authority" if title is None else title.hex().upper()
        kind = certificate.type.name.lower()
        path = directory / f"{whose}-{kind}-{certificate.x509.serial_octets.hex()}.pem"
        body = encodebytes(certificate.x509.der).decode("ascii")
        path.write_text(f"-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n")
        print(f"dcud: written {path}", file=sys.stderr)

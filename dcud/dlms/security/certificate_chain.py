"""The way from a certificate up to one that is trusted because it was configured.

[IEC 62056-5-3: public key infrastructure]; of what X.509 knows, that which meters' certificates
use: names, signatures, validity, basic constraints, key usage.
"""

from collections.abc import Sequence
from datetime import datetime

from dcud.dlms.errors import CertificateError
from dcud.dlms.security.certificate import Certificate
from dcud.dlms.security.primitives.x509 import KeyUsage

MAX_LENGTH = 6
"""Certificates in a chain, both ends included; the field has three or four."""


def build_chain(
    certificate: Certificate,
    anchors: Sequence[Certificate],
    others: Sequence[Certificate],
    now: datetime,
) -> tuple[Certificate, ...]:
    """Return the chain from a certificate to an anchor, both included, all of it checked.

    Args:
        certificate: where it begins; an anchor is a chain by itself.
        anchors: trusted because they were configured, as far as they allow it themselves.
        others: may stand between.
        now: aware; all certificates must be valid then.

    Raises:
        CertificateError: there is none; the sentence says which certificate is in the way, and why.
    """
    certificate.check_time(now)
    chain = [certificate]
    while chain[-1] not in anchors:
        if len(chain) == MAX_LENGTH:
            raise CertificateError(
                f"{certificate.words} stands under too many authorities: {MAX_LENGTH} certificates"
                " lead to no anchor"
            )
        chain.append(_issuer(chain, (*anchors, *others), now))
    return tuple(chain)


def _issuer(
    chain: Sequence[Certificate], known: Sequence[Certificate], now: datetime
) -> Certificate:
    """Return the certificate of the authority that issued the chain's last one.

    An authority may have several, as when one is renewed; the first one's refusal is told.
    """
    refusals = []
    for authority in _signers(chain[-1], known):
        try:
            authority.check_time(now)
            _check_authority(authority, len(chain) - 1)
        except CertificateError as error:
            refusals.append(error)
        else:
            return authority
    raise refusals[0]


def _signers(certificate: Certificate, known: Sequence[Certificate]) -> list[Certificate]:
    """Return the authorities of the issuer's name whose signature the certificate bears."""
    named = [
        each
        for each in known
        if each.x509.subject == certificate.x509.issuer and each != certificate
    ]
    if not named:
        raise CertificateError(
            f"{certificate.words} was issued by {certificate.x509.issuer_name}, of whom no"
            " certificate is known",
            remedy="add the certificates of the authorities above it, up to an anchor",
        )
    signers = [each for each in named if certificate.x509.signed_by(each.public_key)]
    if not signers:
        raise CertificateError(
            f"{certificate.words} does not bear the signature of {certificate.x509.issuer_name}:"
            " it is forged or damaged, or the authority has another key by now",
            remedy="check the authority's certificate",
        )
    return signers


def _check_authority(certificate: Certificate, below: int) -> None:
    x509 = certificate.x509
    usages = x509.usages
    if not x509.is_authority or (usages is not None and KeyUsage.CERTIFICATE_SIGN not in usages):
        raise CertificateError(f"{certificate.words} is no authority's, but others stand under it")
    if x509.path_length is not None and below > x509.path_length:
        raise CertificateError(
            f"{certificate.words} allows {x509.path_length} authorities under it, but {below} are"
        )

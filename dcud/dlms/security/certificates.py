"""The certificates that are at hand, trusted and not."""

from dataclasses import dataclass
from datetime import datetime

from dcud.dlms.errors import CertificateError
from dcud.dlms.security.certificate import Certificate
from dcud.dlms.security.certificate_chain import build_chain
from dcud.dlms.security.primitives.elliptic_curve import Curve
from dcud.dlms.security.primitives.x509 import KeyUsage


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """Anchors, and what is to be judged by them.

    Attributes:
        anchors: trusted because they were configured; a meter's own may be among them.
        others: meters' certificates, and those of authorities between them and the anchors.
    """

    anchors: tuple[Certificate, ...] = ()
    others: tuple[Certificate, ...] = ()

    def find(self, system_title: bytes, usage: KeyUsage) -> tuple[Certificate, ...]:
        """Return this party's certificates for this use, the youngest first, unjudged."""
        found = [
            each
            for each in (*self.anchors, *self.others)
            if each.system_title == system_title and each.allows(usage)
        ]
        return tuple(sorted(found, key=lambda each: each.x509.not_before, reverse=True))

    def trusted(
        self, system_title: bytes, usage: KeyUsage, curve: Curve, now: datetime
    ) -> Certificate:
        """Return this party's youngest certificate that can be trusted now for this use.

        Raises:
            CertificateError: there is none; where there is one that can't be trusted, why.
        """
        refusals = []
        for each in self.find(system_title, usage):
            try:
                self.check(each, system_title, usage, curve, now)
            except CertificateError as error:
                refusals.append(error)
            else:
                return each
        if refusals:
            raise refusals[0]
        raise CertificateError(
            f"no certificate of {system_title.hex().upper()} for {usage.value} is known",
            remedy="add it to the meters' certificates; the meter itself may export it",
        )

    def check(
        self,
        certificate: Certificate,
        system_title: bytes,
        usage: KeyUsage,
        curve: Curve,
        now: datetime,
    ) -> tuple[Certificate, ...]:
        """Return the chain from a certificate, such as a meter exports, up to its anchor.

        Raises:
            CertificateError: it isn't this party's, or not for this use, or can't be trusted.
        """
        certificate.check_party(system_title, usage, curve)
        return build_chain(certificate, self.anchors, self.others, now)

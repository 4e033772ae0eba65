"""The certificates that a simulated meter holds, as its Security setup tells and takes them.

[IEC 62056-6-2: Security setup, certificates, import_certificate, export_certificate,
remove_certificate]
"""

from collections.abc import Iterable

from dcud.cosem.security_setup import (
    ByEntity,
    CertificateIdentification,
    CertificateInfo,
    certificates_data,
    parse_identification,
    parse_octets,
)
from dcud.dlms.data import Data
from dcud.dlms.errors import CertificateError
from dcud.dlms.security.certificate import Certificate
from dcud.dlms.security.certificate_kind import CertificateEntity


class CertificateStore:
    """Holds what it is given; whether a certificate can be trusted it never asks.

    Args:
        system_title: the meter's.
        certificates: those that it comes with, in DER.

    Raises:
        CertificateError: one is none.
    """

    def __init__(self, system_title: bytes, certificates: Iterable[bytes] = ()) -> None:
        self._system_title = system_title
        self._held = {octets: Certificate.from_der(octets) for octets in certificates}

    @property
    def octets(self) -> tuple[bytes, ...]:
        """Return all of them in DER, in the order in which they came."""
        return tuple(self._held)

    def attribute(self) -> Data:
        """Return the attribute `certificates`."""
        return certificates_data(self._info(each) for each in self._held.values())

    def take(self, parameter: Data) -> None:
        """Take the certificate that import_certificate brings.

        Raises:
            CertificateError: it is none.
            DecodeError: the parameter is no octets.
        """
        octets = parse_octets(parameter)
        self._held[octets] = Certificate.from_der(octets)

    def export(self, parameter: Data) -> bytes:
        """Return the certificate that the parameter of export_certificate names, in DER.

        Raises:
            CertificateError: there is none of that name.
            DecodeError: the parameter names none.
        """
        wanted = parse_identification(parameter)
        found = next((o for o, each in self._held.items() if self._is(wanted, each)), None)
        if found is None:
            raise CertificateError("the meter holds no such certificate")
        return found

    def remove(self, parameter: Data) -> None:
        """Forget the certificate that the parameter of remove_certificate names; errors as there.

        Raises:
            CertificateError: there is none of that name.
            DecodeError: the parameter names none.
        """
        del self._held[self.export(parameter)]

    def _is(self, wanted: CertificateIdentification, each: Certificate) -> bool:
        info = self._info(each)
        if isinstance(wanted, ByEntity):
            kind = (info.entity, info.type, each.system_title or b"")
            return kind == (wanted.entity, wanted.type, wanted.system_title)
        return info.identification == wanted

    def _info(self, certificate: Certificate) -> CertificateInfo:
        x509 = certificate.x509
        return CertificateInfo(
            entity=self._entity(certificate),
            type=certificate.type,
            serial_number=x509.serial_octets,
            issuer=x509.issuer,
            subject=x509.subject,
            subject_alt_name=x509.subject_alt_names,
        )

    def _entity(self, certificate: Certificate) -> CertificateEntity:
        if certificate.x509.is_authority:
            return CertificateEntity.CERTIFICATION_AUTHORITY
        if certificate.system_title == self._system_title:
            return CertificateEntity.SERVER
        return CertificateEntity.CLIENT if certificate.system_title else CertificateEntity.OTHER

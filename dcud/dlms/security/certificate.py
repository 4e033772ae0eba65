"""A certificate in the terms of the protocol: whose system title, for which use of the key.

[IEC 62056-5-3: X.509 certificates]
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from dcud.dlms.errors import CertificateError
from dcud.dlms.security.certificate_kind import CertificateType
from dcud.dlms.security.primitives.elliptic_curve import Curve, PublicKey
from dcud.dlms.security.primitives.x509 import KeyUsage, X509Certificate

_TITLE_SIZE = 8
_TLS = frozenset({"1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"})
_ANY_EXTENDED_USAGE = "2.5.29.37.0"
_BOTH = frozenset({KeyUsage.DIGITAL_SIGNATURE, KeyUsage.KEY_AGREEMENT})
_TYPES = {
    frozenset({KeyUsage.DIGITAL_SIGNATURE}): CertificateType.DIGITAL_SIGNATURE,
    frozenset({KeyUsage.KEY_AGREEMENT}): CertificateType.KEY_AGREEMENT,
    _BOTH: CertificateType.TLS,
}


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate whose words are not believed by having one: see `certificate_chain`.

    Attributes:
        x509: as the world beyond the protocol has it.
    """

    x509: X509Certificate

    @classmethod
    def from_der(cls, octets: bytes) -> Self:
        """Return the certificate that the octets are.

        Raises:
            CertificateError: they are none.
        """
        return cls(X509Certificate.from_der(octets))

    @property
    def words(self) -> str:
        """Return how errors name it."""
        return f"the certificate of {self.x509.name} (serial {self.x509.serial_octets.hex()})"

    @property
    def public_key(self) -> PublicKey:
        """Return the key that it certifies."""
        return self.x509.public_key

    @property
    def system_title(self) -> bytes | None:
        """Return whose it is: the common name in hex, or a hardware module's serial number.

        None where neither is a system title, as with authorities.
        """
        title = _from_hex(self.x509.common_name)
        if title is not None:
            return title
        serials = (each for each in self.x509.hardware_serials if len(each) == _TITLE_SIZE)
        return next(serials, None)

    @property
    def type(self) -> CertificateType:
        """Return what the protocol sorts it as, by the use that its key is for."""
        if self.x509.extended_usages & _TLS:
            return CertificateType.TLS
        return _TYPES.get(self.x509.usages or frozenset(), CertificateType.OTHER)

    def allows(self, usage: KeyUsage) -> bool:
        """Tell whether the key may be used so; extended usages narrow it to what they are for."""
        narrowed = self.x509.extended_usages - {_ANY_EXTENDED_USAGE}
        return not narrowed and usage in (self.x509.usages or ())

    def check_party(self, system_title: bytes, usage: KeyUsage, curve: Curve) -> None:
        """Raise unless it certifies a key of this party, for this use, on this curve.

        Raises:
            CertificateError: it is somebody else's, for another use, or on another curve.
        """
        if self.system_title != system_title:
            raise CertificateError(
                f"{self.words} is somebody else's: the meter is {system_title.hex().upper()}",
                remedy="take the certificate of this meter, or correct its server_system_title",
            )
        if not self.allows(usage):
            raise CertificateError(
                f"{self.words} is not for {usage.value}, but for {_uses(self.x509)}",
                remedy=f"take the meter's certificate for {usage.value}",
            )
        if self.public_key.curve is not curve:
            raise CertificateError(
                f"{self.words} is for a key on {self.public_key.curve.value}; the meter's suite"
                f" has {curve.value}",
                remedy="correct the meter's suite, or take the certificate that belongs to it",
            )

    def check_time(self, now: datetime) -> None:
        """Raise unless it is valid at `now`, an aware moment, and all that is critical is known.

        Raises:
            CertificateError: it has run out, is not valid yet, or says what can't be heeded.
        """
        if now < self.x509.not_before:
            raise CertificateError(
                f"{self.words} is not valid before {_moment(self.x509.not_before)}",
                remedy="check the gateway's clock",
            )
        if now > self.x509.not_after:
            raise CertificateError(
                f"{self.words} ran out on {_moment(self.x509.not_after)}",
                remedy="have it renewed, or check the gateway's clock",
            )
        if self.x509.not_understood:
            raise CertificateError(
                f"{self.words} has critical extensions that can't be heeded:"
                f" {', '.join(self.x509.not_understood)}",
                remedy="have it issued without them",
            )


def _from_hex(text: str) -> bytes | None:
    if len(text) != 2 * _TITLE_SIZE:
        return None
    try:
        octets = bytes.fromhex(text)
    except ValueError:
        return None
    return octets if len(octets) == _TITLE_SIZE else None


def _uses(x509: X509Certificate) -> str:
    uses = sorted(usage.value for usage in x509.usages or ()) + sorted(x509.extended_usages)
    return ", ".join(uses) or "nothing that it tells"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"

"""X.509: certificates, and the requests for them, as values that were wholly looked at once.

[IEC 62056-5-3: X.509 certificates], of which the suites' curves and hashes alone are known.
"""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Self, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from dcud.dlms.ber import OCTET_STRING, decode_elements, decode_only
from dcud.dlms.errors import CertificateError, DecodeError, KeyInfoError, SignatureError
from dcud.dlms.security.primitives.elliptic_curve import PublicKey

MAX_SIZE = 16_384
"""Octets of a certificate or request; a meter's takes less than a thousand."""

_SEQUENCE = 0x30
_HARDWARE_MODULE_NAME = "1.3.6.1.5.5.7.8.4"
_LONGEST_NAME = 80
_BEGIN = b"-----BEGIN CERTIFICATE-----"
_END = b"-----END CERTIFICATE-----"
_UNDERSTOOD = frozenset(
    {
        "2.5.29.15",  # key usage
        "2.5.29.17",  # subject alternative name
        "2.5.29.19",  # basic constraints
        "2.5.29.32",  # certificate policies, which we set none of our own against
        "2.5.29.37",  # extended key usage
    }
)
_Value = TypeVar("_Value")


class KeyUsage(Enum):
    """What a key may be used for, of the usages that matter here."""

    DIGITAL_SIGNATURE = "digital signature"
    KEY_AGREEMENT = "key agreement"
    CERTIFICATE_SIGN = "signing of certificates"


@dataclass(frozen=True, slots=True, kw_only=True)
class X509Certificate:
    """A certificate; nothing about it is believed yet.

    Attributes:
        der: all of it.
        name: the subject in words, fit to be shown.
        issuer_name: likewise, of the issuer.
        subject: the subject's distinguished name in DER.
        issuer: the issuer's.
        common_name: the subject's common name; empty where it has none.
        serial_number: unique with this issuer.
        not_before: begin of its validity, in UTC.
        not_after: end of its validity, in UTC.
        public_key: what it certifies.
        usages: what the key may be used for; None where it doesn't say.
        extended_usages: object identifiers of extended key usages, in dots.
        is_authority: whether the key may sign certificates, by its basic constraints.
        path_length: how many authorities may stand below this one; None without a limit.
        subject_alt_names: DER of the extension's value; empty where there is none.
        hardware_serials: serial numbers of hardware modules among the alternative names.
        not_understood: object identifiers of critical extensions that mean nothing to us.
    """

    der: bytes = field(repr=False)
    name: str
    issuer_name: str
    subject: bytes = field(repr=False)
    issuer: bytes = field(repr=False)
    common_name: str = field(repr=False)
    serial_number: int
    not_before: datetime
    not_after: datetime
    public_key: PublicKey = field(repr=False)
    usages: frozenset[KeyUsage] | None
    extended_usages: frozenset[str] = field(repr=False)
    is_authority: bool
    path_length: int | None
    subject_alt_names: bytes = field(repr=False)
    hardware_serials: tuple[bytes, ...] = field(repr=False)
    not_understood: tuple[str, ...]
    _signature_algorithm: str = field(repr=False)
    _signature: bytes = field(repr=False)
    _signed: bytes = field(repr=False)

    @classmethod
    def from_der(cls, octets: bytes) -> Self:
        """Return the certificate that the octets are.

        Raises:
            CertificateError: they are none, or one on another curve than the suites'.
        """
        return _parsed("a certificate", octets, lambda: cls._of(octets))

    @property
    def serial_octets(self) -> bytes:
        """Return the serial number as DER has it."""
        size = self.serial_number.bit_length() // 8 + 1
        return self.serial_number.to_bytes(size, "big", signed=True)

    @property
    def issued_itself(self) -> bool:
        """Tell whether it names itself its issuer."""
        return self.subject == self.issuer

    def signed_by(self, issuer: PublicKey) -> bool:
        """Tell whether it bears this key's signature, with the hash of the key's curve."""
        if self._signature_algorithm != issuer.curve.signature_algorithm:
            return False
        return _fits(issuer, self._signature, self._signed)

    @classmethod
    def _of(cls, octets: bytes) -> Self:
        certificate = x509.load_der_x509_certificate(octets)
        extensions = certificate.extensions
        authority = _extension(extensions, x509.BasicConstraints)
        names = _extension(extensions, x509.SubjectAlternativeName)
        extended = _extension(extensions, x509.ExtendedKeyUsage)
        return cls(
            der=octets,
            name=_words(certificate.subject),
            issuer_name=_words(certificate.issuer),
            subject=certificate.subject.public_bytes(),
            issuer=certificate.issuer.public_bytes(),
            common_name=_common_name(certificate.subject),
            serial_number=certificate.serial_number,
            not_before=_moment(certificate, "not_valid_before"),
            not_after=_moment(certificate, "not_valid_after"),
            public_key=PublicKey.of_library(certificate.public_key()),
            usages=_usages(_extension(extensions, x509.KeyUsage)),
            extended_usages=frozenset(each.dotted_string for each in extended or ()),
            is_authority=authority is not None and authority.ca,
            path_length=None if authority is None else authority.path_length,
            subject_alt_names=b"" if names is None else names.public_bytes(),
            hardware_serials=tuple(_hardware_serials(names)),
            not_understood=tuple(_not_understood(extensions)),
            _signature_algorithm=certificate.signature_algorithm_oid.dotted_string,
            _signature=certificate.signature,
            _signed=certificate.tbs_certificate_bytes,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRequest:
    """A request for a certificate (PKCS#10), whose own signature fits.

    Attributes:
        der: all of it.
        name: the subject in words, fit to be shown.
        subject: its distinguished name in DER.
        common_name: its common name; empty where it has none.
        public_key: what is to be certified.
    """

    der: bytes = field(repr=False)
    name: str
    subject: bytes = field(repr=False)
    common_name: str = field(repr=False)
    public_key: PublicKey = field(repr=False)

    @classmethod
    def from_der(cls, octets: bytes) -> Self:
        """Return the request that the octets are.

        Raises:
            CertificateError: they are none, or its signature is not of the key it is for.
        """
        return _parsed("a certificate request", octets, lambda: cls._of(octets))

    @classmethod
    def _of(cls, octets: bytes) -> Self:
        request = x509.load_der_x509_csr(octets)
        public_key = PublicKey.of_library(request.public_key())
        algorithm = request.signature_algorithm_oid.dotted_string
        fits = algorithm == public_key.curve.signature_algorithm and _fits(
            public_key, request.signature, request.tbs_certrequest_bytes
        )
        name = _words(request.subject)
        if not fits:
            raise CertificateError(
                f"the certificate request of {name} is not signed with the key that it is for"
            )
        return cls(
            der=octets,
            name=name,
            subject=request.subject.public_bytes(),
            common_name=_common_name(request.subject),
            public_key=public_key,
        )


def certificates_in(octets: bytes) -> tuple[X509Certificate, ...]:
    """Return the certificates of a file: one in DER, or any number in PEM with text around them.

    Raises:
        CertificateError: there is none, or one is malformed.
    """
    if _BEGIN not in octets:
        return (X509Certificate.from_der(octets),)
    return tuple(X509Certificate.from_der(_der_of(each)) for each in _sections(octets))


def _sections(octets: bytes) -> Iterator[bytes]:
    start = octets.find(_BEGIN)
    while start >= 0:
        end = octets.find(_END, start)
        if end < 0:
            raise CertificateError("a certificate in PEM has no end")
        yield octets[start : end + len(_END)] + b"\n"
        start = octets.find(_BEGIN, end)


def _der_of(pem: bytes) -> bytes:
    return _parsed(
        "a certificate",
        pem,
        lambda: x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER),
    )


def _parsed(what: str, octets: bytes, parse: Callable[[], _Value]) -> _Value:
    """Return what is parsed; whatever the library makes of hostile octets becomes one error."""
    if len(octets) > MAX_SIZE:
        raise CertificateError(f"{what} of {len(octets)} octets; at most {MAX_SIZE} are read")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of oddities that take nothing away from trust
            return parse()
    except CertificateError:
        raise
    except KeyInfoError as error:
        raise CertificateError(f"{what}: {error.message}") from None
    except Exception:  # noqa: BLE001  # the library has many errors for octets that are no X.509
        raise CertificateError(f"{len(octets)} octets are not {what}, or a malformed one") from None


def _fits(signer: PublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        signer.verify_der(signature, signed)
    except SignatureError:
        return False
    return True


def _moment(certificate: object, name: str) -> datetime:
    """Return a moment in UTC, from whichever of its two properties the library has."""
    moment: datetime | None = getattr(certificate, f"{name}_utc", None)
    if moment is not None:
        return moment
    naive: datetime = getattr(certificate, name)
    return naive.replace(tzinfo=UTC)


def _extension(extensions: x509.Extensions, kind: type[Any]) -> Any:
    return next((each.value for each in extensions if isinstance(each.value, kind)), None)


def _usages(usage: x509.KeyUsage | None) -> frozenset[KeyUsage] | None:
    if usage is None:
        return None
    told = {
        KeyUsage.DIGITAL_SIGNATURE: usage.digital_signature,
        KeyUsage.KEY_AGREEMENT: usage.key_agreement,
        KeyUsage.CERTIFICATE_SIGN: usage.key_cert_sign,
    }
    return frozenset(each for each, is_told in told.items() if is_told)


def _hardware_serials(names: x509.SubjectAlternativeName | None) -> Iterator[bytes]:
    for name in names or ():
        if isinstance(name, x509.OtherName) and name.type_id.dotted_string == _HARDWARE_MODULE_NAME:
            yield _hardware_serial(name.value)


def _hardware_serial(octets: bytes) -> bytes:
    """Return the serial number of a hardware module's name: its type, then the number."""
    try:
        members = decode_elements(decode_only(_SEQUENCE, octets))
    except DecodeError:
        members = ()
    if len(members) != 2 or members[1].tag != OCTET_STRING:
        raise CertificateError("a certificate names a hardware module in no known way")
    return members[1].content


def _not_understood(extensions: x509.Extensions) -> Iterator[str]:
    for each in extensions:
        if each.critical and each.oid.dotted_string not in _UNDERSTOOD:
            yield each.oid.dotted_string


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(found[0].value) if found else ""


def _words(name: x509.Name) -> str:
    """Return a name for people: nothing in it can break a line, and it isn't too long."""
    words = _common_name(name) or name.rfc4514_string() or "nobody named"
    shown = "".join(letter if letter.isprintable() else "?" for letter in words)
    return shown[:_LONGEST_NAME]

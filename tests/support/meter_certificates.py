"""Certificates of meters, and of the authorities above them, made for one test run."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TITLE = bytes.fromhex("4D4D4D0000BC614E")
HARDWARE_MODULE = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.4")
Hash = hashes.SHA256 | hashes.SHA384
LibraryKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def key_usage(*told: str) -> x509.KeyUsage:
    """Return a key usage of the bits named as the library names them."""
    names = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: name in told for name in names})


SIGNING = key_usage("digital_signature")
AGREEMENT = key_usage("key_agreement")
BOTH = key_usage("digital_signature", "key_agreement")
AUTHORITY = key_usage("key_cert_sign", "crl_sign")


def hardware_name(serial: bytes) -> x509.SubjectAlternativeName:
    """Return alternative names of which one is a hardware module with this serial number."""
    content = bytes.fromhex("06032A0304") + bytes((0x04, len(serial))) + serial
    value = bytes((0x30, len(content))) + content
    return x509.SubjectAlternativeName(
        [x509.DNSName("meter"), x509.OtherName(HARDWARE_MODULE, value)]
    )


def subject_of(common_name: str) -> x509.Name:
    """Return a name; without common name it is empty."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)] if common_name else [])


def hash_for(key: LibraryKey) -> Hash:
    """Return the hash that belongs to a key's curve."""
    wide = isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == "secp384r1"
    return hashes.SHA384() if wide else hashes.SHA256()


def pem_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return a private key as a key file has it."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


class Issuer:
    """A party with a key and a certificate that may issue others.

    Attributes:
        key: its private key.
        der: its certificate.
        name: its distinguished name.
    """

    def __init__(self, key: LibraryKey, der: bytes, name: x509.Name) -> None:
        self.key = key
        self.der = der
        self.name = name

    @classmethod
    def root(
        cls,
        common_name: str = "Root CA",
        *,
        curve: ec.EllipticCurve | None = None,
        **others: object,
    ) -> Self:
        """Return an authority that vouches for itself."""
        key = ec.generate_private_key(curve or ec.SECP256R1())
        name = subject_of(common_name)
        der = issue(common_name, key, issuer=cls(key, b"", name), **{**_CA, **others})  # type: ignore[arg-type]  # each of its kind
        return cls(key, der, name)

    def below(
        self, common_name: str, *, curve: ec.EllipticCurve | None = None, **others: object
    ) -> "Issuer":
        """Return an authority that this one vouches for."""
        key = ec.generate_private_key(curve or ec.SECP256R1())
        der = issue(common_name, key, issuer=self, **{**_CA, **others})  # type: ignore[arg-type]  # each of its kind
        return Issuer(key, der, subject_of(common_name))

    def meter(
        self,
        common_name: str = TITLE.hex().upper(),
        *,
        usage: x509.KeyUsage | None = SIGNING,
        curve: ec.EllipticCurve | None = None,
        **others: object,
    ) -> "Issuer":
        """Return a meter's key with the certificate that this authority issued."""
        key = ec.generate_private_key(curve or ec.SECP256R1())
        der = issue(common_name, key, issuer=self, usage=usage, **others)  # type: ignore[arg-type]  # each of its kind
        return Issuer(key, der, subject_of(common_name))


_CA: dict[str, object] = {
    "usage": AUTHORITY,
    "constraints": x509.BasicConstraints(ca=True, path_length=None),
}


def issue(
    common_name: str,
    key: LibraryKey,
    *,
    issuer: Issuer,
    usage: x509.KeyUsage | None = None,
    constraints: x509.BasicConstraints | None = None,
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
    begin: datetime = NOW - timedelta(days=100),
    end: datetime = NOW + timedelta(days=100),
    serial: int = 1234,
    digest: Hash | None = None,
) -> bytes:
    """Return a certificate in DER; what is told may be false."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject_of(common_name))
        .issuer_name(issuer.name)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(begin)
        .not_valid_after(end)
    )
    for extension, critical in ((usage, True), (constraints, True), *extensions):
        if extension is not None:
            builder = builder.add_extension(extension, critical=critical)
    signed = builder.sign(issuer.key, digest or hash_for(issuer.key))
    return signed.public_bytes(Encoding.DER)


def request(common_name: str, key: LibraryKey, digest: Hash | None = None) -> bytes:
    """Return a certificate request in DER."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject_of(common_name))
    return builder.sign(key, digest or hash_for(key)).public_bytes(Encoding.DER)

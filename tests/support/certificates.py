"""Certificates for one test run, all signed by one authority."""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_NOW = datetime.now(UTC)  # noqa: TID251  # TLS compares with the real clock


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFiles:
    """PEM files of a certificate with its key."""

    certificate_file: Path
    private_key_file: Path


class Authority:
    """An authority that vouches for whoever is asked for; its own certificate is `ca_file`."""

    def __init__(self, directory: Path, name: str = "ca") -> None:
        self._directory = directory
        self._name = _subject(name)
        self._key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(self._name, self._key.public_key())
        builder = builder.add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        identifier = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        builder = builder.add_extension(identifier, critical=False)
        self.ca_file = directory / f"{name}.pem"
        self.ca_file.write_bytes(self._signed(builder))

    def issue(self, name: str, *, address: str | None = None) -> CertificateFiles:
        """Return files for `name`; a server's tell its IP address."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(_subject(name), key.public_key())
        if address is not None:
            known = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
            builder = builder.add_extension(known, critical=False)
        files = CertificateFiles(
            certificate_file=self._directory / f"{name}.pem",
            private_key_file=self._directory / f"{name}.key",
        )
        files.certificate_file.write_bytes(self._signed(builder))
        files.private_key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return files

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey
    ) -> x509.CertificateBuilder:
        """Return a certificate of ours that lacks its signature."""
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(_NOW - timedelta(days=1))
            .not_valid_after(_NOW + timedelta(days=1))
        )

    def _signed(self, builder: x509.CertificateBuilder) -> bytes:
        """Sign."""
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _subject(name: str) -> x509.Name:
    """Return a name as certificates write it."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])

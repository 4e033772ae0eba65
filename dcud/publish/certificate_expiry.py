"""Until when the certificates in a file hold."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from dcud.publish.errors import CredentialError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate


def first_expiry(path: Path) -> float:
    """Return the unix time at which the first of the certificates in a PEM file ends.

    Raises:
        CredentialError: the file can't be read, or holds none.
    """
    from cryptography import x509  # noqa: PLC0415  # dear to load, and not wanted at start

    try:
        found = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise CredentialError(
            f"TLS: can't use {path}: {error}",
            remedy="let it be PEM that the service user can read",
        ) from error
    return min(map(_end, found))


def _end(certificate: "Certificate") -> float:
    end: datetime | None = getattr(certificate, "not_valid_after_utc", None)
    if end is None:  # Debian 12's release: in UTC, without saying so
        end = certificate.not_valid_after.replace(tzinfo=UTC)
    return end.timestamp()

"""The making of certificate requests."""

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from dcud.dlms.security.primitives.elliptic_curve import Curve, PrivateKey

_HASHES: dict[Curve, SHA256 | SHA384] = {Curve.P256: SHA256(), Curve.P384: SHA384()}


def certificate_request(key: PrivateKey, system_title: bytes) -> bytes:
    """Return a PKCS#10 request, in PEM, for a certificate of a key.

    Args:
        key: signs the request.
        system_title: becomes the subject's common name, in hexadecimal digits; 8 octets.
    """
    name = x509.NameAttribute(NameOID.COMMON_NAME, system_title.hex().upper())
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([name]))
    signed = builder.sign(key._library_key, _HASHES[key.curve])  # noqa: SLF001  # the primitives' own
    return signed.public_bytes(Encoding.PEM)

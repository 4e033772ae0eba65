"""How the protocol sorts certificates: whose they are, what for.

[IEC 62056-6-2: Security setup, certificates]
"""

from enum import IntEnum


class CertificateEntity(IntEnum):
    """Whose a certificate is."""

    SERVER = 0
    CLIENT = 1
    CERTIFICATION_AUTHORITY = 2
    OTHER = 3


class CertificateType(IntEnum):
    """What the key is for."""

    DIGITAL_SIGNATURE = 0
    KEY_AGREEMENT = 1
    TLS = 2
    OTHER = 3

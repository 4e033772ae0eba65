"""What the protection of APDUs asks of key pairs, which only some meters have."""

from typing import Protocol

from dcud.dlms.secret import Secret
from dcud.dlms.security.general_header import GeneralHeader
from dcud.dlms.security.key_info import AgreedKey


class AgreedKeys(Protocol):
    """Makes the keys of general-ciphering that follow from both parties' key pairs.

    [IEC 62056-5-3: key agreement]
    """

    def fresh(self, header: GeneralHeader) -> tuple[Secret, AgreedKey]:
        """Return a key for one APDU that goes out under this header, with what tells it.

        Raises:
            SecurityError: a key pair or certificate is missing.
        """
        ...

    def derive(self, key_info: AgreedKey, header: GeneralHeader) -> Secret:
        """Return the key of an APDU that came under this header.

        The header names both parties, though it may have come without.

        Raises:
            KeyInfoError: the scheme is unknown, or what it needs is missing or malformed.
            SignatureError: the ephemeral key is not the meter's.
        """
        ...


class Signing(Protocol):
    """Signs what goes out, and verifies what the meter has signed.

    [IEC 62056-5-3: general-signing]
    """

    def sign(self, header: GeneralHeader, apdu: bytes) -> bytes:
        """Return the general-signing APDU that carries `apdu`.

        Raises:
            SecurityError: the key is missing.
        """
        ...

    def verify(self, signed: bytes) -> tuple[GeneralHeader, bytes]:
        """Return header and content of a general-signing APDU of the meter's.

        Raises:
            SignatureError: the signature is not the meter's.
            DecodeError: it is malformed.
        """
        ...

"""Signing what goes out, verifying what the meter has signed, by key pairs.

[IEC 62056-5-3: general-signing]
"""

from dataclasses import replace

from dcud.dlms.errors import SignatureError
from dcud.dlms.security.general_header import GeneralHeader
from dcud.dlms.security.general_signing import GeneralSigning
from dcud.dlms.security.key_pairs import KeyPairs
from dcud.dlms.security.primitives.elliptic_curve import PublicKey


class KeyPairSigning:
    """Signs with our signing key; verifies with the meter's.

    Args:
        pairs: holds both.
        with_content_length: whether what we sign includes the octets that tell the content's
            length, as the standard says. [field: meters that leave them out] What comes is taken
            either way.
    """

    def __init__(self, pairs: KeyPairs, *, with_content_length: bool = True) -> None:
        self._pairs = pairs
        self._with_content_length = with_content_length

    def sign(self, header: GeneralHeader, apdu: bytes) -> bytes:
        """Return the general-signing APDU that carries `apdu`.

        Raises:
            KeyMissingError: we have no signing key.
            SignatureError: the APDU can't be signed without its length.
        """
        unsigned = GeneralSigning(header=header, content=apdu)
        octets = unsigned.signed_octets
        if not self._with_content_length:
            octets = _without_length(unsigned)
        signature = self._pairs.demand_signing().sign(octets)
        return replace(unsigned, signature=signature).encode()

    def verify(self, signed: bytes) -> tuple[GeneralHeader, bytes]:
        """Return header and content of a general-signing APDU of the meter's.

        Raises:
            KeyMissingError: we don't know the meter's public key.
            SignatureError: the signature is not the meter's.
            DecodeError: it is malformed.
        """
        apdu = GeneralSigning.decode(signed)
        signer = self._pairs.demand_peer_signing()
        try:
            signer.verify(apdu.signature, apdu.signed_octets)
        except SignatureError:
            _verify_without_length(signer, apdu)
        return apdu.header, apdu.content


def _without_length(apdu: GeneralSigning) -> bytes:
    octets = apdu.signed_octets_without_length
    if octets is None:
        raise SignatureError(
            "an APDU that begins like a length can't be signed without its length",
            remedy="let the content's length be signed, too",
        )
    return octets


def _verify_without_length(signer: PublicKey, apdu: GeneralSigning) -> None:
    octets = apdu.signed_octets_without_length
    if octets is None:
        raise SignatureError("the signature of a general-signing APDU doesn't fit")
    signer.verify(apdu.signature, octets)

"""Proofs by a digital signature over both challenges."""

from typing import Protocol

from dcud.dlms.authentication import Mechanism
from dcud.dlms.errors import SignatureError
from dcud.dlms.security.hls.means import Claim


class Signer(Protocol):
    """Signs with a private key."""

    def sign(self, message: bytes) -> bytes:
        """Return a signature, r || s."""
        ...


class Verifier(Protocol):
    """Verifies with a public key."""

    def verify(self, signature: bytes, message: bytes) -> None:
        """Judge a signature, r || s; raises `SignatureError`."""
        ...


class Ecdsa:
    """Proves by a signature that a private key is owned.

    [IEC 62056-5-3: HLS authentication using ECDSA]

    Args:
        signer: our key for digital signature.
        verifier: the other party's.
    """

    __slots__ = ("_signer", "_verifier")

    mechanism = Mechanism.HLS_ECDSA
    takes_titles = True

    def __init__(self, signer: Signer, verifier: Verifier) -> None:
        self._signer = signer
        self._verifier = verifier

    def make(self, claim: Claim) -> bytes:
        """Return the signature; `SystemTitleError` if one is not known."""
        return self._signer.sign(_signed(claim))

    def fits(self, claim: Claim, proof: bytes) -> bool:
        """Tell whether the other party owns its key; `SystemTitleError` if one is not known."""
        try:
            self._verifier.verify(proof, _signed(claim))
        except SignatureError:
            return False
        return True


def _signed(claim: Claim) -> bytes:
    return b"".join((*claim.demand_titles(), claim.challenge, claim.counter_challenge))

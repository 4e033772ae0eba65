"""Proofs that are a digest over challenges and secret: MD5, SHA-1, SHA-256."""

import hashlib
from collections.abc import Callable, Mapping
from hmac import compare_digest
from types import MappingProxyType

from dcud.dlms.authentication import Mechanism
from dcud.dlms.errors import KeyMissingError
from dcud.dlms.secret import Secret
from dcud.dlms.security.hls.means import Claim


def _md5(secret: bytes, claim: Claim) -> bytes:
    return hashlib.md5(claim.challenge + secret, usedforsecurity=False).digest()


def _sha1(secret: bytes, claim: Claim) -> bytes:
    return hashlib.sha1(claim.challenge + secret, usedforsecurity=False).digest()


def _sha256(secret: bytes, claim: Claim) -> bytes:
    titles = b"".join(claim.demand_titles())
    return hashlib.sha256(secret + titles + claim.challenge + claim.counter_challenge).digest()


# MD5 and SHA-1 are what meters have, so they must be had where a system's policy forbids them for
# security, too.
_DIGESTS: Mapping[Mechanism, Callable[[bytes, Claim], bytes]] = MappingProxyType(
    {Mechanism.HLS_MD5: _md5, Mechanism.HLS_SHA1: _sha1, Mechanism.HLS_SHA256: _sha256}
)


class Digest:
    """Proves by a digest that the HLS secret is known.

    [IEC 62056-5-3: HLS authentication using MD5, SHA-1, SHA-256]

    Args:
        mechanism: HLS_MD5, HLS_SHA1 or HLS_SHA256.
        secret: the HLS secret.

    Raises:
        KeyMissingError: the secret is empty.
    """

    __slots__ = ("_digest", "_secret", "mechanism", "takes_titles")

    def __init__(self, mechanism: Mechanism, secret: Secret) -> None:
        if not secret.octets:
            raise KeyMissingError(
                "the HLS secret is empty", remedy="see hls_secret in the key file"
            )
        self.mechanism = mechanism
        self.takes_titles = mechanism is Mechanism.HLS_SHA256
        self._digest = _DIGESTS[mechanism]
        self._secret = secret

    def make(self, claim: Claim) -> bytes:
        """Return the proof, as long as the digest.

        Raises:
            SystemTitleError: one is missing where the digest goes over them.
        """
        return self._digest(self._secret.octets, claim)

    def fits(self, claim: Claim, proof: bytes) -> bool:
        """Tell whether the other party knows the secret; errors as of `make`."""
        return compare_digest(self.make(claim), proof)

"""Proofs by a function that a manufacturer has chosen."""

from collections.abc import Callable, Iterator, Mapping
from hmac import compare_digest
from types import MappingProxyType

from dcud.dlms.authentication import Mechanism
from dcud.dlms.errors import KeyMissingError, MeterNotAuthenticError, SecurityError
from dcud.dlms.secret import Secret
from dcud.dlms.security.hls.means import Claim
from dcud.dlms.security.primitives.aes_block import BLOCK_SIZE, encrypt_blocks

HlsFunction = Callable[[bytes, bytes], bytes]
"""From the HLS secret and a challenge to the proof; the same for both parties."""


def aes_128_ecb(secret: bytes, challenge: bytes) -> bytes:
    """Return the challenge under AES-128, block by block, both filled up with zeros.

    [field: what meters of several makes have under the manufacturer's mechanism]

    Raises:
        KeyMissingError: the secret is empty, or longer than 16 octets.
    """
    if not 0 < len(secret) <= BLOCK_SIZE:
        raise KeyMissingError(
            f"the HLS secret has {len(secret)} octets; aes-128-ecb takes 1 to {BLOCK_SIZE}",
            remedy="see hls_secret in the meter's key file",
        )
    return encrypt_blocks(Secret(secret.ljust(BLOCK_SIZE, b"\x00")), challenge)


FUNCTIONS: Mapping[str, HlsFunction] = MappingProxyType({"aes-128-ecb": aes_128_ecb})
"""The functions that are known by a name.

Any other is configured as "package.module:function". The shell finds it, once and before any meter
is asked: `importlib.import_module` of what stands before the colon, `getattr` of what stands after
it; neither existing, or its not being callable, is an error of configuration. What is found goes to
`Manufacturer` like one of these.
"""


class Manufacturer:
    """Proves by a function of the manufacturer's that the HLS secret is known.

    Args:
        secret: the HLS secret.
        function: one of `FUNCTIONS`, or one found as told there.
    """

    __slots__ = ("_function", "_secret")

    mechanism = Mechanism.HLS
    takes_titles = False

    def __init__(self, secret: Secret, function: HlsFunction = aes_128_ecb) -> None:
        self._secret = secret
        self._function = function

    def make(self, claim: Claim) -> bytes:
        """Return the proof.

        Raises:
            MeterNotAuthenticError: the challenge was made from ours, so that our proof would hold
                the other party's, or parts of it.
            KeyMissingError: the secret is none for this function.
            SecurityError: the function failed.
        """
        ours, theirs = (self._compute(each) for each in (claim.challenge, claim.counter_challenge))
        if set(_blocks(ours)) & set(_blocks(theirs)):
            raise MeterNotAuthenticError(
                "a challenge is made from the one that it answers, to get its proof out of us"
            )
        return ours

    def fits(self, claim: Claim, proof: bytes) -> bool:
        """Tell whether the other party knows the secret; errors as of `make`, but for the first."""
        return compare_digest(self._compute(claim.challenge), proof)

    def _compute(self, challenge: bytes) -> bytes:
        try:
            proof = bytes(memoryview(self._function(self._secret.octets, challenge)))
        except SecurityError:
            raise
        except Exception as error:  # noqa: BLE001  # anybody's code, whose texts may hold the secret
            raise _failure(f"raises {type(error).__name__}") from None
        if not proof:
            raise _failure("returns nothing")
        return proof


def _failure(what: str) -> SecurityError:
    return SecurityError(
        f"the function that computes proofs of identity {what}",
        remedy="see hls_function in the configuration",
    )


def _blocks(proof: bytes) -> Iterator[bytes]:
    """Yield the parts of a proof that a function which works by blocks would make by themselves."""
    return (proof[start : start + BLOCK_SIZE] for start in range(0, len(proof), BLOCK_SIZE))

"""From key pairs to a symmetric key: what both parties agree on, derived in one round.

[IEC 62056-5-3: key agreement; key derivation function]
"""

from hashlib import sha256, sha384

from dcud.dlms.errors import KeyInfoError, SystemTitleError
from dcud.dlms.octets import encode_length
from dcud.dlms.secret import Secret
from dcud.dlms.security.primitives.elliptic_curve import Curve
from dcud.dlms.security.system_title import SYSTEM_TITLE_SIZE

AES_GCM_128 = bytes.fromhex("60857405080300")
AES_GCM_256 = bytes.fromhex("60857405080301")
AES_WRAP_128 = bytes.fromhex("60857405080302")
AES_WRAP_256 = bytes.fromhex("60857405080303")
GBCS_AES_GCM_128 = bytes.fromhex("60857406080300")
"""AlgorithmID of the meters in Great Britain. [field: GBCS has 06 in it]"""

MAX_TRANSACTION_ID = 255

_ROUND = bytes((0, 0, 0, 1))
_HASHES = {Curve.P256: sha256, Curve.P384: sha384}
_KEY_SIZES = {Curve.P256: 16, Curve.P384: 32}
_CIPHERS = {Curve.P256: AES_GCM_128, Curve.P384: AES_GCM_256}
_WRAPPINGS = {Curve.P256: AES_WRAP_128, Curve.P384: AES_WRAP_256}


def cipher_algorithm(curve: Curve) -> bytes:
    """Return the AlgorithmID of a key that ciphers or authenticates."""
    return _CIPHERS[curve]


def wrapping_algorithm(curve: Curve) -> bytes:
    """Return the AlgorithmID of a key that wraps others."""
    return _WRAPPINGS[curve]


def derive_key(
    curve: Curve, shared: Secret, algorithm_id: bytes, party_u: bytes, party_v: bytes
) -> Secret:
    """Return the symmetric key that follows from a shared secret.

    Args:
        curve: tells hash and size of the key: 16 octets on P-256, 32 on P-384.
        shared: Z, as long as a coordinate.
        algorithm_id: what the key is for; the content of an object identifier.
        party_u: who begins, as `ephemeral_party` or `static_party` tells it.
        party_v: the other one.
    """
    derived = _HASHES[curve](_ROUND + shared.octets + algorithm_id + party_u + party_v).digest()
    return Secret(derived[: _KEY_SIZES[curve]])


def ephemeral_party(system_title: bytes) -> bytes:
    """Return how a party is told where a key is ephemeral, and party V always.

    Raises:
        SystemTitleError: it has not 8 octets; nothing else would tell where it ends.
    """
    if len(system_title) != SYSTEM_TITLE_SIZE:
        raise SystemTitleError(
            f"a system title of {len(system_title)} octets; for a key to be agreed on, both"
            f" parties' have {SYSTEM_TITLE_SIZE}"
        )
    return system_title


def static_party(system_title: bytes, transaction_id: bytes) -> bytes:
    """Return how party U is told where all keys are static, C(0e,2s).

    The transaction makes the key: two contents in one transaction would share key and
    initialisation vector.

    Raises:
        SystemTitleError: the system title has not 8 octets.
        KeyInfoError: there is no transaction-id, or one that is too long.
    """
    if not 1 <= len(transaction_id) <= MAX_TRANSACTION_ID:
        raise KeyInfoError(
            f"a transaction-id of {len(transaction_id)} octets; a key that static key pairs agree"
            f" on needs one of 1 to {MAX_TRANSACTION_ID}"
        )
    return ephemeral_party(system_title) + encode_length(len(transaction_id)) + transaction_id

"""The wrapping of a key in another one, for its transfer.

[IEC 62056-5-3: AES key wrap]
"""

from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap,
    aes_key_wrap,
)

from dcud.dlms.errors import KeyInfoError, KeyMissingError
from dcud.dlms.secret import Secret

WRAPPING_SURPLUS = 8
"""Octets by which a wrapped key is longer."""

_KEY_SIZES = frozenset({16, 32})


def wrap(master_key: Secret, key: Secret) -> bytes:
    """Return the key, 16 or 32 octets, wrapped: 8 octets more.

    Raises:
        KeyMissingError: one of both has neither 16 nor 32 octets.
    """
    _check_size("a master key", master_key)
    _check_size("a key to be wrapped", key)
    return aes_key_wrap(master_key.octets, key.octets)


def unwrap(master_key: Secret, wrapped: bytes) -> Secret:
    """Return the key within.

    Raises:
        KeyMissingError: the master key has neither 16 nor 32 octets.
        KeyInfoError: the octets were not wrapped with this key, or are damaged.
    """
    _check_size("a master key", master_key)
    if len(wrapped) - WRAPPING_SURPLUS not in _KEY_SIZES:
        raise KeyInfoError(f"{len(wrapped)} octets are no wrapped key: it has 24 or 40")
    try:
        return Secret(aes_key_unwrap(master_key.octets, wrapped))
    except InvalidUnwrap:
        raise KeyInfoError(
            "a wrapped key can't be unwrapped: it is damaged, or wrapped with another master key",
            remedy="check the master key",
        ) from None


def _check_size(what: str, key: Secret) -> None:
    if len(key.octets) not in _KEY_SIZES:
        raise KeyMissingError(
            f"{what} has {len(key.octets)} octets; it has 16 or 32",
            remedy="look it up in the meter's delivery data",
        )

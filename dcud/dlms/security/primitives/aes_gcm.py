"""AES in Galois/counter mode, with the shortened tag that the protocol uses.

[IEC 62056-5-3: authenticated encryption, Galois/Counter Mode]
"""

from hmac import compare_digest

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dcud.dlms.errors import KeyMissingError, TagError
from dcud.dlms.secret import Secret

TAG_SIZE = 12
"""Octets of a tag, in every suite."""

_WHOLE_TAG_SIZE = 16
_SURPLUS = _WHOLE_TAG_SIZE - TAG_SIZE
_KEY_SIZES = frozenset({16, 32})


class GcmKey:
    """A key made ready once, so that each use costs the cipher alone.

    Every `iv` has 12 octets, and must never be used for two contents.

    Raises:
        KeyMissingError: the key has neither 16 nor 32 octets.
    """

    __slots__ = ("_crypt",)

    def __init__(self, key: Secret) -> None:
        if len(key.octets) not in _KEY_SIZES:
            raise KeyMissingError(
                f"a key of {len(key.octets)} octets is none of AES-GCM in any security suite",
                remedy="look the key up in the meter's delivery data",
            )
        self._crypt = AESGCM(key.octets).encrypt

    def seal(self, iv: bytes, plain: bytes, associated: bytes) -> bytes:
        """Return the ciphertext with its tag after it; of nothing, the tag alone."""
        return self._crypt(iv, plain, associated)[:-_SURPLUS]

    def unseal(self, iv: bytes, sealed: bytes, associated: bytes) -> bytes:
        """Return what was sealed.

        Raises:
            TagError: the tag doesn't fit, or is cut short.
        """
        # Deciphered and sealed anew, the same tag must come out. The library's own way to verify a
        # shortened tag prepares the key for each use, which takes longer than all of this.
        crypt = self._crypt
        plain = crypt(iv, sealed[:-TAG_SIZE], None)[:-_WHOLE_TAG_SIZE]
        tag = crypt(iv, plain, associated)[len(plain) : -_SURPLUS]
        if not compare_digest(tag, sealed[-TAG_SIZE:]):
            raise TagError(
                "the authentication tag of an APDU doesn't fit: the APDU is forged or damaged, or"
                " the keys are others than the meter's",
                remedy="check the unicast and authentication keys, and that they are not swapped",
            )
        return plain

    def apply_keystream(self, iv: bytes, octets: bytes) -> bytes:
        """Encrypt, or decrypt, without any tag."""
        return self._crypt(iv, octets, None)[:-_WHOLE_TAG_SIZE]

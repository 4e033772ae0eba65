"""The security control octet: how an APDU is protected."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Self

_SUITE = 0x0F
AUTHENTICATED = 0x10
ENCRYPTED = 0x20
_BROADCAST = 0x40
_COMPRESSED = 0x80


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityControl:
    """What the octet says; any octet can be one.

    Attributes:
        suite: the suite's id, 0..15, registered or not.
        authenticated: whether a tag of 12 octets follows the content.
        encrypted: whether the content is ciphertext.
        broadcast: whether the key is the broadcast one, not the unicast one.
        compressed: whether the content was compressed before it was protected.

    [IEC 62056-5-3: security control byte]
    """

    suite: int
    authenticated: bool = False
    encrypted: bool = False
    broadcast: bool = False
    compressed: bool = False

    @property
    def octet(self) -> int:
        """Return the octet."""
        return (
            self.suite
            | AUTHENTICATED * self.authenticated
            | ENCRYPTED * self.encrypted
            | _BROADCAST * self.broadcast
            | _COMPRESSED * self.compressed
        )

    @classmethod
    @lru_cache(maxsize=256)  # asked of every APDU
    def from_octet(cls, octet: int) -> Self:
        """Return what an octet says."""
        return cls(
            suite=octet & _SUITE,
            authenticated=bool(octet & AUTHENTICATED),
            encrypted=bool(octet & ENCRYPTED),
            broadcast=bool(octet & _BROADCAST),
            compressed=bool(octet & _COMPRESSED),
        )

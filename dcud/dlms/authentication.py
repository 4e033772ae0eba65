"""The ways in which a client proves who it is."""

from dataclasses import dataclass
from enum import IntEnum
from typing import assert_never

from dcud.dlms.secret import Secret

_PREFIX = bytes.fromhex("608574050802")


class Mechanism(IntEnum):
    """The registered mechanisms, each valued with the last arc of its object identifier.

    [IEC 62056-5-3: COSEM authentication mechanism name]
    """

    LOWEST = 0
    LLS = 1
    HLS = 2
    HLS_MD5 = 3
    HLS_SHA1 = 4
    HLS_GMAC = 5
    HLS_SHA256 = 6
    HLS_ECDSA = 7

    @property
    def object_identifier(self) -> bytes:
        """Return the content of the mechanism's object identifier."""
        return _PREFIX + bytes((self,))


def mechanism_words(name: bytes | None) -> str:
    """Return a mechanism's name in words; None is the lowest, one not registered is told in hex."""
    if name is None:
        name = Mechanism.LOWEST.object_identifier
    for mechanism in Mechanism:
        if mechanism.object_identifier == name:
            return mechanism.name.replace("_", " ")
    return f"unknown mechanism {name.hex()}"


@dataclass(frozen=True, slots=True)
class NoSecurity:
    """The lowest level: the client proves nothing."""


NO_SECURITY = NoSecurity()


@dataclass(frozen=True, slots=True)
class LowLevelSecurity:
    """LLS: the client shows a password in the clear."""

    password: Secret


AuthenticationMechanism = NoSecurity | LowLevelSecurity


def mechanism_of(authentication: AuthenticationMechanism) -> Mechanism:
    """Return the registered mechanism that `authentication` is."""
    match authentication:
        case NoSecurity():
            return Mechanism.LOWEST
        case LowLevelSecurity():
            return Mechanism.LLS
        case _:
            assert_never(authentication)

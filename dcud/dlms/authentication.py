"""The ways in which a client proves who it is."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

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


class HighLevelSecurity(Protocol):
    """HLS: client and meter prove to each other that they know a secret without showing it.

    One is made for each association, since `challenge` is used once.
    [IEC 62056-5-3: HLS authentication]
    """

    @property
    def mechanism(self) -> Mechanism:
        """Which of the mechanisms it is."""
        ...

    @property
    def challenge(self) -> bytes:
        """The client's challenge to the meter (CtoS), 8 to 64 octets."""
        ...

    @property
    def client_system_title(self) -> bytes | None:
        """The system title that AARQ must tell, None where the mechanism needs none."""
        ...

    def prove(self, challenge: bytes, server_system_title: bytes | None) -> bytes:
        """Return the client's proof, f(StoC).

        Args:
            challenge: the meter's challenge to the client (StoC).
            server_system_title: as AARE tells it.

        Raises:
            SecurityError: the challenge is ours sent back, or too short; or something is missing.
        """
        ...

    def check(self, proof: bytes) -> None:
        """Judge the meter's proof, f(CtoS).

        Raises:
            MeterNotAuthenticError: the meter doesn't know the secret.
            SecurityError: the proof is old, or malformed.
        """
        ...


AuthenticationMechanism = NoSecurity | LowLevelSecurity | HighLevelSecurity

_ONE_SIDED = (NoSecurity, LowLevelSecurity)


def mechanism_of(authentication: AuthenticationMechanism) -> Mechanism:
    """Return the registered mechanism that `authentication` is."""
    match authentication:
        case NoSecurity():
            return Mechanism.LOWEST
        case LowLevelSecurity():
            return Mechanism.LLS
        case _:
            return authentication.mechanism


def high_level(authentication: AuthenticationMechanism) -> HighLevelSecurity | None:
    """Return `authentication` where both sides prove who they are; else None."""
    return None if isinstance(authentication, _ONE_SIDED) else authentication

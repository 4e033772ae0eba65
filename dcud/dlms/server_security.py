"""What a server's association asks of whatever protects its APDUs and verifies its clients."""

from typing import Protocol, runtime_checkable

from dcud.dlms.authentication import LowLevelSecurity, Mechanism, NoSecurity
from dcud.dlms.errors import ProtocolError
from dcud.dlms.secret import Secret


class ServerProtection(Protocol):
    """Protects the answers of one association, and takes the protection of requests away.

    One is made for each association.
    """

    @property
    def system_title(self) -> bytes:
        """The server's, as AARE tells it; 8 octets."""
        ...

    def meet(self, client_system_title: bytes | None) -> None:
        """Learn the system title that AARQ tells, None where it tells none.

        Raises:
            SystemTitleError: it has not 8 octets, or is the server's own.
        """
        ...

    def open_initiate(self, user_information: bytes) -> bytes:
        """Return the InitiateRequest that AARQ and RLRQ carry.

        Raises:
            SecurityError: it can't be trusted, or is protected less than the policy demands.
            DecodeError: it is malformed.
        """
        ...

    def close_initiate(self, initiate: bytes) -> bytes:
        """Return InitiateResponse as AARE and RLRE carry it."""
        ...

    def adopt(self, dedicated_key: Secret | None) -> None:
        """Take the key that the client has made for this association alone.

        Raises:
            KeyMissingError: it is as long as none of the suite.
        """
        ...

    def open(self, apdu: bytes) -> bytes:
        """Return the request within.

        Raises:
            SecurityError: it can't be trusted, or is protected less than the policy demands.
            DecodeError: it is malformed.
        """
        ...

    def close(self, apdu: bytes) -> bytes:
        """Return the answer to the request opened last as it goes out: in the form of that."""
        ...

    def refuse(self, error: ProtocolError) -> bytes | None:
        """Return what a client is told whose APDU could not be opened; None for nothing."""
        ...

    def overhead(self) -> int:
        """Return how many octets protection adds to the answer that is due at most."""
        ...


class ServerProof(Protocol):
    """The mutual proof of one association's two parties."""

    @property
    def challenge(self) -> bytes:
        """The server's challenge to the client (StoC)."""
        ...

    def answer(self, proof: bytes) -> bytes | None:
        """Judge the client's proof, f(StoC), and return the server's, f(CtoS).

        None where it gives none, against all rules.

        Raises:
            SecurityError: the client doesn't know the secret.
        """
        ...


@runtime_checkable
class ProofDemand(Protocol):
    """High-level security as a server demands it of its clients.

    [IEC 62056-5-3: HLS authentication]
    """

    @property
    def mechanism(self) -> Mechanism:
        """Which of the mechanisms."""
        ...

    @property
    def system_title(self) -> bytes:
        """The server's, which the client needs for its proof."""
        ...

    def begin(self, challenge: bytes, client_system_title: bytes | None) -> ServerProof:
        """Return the proof of a new association.

        Args:
            challenge: the client's challenge to the server (CtoS).
            client_system_title: as AARQ tells it.

        Raises:
            SecurityError: the challenge is too short or too long; or the mechanism needs a system
                title.
        """
        ...


ServerDemand = NoSecurity | LowLevelSecurity | ProofDemand
"""How a client has to prove who it is."""

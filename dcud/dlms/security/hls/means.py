"""What both sides of a mutual authentication have in common."""

from dataclasses import dataclass, field
from typing import Protocol

from dcud.dlms.authentication import Mechanism
from dcud.dlms.errors import SystemTitleError


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a proof is about: who proves himself to whom, and what both have drawn.

    Attributes:
        prover: system title of who proves himself; None where it isn't known.
        verifier: system title of whoever challenged him; likewise.
        challenge: what the verifier drew: StoC where the client proves itself, CtoS where the
            meter does.
        counter_challenge: what the prover drew.
    """

    prover: bytes | None
    verifier: bytes | None
    challenge: bytes = field(repr=False)
    counter_challenge: bytes = field(repr=False)

    @property
    def reversed(self) -> "Claim":
        """Return the claim of the other party."""
        return Claim(
            prover=self.verifier,
            verifier=self.prover,
            challenge=self.counter_challenge,
            counter_challenge=self.challenge,
        )

    def demand_titles(self) -> tuple[bytes, bytes]:
        """Return the system titles of prover and verifier.

        Raises:
            SystemTitleError: one isn't known.
        """
        if self.prover is None or self.verifier is None:
            raise SystemTitleError(
                "a proof of identity needs the system titles of client and meter, and one is not"
                " known",
                remedy="configure system_title and server_system_title",
            )
        return self.prover, self.verifier


class Means(Protocol):
    """Makes and judges the proofs of one mechanism; one is made for each association."""

    @property
    def mechanism(self) -> Mechanism:
        """Which mechanism it is."""
        ...

    @property
    def takes_titles(self) -> bool:
        """Whether the system titles of both have a part in the proofs."""
        ...

    def make(self, claim: Claim) -> bytes:
        """Return the proof of a claim of ours.

        Raises:
            SecurityError: the challenge is a trap, or something is missing.
        """
        ...

    def fits(self, claim: Claim, proof: bytes) -> bool:
        """Tell whether a proof of the other party shows that it knows the secret.

        Raises:
            SecurityError: the proof is old, or made for something else.
        """
        ...

"""The meter's side of a mutual authentication, for meters that are simulated."""

from dcud.dlms.authentication import Mechanism
from dcud.dlms.errors import MisuseError, SecurityError
from dcud.dlms.security.hls.challenge import fault
from dcud.dlms.security.hls.means import Claim, Means


class ServerAuthentication:
    """Judges the client's proof, and makes the meter's; for one association.

    It is made once AARQ has come; AARE then carries `challenge`. The method
    reply_to_HLS_authentication is answered with what `answer` returns; where that raises, the
    method fails and the association ends.

    Args:
        means: as the client's, seen from the meter: its own counter, or its own key, first.
        challenge: to the client (StoC); fresh random octets.
        client_challenge: as AARQ tells it (CtoS).
        client_system_title: as AARQ tells it, None where it tells none.
        server_system_title: the meter's; None where the mechanism needs none.

    Raises:
        SecurityError: the client's challenge has a length that no challenge has, or is ours.
    """

    __slots__ = ("_awaited", "_means", "challenge")

    def __init__(
        self,
        means: Means,
        *,
        challenge: bytes,
        client_challenge: bytes,
        client_system_title: bytes | None = None,
        server_system_title: bytes | None = None,
    ) -> None:
        wrong = fault(means.mechanism, client_challenge)
        if wrong:
            raise SecurityError(f"the client sends {wrong}")
        if challenge == client_challenge:
            raise SecurityError("client and meter have drawn the same challenge")
        self.challenge = challenge
        self._means = means
        self._awaited: Claim | None = Claim(
            prover=client_system_title,
            verifier=server_system_title,
            challenge=challenge,
            counter_challenge=client_challenge,
        )

    @property
    def mechanism(self) -> Mechanism:
        """Which of the mechanisms it is."""
        return self._means.mechanism

    def answer(self, proof: bytes) -> bytes:
        """Return the meter's proof, f(CtoS), in answer to the client's, f(StoC).

        Raises:
            SecurityError: the client doesn't know the secret, or its proof is old, or made for
                something else.
            MisuseError: an answer was given before, a refusal included.
        """
        awaited, self._awaited = self._awaited, None
        if awaited is None:
            raise MisuseError("no proof of the client is awaited")
        if not self._means.fits(awaited, proof):
            raise SecurityError("the client's proof of its identity doesn't fit")
        return self._means.make(awaited.reversed)

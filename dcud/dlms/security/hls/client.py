"""The client's side of a mutual authentication."""

from dcud.dlms.authentication import Mechanism
from dcud.dlms.errors import MeterNotAuthenticError, MisuseError, SystemTitleError
from dcud.dlms.security.hls.challenge import fault
from dcud.dlms.security.hls.means import Claim, Means
from dcud.dlms.security.system_title import check_system_title


class ClientAuthentication:
    """Proves the client to the meter, then judges the meter's proof; for one association.

    Satisfies `dcud.dlms.authentication.HighLevelSecurity`.

    Args:
        means: those of the mechanism.
        challenge: to the meter (CtoS); fresh random octets, 8 to 64, 32 at least for ECDSA.
        client_system_title: ours; None where the mechanism needs none.
        server_system_title: the meter's, where it is known beforehand; else AARE must tell it.
        short_challenges: whether the meter's challenge may be shorter than it should be.

    Raises:
        MisuseError: the challenge is too short or too long.
        SystemTitleError: a system title has not 8 octets, or ours is missing.
    """

    __slots__ = (
        "_awaited", "_means", "_server_system_title", "_short_challenges", "_spent", "challenge",
        "client_system_title",
    )  # fmt: skip

    def __init__(
        self,
        means: Means,
        *,
        challenge: bytes,
        client_system_title: bytes | None = None,
        server_system_title: bytes | None = None,
        short_challenges: bool = False,
    ) -> None:
        wrong = fault(means.mechanism, challenge)
        if wrong:
            raise MisuseError(f"the client has drawn {wrong}")
        if means.takes_titles:
            check_system_title("the client's", client_system_title or b"")
            if server_system_title is not None:
                check_system_title("the meter's", server_system_title)
        self.challenge = challenge
        self.client_system_title = client_system_title if means.takes_titles else None
        self._means = means
        self._server_system_title = server_system_title
        self._short_challenges = short_challenges
        self._spent = False
        self._awaited: Claim | None = None

    @property
    def mechanism(self) -> Mechanism:
        """Which of the mechanisms it is."""
        return self._means.mechanism

    def prove(self, challenge: bytes, server_system_title: bytes | None) -> bytes:
        """Return the client's proof, f(StoC).

        Args:
            challenge: the meter's (StoC).
            server_system_title: as AARE tells it, None where it tells none.

        Raises:
            MeterNotAuthenticError: the challenge is ours sent back, made from ours, too short
                or too long.
            SystemTitleError: the meter's is missing, malformed, ours, or another than the known.
            SecurityError: the proof can't be made.
            MisuseError: it was made before: a challenge of ours is good for one association.
        """
        if self._spent:
            raise MisuseError("an authentication is used for a second association")
        self._spent = True
        self._check_challenge(challenge)
        claim = Claim(
            prover=self.client_system_title,
            verifier=self._meet(server_system_title),
            challenge=challenge,
            counter_challenge=self.challenge,
        )
        proof = self._means.make(claim)
        self._awaited = claim.reversed
        return proof

    def check(self, proof: bytes) -> None:
        """Judge the meter's proof, f(CtoS).

        Raises:
            MeterNotAuthenticError: the meter doesn't know the secret.
            SecurityError: the proof is old, or made for something else.
            MisuseError: none is awaited; each challenge has one.
        """
        awaited, self._awaited = self._awaited, None
        if awaited is None:
            raise MisuseError("no proof of the meter is awaited")
        if not self._means.fits(awaited, proof):
            raise MeterNotAuthenticError(
                "the meter's proof of its identity doesn't fit: it has another secret, or is"
                " another meter",
                remedy="check the secret or keys, and the meter's system title",
            )

    def _check_challenge(self, challenge: bytes) -> None:
        wrong = fault(self.mechanism, challenge, short_too=self._short_challenges)
        if wrong:
            raise MeterNotAuthenticError(
                f"the meter sends {wrong}",
                remedy="set short_challenges if this meter does that by design",
            )
        if challenge == self.challenge:
            raise MeterNotAuthenticError(
                "the meter sends our own challenge back, to get its proof out of us"
            )

    def _meet(self, told: bytes | None) -> bytes | None:
        """Return the meter's system title, where the mechanism takes it."""
        known = self._server_system_title
        if not self._means.takes_titles:
            return None
        if known is None:
            return self._judge_title(told)
        # Some tell a title cut short, which they fill up with zeros where they use it.
        if told and told.ljust(len(known), b"\x00") != known:
            raise SystemTitleError(
                f"the meter has the system title {told.hex()}, but {known.hex()} is configured",
                remedy="if the meter was exchanged, change server_system_title and its keys",
            )
        return self._judge_title(known)

    def _judge_title(self, title: bytes | None) -> bytes:
        if not title:
            raise SystemTitleError(
                "the meter does not tell its system title, and none is configured",
                remedy="configure server_system_title",
            )
        check_system_title("the meter's", title)
        if title == self.client_system_title:
            raise SystemTitleError(
                f"client and meter have the same system title, {title.hex()}",
                remedy="give the client another one",
            )
        return title

"""High-level security as a meter demands it of its clients."""

from collections.abc import Callable

from dcud.dlms.authentication import Mechanism
from dcud.dlms.errors import SystemTitleError
from dcud.dlms.security.hls.means import Means
from dcud.dlms.security.hls.server import ServerAuthentication
from dcud.dlms.security.system_title import check_system_title

CHALLENGE_SIZE = 32
"""Octets of the meter's challenge; enough for every mechanism."""


class MeterProofDemand:
    """Satisfies `dcud.dlms.server_security.ProofDemand`.

    Args:
        mechanism: that of the means.
        system_title: the meter's, 8 octets.
        means: returns those of one association, with secret, keys and counters as they are now.
        random: returns so many random octets.
    """

    def __init__(
        self,
        mechanism: Mechanism,
        system_title: bytes,
        means: Callable[[], Means],
        random: Callable[[int], bytes],
    ) -> None:
        self.mechanism = mechanism
        self.system_title = system_title
        self._means = means
        self._random = random

    def begin(self, challenge: bytes, client_system_title: bytes | None) -> ServerAuthentication:
        """Return the proof of a new association, with a fresh challenge to the client.

        Raises:
            SecurityError: the client's challenge is too short or too long; or the mechanism needs a
                system title that the client doesn't tell.
        """
        means = self._means()
        if means.takes_titles:
            check_system_title("the client's", client_system_title or b"")
            if client_system_title == self.system_title:
                raise SystemTitleError("the client bears the meter's system title")
        return ServerAuthentication(
            means,
            challenge=self._random(CHALLENGE_SIZE),
            client_challenge=challenge,
            client_system_title=client_system_title,
            server_system_title=self.system_title,
        )

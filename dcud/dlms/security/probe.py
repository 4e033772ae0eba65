"""Asking a meter for the invocation counter that it expects, under no key at all.

Where our own counter was lost, nothing may be protected: whatever counter were taken might have
been used before. But many meters look at the counter before they look at the tag, and answer one
that is too low with the one that they expect. So an InitiateRequest goes out that bears the lowest
counter, and noise where ciphertext and tag would stand: no key has touched it, no initialisation
vector is spent on it.
"""

from collections.abc import Sequence

from dcud.dlms.errors import CountersSpentError, MisuseError
from dcud.dlms.octets import encode_length
from dcud.dlms.secret import Secret
from dcud.dlms.security.control import SecurityControl
from dcud.dlms.security.suite import SecuritySuite

_GLO_INITIATE_REQUEST = 0x21
_LOWEST_COUNTER = bytes(4)
_TAG_SIZE = 12


class CounterProbe:
    """Stands in an association's protection's place until the meter has refused the counter.

    Args:
        client_system_title: 8 octets.
        suite: the suite that the meter is to see.
        noise: random octets, as many as are there; at least 64.
    """

    def __init__(self, client_system_title: bytes, suite: SecuritySuite, noise: bytes) -> None:
        self.client_system_title = client_system_title
        self._suite = suite
        self._noise = noise

    @property
    def dedicated_key(self) -> Secret | None:
        """None: there is nothing to keep secret."""
        return None

    def meet(self, server_system_title: bytes | None) -> None:
        """Take the meter as it is."""

    def protect_initiate(self, initiate: bytes) -> bytes:
        """Return noise of the length of a protected InitiateRequest.

        Raises:
            MisuseError: the noise is too short.
        """
        size = len(initiate) + _TAG_SIZE
        if size > len(self._noise):
            raise MisuseError(f"{len(self._noise)} octets of noise, where {size} are needed")
        control = SecurityControl(suite=self._suite, authenticated=True, encrypted=True)
        body = bytes((control.octet,)) + _LOWEST_COUNTER + self._noise[:size]
        return bytes((_GLO_INITIATE_REQUEST,)) + encode_length(len(body)) + body

    def unprotect_initiate(self, user_information: bytes) -> bytes:
        """Refuse: the meter took noise for a request, or told nothing of a counter."""
        raise self._no_hint(user_information)

    def protect(
        self,
        apdu: bytes,
        secret: Sequence[tuple[int, int]] = (),  # noqa: ARG002  # as a protection has it
        *,
        in_proof: bool = False,  # noqa: ARG002  # likewise
    ) -> tuple[bytes, tuple[tuple[int, int], ...]]:
        """Refuse: nothing may be protected yet."""
        raise self._no_hint(apdu)

    def unprotect(self, apdu: bytes) -> bytes:
        """Refuse, but for what is told in the clear."""
        raise self._no_hint(apdu)

    def overhead(self) -> int:
        """Return 0."""
        return 0

    def _no_hint(self, octets: bytes) -> CountersSpentError:
        return CountersSpentError(
            "our invocation counter is unknown, and the meter does not tell the one that it"
            f" expects (it answered with {octets[:1].hex() or 'nothing'})",
            remedy="name the meter's frame counter object (security.frame_counter), or set the"
            " counter to one that was never used, by dcud keys counter",
        )

"""One key in both directions: its cipher, our counter under it, and the other party's."""

from dataclasses import dataclass

from dcud.dlms.secret import Secret
from dcud.dlms.security.cipher import BodyCipher, counter_of
from dcud.dlms.security.control import AUTHENTICATED, ENCRYPTED, SecurityControl
from dcud.dlms.security.counters import FreshCounter, InvocationCounter, ReceivedCounter


@dataclass(frozen=True, slots=True)
class Counters:
    """The invocation counters under one key.

    Attributes:
        ours: which we take from for each APDU that goes out.
        theirs: which each APDU of the other party's must be above.
    """

    ours: InvocationCounter
    theirs: ReceivedCounter

    @classmethod
    def fresh(cls) -> "Counters":
        """Return those under a key that nobody has used yet."""
        return cls(FreshCounter(), ReceivedCounter())


class Channel:
    """Enciphers and deciphers bodies under one key; no counter is used or accepted twice."""

    __slots__ = ("_cipher", "_counters")

    def __init__(self, key: Secret, authentication_key: Secret | None, counters: Counters) -> None:
        self._cipher = BodyCipher(key, authentication_key)
        self._counters = counters

    def encipher(
        self, control: SecurityControl, system_title: bytes, apdu: bytes, header: bytes = b""
    ) -> bytes:
        """Return the body that carries `apdu`, under the next of our counters.

        Raises:
            CountersSpentError: none is left.
            SystemTitleError: our system title has not 8 octets.
        """
        return self._cipher.encipher(
            control, system_title, self._counters.ours.next(), apdu, header
        )

    def decipher(self, body: bytes, system_title: bytes, header: bytes = b"") -> bytes:
        """Return what the other party's body carries; its tag, if it has one, fits then.

        A counter that a tag vouches for is used up by this; one without is by `settle`.

        Raises:
            ReplayError: the counter was seen before.
            TagError: the tag doesn't fit.
            SystemTitleError: the system title has not 8 octets.
            DecodeError: the body is too short.
        """
        counter = counter_of(body)
        theirs = self._counters.theirs
        theirs.check(counter)
        apdu = self._cipher.decipher(body, system_title, header)
        if body[0] & AUTHENTICATED:
            theirs.advance(counter)
        return apdu

    def settle(self, body: bytes) -> None:
        """Use the counter up of a body that was found good, though no tag vouches for it.

        Noise would do that without a key, were its content not looked into before. What is not even
        encrypted has nothing to do with the key, nor with its counter.
        """
        if body[0] & (AUTHENTICATED | ENCRYPTED) == ENCRYPTED:
            self._counters.theirs.advance(counter_of(body))

"""Proofs by a Galois message authentication code over the challenge."""

import re
from typing import Final

from dcud.dlms.authentication import Mechanism
from dcud.dlms.errors import MeterNotAuthenticError, SecurityControlError, TagError
from dcud.dlms.security.cipher import PREFIX_SIZE, BodyCipher, read_prefix
from dcud.dlms.security.control import SecurityControl
from dcud.dlms.security.counters import InvocationCounter, ReceivedCounter
from dcud.dlms.security.hls.means import Claim
from dcud.dlms.security.keys import KeySet
from dcud.dlms.security.primitives.aes_gcm import TAG_SIZE

PROOF_SIZE = PREFIX_SIZE + TAG_SIZE
"""Octets of a proof: security control, invocation counter, tag."""

_REQUEST = re.compile(
    rb"[\xc0\xc1\xc3] (?: [\x01\x02] . | [\x03-\x05] . [\x01-\x20] ) \x00"
    rb" | \xd9 .{4} (?: \x00 | \x0c .{12} ) [\x01-\x20] [\x01-\x06]"
    rb" | [\x05\x06\x16] [\x01-\x04] [\x02\x04]",
    re.DOTALL | re.VERBOSE,
)
"""How get, set, action, access, read, write and unconfirmed write begin.

Of challenges that were drawn at random one in half a million begins so.
"""


class Gmac:
    """Proves by a tag that unicast and authentication key are known.

    The tag is the one of an APDU that is authenticated and not encrypted, with the challenge in the
    APDU's place. [IEC 62056-5-3: HLS authentication using GMAC]

    Args:
        keys: unicast and authentication key; their suite is the one that proofs name.
        counter: ours under the unicast key; a proof takes one from it.
        received: the other party's under the unicast key; only a good proof moves it.

    Raises:
        KeyMissingError: one of the keys is not known.
    """

    __slots__ = ("_cipher", "_control", "_counter", "_fresh", "_received")

    mechanism: Final = Mechanism.HLS_GMAC
    takes_titles = True

    def __init__(self, keys: KeySet, counter: InvocationCounter, received: ReceivedCounter) -> None:
        self._cipher = BodyCipher(keys.demand("unicast"), keys.demand("authentication"))
        self._control = SecurityControl(suite=keys.suite, authenticated=True)
        self._counter = counter
        self._received = received
        self._fresh = ReceivedCounter(received.floor)

    def make(self, claim: Claim) -> bytes:
        """Return the proof.

        Raises:
            MeterNotAuthenticError: the challenge reads like a request, which our tag would make
                a genuine one.
            SystemTitleError: ours is not known, or has not 8 octets.
            CountersSpentError: there is no counter for it.
        """
        if _REQUEST.match(claim.challenge):
            raise MeterNotAuthenticError(
                "a challenge reads like a request that would be genuine once we vouch for it",
                remedy="try again; if it comes anew, somebody stands between dcud and the meter",
            )
        prover, _ = claim.demand_titles()
        # The APDU that brings the other party's proof is protected after the proof is made, so that
        # the proof's counter is below the one that was last received by then.
        self._fresh = ReceivedCounter(self._received.floor)
        body = self._cipher.encipher(self._control, prover, self._counter.next(), claim.challenge)
        return body[:PREFIX_SIZE] + body[-TAG_SIZE:]

    def fits(self, claim: Claim, proof: bytes) -> bool:
        """Tell whether the other party knows the keys.

        Raises:
            SecurityControlError: the proof names another suite or protection than a tag alone.
            ReplayError: its counter is an old one.
            SystemTitleError: the other party's is not known, or has not 8 octets.
        """
        if len(proof) != PROOF_SIZE:
            return False
        control, counter = read_prefix(proof)
        if control != self._control:
            raise SecurityControlError(
                f"a proof of identity bears the security control {control.octet:02X}, where"
                f" {self._control.octet:02X} is due",
                remedy="check the meter's security suite",
            )
        self._fresh.check(counter)
        prover, _ = claim.demand_titles()
        body = proof[:PREFIX_SIZE] + claim.challenge + proof[PREFIX_SIZE:]
        try:
            self._cipher.decipher(body, prover)
        except TagError:
            return False
        self._received.advance(counter)
        return True

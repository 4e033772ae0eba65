"""A protection that hides nothing, and proofs that prove nothing: what was done can be read.

A protected APDU is the tag that global ciphering gives it, one octet of counter, and the plain one.
The counter FF is that of a forger, FE that of the answer to something else.
"""

from collections.abc import Sequence

from dcud.dlms.authentication import Mechanism
from dcud.dlms.errors import (
    CountersSpentError,
    DecodeError,
    MeterNotAuthenticError,
    ReplayError,
    SecurityPolicyError,
    SystemTitleError,
    TagError,
    TransactionError,
)
from dcud.dlms.secret import Secret

CLIENT = b"MMM\x00\x00\x00\x00\x01"
METER = b"MMM\x00\x00\xbc\x61\x4e"
DEDICATED_KEY = Secret(bytes.fromhex("00112233445566778899aabbccddeeff"))

FORGED = 0xFF
OF_ANOTHER_TRANSACTION = 0xFE

_CIPHERED = {
    0x01: 0x21, 0x08: 0x28, 0x0E: 0x2E, 0xC0: 0xC8, 0xC2: 0xCA, 0xC3: 0xCB, 0xC4: 0xCC, 0xC7: 0xCF,
}  # fmt: skip
_GENERAL = 0xDB
_IN_THE_CLEAR = {0xD8, 0x0E}


def marked(counter: int, plain: str | bytes) -> bytes:
    """Return an APDU as the meter protects it."""
    octets = bytes.fromhex(plain) if isinstance(plain, str) else plain
    return bytes((_CIPHERED.get(octets[0], _GENERAL), counter)) + octets


class MarkingProtection:
    """Counts, and refuses what doesn't count upwards."""

    client_system_title = CLIENT

    def __init__(
        self, *, counters: int = 100, key: Secret | None = None, overhead: int = 30
    ) -> None:
        self.dedicated_key = key
        self.taken = 0
        self.met: bytes | None = None
        self.in_proof: list[bool] = []
        self.floor = 0
        self._counters = counters
        self._overhead = overhead

    def meet(self, server_system_title: bytes | None) -> None:
        if server_system_title != METER:
            raise SystemTitleError("another meter")
        self.met = server_system_title

    def protect_initiate(self, initiate: bytes) -> bytes:
        return self._marked(initiate)

    def unprotect_initiate(self, user_information: bytes) -> bytes:
        return self._plain(user_information)

    def protect(
        self, apdu: bytes, secret: Sequence[tuple[int, int]] = (), *, in_proof: bool = False
    ) -> tuple[bytes, tuple[tuple[int, int], ...]]:
        self.in_proof.append(in_proof)
        return self._marked(apdu), tuple((start + 2, end + 2) for start, end in secret)

    def unprotect(self, apdu: bytes) -> bytes:
        if apdu[:1] and apdu[0] in _IN_THE_CLEAR:
            return apdu
        return self._plain(apdu)

    def overhead(self) -> int:
        return self._overhead

    def _marked(self, plain: bytes) -> bytes:
        if self.taken == self._counters:
            raise CountersSpentError("no counter is left")
        self.taken += 1
        return marked(self.taken - 1, plain)

    def _plain(self, apdu: bytes) -> bytes:
        if not apdu:
            raise DecodeError("nothing")
        if apdu[0] not in {*_CIPHERED.values(), _GENERAL}:
            raise SecurityPolicyError("in the clear")
        if len(apdu) < 3:
            raise DecodeError("cut short")
        counter = apdu[1]
        if counter == FORGED:
            raise TagError("forged")
        if counter == OF_ANOTHER_TRANSACTION:
            raise TransactionError("the answer to something else")
        if counter < self.floor:
            raise ReplayError("old", counter=counter, floor=self.floor)
        self.floor = counter + 1
        return apdu[2:]


class Vouching:
    """High-level security in which whoever knows the word "proof" is believed."""

    mechanism = Mechanism.HLS_GMAC
    challenge = b"K56iVagY"
    client_system_title: bytes | None = CLIENT

    def __init__(self) -> None:
        self.asked: list[tuple[bytes, bytes | None]] = []

    def prove(self, challenge: bytes, server_system_title: bytes | None) -> bytes:
        self.asked.append((challenge, server_system_title))
        if challenge == self.challenge:
            raise MeterNotAuthenticError("our own challenge")
        return b"proof" + challenge

    def check(self, proof: bytes) -> None:
        if proof != b"proof" + self.challenge:
            raise MeterNotAuthenticError("no proof")

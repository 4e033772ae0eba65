"""Stand-ins for a server's protection and proofs, so simple that a test can say what comes out."""

from collections.abc import Callable
from dataclasses import dataclass, field

from dcud.dlms.authentication import Mechanism
from dcud.dlms.errors import DecodeError, ProtocolError, SecurityError, TagError
from dcud.dlms.secret import Secret

TITLE = b"DCU\0\0\0\0\1"
REFUSAL = bytes.fromhex("d80105")
STOC = b"P6wRJ21F"


@dataclass
class MarkedProtection:
    """Puts EE before whatever it protects; FF marks a forgery, and FE what can't be read."""

    titles: list[bytes | None] = field(default_factory=list)
    dedicated: list[Secret | None] = field(default_factory=list)
    silent: bool = False

    @property
    def system_title(self) -> bytes:
        return TITLE

    def meet(self, client_system_title: bytes | None) -> None:
        if client_system_title == TITLE:
            raise SecurityError("the client bears the meter's system title")
        self.titles.append(client_system_title)

    def open_initiate(self, user_information: bytes) -> bytes:
        return self.open(user_information)

    def close_initiate(self, initiate: bytes) -> bytes:
        return self.close(initiate)

    def adopt(self, dedicated_key: Secret | None) -> None:
        self.dedicated.append(dedicated_key)

    def open(self, apdu: bytes) -> bytes:
        if apdu[:1] == b"\xfe":
            raise DecodeError("it makes no sense")
        if apdu[:1] != b"\xee":
            raise TagError("it is forged")
        return apdu[1:]

    def close(self, apdu: bytes) -> bytes:
        return b"\xee" + apdu

    def refuse(self, error: ProtocolError) -> bytes | None:
        return None if self.silent else REFUSAL

    def overhead(self) -> int:
        return 1


@dataclass
class PlainProof:
    """Takes the word for the deed: the client's proof is "client", the server's "server"."""

    gives_proof: bool = True

    @property
    def challenge(self) -> bytes:
        return STOC

    def answer(self, proof: bytes) -> bytes | None:
        if proof != b"client":
            raise SecurityError("the client doesn't know the secret")
        return b"server" if self.gives_proof else None


@dataclass
class PlainDemand:
    """Demands it by mechanism 5; a challenge has 8 octets at least."""

    proof: Callable[[], PlainProof] = PlainProof

    @property
    def mechanism(self) -> Mechanism:
        return Mechanism.HLS_GMAC

    @property
    def system_title(self) -> bytes:
        return TITLE

    def begin(self, challenge: bytes, client_system_title: bytes | None) -> PlainProof:
        if len(challenge) < 8:
            raise SecurityError("the challenge is too short")
        return self.proof()

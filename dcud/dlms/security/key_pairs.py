"""The key pairs between a client and a meter: our private keys, the meter's public ones."""

from dataclasses import dataclass
from typing import TypeVar

from dcud.dlms.errors import KeyMissingError
from dcud.dlms.security.primitives.elliptic_curve import Curve, PrivateKey, PublicKey

_Key = TypeVar("_Key", PrivateKey, PublicKey)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPairs:
    """The keys, all on one curve; whatever isn't needed may be None.

    Attributes:
        curve: the suite's.
        signing: our private key for digital signature.
        agreement: our private key for key agreement.
        peer_signing: the meter's public key for digital signature, certified as such.
        peer_agreement: the meter's public key for key agreement, certified as such.

    Raises:
        KeyMissingError: a key is on another curve.
    """

    curve: Curve
    signing: PrivateKey | None = None
    agreement: PrivateKey | None = None
    peer_signing: PublicKey | None = None
    peer_agreement: PublicKey | None = None

    def __post_init__(self) -> None:
        for name, words in _WORDS.items():
            key: PrivateKey | PublicKey | None = getattr(self, name)
            if key is not None and key.curve is not self.curve:
                raise KeyMissingError(
                    f"{words} is on {key.curve.value}; the meter's suite has {self.curve.value}",
                    remedy="check the meter's suite, and make keys on its curve",
                )

    def demand_signing(self) -> PrivateKey:
        """Return our signing key; `KeyMissingError` if there is none."""
        return _demand(self.signing, "signing", _OWN)

    def demand_agreement(self) -> PrivateKey:
        """Return our agreement key; `KeyMissingError` if there is none."""
        return _demand(self.agreement, "agreement", _OWN)

    def demand_peer_signing(self) -> PublicKey:
        """Return the meter's signing key; `KeyMissingError` if there is none."""
        return _demand(self.peer_signing, "peer_signing", _PEER)

    def demand_peer_agreement(self) -> PublicKey:
        """Return the meter's agreement key; `KeyMissingError` if there is none."""
        return _demand(self.peer_agreement, "peer_agreement", _PEER)


_WORDS = {
    "signing": "our key for digital signature",
    "agreement": "our key for key agreement",
    "peer_signing": "the meter's key for digital signature",
    "peer_agreement": "the meter's key for key agreement",
}
_OWN = "add {name}_key to the gateway's key file"
_PEER = "import the meter's certificate for it, with the chain up to an anchor"


def _demand(key: _Key | None, name: str, remedy: str) -> _Key:
    if key is None:
        raise KeyMissingError(f"{_WORDS[name]} is not known", remedy=remedy.format(name=name))
    return key

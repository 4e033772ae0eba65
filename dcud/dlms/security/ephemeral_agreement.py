"""Replacing symmetric keys by ones that client and meter agree on with ephemeral key pairs.

Both parts of the method key_agreement: the client asks and concludes, the meter answers. Each key
has ephemeral key pairs of its own, since two keys of the same pairs would be equal.
[IEC 62056-6-2: Security setup, key_agreement; IEC 62056-5-3: ephemeral unified model C(2e,0s)]
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dcud.dlms.errors import EncodeError, KeyInfoError
from dcud.dlms.secret import Secret
from dcud.dlms.security.key_agreement import (
    cipher_algorithm,
    derive_key,
    ephemeral_party,
    wrapping_algorithm,
)
from dcud.dlms.security.key_pairs import KeyPairs
from dcud.dlms.security.primitives.elliptic_curve import PrivateKey, PublicKey

MASTER_KEY_ID = 3

Told = tuple[int, bytes]
"""A key's id, 0..255, with the ephemeral public key for it and the signature over both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementParties:
    """Who agrees on keys, and how they are derived.

    Attributes:
        pairs: our signing key, and the peer's; our own side, be it client or meter.
        client_system_title: 8 octets.
        server_system_title: likewise.
        algorithm_id: what the derived keys are said to be for; None as the standard has it.
    """

    pairs: KeyPairs
    client_system_title: bytes
    server_system_title: bytes
    algorithm_id: bytes | None = None

    def tell(self, key_id: int, pair: PrivateKey) -> Told:
        """Return what the other party is told of our ephemeral key pair."""
        signing = self.pairs.demand_signing()
        point = pair.public.point
        return key_id, point + signing.sign(_signed(key_id, point))

    def derive(self, key_id: int, pair: PrivateKey, told: bytes) -> Secret:
        """Return the key that follows from our ephemeral pair and what the other party told.

        Raises:
            KeyInfoError: it is too long or too short, or no public key.
            SignatureError: it is not the other party's.
            SystemTitleError: a party has none.
        """
        curve = self.pairs.curve
        if len(told) != 2 * curve.point_size:
            raise KeyInfoError(
                f"{len(told)} octets tell a key to be agreed on; an ephemeral key with its"
                f" signature has {2 * curve.point_size}"
            )
        point, signature = told[: curve.point_size], told[curve.point_size :]
        self.pairs.demand_peer_signing().verify(signature, _signed(key_id, point))
        shared = pair.agree(PublicKey(curve, point))
        party_u = ephemeral_party(self.client_system_title)
        party_v = ephemeral_party(self.server_system_title)
        return derive_key(curve, shared, self._algorithm(key_id), party_u, party_v)

    def _algorithm(self, key_id: int) -> bytes:
        if self.algorithm_id is not None:
            return self.algorithm_id
        standard = wrapping_algorithm if key_id == MASTER_KEY_ID else cipher_algorithm
        return standard(self.pairs.curve)


class EphemeralAgreement:
    """The client's part, once: new keys for these ids.

    Args:
        parties: who agrees.
        key_ids: the keys to be replaced, each once: 0 unicast, 1 broadcast, 2 authentication,
            3 master.
        ephemeral: draws a fresh key pair on the curve at each call.

    Raises:
        EncodeError: there is no id, one twice, or one that is none.
        KeyMissingError: we have no signing key.
    """

    def __init__(
        self,
        parties: AgreementParties,
        key_ids: Sequence[int],
        ephemeral: Callable[[], PrivateKey],
    ) -> None:
        _check_ids(key_ids)
        self._parties = parties
        self._pairs = {key_id: ephemeral() for key_id in key_ids}
        self.request = tuple(parties.tell(key_id, pair) for key_id, pair in self._pairs.items())

    def conclude(self, answer: Sequence[Told]) -> dict[int, Secret]:
        """Return the new keys by their ids; from here on they are the meter's, too.

        Raises:
            KeyInfoError: the meter tells of other keys than asked, or not what it must.
            SignatureError: something in the answer is not the meter's.
        """
        if sorted(key_id for key_id, _ in answer) != sorted(self._pairs):
            raise KeyInfoError("the meter agrees on other keys than those that it was asked for")
        return {
            key_id: self._parties.derive(key_id, self._pairs[key_id], told)
            for key_id, told in answer
        }


def answer_agreement(
    parties: AgreementParties, request: Sequence[Told], ephemeral: Callable[[], PrivateKey]
) -> tuple[tuple[Told, ...], dict[int, Secret]]:
    """Return a meter's answer, and the new keys by their ids.

    Raises:
        KeyInfoError: something in the request is not what it must be.
        SignatureError: something in the request is not the client's.
    """
    answer, keys = [], {}
    for key_id, told in request:
        pair = ephemeral()
        keys[key_id] = parties.derive(key_id, pair, told)
        answer.append(parties.tell(key_id, pair))
    return tuple(answer), keys


def _signed(key_id: int, point: bytes) -> bytes:
    return bytes((key_id,)) + point


def _check_ids(key_ids: Sequence[int]) -> None:
    if (
        not key_ids
        or len(set(key_ids)) < len(key_ids)
        or not all(0 <= each <= 0xFF for each in key_ids)
    ):
        raise EncodeError(f"keys {list(key_ids)} can't be agreed on: each once, ids of 0..255")

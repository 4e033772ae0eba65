"""The keys of general-ciphering that our key pairs and the meter's agree on.

[IEC 62056-5-3: general-ciphering, agreed-key; one-pass Diffie-Hellman C(1e,1s), static unified
model C(0e,2s)]
"""

from collections.abc import Callable

from dcud.dlms.errors import KeyInfoError
from dcud.dlms.secret import Secret
from dcud.dlms.security.general_header import GeneralHeader
from dcud.dlms.security.key_agreement import (
    cipher_algorithm,
    derive_key,
    ephemeral_party,
    static_party,
)
from dcud.dlms.security.key_info import ONE_PASS, STATIC, AgreedKey
from dcud.dlms.security.key_pairs import KeyPairs
from dcud.dlms.security.primitives.elliptic_curve import PrivateKey, PublicKey


class KeyPairAgreement:
    """Makes a key of its own for each APDU, in either direction.

    Args:
        pairs: our private keys and the meter's public ones.
        scheme: how keys are agreed on, `ONE_PASS` or `STATIC` of `key_info`.
        ephemeral: draws a fresh key pair on the curve at each call.
        algorithm_id: what the derived keys are said to be for; None as the standard has it.
        any_scheme: whether what comes may use the other scheme. Whoever had stolen our agreement
            key could then speak to us in the meter's name, which one-pass alone prevents.
    """

    def __init__(
        self,
        pairs: KeyPairs,
        *,
        scheme: bytes,
        ephemeral: Callable[[], PrivateKey],
        algorithm_id: bytes | None = None,
        any_scheme: bool = False,
    ) -> None:
        if scheme not in _FRESH:
            raise _unknown(scheme)
        self._pairs = pairs
        self._scheme = scheme
        self._any_scheme = any_scheme
        self._ephemeral = ephemeral
        self._algorithm_id = algorithm_id or cipher_algorithm(pairs.curve)

    def fresh(self, header: GeneralHeader) -> tuple[Secret, AgreedKey]:
        """Return a key for one APDU that goes out under this header, with what tells it.

        With static key pairs the header's transaction-id must never have been used before.

        Raises:
            KeyMissingError: a key is not known.
            KeyInfoError: static key pairs, and no transaction-id.
            SystemTitleError: a party has none.
        """
        return _FRESH[self._scheme](self, header)

    def derive(self, key_info: AgreedKey, header: GeneralHeader) -> Secret:
        """Return the key of an APDU that came under this header.

        Raises:
            KeyInfoError: the scheme is not ours, or what it needs is missing or malformed.
            SignatureError: the ephemeral key is not the meter's.
            KeyMissingError: a key is not known.
            SystemTitleError: a party has none.
        """
        derive = _DERIVE.get(key_info.parameters)
        if derive is None:
            raise _unknown(key_info.parameters)
        if key_info.parameters != self._scheme and not self._any_scheme:
            raise KeyInfoError(
                f"a key is agreed on by the scheme {key_info.parameters.hex()}, where"
                f" {self._scheme.hex()} is configured (01 one-pass, 02 static)",
                remedy="configure the key_info that the meter uses",
            )
        return derive(self, key_info, header)

    def _fresh_one_pass(self, header: GeneralHeader) -> tuple[Secret, AgreedKey]:
        peer, signing = self._pairs.demand_peer_agreement(), self._pairs.demand_signing()
        pair = self._ephemeral()
        key = self._derived(pair.agree(peer), _originator(header), header)
        point = pair.public.point
        return key, AgreedKey(ONE_PASS, point + signing.sign(point))

    def _fresh_static(self, header: GeneralHeader) -> tuple[Secret, AgreedKey]:
        key_info = AgreedKey(STATIC, b"")
        return self._derive_static(key_info, header), key_info

    def _derive_one_pass(self, key_info: AgreedKey, header: GeneralHeader) -> Secret:
        signer, own = self._pairs.demand_peer_signing(), self._pairs.demand_agreement()
        size = self._pairs.curve.point_size
        data = key_info.ciphered_data
        if len(data) != 2 * size:
            raise KeyInfoError(
                f"{len(data)} octets tell an agreed key; an ephemeral key with its signature has"
                f" {2 * size}"
            )
        signer.verify(data[size:], data[:size])
        shared = own.agree(PublicKey(self._pairs.curve, data[:size]))
        return self._derived(shared, _originator(header), header)

    def _derive_static(self, key_info: AgreedKey, header: GeneralHeader) -> Secret:
        if key_info.ciphered_data:
            raise KeyInfoError("static key pairs are told to agree, with an ephemeral key added")
        own, peer = self._pairs.demand_agreement(), self._pairs.demand_peer_agreement()
        party_u = static_party(header.originator_system_title, header.transaction_id)
        return self._derived(own.agree(peer), party_u, header)

    def _derived(self, shared: Secret, party_u: bytes, header: GeneralHeader) -> Secret:
        party_v = ephemeral_party(header.recipient_system_title)
        return derive_key(self._pairs.curve, shared, self._algorithm_id, party_u, party_v)


_FRESH = {
    ONE_PASS: KeyPairAgreement._fresh_one_pass,  # noqa: SLF001  # the class's own table
    STATIC: KeyPairAgreement._fresh_static,  # noqa: SLF001  # likewise
}
_DERIVE = {
    ONE_PASS: KeyPairAgreement._derive_one_pass,  # noqa: SLF001  # likewise
    STATIC: KeyPairAgreement._derive_static,  # noqa: SLF001  # likewise
}


def _originator(header: GeneralHeader) -> bytes:
    return ephemeral_party(header.originator_system_title)


def _unknown(scheme: bytes) -> KeyInfoError:
    return KeyInfoError(
        f"{scheme.hex() or 'nothing'} stands where 01 (one-pass) or 02 (static) tells how a key is"
        " agreed on"
    )

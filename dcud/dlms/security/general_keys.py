"""The keys of general-ciphering, as key-info tells them.

[IEC 62056-5-3: general-ciphering, key-info]
"""

from collections.abc import Callable
from dataclasses import dataclass

from dcud.dlms.errors import KeyInfoError, KeyMissingError
from dcud.dlms.secret import Secret
from dcud.dlms.security.asymmetric import AgreedKeys, Signing
from dcud.dlms.security.channel import Channel, Counters
from dcud.dlms.security.general_header import GeneralHeader
from dcud.dlms.security.key_info import (
    BROADCAST,
    MASTER,
    STATIC,
    UNICAST,
    AgreedKey,
    IdentifiedKey,
    KeyInfo,
    WrappedKey,
)
from dcud.dlms.security.keys import KeySet
from dcud.dlms.security.parameters import KeyInfoMethod, SecurityParameters
from dcud.dlms.security.primitives.aes_key_wrap import unwrap, wrap

_REMEDY = "configure the key_info that the meter uses"


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneralMeans:
    """What the general forms need beyond keys that both know.

    Attributes:
        transaction_id: returns another one at each call, random.
        key: returns another key at each call, random, as long as the suite says.
        agreed_keys: None where no key is agreed upon.
        signing: None where nothing is signed.
    """

    transaction_id: Callable[[], bytes]
    key: Callable[[], Secret]
    agreed_keys: AgreedKeys | None = None
    signing: Signing | None = None


class GeneralKeys:
    """Chooses and follows key-info.

    Args:
        parameters: of the association.
        keys: those that both know.
        means: None where none are needed but for identified keys.
        known: returns the channel under the global key.
    """

    __slots__ = ("_broadcast", "_keys", "_known", "_means", "_method")

    def __init__(
        self,
        parameters: SecurityParameters,
        keys: KeySet,
        means: GeneralMeans | None,
        known: Callable[[], Channel],
    ) -> None:
        self._method = parameters.key_info
        self._broadcast = parameters.broadcast
        self._keys = keys
        self._means = means
        self._known = known

    def for_sending(self, header: GeneralHeader) -> tuple[Channel, KeyInfo]:
        """Return what an APDU under this header goes through, with what tells the key.

        Raises:
            SecurityError: a key, key pair or certificate is missing.
        """
        if self._method is KeyInfoMethod.IDENTIFIED:
            return self._known(), IdentifiedKey(self._key_id)
        if self._method is KeyInfoMethod.WRAPPED:
            master = self._keys.demand("master")
            key = self._demand_means().key()
            return self._fresh_channel(key), WrappedKey(MASTER, wrap(master, key))
        key, told = self._agreed_keys().fresh(header)
        return self._agreed_channel(key), told

    def for_receiving(self, key_info: KeyInfo | None, header: GeneralHeader) -> Channel:
        """Return what an APDU goes through that came with this.

        Args:
            key_info: None where both know the key anyway.
            header: with both parties named.

        Raises:
            KeyInfoError: it tells the key in another way than ours, or can't be followed.
            SecurityError: a key, key pair or certificate is missing.
        """
        match key_info or self._implied():
            case IdentifiedKey(key_id) if self._method is KeyInfoMethod.IDENTIFIED:
                return self._identified(key_id)
            case WrappedKey(kek_id, wrapped) if self._method is KeyInfoMethod.WRAPPED:
                return self._wrapped(kek_id, wrapped)
            case AgreedKey() as agreed if self._method in _AGREED:
                return self._agreed_channel(self._agreed_keys().derive(agreed, header))
            case _:
                raise KeyInfoError(
                    f"an APDU tells its key in another way than {self._method.value}",
                    remedy=_REMEDY,
                )

    @property
    def _key_id(self) -> int:
        return BROADCAST if self._broadcast else UNICAST

    def _implied(self) -> KeyInfo:
        """Return what is meant where no key-info is told."""
        if self._method is KeyInfoMethod.IDENTIFIED:
            return IdentifiedKey(self._key_id)
        if self._method is KeyInfoMethod.STATIC:
            return AgreedKey(STATIC, b"")
        raise KeyInfoError("an APDU does not tell its key", remedy=_REMEDY)

    def _identified(self, key_id: int) -> Channel:
        if key_id != self._key_id:
            raise KeyInfoError(
                f"an APDU names the key {key_id}, where {self._key_id} is agreed upon"
            )
        return self._known()

    def _wrapped(self, kek_id: int, wrapped: bytes) -> Channel:
        if kek_id != MASTER:
            raise KeyInfoError(f"a key is wrapped in the unknown key {kek_id}")
        key = unwrap(self._keys.demand("master"), wrapped)
        size = self._keys.suite.key_size
        if len(key.octets) != size:
            raise KeyInfoError(f"a wrapped key has {len(key.octets)} octets, not {size}")
        return self._fresh_channel(key)

    def _fresh_channel(self, key: Secret) -> Channel:
        return Channel(key, self._keys.demand("authentication"), Counters.fresh())

    def _agreed_channel(self, key: Secret) -> Channel:
        # Some do without an authentication key where the agreed one is nobody else's.
        # [field: GBCS]
        return Channel(key, self._keys.authentication, Counters.fresh())

    def _demand_means(self) -> GeneralMeans:
        if self._means is None:
            raise KeyMissingError("nothing makes the fresh keys that general-ciphering needs")
        return self._means

    def _agreed_keys(self) -> AgreedKeys:
        agreed_keys = self._demand_means().agreed_keys
        if agreed_keys is None:
            raise KeyMissingError(
                "no key pair is known to agree on keys with",
                remedy="add agreement_key to the key file, and the meter's certificate",
            )
        return agreed_keys


_AGREED = frozenset({KeyInfoMethod.ONE_PASS, KeyInfoMethod.STATIC})

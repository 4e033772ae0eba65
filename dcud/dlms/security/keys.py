"""The symmetric keys that a client shares with a meter."""

from dataclasses import dataclass, fields

from dcud.dlms.errors import KeyMissingError
from dcud.dlms.secret import Secret
from dcud.dlms.security.suite import SecuritySuite


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySet:
    """The keys of one security setup; each is as long as the suite says.

    Attributes:
        unicast: global unicast encryption key (GUEK).
        authentication: global authentication key (GAK), used with whichever encryption key.
        broadcast: global broadcast encryption key (GBEK).
        master: key that wraps other keys (KEK).

    Raises:
        KeyMissingError: a key is of another length; the error shows nothing of it.
    """

    suite: SecuritySuite
    unicast: Secret | None = None
    authentication: Secret | None = None
    broadcast: Secret | None = None
    master: Secret | None = None

    def __post_init__(self) -> None:
        for name in _NAMES:
            key: Secret | None = getattr(self, name)
            if key is not None and len(key.octets) != self.suite.key_size:
                raise KeyMissingError(
                    f"the {name} key has {len(key.octets)} octets;"
                    f" in security suite {self.suite.value} it has {self.suite.key_size}",
                    remedy="look up key and suite in the meter's delivery data",
                )

    def demand(self, name: str) -> Secret:
        """Return the key of that name.

        Raises:
            KeyMissingError: there is none.
        """
        key: Secret | None = getattr(self, name)
        if key is None:
            raise KeyMissingError(
                f"no {name} key is known", remedy=f"add {name}_key to the meter's key file"
            )
        return key


_NAMES = tuple(field.name for field in fields(KeySet) if field.name != "suite")

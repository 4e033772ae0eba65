"""The channels of one association: under the global key, and under its dedicated one."""

from dcud.dlms.errors import SecurityControlError
from dcud.dlms.secret import Secret
from dcud.dlms.security.channel import Channel, Counters
from dcud.dlms.security.keys import KeySet
from dcud.dlms.security.parameters import SecurityParameters


class Channels:
    """Made ready when they are first needed, since an association may need neither.

    Args:
        parameters: of the association.
        keys: the global ones.
        counters: those under the global encryption key that the parameters choose.
        dedicated_key: None where the association has none.
    """

    __slots__ = ("_counters", "_dedicated", "_global", "_keys", "_parameters", "dedicated_key")

    def __init__(
        self,
        parameters: SecurityParameters,
        keys: KeySet,
        counters: Counters,
        dedicated_key: Secret | None,
    ) -> None:
        self._parameters = parameters
        self._keys = keys
        self._counters = counters
        self.dedicated_key = dedicated_key
        self._global: Channel | None = None
        self._dedicated: Channel | None = None

    def under_global_key(self) -> Channel:
        """Return the channel under the unicast or the broadcast key.

        Raises:
            KeyMissingError: that key is not known, or the authentication key isn't though needed.
        """
        if self._global is None:
            key = self._keys.demand("broadcast" if self._parameters.broadcast else "unicast")
            self._global = Channel(key, self._authentication_key(), self._counters)
        return self._global

    def under_dedicated_key(self) -> Channel:
        """Return the channel under the key of this association alone.

        Raises:
            SecurityControlError: it has none.
            KeyMissingError: the authentication key is not known though needed.
        """
        if self._dedicated is None:
            if self.dedicated_key is None:
                raise SecurityControlError(
                    "an APDU comes under a dedicated key, but this association has none"
                )
            self._dedicated = Channel(
                self.dedicated_key, self._authentication_key(), Counters.fresh()
            )
        return self._dedicated

    def _authentication_key(self) -> Secret | None:
        parameters = self._parameters
        if parameters.requests.authenticated or parameters.answers.authenticated:
            return self._keys.demand("authentication")
        return self._keys.authentication

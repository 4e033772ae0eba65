"""The security of a server as its Security setup object holds it: policy, keys, counters.

[IEC 62056-6-2: Security setup]
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dcud.dlms.secret import Secret
from dcud.dlms.security.channel import Channel, Counters
from dcud.dlms.security.general_keys import GeneralMeans
from dcud.dlms.security.keys import KeySet
from dcud.dlms.security.parameters import KeyInfoMethod
from dcud.dlms.security.policy import SecurityPolicy
from dcud.dlms.security.suite import SecuritySuite

KEY_NAMES = ("unicast", "authentication", "broadcast", "master")
"""As `KeySet` names them."""


@dataclass(slots=True, kw_only=True)
class ServerSecuritySetup:
    """What all associations of a logical device share; keys and policy may change.

    Attributes:
        system_title: the server's, 8 octets.
        keys: the global ones.
        policy: what every APDU must have at least.
        unicast: the counters under the unicast key.
        broadcast: those under the broadcast key.
        means: what general-ciphering and signatures need, by the way in which a request tells its
            key; None where neither is known.
        client_system_title: that of the client that was met last, empty before.
    """

    system_title: bytes
    keys: KeySet
    policy: SecurityPolicy
    unicast: Counters = field(default_factory=Counters.fresh)
    broadcast: Counters = field(default_factory=Counters.fresh)
    means: Callable[[KeyInfoMethod], GeneralMeans] | None = None
    client_system_title: bytes = b""
    _channels: dict[bool, Channel] = field(default_factory=dict, init=False)

    @property
    def suite(self) -> SecuritySuite:
        """The one suite that APDUs may name."""
        return self.keys.suite

    def channel(self, *, broadcast: bool = False) -> Channel:
        """Return the channel under a global key as it is now.

        Raises:
            KeyMissingError: there is no such key.
        """
        if broadcast not in self._channels:
            key = self.keys.demand("broadcast" if broadcast else "unicast")
            counters = self.broadcast if broadcast else self.unicast
            self._channels[broadcast] = Channel(key, self.keys.authentication, counters)
        return self._channels[broadcast]

    def replace_keys(self, keys: Mapping[str, Secret]) -> None:
        """Take other keys from now on; the counters under a new encryption key begin anew.

        Args:
            keys: by their names in `KeySet`.

        Raises:
            KeyMissingError: one has not the suite's length; none is taken then.
        """
        known = {name: getattr(self.keys, name) for name in KEY_NAMES}
        changed = {name for name, key in keys.items() if key != known[name]}
        self.keys = KeySet(suite=self.suite, **{**known, **keys})
        # A key that comes again goes on with its counters: it was used with those before.
        if "unicast" in changed:
            self.unicast = Counters.fresh()
        if "broadcast" in changed:
            self.broadcast = Counters.fresh()
        self._channels.clear()

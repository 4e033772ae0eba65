"""The topics under which a gateway publishes."""

from dataclasses import dataclass
from typing import Final

_RESERVED: Final = frozenset("/+#%")
_LEVEL_LIMIT: Final = 255


def topic_level(name: str) -> str:
    """Return a name as one level of a topic.

    What would part levels or match many ("/", "+", "#"), "%", control characters and what UTF-8
    can't bear stand as "%" with two hex digits for each octet, so different names stay different.

    Raises:
        ValueError: the name is empty, or longer than 255 octets as a level.
    """
    if name.isprintable() and _RESERVED.isdisjoint(name):
        level = name  # as nearly every name, which is asked for with every message
    else:
        level = "".join(
            char if char.isprintable() and char not in _RESERVED else _escape(char) for char in name
        )
    if not 0 < len(level.encode()) <= _LEVEL_LIMIT:
        raise ValueError(f"a topic level has 1 to {_LEVEL_LIMIT} octets: {name[:40]!r}")
    return level


def _escape(char: str) -> str:
    """Return a character's octets, each as "%" with two hex digits."""
    return "".join(f"%{octet:02X}" for octet in char.encode("utf-8", "surrogatepass"))


@dataclass(frozen=True, slots=True)
class Topics:
    """The topic tree of one gateway, version 1.

    Attributes:
        gateway: the configured gateway id.
    """

    gateway: str

    def gateway_state(self) -> str:
        """Return where the gateway shows whether it is online; retained."""
        return f"{self._root()}/state"

    def gateway_event(self) -> str:
        """Return where the gateway tells what happened to itself."""
        return f"{self._root()}/event"

    def meter_state(self, meter: str) -> str:
        """Return where the gateway shows how a meter does; retained."""
        return f"{self._meter(meter)}/state"

    def meter_event(self, meter: str) -> str:
        """Return where the gateway tells what happened to a meter."""
        return f"{self._meter(meter)}/event"

    def notification(self, meter: str) -> str:
        """Return where what a meter says without being asked goes; never retained."""
        return f"{self._meter(meter)}/notification"

    def command(self) -> str:
        """Return where requests to the gateway come."""
        return f"{self._root()}/command"

    def reply(self, request: str) -> str:
        """Return where a request is answered that names no place for it; never retained."""
        return f"{self._root()}/reply/{topic_level(request)}"

    def reading(self, meter: str, job: str) -> str:
        """Return where the readings of a job of a meter go; never retained."""
        return f"{self._meter(meter)}/reading/{topic_level(job)}"

    def _root(self) -> str:
        """Return the gateway's own level."""
        return f"dcud/v1/{topic_level(self.gateway)}"

    def _meter(self, meter: str) -> str:
        """Return a meter's level."""
        return f"{self._root()}/meter/{topic_level(meter)}"

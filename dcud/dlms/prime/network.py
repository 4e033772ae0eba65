"""The nodes of one PRIME network, as its base node has told of them."""

from collections.abc import Iterator
from dataclasses import dataclass

from dcud.dlms.prime.messages import Message, NewDevice, RemoveDevice


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeJoined:
    """A node is in the network under a number that it did not have before."""

    node: NewDevice


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeLeft:
    """A number is no longer a node's.

    Attributes:
        device_id: the number.
        node: what was known of it; None where it was never told of.
    """

    device_id: int
    node: NewDevice | None


NetworkEvent = NodeJoined | NodeLeft


def is_named(node: NewDevice, name: bytes) -> bool:
    """Tell whether `name` is a node's identifier or its EUI-48; padding of identifiers aside."""
    return name == node.eui48 or _bare(node.identifier) == _bare(name)


def _bare(identifier: bytes) -> bytes:
    return identifier.rstrip(b"\x00 ")


class PrimeNetwork:
    """The nodes there are, to be shared by all links on one connection.

    Iterating gives the nodes, in the order in which they were told of.
    """

    def __init__(self) -> None:
        self._nodes: dict[int, NewDevice] = {}
        self._events: list[NetworkEvent] = []

    def __len__(self) -> int:
        return len(self._nodes)

    def __iter__(self) -> Iterator[NewDevice]:
        return iter(tuple(self._nodes.values()))

    def find(self, name: bytes) -> NewDevice | None:
        """Return the node of this identifier or EUI-48; the one told of last, if several were."""
        return next((node for node in reversed(tuple(self)) if is_named(node, name)), None)

    def clear(self) -> None:
        """Forget all, as when the connection to the base node is a new one; nothing is told."""
        self._nodes.clear()
        self._events.clear()

    def doubt(self, device_id: int) -> None:
        """Forget a node that doesn't answer, until it is told of again; nothing is told."""
        self._nodes.pop(device_id, None)

    def note(self, message: Message) -> list[NetworkEvent]:
        """Take what a base node says; return what changed by it."""
        events: list[NetworkEvent] = []
        match message:
            case NewDevice() if self._nodes.get(message.device_id) != message:
                stale = [
                    node.device_id
                    for node in self
                    if node.device_id == message.device_id or node.eui48 == message.eui48
                ]
                events = [self._forget(device_id) for device_id in stale]
                self._nodes[message.device_id] = message
                events.append(NodeJoined(node=message))
            case RemoveDevice(device_id=device_id):
                events = [self._forget(device_id)]
            case _:  # what changes nothing
                pass
        self._events += events
        return events

    def _forget(self, device_id: int) -> NodeLeft:
        return NodeLeft(device_id=device_id, node=self._nodes.pop(device_id, None))

    def take_events(self) -> list[NetworkEvent]:
        """Take (and forget) what has changed since this was asked last."""
        events, self._events = self._events, []
        return events

"""What a listener for pushes and whoever takes these know of each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Literal, Protocol, TypeAlias

from dcud.dlms.wrapper import Wpdu

Address: TypeAlias = IPv4Address | IPv6Address
Transport = Literal["tcp", "udp"]


class PushRefusedError(Exception):
    """What came is not taken.

    Attributes:
        reason: a short snake_case word.
        octets: what was refused, where the frame log hasn't shown it yet.
    """

    def __init__(self, reason: str, octets: bytes = b"") -> None:
        super().__init__(reason)
        self.reason = reason
        self.octets = octets


class PushTaker(Protocol):
    """Takes what one meter pushes."""

    async def take(self, unit: Wpdu, transport: Transport) -> Wpdu | None:
        """Take a unit; return the answer, once what it says can't be lost any more.

        Raises:
            PushRefusedError: it is not to be trusted, can't be read, or can't be kept.
        """
        ...


class PushReception(Protocol):
    """Knows whose pushes are taken."""

    def admits(self, address: Address) -> bool:
        """Tell whether any meter pushes from there."""
        ...

    def taker(self, address: Address, source: int) -> PushTaker | None:
        """Return who takes what comes from there with that source wrapper port; None: nobody."""
        ...


class ListenerObserver(Protocol):
    """Who wants to know how a listener does; told on the event loop, and never raises."""

    def push_refused(self, transport: Transport, sender: str, error: PushRefusedError) -> None:
        """Something of a sender, or its connection, was refused."""
        ...

    def push_connections(self, count: int) -> None:
        """So many connections stand."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerBounds:
    """How much a listener bears.

    Attributes:
        connections: TCP connections that may stand at the same time.
        connections_per_address: those of them that may come from one address.
        longest_apdu: octets of the longest APDU.
        idle_timeout: seconds within which a connection has to bring a whole unit.
        waiting_datagrams: datagrams of one meter that may wait for their turn.
        waiting_octets: octets of all waiting datagrams; beyond, each meter may have one waiting.
    """

    connections: int = 200
    connections_per_address: int = 8
    longest_apdu: int = 65_535
    idle_timeout: float = 180.0
    waiting_datagrams: int = 16
    waiting_octets: int = 4 << 20


def address_of(peer: Sequence[object]) -> Address:
    """Return the address in what a socket calls its peer; of a mapped IPv4 address that one."""
    address = ip_address(str(peer[0]).partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return address if mapped is None else mapped

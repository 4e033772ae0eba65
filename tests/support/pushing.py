"""Whoever takes pushes in tests, and the units that are pushed."""

import asyncio
import ipaddress

from dcud.dlms.wrapper import Wpdu
from dcud.line.pushes import Address, PushRefusedError, Transport

PUSH = bytes.fromhex("0001 0001 0010 000B 0F00000001000600000007")
"""From wrapper port 1 to 16: a data-notification of 7 as double-long-unsigned."""

ANSWER = bytes.fromhex("0001 0010 0001 0001 10")
"""What `Reception` answers with."""

BAD = bytes.fromhex("0001 0001 0010 0001 FF")
"""What `Reception` refuses."""


class Taken:
    """Takes everything but what begins with FF, in its own time; answers with the octet 10.

    Attributes:
        held: whether it waits before it takes anything.
    """

    def __init__(self) -> None:
        self.units: list[tuple[Transport, Wpdu]] = []
        self.held = asyncio.Event()
        self.held.set()
        self.error: Exception | None = None

    async def take(self, unit: Wpdu, transport: Transport) -> Wpdu | None:
        await self.held.wait()
        if self.error is not None:
            raise self.error
        if unit.apdu[:1] == b"\xff":
            raise PushRefusedError("service", unit.apdu)
        self.units.append((transport, unit))
        return Wpdu(unit.destination, unit.source, b"\x10")


class Reception:
    """Knows one meter at each source wrapper port below 10, from the loopback network alone."""

    def __init__(self, network: str = "127.0.0.0/8") -> None:
        self.network = ipaddress.ip_network(network)
        self.takers: dict[int, Taken] = {n: Taken() for n in range(10)}

    def admits(self, address: Address) -> bool:
        return address in self.network

    def taker(self, address: Address, source: int) -> Taken | None:
        assert address in self.network
        return self.takers.get(source)


class Watch:
    """Keeps what a listener tells."""

    def __init__(self) -> None:
        self.refusals: list[tuple[str, str, str]] = []
        self.connections: list[int] = []
        self.octets: list[bytes] = []

    def push_refused(self, transport: Transport, sender: str, error: PushRefusedError) -> None:
        self.refusals.append((transport, sender, error.reason))
        self.octets.append(error.octets)

    def push_connections(self, count: int) -> None:
        self.connections.append(count)

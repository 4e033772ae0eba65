"""A port that makes another port's line bad, both ways, by a seed."""

import asyncio
from collections import deque

from dcud.line.impairment import ImpairedWay
from dcud.line.port import Port


class FaultyPort:
    """Wraps a port; what goes over it meets the mishaps of a line as bad as wished.

    What is late stays in order: it holds up what comes behind it. A write that is delayed takes
    that much longer.

    Args:
        port: the port that does the work.
        outward: the way from us to the meters.
        inward: the way back.
    """

    def __init__(self, port: Port, *, outward: ImpairedWay, inward: ImpairedWay) -> None:
        self._port = port
        self._outward = outward
        self._inward = inward
        self._arriving: deque[tuple[float, bytes]] = deque()

    @property
    def is_open(self) -> bool:
        """Whether the wrapped port is."""
        return self._port.is_open

    async def open(self) -> None:
        """Open the wrapped port."""
        await self._port.open()

    async def write(self, octets: bytes) -> None:
        """Send what becomes of `octets`."""
        for delay, piece in self._outward.carry(octets):
            if delay:
                await asyncio.sleep(delay)
            if piece:
                await self._port.write(piece)

    async def read(self, within: float) -> bytes:
        """Return what became of what has arrived, or b"" if nothing comes out within the time."""
        loop = asyncio.get_running_loop()
        until = loop.time() + within
        while True:
            now = loop.time()
            if self._arriving and self._arriving[0][0] <= now:
                return self._arriving.popleft()[1]
            due = min(until, self._arriving[0][0]) if self._arriving else until
            octets = await self._port.read(due - now)
            if octets:
                self._take(octets, loop.time())
            elif loop.time() >= until:
                return b""

    def _take(self, octets: bytes, now: float) -> None:
        for delay, piece in self._inward.carry(octets):
            at = now + delay
            if self._arriving:
                at = max(at, self._arriving[-1][0])
            if piece:
                self._arriving.append((at, piece))

    def discard_input(self) -> int:
        """Forget what arrived, what is late included."""
        late = sum(len(octets) for _, octets in self._arriving)
        self._arriving.clear()
        return late + self._port.discard_input()

    async def close(self) -> None:
        """Close the wrapped port."""
        self._arriving.clear()
        await self._port.close()

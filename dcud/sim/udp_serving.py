"""Simulated lines in the world: on UDP."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol, cast


class DatagramLine(Protocol):
    """What answers datagrams; `WrapperLine` is such."""

    def receive_datagram(self, octets: bytes) -> bytes:
        """Return the datagram to answer with; b"" for none."""
        ...


class _Socket(asyncio.DatagramProtocol):
    """Gives each client a line of its own, for as long as the socket lives."""

    def __init__(self, make_line: Callable[[], DatagramLine]) -> None:
        self._make_line = make_line
        self._lines: dict[object, DatagramLine] = {}
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # asyncio types it too widely, and not every loop's transport derives from asyncio's.
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        line = self._lines.get(addr)
        if line is None:
            line = self._lines[addr] = self._make_line()
        said = line.receive_datagram(data)
        if said and self._transport is not None:
            self._transport.sendto(said, addr)


@asynccontextmanager
async def serve_udp(
    make_line: Callable[[], DatagramLine], host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[tuple[str, int]]:
    """Serve a line of its own to every client's address; yields host and port."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: _Socket(make_line), local_addr=(host, port)
    )
    try:
        address = transport.get_extra_info("sockname")
        yield address[0], address[1]
    finally:
        transport.close()

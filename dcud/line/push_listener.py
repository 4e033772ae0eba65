"""The sockets on which meters are heard that push over the network."""

import asyncio
import socket
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from dcud.line.errors import PortError
from dcud.line.far_end import reason_of
from dcud.line.push_connections import PushConnections
from dcud.line.push_datagrams import PushDatagrams
from dcud.line.pushes import ListenerBounds, ListenerObserver, PushReception, Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class Listened:
    """Where to listen.

    Attributes:
        host: name or address.
        port: of both transports; 0 takes a free one of each.
        transports: which of them.
    """

    host: str
    port: int
    transports: tuple[Transport, ...] = ("tcp", "udp")


class PushListener:
    """Listens for what meters push in the DLMS wrapper."""

    def __init__(
        self,
        where: Listened,
        reception: PushReception,
        bounds: ListenerBounds,
        observer: ListenerObserver,
    ) -> None:
        self._where = where
        self._reception = reception
        self._bounds = bounds
        self._observer = observer
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[dict[Transport, int]]:
        """Listen within the block, which is given the port of each transport.

        Raises:
            PortError: the address is taken or is not ours.
        """
        opening = {"tcp": self._open_tcp, "udp": self._open_udp}
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._end)
            yield {each: await opening[each](stack) for each in self._where.transports}

    async def _open_tcp(self, stack: AsyncExitStack) -> int:
        connections = PushConnections(self._reception, self._bounds, self._observer)

        def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._start(connections.attend(reader, writer))

        try:
            server = await asyncio.start_server(attend, self._where.host, self._where.port)
        except OSError as error:
            raise self._refusal("TCP", error) from error
        stack.callback(server.close)
        port: int = server.sockets[0].getsockname()[1]
        return port

    async def _open_udp(self, stack: AsyncExitStack) -> int:
        loop = asyncio.get_running_loop()
        try:
            bound = await _bound(self._where.host, self._where.port)
        except OSError as error:
            raise self._refusal("UDP", error) from error
        transport, _ = await loop.create_datagram_endpoint(
            lambda: PushDatagrams(self._reception, self._bounds, self._observer, self._start),
            sock=bound,
        )
        stack.callback(transport.close)
        port: int = transport.get_extra_info("sockname")[1]
        return port

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _end(self) -> None:
        """Let nothing that was begun outlive the listener."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _refusal(self, transport: str, error: OSError) -> PortError:
        where = self._where
        return PortError(
            f"the listener can't listen on {where.host} port {where.port} by {transport}:"
            f" {reason_of(error)}",
            remedy="set another address under [listener], or stop the program that holds this one",
        )


async def _bound(host: str, port: int) -> socket.socket:
    """Return a UDP socket of that address; uvloop leaves its own open where it can't be had."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_DGRAM, flags=socket.AI_PASSIVE)
    family, kind, number, _, address = found[0]
    taken = socket.socket(family, kind, number)
    try:
        taken.setblocking(False)
        taken.bind(address)
    except OSError:
        taken.close()
        raise
    return taken

"""UDP to a meter or concentrator, behind the port protocol.

A write is one datagram, and a read gives one datagram, whole: the link above reads its unit from
it and forgets the rest. [IEC 62056-4-7: UDP] There is no connection to lose. Only what the network
itself says, that nobody listens there or that there is no way, ends the port.
"""

import asyncio
from collections import deque
from typing import Final, cast

from dcud.line.errors import PortError
from dcud.line.far_end import FarEnd, reason_of

_WAITING_LIMIT: Final = 64
"""Datagrams kept while nobody reads; the oldest goes first."""

MAX_DATAGRAM: Final = 65_507
"""Octets of the largest datagram over IPv4."""


class UdpPort:
    """A UDP socket that hears and asks one far end, as a `Port`."""

    def __init__(self, far_end: FarEnd) -> None:
        self._far_end = far_end
        self._socket: _Socket | None = None

    @property
    def is_open(self) -> bool:
        """Whether the port was opened and the network has not refused it."""
        return self._socket is not None and self._socket.error is None

    async def open(self) -> None:
        """Resolve the name, and take a socket that hears this far end alone."""
        if self.is_open:
            return
        await self.close()
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._far_end.connect_timeout):
                _, self._socket = await loop.create_datagram_endpoint(
                    _Socket, remote_addr=(self._far_end.host, self._far_end.port)
                )
        except TimeoutError as error:
            raise self._open_error("no answer in time") from error
        except OSError as error:
            raise self._open_error(reason_of(error)) from error

    async def write(self, octets: bytes) -> None:
        """Send `octets` as one datagram."""
        opened = self._opened()
        if opened.error is not None:
            raise self._loss(opened.error)
        if len(octets) > MAX_DATAGRAM:
            raise PortError(
                f"{len(octets)} octets for {self._far_end} don't fit a datagram",
                remedy="choose a smaller max_receive_pdu_size",
            )
        opened.send(octets)

    async def read(self, within: float) -> bytes:
        """Return the oldest datagram that has arrived, or b"" if none does in so many seconds."""
        opened = self._opened()
        try:
            async with asyncio.timeout(within):
                await opened.has_news()
        except TimeoutError:
            return b""
        if opened.waiting:
            return opened.waiting.popleft()
        assert opened.error is not None  # noqa: S101  # it is the only other news
        raise self._loss(opened.error)

    def discard_input(self) -> int:
        """Forget what arrived and was not read."""
        if self._socket is None:
            return 0
        count = sum(map(len, self._socket.waiting))
        self._socket.waiting.clear()
        return count

    async def close(self) -> None:
        """Give the socket back."""
        opened, self._socket = self._socket, None
        if opened is not None:
            await opened.close()

    def _opened(self) -> "_Socket":
        if self._socket is None:
            raise PortError(f"the UDP port to {self._far_end} is not open")
        return self._socket

    def _open_error(self, reason: str) -> PortError:
        return PortError(
            f"can't open UDP to {self._far_end}: {reason}",
            remedy="check host and port, and this gateway's own network",
        )

    def _loss(self, error: Exception) -> PortError:
        return PortError(
            f"{self._far_end} can't be reached by UDP: {reason_of(error)}",
            remedy="check that the far end is on and listens there; dcud tries again by itself",
        )


class _Socket(asyncio.DatagramProtocol):
    """What arrived and nobody has read.

    Attributes:
        waiting: datagrams, oldest first.
        error: what the network refused with.
    """

    def __init__(self) -> None:
        self.waiting: deque[bytes] = deque(maxlen=_WAITING_LIMIT)
        self.error: Exception | None = None
        self._transport: asyncio.DatagramTransport | None = None
        self._news = asyncio.Event()
        self._lost = asyncio.Event()

    async def has_news(self) -> None:
        """Wait for a datagram or an error."""
        while not self.waiting and self.error is None:
            self._news.clear()
            await self._news.wait()

    def send(self, octets: bytes) -> None:
        """Send one datagram."""
        if self._transport is not None:
            self._transport.sendto(octets)

    async def close(self) -> None:
        """Give the socket back."""
        if self._transport is not None:
            self._transport.abort()
        await self._lost.wait()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport, from itself."""
        # asyncio types it too widely, and not every loop's transport derives from asyncio's.
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002  # it hears one end alone
        """Take a datagram, from the transport."""
        if data:  # an empty one says nothing, and would read as silence
            self.waiting.append(data)
            self._news.set()

    def error_received(self, exc: Exception) -> None:
        """Learn what the network refused."""
        self.error = exc
        self._news.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """Learn that the socket is gone."""
        self._transport = None
        self.error = self.error or exc or ConnectionError("the socket was closed")
        self._lost.set()
        self._news.set()

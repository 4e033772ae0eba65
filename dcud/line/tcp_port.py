"""TCP connections to meters and serial servers, behind the port protocol."""

import asyncio
import os
import socket
from dataclasses import dataclass

from dcud.line.errors import PortError
from dcud.line.octet_stream import OctetStream
from dcud.line.port import Hear

_KEEPALIVE = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
)
"""A far end that went without a word is noticed within a minute, also while nothing is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpParameters:
    """The far end of a connection.

    Attributes:
        host: name or address.
        port: TCP port; 4059 is the wrapper's own.
        connect_timeout: seconds until a connection must stand.
        write_timeout: seconds until the far end must have room for what is sent.
    """

    host: str
    port: int
    connect_timeout: float = 10.0
    write_timeout: float = 10.0

    def __str__(self) -> str:
        """Return host and port as one writes them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class TcpPort:
    """A TCP connection as a `PromptPort`."""

    def __init__(self, parameters: TcpParameters) -> None:
        self._parameters = parameters
        self._stream: OctetStream | None = None
        self._transport: asyncio.Transport | None = None

    @property
    def is_open(self) -> bool:
        """Whether the connection was made and has not been seen to end."""
        return self._stream is not None and not self._stream.is_lost

    async def open(self) -> None:
        """Connect."""
        if self.is_open:
            return
        await self.close()
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._parameters.connect_timeout):
                transport, stream = await loop.create_connection(
                    lambda: OctetStream(self._loss), self._parameters.host, self._parameters.port
                )
        except TimeoutError as error:
            raise self._open_error("no answer in time") from error
        except OSError as error:
            raise self._open_error(_reason(error)) from error
        self._stream, self._transport = stream, transport
        connected: socket.socket = transport.get_extra_info("socket")
        for level, option, value in _KEEPALIVE:
            connected.setsockopt(level, option, value)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    async def write(self, octets: bytes) -> None:
        """Send `octets`; returns when the operating system has taken them all."""
        stream, transport = self._opened()
        if stream.is_lost:
            raise stream.loss()
        transport.write(octets)
        if stream.is_drained:  # nearly always; a timer would cost more than the write
            return
        try:
            async with asyncio.timeout(self._parameters.write_timeout):
                await stream.written()
        except TimeoutError:
            raise PortError(
                f"the far end of {self._parameters} takes no octets",
                remedy="restart the serial server or the meter's modem",
            ) from None

    @property
    def is_drained(self) -> bool:
        """Whether the connection stands and the operating system has taken all octets."""
        return self._stream is not None and self._stream.is_drained

    def write_at_once(self, octets: bytes) -> None:
        """Send `octets`; what the operating system doesn't take now it takes later."""
        _, transport = self._opened()
        transport.write(octets)

    async def listen(self, hear: Hear, until: float) -> None:
        """Give what arrives to `hear` until that wants no more, or it is the time it named last."""
        stream, _ = self._opened()
        await stream.listen(hear, until)

    async def read(self, within: float) -> bytes:
        """Return what has arrived, or b"" if nothing does within so many seconds."""
        stream, _ = self._opened()
        return await stream.read(within)

    def discard_input(self) -> int:
        """Forget what arrived and was not read."""
        return 0 if self._stream is None else self._stream.discard()

    async def close(self) -> None:
        """End the connection, dropping what has not left."""
        stream, transport = self._stream, self._transport
        self._stream = self._transport = None
        if stream is None or transport is None:
            return
        transport.abort()
        await stream.closed()

    def _opened(self) -> tuple[OctetStream, asyncio.Transport]:
        if self._stream is None or self._transport is None:
            raise PortError(f"the connection to {self._parameters} is not open")
        return self._stream, self._transport

    def _open_error(self, reason: str) -> PortError:
        return PortError(
            f"can't connect to {self._parameters}: {reason}",
            remedy="check host and port, and that the far end is on and has a connection to spare",
        )

    def _loss(self, reason: Exception | None) -> PortError:
        why = "the far end closed it" if reason is None else _reason(reason)
        return PortError(
            f"the connection to {self._parameters} ended: {why}",
            remedy="check that nobody else uses the far end; dcud connects again by itself",
        )


def _reason(error: Exception) -> str:
    number = getattr(error, "errno", None)
    if isinstance(number, int) and number > 0:
        return os.strerror(number)
    return str(error) or type(error).__name__

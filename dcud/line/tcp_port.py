"""TCP connections to meters and serial servers, behind the port protocol."""

import asyncio
import logging

from dcud.line.errors import PortError
from dcud.line.far_end import FarEnd
from dcud.line.octet_stream import OctetStream
from dcud.line.port import Hear
from dcud.line.serial_server_stream import SerialServerStream
from dcud.line.tcp_connection import connect, connection_loss

_LOG = logging.getLogger(__name__)


class TcpPort:
    """A TCP connection as a `PromptPort`.

    Args:
        far_end: where it leads.
        write_timeout: seconds until the far end must have room for what is sent.
        serial_server: whether the far end passes all on to a serial line.
    """

    def __init__(
        self, far_end: FarEnd, *, write_timeout: float = 10.0, serial_server: bool = False
    ) -> None:
        self._far_end = far_end
        self._write_timeout = write_timeout
        self._is_serial_server = serial_server
        self._stream: OctetStream | None = None
        self._transport: asyncio.Transport | None = None
        self._warned_of_telnet = False

    @property
    def is_open(self) -> bool:
        """Whether the connection was made and has not been seen to end."""
        return self._stream is not None and not self._stream.is_lost

    async def open(self) -> None:
        """Connect."""
        if self.is_open:
            return
        await self.close()
        self._transport, self._stream = await connect(self._far_end, self._make_stream)

    async def write(self, octets: bytes) -> None:
        """Send `octets`; returns when the operating system has taken them all."""
        stream, transport = self._opened()
        if stream.is_lost:
            raise stream.loss()
        transport.write(octets)
        if stream.is_drained:  # nearly always; a timer would cost more than the write
            return
        try:
            async with asyncio.timeout(self._write_timeout):
                await stream.written()
        except TimeoutError:
            raise PortError(
                f"the far end of {self._far_end} takes no octets",
                remedy="restart the serial server or the meter's modem",
            ) from None

    @property
    def is_drained(self) -> bool:
        """Whether the connection stands and the operating system has taken all octets."""
        return self._stream is not None and self._stream.is_drained

    def write_at_once(self, octets: bytes) -> None:
        """Send `octets`; what the operating system doesn't take now it takes later."""
        if self._transport is None:
            raise self._not_open()
        self._transport.write(octets)

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

    def _make_stream(self) -> OctetStream:
        if self._is_serial_server:
            return SerialServerStream(self._loss, self._warn_of_telnet)
        return OctetStream(self._loss)

    def _warn_of_telnet(self) -> None:
        if self._warned_of_telnet:
            return
        self._warned_of_telnet = True
        _LOG.warning(
            "%s greets with telnet, which damages frames that hold 0xFF; make its port raw there, "
            "or configure the bus with rfc2217 instead of tcp",
            self._far_end,
        )

    def _opened(self) -> tuple[OctetStream, asyncio.Transport]:
        if self._stream is None or self._transport is None:
            raise self._not_open()
        return self._stream, self._transport

    def _not_open(self) -> PortError:
        return PortError(f"the connection to {self._far_end} is not open")

    def _loss(self, reason: Exception | None) -> PortError:
        return connection_loss(self._far_end, reason)

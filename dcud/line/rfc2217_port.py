"""Serial ports of servers in the network, ruled by RFC 2217, behind the port protocol.

pyserial has a client for this as well, which was weighed: it would do the work in a thread of its
own, hand over each octet through a queue, look only every 50 ms whether a setting was confirmed,
and hold its caller meanwhile, who can't be cancelled for up to three seconds. One thread more for
each call would bridge that, at the price of CPU and latency. The option itself is small; with our
own codec it runs on the event loop as the other ports do, and each wait can be given up.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, cast

from dcud.line.com_port_option import LINE_ERRORS, PURGE_RECEIVED, Command, Control
from dcud.line.errors import PortError
from dcud.line.far_end import FarEnd
from dcud.line.line_settings import check_format, line_time
from dcud.line.octet_stream import OctetStream
from dcud.line.rfc2217_client import Rfc2217Client
from dcud.line.tcp_connection import acknowledge, connect, connection_loss

_LOG = logging.getLogger(__name__)

_TEXT_SHOWN: Final = 80
"""Octets of a server's last words that an error tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rfc2217Parameters:
    """A server's serial port with all that it is opened with.

    Attributes:
        server: where the server listens for the port.
        baud: bits per second.
        format: data bits, parity, stop bits, as "8N1" or "7E1".
        dtr: whether DTR is on while the port is open; some optical heads live on it.
        rts: whether RTS is on while the port is open.
        answer_timeout: seconds until the server must have answered what it was told.
        write_timeout: seconds until the server must have room for what is sent.
    """

    server: FarEnd
    baud: int = 9600
    format: str = "8N1"
    dtr: bool = True
    rts: bool = True
    answer_timeout: float = 5.0
    write_timeout: float = 10.0

    def __post_init__(self) -> None:
        """Refuse formats that are none."""
        check_format(self.format)


class Rfc2217Port:
    """A server's serial port as a `Port` whose speed and format can be set."""

    def __init__(self, parameters: Rfc2217Parameters) -> None:
        self._parameters = parameters
        self._server = parameters.server
        self._connection: _Connection | None = None
        self._line = (parameters.baud, parameters.format)
        self._line_free_at = float("-inf")

    @property
    def is_open(self) -> bool:
        """Whether the port was opened and the connection has not been seen to end."""
        return self._connection is not None and not self._connection.stream.is_lost

    async def open(self) -> None:
        """Connect, agree with the server, and set the line as configured."""
        if self.is_open:
            return
        await self.close()
        make = lambda: _Connection(OctetStream(self._loss))  # noqa: E731  # named for its type alone
        transport, connection = await connect(self._server, make)
        try:
            await self._agree(connection)
            await self._set_line(connection, self._parameters.baud, self._parameters.format)
            self._check_flow_control(connection)
        except BaseException:  # cancelled as well: nobody else would end the connection
            transport.abort()
            raise
        self._connection = connection

    async def set_line(self, baud: int, format: str) -> None:  # noqa: A002  # the field's own word
        """Give the line another speed and format; returns once the server has confirmed them.

        Raises:
            PortError: the server set something else, or doesn't answer.
            ValueError: the format is none.
        """
        check_format(format)
        connection = self._opened()
        await self._line_is_free()  # a write that was cancelled may still be on its way
        await self._set_line(connection, baud, format)

    async def write(self, octets: bytes) -> None:
        """Send `octets`; returns when, by the baud rate, the server's line has carried them."""
        connection = self._opened()
        if connection.stream.is_lost:
            raise connection.stream.loss()
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._parameters.write_timeout):
                await connection.until(lambda: connection.client.may_send)
                connection.client.send(octets)
                connection.flush()
                began = loop.time()
                await connection.stream.written()
        except TimeoutError:
            raise PortError(
                f"serial server {self._server} takes no octets",
                remedy="check that nothing holds the flow control of its port, or restart it",
            ) from None
        # Also where this wait is cancelled the octets occupy the line.
        self._line_free_at = max(began, self._line_free_at) + line_time(len(octets), *self._line)
        await self._line_is_free()
        if connection.stream.is_lost:
            raise connection.stream.loss()

    async def read(self, within: float) -> bytes:
        """Return what has arrived, or b"" if nothing does within so many seconds."""
        return await self._opened().stream.read(within)

    def discard_input(self) -> int:
        """Forget what arrived and was not read, in the server as well."""
        connection = self._connection
        if connection is None:
            return 0
        connection.client.command(Command.PURGE_DATA, PURGE_RECEIVED)
        connection.flush()
        return connection.stream.discard()

    async def close(self) -> None:
        """End the connection, dropping what has not left."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if connection.client.line_errors or connection.client.faults:
            _LOG.info(
                "serial server %s told of errors on its line: %s; unreadable answers: %d",
                self._server,
                dict(connection.client.line_errors) or "none",
                connection.client.faults,
            )
        connection.abort()
        await connection.stream.closed()

    async def _line_is_free(self) -> None:
        remaining = self._line_free_at - asyncio.get_running_loop().time()
        if remaining > 0:
            await asyncio.sleep(remaining)

    async def _agree(self, connection: "_Connection") -> None:
        """Negotiate, and make the port one that passes all octets."""
        client, parameters = connection.client, self._parameters
        client.start()
        connection.flush()
        try:
            async with asyncio.timeout(parameters.answer_timeout):
                await connection.until(lambda: client.is_agreed or bool(client.refusal))
        except TimeoutError:
            raise self._no_rfc2217(connection) from None
        except PortError as error:
            raise await _with_last_words(error, connection) from None
        if client.refusal:
            raise self._no_rfc2217(connection)
        client.command(Command.SET_CONTROL, Control.NO_FLOW_CONTROL)
        client.command(Command.SET_CONTROL, Control.DTR_ON if parameters.dtr else Control.DTR_OFF)
        client.command(Command.SET_CONTROL, Control.RTS_ON if parameters.rts else Control.RTS_OFF)
        client.command(Command.SET_MODEMSTATE_MASK, 0)
        client.command(Command.SET_LINESTATE_MASK, sum(LINE_ERRORS))

    async def _set_line(self, connection: "_Connection", baud: int, character_format: str) -> None:
        client = connection.client
        client.ask_line(baud, character_format)
        connection.flush()
        try:
            async with asyncio.timeout(self._parameters.answer_timeout):
                await connection.until(lambda: not client.unanswered)
        except TimeoutError:
            commands = ", ".join(command.name for command in client.unanswered)
            raise PortError(
                f"serial server {self._server} doesn't answer {commands}".replace("_", "-"),
                remedy="check its RFC 2217 mode, or configure the port there and use plain tcp",
            ) from None
        except PortError as error:
            raise await _with_last_words(error, connection) from None
        if client.disagreement:
            raise PortError(
                f"serial server {self._server} set {client.disagreement}",
                remedy="check which speeds and formats its port has, and what is fixed there",
            )
        self._line = (baud, character_format)

    def _check_flow_control(self, connection: "_Connection") -> None:
        if connection.client.eats_octets:
            raise PortError(
                f"serial server {self._server} keeps XON/XOFF flow control on",
                remedy="turn flow control off in the configuration of its port",
            )

    def _no_rfc2217(self, connection: "_Connection") -> PortError:
        client = connection.client
        if client.refusal:
            reason = f"speaks telnet but refuses {client.refusal}"
        elif client.speaks_telnet:
            reason = "speaks telnet but says nothing of the com-port option"
        else:
            reason = "doesn't speak telnet"
        return PortError(
            f"serial server {self._server} {reason}",
            remedy="switch its port to RFC 2217 (ser2net: telnet(rfc2217)), "
            "or make it raw there and use plain tcp",
        )

    def _opened(self) -> "_Connection":
        if self._connection is None:
            raise PortError(f"the connection to serial server {self._server} is not open")
        return self._connection

    def _loss(self, reason: Exception | None) -> PortError:
        return connection_loss(self._server, reason)


class _Connection(asyncio.Protocol):
    """One connection: sorts what comes into the meters' octets and the server's answers.

    It does so as octets arrive, so that the server is answered also while nobody reads.
    """

    def __init__(self, stream: OctetStream) -> None:
        self.stream = stream
        self.client = Rfc2217Client()
        self._transport: asyncio.Transport | None = None
        self._news = asyncio.Event()

    def flush(self) -> None:
        """Send what the client has queued."""
        octets = self.client.octets_to_send()
        if octets and self._transport is not None:
            self._transport.write(octets)

    async def until(self, reached: Callable[[], bool]) -> None:
        """Wait until something holds; `PortError` where the connection ends before."""
        while not reached():
            if self.stream.is_lost:
                raise self.stream.loss()
            self._news.clear()
            await self._news.wait()

    def abort(self) -> None:
        """End the connection."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport, from itself."""
        # asyncio types it too widely, and not every loop's transport derives from asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        self.stream.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Take octets, from the transport."""
        if self._transport is not None:
            acknowledge(self._transport)
        said = self.client.receive(data)
        self.flush()
        if said:
            self.stream.data_received(said)
        self._news.set()

    def pause_writing(self) -> None:
        """Learn that the transport holds octets back."""
        self.stream.pause_writing()

    def resume_writing(self) -> None:
        """Learn that the transport has handed all octets on."""
        self.stream.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Learn that the transport is gone."""
        self._transport = None
        self.stream.connection_lost(exc)
        self._news.set()


async def _with_last_words(error: PortError, connection: _Connection) -> PortError:
    """Return the error with what the server wrote before it closed, where that is a text."""
    try:
        said = (await connection.stream.read(0.0)).strip().decode("ascii")
    except (PortError, UnicodeDecodeError):
        return error
    shown = said[:_TEXT_SHOWN]
    if not shown.isprintable():
        return error
    return PortError(f"{error.message}; it said {shown!r}", remedy=error.remedy)

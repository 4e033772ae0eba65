"""A TCP connection to a meter or serial server, made the way that a line needs it."""

import asyncio
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from dcud.line.errors import PortError

_KEEPALIVE = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
)
"""A far end that went without a word is noticed within a minute, also while nothing is asked."""

Receiver = TypeVar("Receiver", bound=asyncio.Protocol)


@dataclass(frozen=True, slots=True, kw_only=True)
class FarEnd:
    """Where a connection leads; `connect_timeout` is the seconds until it must stand."""

    host: str
    port: int
    connect_timeout: float = 10.0

    def __str__(self) -> str:
        """Return host and port as one writes them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


async def connect(
    far_end: FarEnd, make_receiver: Callable[[], Receiver]
) -> tuple[asyncio.Transport, Receiver]:
    """Connect, and have what comes given to a receiver.

    Raises:
        PortError: there is no connection to be had.
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(far_end.connect_timeout):
            transport, receiver = await loop.create_connection(
                make_receiver, far_end.host, far_end.port
            )
    except TimeoutError as error:
        raise _open_error(far_end, "no answer in time") from error
    except OSError as error:
        raise _open_error(far_end, reason_of(error)) from error
    connected: socket.socket = transport.get_extra_info("socket")
    for level, option, value in _KEEPALIVE:
        connected.setsockopt(level, option, value)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return transport, receiver


def connection_loss(far_end: FarEnd, reason: Exception | None) -> PortError:
    """Return the error that tells of a connection that ended; None: the far end closed it."""
    why = "the far end closed it" if reason is None else reason_of(reason)
    return PortError(
        f"the connection to {far_end} ended: {why}",
        remedy="check that nobody else uses the far end; dcud connects again by itself",
    )


def reason_of(error: Exception) -> str:
    """Return why a connection failed, in the operating system's words."""
    number = getattr(error, "errno", None)
    if isinstance(number, int) and number > 0:
        return os.strerror(number)
    return str(error) or type(error).__name__


def _open_error(far_end: FarEnd, reason: str) -> PortError:
    return PortError(
        f"can't connect to {far_end}: {reason}",
        remedy="check host and port, and that the far end is on and has a connection to spare",
    )

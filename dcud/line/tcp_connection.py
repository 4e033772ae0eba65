"""A TCP connection to a meter or serial server, made the way that a line needs it."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import TypeVar

from dcud.line.errors import PortError
from dcud.line.far_end import FarEnd, reason_of

_KEEPALIVE = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
)
"""A far end that went without a word is noticed within a minute, also while nothing is asked."""

Receiver = TypeVar("Receiver", bound=asyncio.Protocol)


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


def acknowledge(transport: asyncio.Transport) -> None:
    """Let the far end know at once what arrived; for a receiver of what a serial line says.

    Serial servers send the first octets of a frame at once, and many hold the rest back until those
    are acknowledged (Nagle), which the kernel would do only with our next request, or after 40 ms.
    """
    connected: socket.socket = transport.get_extra_info("socket")
    with contextlib.suppress(OSError):  # a connection that was reset tells of it by itself
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def connection_loss(far_end: FarEnd, reason: Exception | None) -> PortError:
    """Return the error that tells of a connection that ended; None: the far end closed it."""
    why = "the far end closed it" if reason is None else reason_of(reason)
    return PortError(
        f"the connection to {far_end} ended: {why}",
        remedy="check that nobody else uses the far end; dcud connects again by itself",
    )


def _open_error(far_end: FarEnd, reason: str) -> PortError:
    return PortError(
        f"can't connect to {far_end}: {reason}",
        remedy="check host and port, and that the far end is on and has a connection to spare",
    )

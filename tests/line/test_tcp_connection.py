import asyncio
import errno
import socket

import pytest

from dcud.line.errors import PortError
from dcud.line.far_end import FarEnd
from dcud.line.tcp_connection import acknowledge, connect, connection_loss


async def test_a_connection_is_kept_alive_and_does_not_gather_octets() -> None:
    gone = asyncio.Event()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        gone.set()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    address: tuple[str, int] = server.sockets[0].getsockname()
    async with server:
        transport, receiver = await connect(
            FarEnd(host=address[0], port=address[1]), asyncio.Protocol
        )
        connected: socket.socket = transport.get_extra_info("socket")
        assert connected.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 30
        assert connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
        assert type(receiver) is asyncio.Protocol
        acknowledge(transport)
        transport.abort()
        await gone.wait()


async def test_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        number: int = unused.getsockname()[1]
        with pytest.raises(PortError, match=f"127.0.0.1:{number}: Connection refused") as caught:
            await connect(FarEnd(host="127.0.0.1", port=number), asyncio.Protocol)
    assert "host and port" in caught.value.remedy


@pytest.mark.looptime
async def test_a_connection_that_is_never_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()

    async def never(*_: object) -> None:
        await loop.create_future()

    monkeypatch.setattr(loop, "create_connection", never)
    began = loop.time()
    with pytest.raises(PortError, match="no answer in time"):
        await connect(FarEnd(host="192.0.2.1", port=4059, connect_timeout=7.0), asyncio.Protocol)
    assert loop.time() - began == 7.0


def test_losses_are_told_in_words() -> None:
    end = FarEnd(host="::1", port=4059)
    assert "[::1]:4059 ended: the far end closed it" in str(connection_loss(end, None))
    reset = ConnectionResetError(errno.ECONNRESET, "whatever")
    assert "[::1]:4059 ended: Connection reset by peer" in str(connection_loss(end, reset))

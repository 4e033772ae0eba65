import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from dcud.line.errors import PortError
from dcud.line.far_end import FarEnd
from dcud.line.port import is_prompt
from dcud.line.tcp_port import TcpPort
from tests.support.descriptors import open_descriptors
from tests.support.until import until

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def far_end(serve: Serve) -> AsyncIterator[TcpPort]:
    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    address: tuple[str, int] = server.sockets[0].getsockname()
    port = TcpPort(FarEnd(host=address[0], port=address[1]))
    async with server:
        yield port
        await port.close()


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while octets := await reader.read(65_536):
        writer.write(octets)


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readexactly(1)
    writer.write(b"bye")


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readexactly(1)
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    assert writer is not None
    await reader.read()


async def test_octets_pass_both_ways_unchanged() -> None:
    async with far_end(echo) as port:
        await port.open()
        assert port.is_open
        await port.write(bytes(range(256)))
        received = b""
        while len(received) < 256:
            received += await port.read(1.0)
        assert received == bytes(range(256))


async def test_silence_reads_as_nothing() -> None:
    async with far_end(silent) as port:
        await port.open()
        assert await port.read(0.01) == b""


async def test_far_end_that_hangs_up_is_a_named_error_after_its_last_words() -> None:
    async with far_end(hang_up) as port:
        await port.open()
        await port.write(b"\x01")
        assert await port.read(5.0) == b"bye"
        with pytest.raises(PortError, match=r"127\.0\.0\.1:\d+ ended: the far end closed it"):
            await port.read(5.0)
        assert not port.is_open


async def test_reset_is_a_named_error() -> None:
    async with far_end(reset) as port:
        await port.open()
        await port.write(b"\x01")
        with pytest.raises(PortError, match="ended: Connection reset by peer"):
            await port.read(5.0)
        with pytest.raises(PortError, match="ended"):
            await port.write(b"\x01")


async def test_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        number: int = unused.getsockname()[1]
        port = TcpPort(FarEnd(host="127.0.0.1", port=number))
        with pytest.raises(PortError, match=f"127.0.0.1:{number}: Connection refused") as caught:
            await port.open()
    assert caught.value.code == "port"
    assert "host and port" in caught.value.remedy


async def test_name_that_nobody_knows() -> None:
    port = TcpPort(FarEnd(host="meter.invalid", port=4059))
    with pytest.raises(PortError, match=r"can't connect to meter\.invalid:4059"):
        await port.open()


@pytest.mark.looptime
async def test_connection_that_is_never_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()

    async def never(*_: object) -> None:
        await loop.create_future()

    monkeypatch.setattr(loop, "create_connection", never)
    port = TcpPort(FarEnd(host="192.0.2.1", port=4059, connect_timeout=7.0))
    began = loop.time()
    with pytest.raises(PortError, match="no answer in time"):
        await port.open()
    assert loop.time() - began == 7.0


async def test_far_end_that_takes_no_octets() -> None:
    done = asyncio.Event()

    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()  # type: ignore[attr-defined]  # typed too widely
        assert not reader.at_eof()
        await done.wait()

    async with far_end(deaf) as answering:
        port = TcpPort(answering._far_end, write_timeout=0.05)
        await port.open()
        with pytest.raises(PortError, match="takes no octets"):
            await port.write(bytes(50_000_000))
        await port.close()
        done.set()


async def test_the_connection_is_kept_alive_and_does_not_gather_octets() -> None:
    async with far_end(silent) as port:
        await port.open()
        assert port._transport is not None
        connected: socket.socket = port._transport.get_extra_info("socket")
        assert connected.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 30
        assert connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1


async def test_opening_and_closing_leaks_no_descriptor() -> None:
    async with far_end(echo) as port:
        await port.open()
        await port.open()
        await port.close()
        await port.close()
        before = open_descriptors()
        for _ in range(20):
            await port.open()
            await port.write(b"\x01")
            await port.close()
        await until(lambda: open_descriptors() <= before)


async def test_a_connection_that_ended_is_made_anew() -> None:
    async with far_end(hang_up) as port:
        for _ in range(2):
            await port.open()
            await port.write(b"\x01")
            await until(lambda: not port.is_open)


async def test_discarding_forgets_what_was_not_read() -> None:
    async with far_end(echo) as port:
        assert port.discard_input() == 0
        await port.open()
        await port.write(b"stale")
        stream = port._stream
        assert stream is not None
        await until(lambda: len(stream._received) == 5)
        assert port.discard_input() == 5
        assert await port.read(0.01) == b""


async def test_cancelled_opening_leaks_no_descriptor() -> None:
    async with far_end(silent) as port:
        before = open_descriptors()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await port.open()
        assert not port.is_open
        await until(lambda: open_descriptors() == before)


async def test_a_closed_port_neither_reads_nor_writes() -> None:
    port = TcpPort(FarEnd(host="::1", port=4059))
    with pytest.raises(PortError, match=r"\[::1\]:4059 is not open"):
        await port.read(1.0)
    with pytest.raises(PortError, match="not open"):
        await port.write(b"\x01")
    await port.close()


async def test_one_can_answer_what_is_heard_at_once() -> None:
    heard: list[bytes] = []

    def hear(octets: bytes) -> float | None:
        heard.append(octets)
        assert port.is_drained
        if len(heard) == 3:
            return None
        port.write_at_once(octets + b"!")
        return asyncio.get_running_loop().time() + 5.0

    async with far_end(echo) as port:
        assert not port.is_drained
        await port.open()
        assert is_prompt(port)
        await port.write(b"a")
        await port.listen(hear, asyncio.get_running_loop().time() + 5.0)
    assert heard == [b"a", b"a!", b"a!!"]


async def test_octets_written_at_once_that_are_held_back_show_in_the_next_write() -> None:
    done = asyncio.Event()

    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()  # type: ignore[attr-defined]  # typed too widely
        assert not reader.at_eof()
        await done.wait()

    async with far_end(deaf) as answering:
        port = TcpPort(answering._far_end, write_timeout=0.05)
        await port.open()
        port.write_at_once(bytes(50_000_000))
        assert not port.is_drained
        with pytest.raises(PortError, match="takes no octets"):
            await port.write(b"x")
        await port.close()
        done.set()

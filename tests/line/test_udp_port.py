import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from dcud.line.errors import PortError
from dcud.line.far_end import FarEnd
from dcud.line.port import Port
from dcud.line.udp_port import UdpPort
from tests.support.descriptors import open_descriptors
from tests.support.until import until


class Peer:
    """A socket that is never waited for: what it is sent arrives before the sender goes on."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.client: tuple[str, int] = ("", 0)

    @property
    def port(self) -> int:
        number: int = self.socket.getsockname()[1]
        return number

    def heard(self) -> bytes:
        octets, self.client = self.socket.recvfrom(65_536)
        return octets

    def say(self, octets: bytes) -> None:
        self.socket.sendto(octets, self.client)


@asynccontextmanager
async def far_end() -> AsyncIterator[tuple[Peer, UdpPort]]:
    end = Peer()
    port = UdpPort(FarEnd(host="127.0.0.1", port=end.port))
    with end.socket:
        yield end, port
        await port.close()


async def test_each_write_and_each_read_is_one_datagram() -> None:
    async with far_end() as (end, udp):
        port: Port = udp
        await port.open()
        await port.open()
        assert port.is_open
        await port.write(b"first")
        await port.write(b"second")
        assert (end.heard(), end.heard()) == (b"first", b"second")
        for said in (b"a", b"", b"bc", bytes(60_000)):
            end.say(said)
        assert [await port.read(1.0) for _ in range(3)] == [b"a", b"bc", bytes(60_000)]


async def test_silence_reads_as_nothing() -> None:
    async with far_end() as (_, port):
        await port.open()
        assert await port.read(0.01) == b""
        assert await port.read(0.0) == b""
        assert await port.read(-1.0) == b""


async def test_what_arrived_is_read_also_without_time_to_wait() -> None:
    async with far_end() as (end, port):
        await port.open()
        await port.write(b"?")
        end.heard()
        end.say(b"!")
        opened = port._socket
        assert opened is not None
        await until(lambda: bool(opened.waiting))
        assert await port.read(-1.0) == b"!"


async def test_a_reader_is_woken() -> None:
    async with far_end() as (end, port):
        await port.open()
        await port.write(b"?")
        end.heard()
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(port.read(5.0))
            await asyncio.sleep(0)
            end.say(b"!")
        assert reading.result() == b"!"


async def test_strangers_are_not_heard() -> None:
    async with far_end() as (end, port):
        await port.open()
        await port.write(b"?")
        end.heard()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.sendto(b"listen to me", end.client)
        end.say(b"!")
        assert await port.read(1.0) == b"!"


async def test_nobody_listens_is_a_port_error_and_the_port_opens_again() -> None:
    end = Peer()
    port = UdpPort(FarEnd(host="127.0.0.1", port=end.port))
    end.socket.close()
    for _ in range(2):
        await port.open()
        await port.write(b"?")
        with pytest.raises(
            PortError, match="can't be reached by UDP: Connection refused"
        ) as caught:
            await port.read(5.0)
        assert "listens there" in caught.value.remedy
        assert not port.is_open
        with pytest.raises(PortError, match="Connection refused"):
            await port.write(b"?")
    await port.close()


async def test_a_name_that_nobody_knows() -> None:
    port = UdpPort(FarEnd(host="meter.invalid", port=4059))
    with pytest.raises(PortError, match=r"can't open UDP to meter\.invalid:4059"):
        await port.open()


@pytest.mark.looptime
async def test_a_name_that_is_never_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()

    async def never(*_: object, **__: object) -> None:
        await loop.create_future()

    monkeypatch.setattr(loop, "create_datagram_endpoint", never)
    port = UdpPort(FarEnd(host="meter.invalid", port=4059, connect_timeout=7.0))
    began = loop.time()
    with pytest.raises(PortError, match="no answer in time"):
        await port.open()
    assert loop.time() - began == 7.0


async def test_what_fits_no_datagram_is_refused() -> None:
    async with far_end() as (_, port):
        await port.open()
        with pytest.raises(PortError, match=r"65508 octets .* don't fit a datagram"):
            await port.write(bytes(65_508))


async def test_discarding_forgets_what_was_not_read() -> None:
    async with far_end() as (end, port):
        assert port.discard_input() == 0
        await port.open()
        await port.write(b"?")
        end.heard()
        end.say(b"stale")
        end.say(b"too")
        opened = port._socket
        assert opened is not None
        await until(lambda: len(opened.waiting) == 2)
        assert port.discard_input() == 8
        assert await port.read(0.01) == b""


async def test_a_flood_that_nobody_reads_is_bounded() -> None:
    async with far_end() as (end, port):
        await port.open()
        await port.write(b"?")
        end.heard()
        opened = port._socket
        assert opened is not None

        def newest() -> bytes:
            return opened.waiting[-1] if opened.waiting else b""

        for number in range(200):
            said = bytes((number,))
            end.say(said)
            await until(lambda said=said: newest() == said)  # type: ignore[misc]  # bound at once
        assert len(opened.waiting) == 64
        assert await port.read(1.0) == bytes((200 - 64,))


async def test_opening_and_closing_leaks_no_descriptor() -> None:
    async with far_end() as (_, port):
        await port.open()
        await port.close()
        await port.close()
        before = open_descriptors()
        for _ in range(20):
            await port.open()
            await port.close()
        await until(lambda: open_descriptors() <= before)


async def test_a_closed_port_neither_reads_nor_writes() -> None:
    port = UdpPort(FarEnd(host="::1", port=4059))
    for use in (port.read(1.0), port.write(b"\x01")):
        with pytest.raises(PortError, match=r"\[::1\]:4059 is not open"):
            await use
    await port.close()

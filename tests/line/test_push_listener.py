import asyncio
import socket

import pytest

from dcud.line.errors import PortError
from dcud.line.push_listener import Listened, PushListener
from dcud.line.pushes import ListenerBounds, Transport
from tests.support.pushing import ANSWER, PUSH, Reception, Watch
from tests.support.until import until


def listener(port: int, transport: Transport, reception: Reception) -> PushListener:
    where = Listened(host="127.0.0.1", port=port, transports=(transport,))
    return PushListener(where, reception, ListenerBounds(), Watch())


async def test_both_transports_are_heard() -> None:
    reception = Reception()
    both = PushListener(Listened(host="127.0.0.1", port=0), reception, ListenerBounds(), Watch())
    async with both.listening() as ports:
        reader, writer = await asyncio.open_connection("127.0.0.1", ports["tcp"])
        writer.write(PUSH)
        assert await reader.readexactly(len(ANSWER)) == ANSWER
        writer.transport.abort()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as meter:
            meter.setblocking(False)
            meter.connect(("127.0.0.1", ports["udp"]))
            meter.send(PUSH)
            async with asyncio.timeout(5):
                assert await asyncio.get_running_loop().sock_recv(meter, 100) == ANSWER
    assert [transport for transport, _ in reception.takers[1].units] == ["tcp", "udp"]


@pytest.mark.parametrize(
    ("transport", "kind"), [("tcp", socket.SOCK_STREAM), ("udp", socket.SOCK_DGRAM)]
)
async def test_a_port_that_is_taken(transport: Transport, kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind(("127.0.0.1", 0))
        if kind is socket.SOCK_STREAM:
            other.listen()
        port: int = other.getsockname()[1]
        with pytest.raises(PortError, match=f"127.0.0.1 port {port} by {transport.upper()}: ") as e:
            async with listener(port, transport, Reception()).listening():
                raise AssertionError
    assert "[listener]" in e.value.remedy


async def test_after_the_end_the_ports_are_free_and_nothing_goes_on() -> None:
    reception = Reception()
    reception.takers[1].held.clear()
    async with listener(0, "udp", reception).listening() as ports:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as meter:
            meter.connect(("127.0.0.1", ports["udp"]))
            meter.send(PUSH)
            await until(lambda: len(asyncio.all_tasks()) > 1)
    assert len(asyncio.all_tasks()) == 1
    async with listener(ports["udp"], "udp", reception).listening():
        pass

"""Datagrams that push, handed to the protocol as a socket would."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

import pytest

from dcud.dlms.wrapper import Wpdu
from dcud.line.push_datagrams import PushDatagrams
from dcud.line.pushes import ListenerBounds
from tests.support.pushing import ANSWER, BAD, PUSH, Reception, Watch
from tests.support.until import until

SECOND = bytes.fromhex("0001 0002 0010 0002 0FAA")
PEER = ("127.0.0.1", 40_000)
Buffer = bytes | bytearray | memoryview

BOUNDS = ListenerBounds(longest_apdu=64, waiting_datagrams=4, waiting_octets=40)


class Socket(asyncio.DatagramTransport):
    """Keeps what is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[bytes, object]] = []

    def sendto(self, data: Buffer, addr: object = None) -> None:
        self.sent.append((bytes(data), addr))


class Site:
    """A socket's protocol with what it is given and what it tells."""

    def __init__(self, network: str = "127.0.0.0/8") -> None:
        self.reception = Reception(network)
        self.watch = Watch()
        self.socket = Socket()
        self.tasks: set[asyncio.Task[None]] = set()
        self.datagrams = PushDatagrams(self.reception, BOUNDS, self.watch, self.start)
        self.datagrams.connection_made(self.socket)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        self.tasks.add(asyncio.get_running_loop().create_task(work))

    async def hears(self, *datagrams: bytes) -> None:
        for datagram in datagrams:
            self.datagrams.datagram_received(datagram, PEER)
        await self.done()

    async def done(self) -> None:
        await until(lambda: all(task.done() for task in self.tasks))

    def taken(self, n: int) -> list[Wpdu]:
        return [unit for _, unit in self.reception.takers[n].units]


async def test_a_datagram_is_taken_and_answered() -> None:
    site = Site()
    await site.hears(PUSH, SECOND)
    await site.hears(PUSH)
    assert site.taken(1) == [Wpdu(1, 16, bytes.fromhex("0F00000001000600000007"))] * 2
    assert site.taken(2) == [Wpdu(2, 16, b"\x0f\xaa")]
    assert (ANSWER, PEER) in site.socket.sent
    assert len(site.socket.sent) == 3
    assert site.watch.refusals == []


async def test_octets_beyond_the_length_are_ignored() -> None:
    site = Site()
    await site.hears(PUSH + b"\x00")
    assert len(site.taken(1)) == 1


@pytest.mark.parametrize(
    ("said", "reason", "shown"),
    [
        (b"", "truncated", True),
        (PUSH[:-1], "truncated", True),
        (b"\x7e\xa0\x07\x03\x21\x93\x0f\x01\x7e", "version", True),
        (bytes.fromhex("0001 0001 0010 0041") + bytes(65), "size", True),
        (bytes.fromhex("0001 000A 0010 0001 0F"), "unknown_meter", True),
        (BAD, "service", False),
    ],
)
async def test_what_cannot_be_taken(said: bytes, reason: str, *, shown: bool) -> None:
    site = Site()
    await site.hears(said, SECOND)
    assert site.watch.refusals == [("udp", "127.0.0.1", reason)]
    assert site.watch.octets == [said if shown else b"\xff"]
    assert len(site.taken(2)) == 1


async def test_an_unknown_sender_is_refused_unread() -> None:
    site = Site("192.0.2.0/24")
    await site.hears(PUSH)
    assert site.watch.refusals == [("udp", "127.0.0.1", "unknown_sender")]
    assert site.watch.octets == [b""]
    assert not site.tasks


async def test_a_flood_of_one_meter_is_cut_and_holds_up_no_other() -> None:
    site = Site()
    site.reception.takers[1].held.clear()
    for _ in range(100):
        site.datagrams.datagram_received(PUSH, PEER)
    await asyncio.sleep(0)
    site.datagrams.datagram_received(SECOND, PEER)
    await until(lambda: bool(site.taken(2)))
    flooded = [reason for _, _, reason in site.watch.refusals]
    assert set(flooded) == {"flood"}
    assert len(flooded) == 96
    site.reception.takers[1].held.set()
    await site.done()
    assert len(site.taken(1)) == 4


async def test_all_that_waits_is_bounded_but_each_meter_has_a_place() -> None:
    site = Site()
    for n in range(10):
        site.reception.takers[n].held.clear()
        for _ in range(4):
            site.datagrams.datagram_received(PUSH[:3] + bytes((n,)) + PUSH[4:], PEER)
    for n in range(10):
        site.reception.takers[n].held.set()
    await site.done()
    # 40 octets hold the four of the first meter; each other has one.
    assert [len(site.taken(n)) for n in range(10)] == [4] + [1] * 9
    await site.hears(PUSH)
    assert len(site.taken(1)) == 2


async def test_a_fault_of_ours_costs_one_datagram(caplog: pytest.LogCaptureFixture) -> None:
    site = Site()
    site.reception.takers[1].error = ZeroDivisionError()
    with caplog.at_level(logging.ERROR, "dcud.line"):
        await site.hears(PUSH, SECOND)
    assert [record.message for record in caplog.records] == ["a datagram of 127.0.0.1 failed"]
    assert len(site.taken(2)) == 1


async def test_an_answer_that_cannot_be_delivered_ends_nothing() -> None:
    site = Site()
    site.datagrams.error_received(ConnectionRefusedError())
    await site.hears(PUSH)
    assert len(site.taken(1)) == 1

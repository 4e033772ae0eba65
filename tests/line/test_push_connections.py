"""Connections that push, on real sockets."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dcud.dlms.wrapper import Wpdu
from dcud.line.push_connections import PushConnections
from dcud.line.push_listener import Listened, PushListener
from dcud.line.pushes import ListenerBounds
from tests.support.pushing import ANSWER, BAD, PUSH, Reception, Watch
from tests.support.until import until

SECOND = bytes.fromhex("0001 0002 0010 0002 0FAA")
SECOND_ANSWER = bytes.fromhex("0001 0010 0002 0001 10")
BOUNDS = ListenerBounds(
    connections=3, connections_per_address=2, longest_apdu=64, idle_timeout=30.0
)


class Site:
    """A listener with what it is given and what it tells."""

    def __init__(self, network: str = "127.0.0.0/8") -> None:
        self.reception = Reception(network)
        self.watch = Watch()
        self.port = 0

    @property
    def taken(self) -> list[Wpdu]:
        return [unit for n in range(10) for _, unit in self.reception.takers[n].units]

    async def connect(
        self, source: str = "127.0.0.1"
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port, local_addr=(source, 0))

    async def says(self, *chunks: bytes) -> bytes:
        """Send these one after the other, hang up; return all that was answered."""
        reader, writer = await self.connect()
        try:
            for chunk in chunks:
                writer.write(chunk)
                await writer.drain()
            writer.write_eof()
            return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.transport.abort()


@asynccontextmanager
async def listening(site: Site, bounds: ListenerBounds = BOUNDS) -> AsyncIterator[Site]:
    where = Listened(host="127.0.0.1", port=0, transports=("tcp",))
    async with PushListener(where, site.reception, bounds, site.watch).listening() as ports:
        site.port = ports["tcp"]
        yield site


async def test_pushes_are_taken_and_answered_in_their_order() -> None:
    async with listening(Site()) as site:
        assert await site.says(PUSH + SECOND + PUSH) == ANSWER + SECOND_ANSWER + ANSWER
        await until(lambda: site.watch.connections == [1, 0])
    assert site.taken[0] == Wpdu(1, 16, bytes.fromhex("0F00000001000600000007"))
    assert len(site.taken) == 3
    assert site.watch.refusals == []


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(1, 18), max_size=6))
def test_however_the_octets_are_cut(cuts: Sequence[int]) -> None:
    octets = PUSH + SECOND
    edges = sorted({0, *cuts, len(octets)})
    chunks = [octets[a:b] for a, b in pairwise(edges)]

    async def push() -> bytes:
        async with listening(Site()) as site:
            return await site.says(*chunks)

    assert asyncio.run(push()) == ANSWER + SECOND_ANSWER


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"\x7e\xa0\x07\x03\x21\x93\x0f\x01\x7e", "version"),
        (bytes.fromhex("0001 0001 0010 0041"), "size"),
        (PUSH[:-1], "truncated"),
        (bytes.fromhex("0001 000A 0010 0001 0F"), "unknown_meter"),
        (BAD, "service"),
    ],
)
async def test_what_cannot_be_taken_ends_the_connection(said: bytes, reason: str) -> None:
    async with listening(Site()) as site:
        await site.says(said)
        await until(lambda: bool(site.watch.refusals))
        await until(lambda: site.watch.connections == [1, 0])
    assert site.watch.refusals == [("tcp", "127.0.0.1", reason)]
    assert site.taken == []


async def test_nothing_behind_a_fault_is_taken() -> None:
    async with listening(Site()) as site:
        await site.says(SECOND + BAD + PUSH)
        await until(lambda: bool(site.watch.refusals))
        await until(lambda: site.watch.connections[-1] == 0)
    assert site.taken == [Wpdu(2, 16, b"\x0f\xaa")]


async def test_an_unknown_sender_is_refused_before_it_says_anything() -> None:
    async with listening(Site("192.0.2.0/24")) as site:
        reader, writer = await site.connect()
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(1)
        writer.transport.abort()
    assert site.watch.refusals == [("tcp", "127.0.0.1", "unknown_sender")]
    assert site.watch.connections == []


async def test_nobody_takes_all_connections() -> None:
    async with listening(Site()) as site:
        first, second = await site.connect(), await site.connect()
        await until(lambda: site.watch.connections == [1, 2])
        assert await site.says(PUSH) == b""
        other = await site.connect("127.0.0.2")
        await until(lambda: site.watch.connections == [1, 2, 3])
        refused = await site.connect("127.0.0.3")
        await until(lambda: len(site.watch.refusals) == 2)
        assert site.watch.refusals == [
            ("tcp", "127.0.0.1", "connections"),
            ("tcp", "127.0.0.3", "connections"),
        ]
        first[1].transport.abort()
        await until(lambda: site.watch.connections[-1] == 2)
        assert await site.says(PUSH) == ANSWER
        for _, writer in (second, other, refused):
            writer.transport.abort()


async def test_a_sender_is_read_no_faster_than_it_is_taken() -> None:
    flood = PUSH * 1_500_000
    async with listening(Site()) as site:
        site.reception.takers[1].held.clear()
        _, writer = await site.connect()
        writer.write(flood)
        assert await site.says(SECOND) == SECOND_ANSWER
        # What the kernel's buffers don't hold is still with the sender.
        assert writer.transport.get_write_buffer_size() > 0
        writer.transport.abort()


async def test_a_connection_that_brings_nothing_whole_in_time() -> None:
    bounds = ListenerBounds(idle_timeout=0.02)
    async with listening(Site(), bounds) as site:
        _, writer = await site.connect()
        writer.write(PUSH[:-1])
        await until(lambda: bool(site.watch.refusals))
        writer.transport.abort()
    assert site.watch.refusals == [("tcp", "127.0.0.1", "idle")]


class Unread(asyncio.StreamWriter):
    """Writes to somebody who reads nothing."""

    def __init__(self) -> None:
        self.written: list[object] = []

    @property
    def transport(self) -> "Unread":  # type: ignore[override]  # as much of it as is used
        return self

    def __del__(self) -> None:
        pass

    def get_extra_info(self, name: str, default: object = None) -> object:
        return ("127.0.0.1", 1) if name == "peername" else default

    def set_write_buffer_limits(self, high: int) -> None:
        assert high == 0

    def write(self, data: object) -> None:
        self.written.append(data)

    async def drain(self) -> None:
        await asyncio.get_running_loop().create_future()

    def abort(self) -> None:
        self.written.append("aborted")


@pytest.mark.looptime
async def test_answers_that_nobody_reads_hold_no_connection() -> None:
    watch, writer, reader = Watch(), Unread(), asyncio.StreamReader()
    reader.feed_data(PUSH)
    await PushConnections(Reception(), BOUNDS, watch).attend(reader, writer)
    assert watch.refusals == [("tcp", "127.0.0.1", "idle")]
    assert writer.written == [ANSWER, "aborted"]
    assert asyncio.get_running_loop().time() == 30.0


async def test_a_fault_of_ours_costs_one_connection(caplog: pytest.LogCaptureFixture) -> None:
    async with listening(Site()) as site:
        site.reception.takers[1].error = ZeroDivisionError()
        with caplog.at_level(logging.ERROR, "dcud.line"):
            assert await site.says(PUSH) == b""
        assert await site.says(SECOND) == SECOND_ANSWER
    assert [record.message for record in caplog.records] == ["the connection of 127.0.0.1 failed"]


async def test_a_connection_that_is_reset_is_no_refusal() -> None:
    async with listening(Site()) as site:
        site.reception.takers[1].error = ConnectionResetError()
        assert await site.says(PUSH) == b""
        await until(lambda: site.watch.connections == [1, 0])
    assert site.watch.refusals == []


async def test_the_end_of_the_listener_ends_its_connections() -> None:
    async with listening(Site()) as site:
        reader, writer = await site.connect()
        await until(lambda: site.watch.connections == [1])
    try:
        assert await reader.read() == b""
    except ConnectionError:
        pass
    finally:
        writer.transport.abort()
    assert site.watch.connections == [1, 0]

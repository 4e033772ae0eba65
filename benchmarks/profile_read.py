"""Whole load profiles over loopback, in rows for a second of the client's CPU, beside gurux-dlms.

The meter is the gurux-dlms server of the tests, in a process of its own that isn't measured; both
clients speak to it over TCP, with HDLC or with the wrapper. What they do is as in `read_cpu`, which
see; here nothing but the profile is read, a month of it, by one GET with block transfer.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version

from benchmarks.read_cpu import OurClient, PeerClient, over_hdlc
from benchmarks.result import Result
from dcud.cli.event_loop import new_event_loop
from dcud.dlms.datalink import ClientSap, DataLink
from dcud.dlms.wrapper import WrapperLink
from dcud.line.far_end import FarEnd
from dcud.line.tcp_port import TcpPort
from dcud.line.tracer import NoTracer
from tests.support.gurux_peer import Peer, gurux_peer

ROWS = 2880  # a month of quarters of an hour
ROUNDS = 5

Rows = list[tuple[object, ...]]


def over_wrapper(peer: Peer) -> DataLink:
    return WrapperLink(
        client_sap=ClientSap(peer.public_client), server_sap=peer.meters[0].wrapper_sap
    )


@dataclass(frozen=True, slots=True)
class Way:
    """How both sides reach the meter: where it is, our link; what the peer is told instead."""

    name: str
    end: Callable[[Peer], tuple[str, int]]
    link: Callable[[Peer], DataLink]
    is_wrapped: bool = False
    max_info: int = 128


WAYS = (
    Way("profile_read_hdlc", lambda peer: peer.hdlc, over_hdlc),
    Way(
        "profile_read_hdlc_1024",
        lambda peer: peer.hdlc,
        lambda peer: over_hdlc(peer, max_info=1024),
        max_info=1024,
    ),
    Way("profile_read_wrapper", lambda peer: peer.wrapper, over_wrapper, is_wrapped=True),
)


async def ours(peer: Peer, way: Way) -> tuple[float, Rows]:
    host, number = way.end(peer)
    port = TcpPort(FarEnd(host=host, port=number))
    await port.open()
    client = OurClient(peer, port, NoTracer(), way.link)
    async with client.session() as session:
        await client.profile.layout(session)
        begin = time.process_time()
        entries = await client.profile.whole(session)
        seconds = time.process_time() - begin
    await port.close()
    return seconds, [(entry.time, *entry.cells[1:]) for entry in entries]


def our_time(peer: Peer, way: Way) -> tuple[float, Rows]:
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(ours(peer, way))


def their_time(peer: Peer, way: Way) -> tuple[float, Rows]:
    client = PeerClient(peer, is_wrapped=way.is_wrapped, max_info=way.max_info)
    client.learn()
    client.associate()
    begin = time.process_time()
    client.read(client.profile, 2)
    seconds = time.process_time() - begin
    client.release()
    client.socket.close()
    return seconds, [(moment.value, *cells) for moment, *cells in client.profile.buffer]


def check(mine: Rows, theirs: Rows) -> None:
    """Make sure that both sides do the whole work."""
    if len(mine) != ROWS or [numbers(row) for row in mine] != [numbers(row) for row in theirs]:
        raise AssertionError("the two clients disagree")


def numbers(row: tuple[object, ...]) -> list[float]:
    moment, *cells = row
    assert isinstance(moment, datetime)  # noqa: S101  # or the decoder does less than the peer's
    return [moment.timestamp(), *[round(float(cell), 6) for cell in cells]]  # type: ignore[arg-type]  # the meter has no others


def compare(peer: Peer, way: Way) -> Result:
    best, peer_best = float("inf"), float("inf")
    for _ in range(ROUNDS):
        seconds, mine = our_time(peer, way)
        peer_seconds, theirs = their_time(peer, way)
        check(mine, theirs)
        best, peer_best = min(best, seconds), min(peer_best, peer_seconds)
    return {
        "name": way.name,
        "value": ROWS / best,
        "unit": "rows/s",
        "peer": f"gurux-dlms {version('gurux-dlms')}",
        "peer_value": ROWS / peer_best,
        "ratio": peer_best / best,
    }


def run() -> list[Result]:
    with gurux_peer(meters=1, rows=ROWS, max_info=1024) as peer:
        return [compare(peer, way) for way in WAYS]


if __name__ == "__main__":
    for result in run():
        print(result)

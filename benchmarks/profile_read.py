"""Whole load profiles over loopback, in rows for a second of the client's CPU, beside gurux-dlms.

The meter is the gurux-dlms server of the tests, in a process of its own that isn't measured; both
clients speak to it over TCP, with HDLC or with the wrapper. What they do is as in `read_cpu`, which
see; here nothing but the profile is read, a month of it, by one GET with block transfer.
"""

import asyncio
import time
from collections.abc import Callable
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
ROUNDS = 3

Rows = list[tuple[object, ...]]


def over_wrapper(peer: Peer) -> DataLink:
    return WrapperLink(
        client_sap=ClientSap(peer.public_client), server_sap=peer.meters[0].wrapper_sap
    )


async def ours(
    peer: Peer, end: tuple[str, int], link: Callable[[Peer], DataLink]
) -> tuple[float, Rows]:
    port = TcpPort(FarEnd(host=end[0], port=end[1]))
    await port.open()
    client = OurClient(peer, port, NoTracer(), link)
    async with client.session() as session:
        await client.profile.layout(session)
        begin = time.process_time()
        entries = await client.profile.whole(session)
        seconds = time.process_time() - begin
    await port.close()
    return seconds, [(entry.time, *entry.cells[1:]) for entry in entries]


def our_time(peer: Peer, *, is_wrapped: bool) -> tuple[float, Rows]:
    end, link = (peer.wrapper, over_wrapper) if is_wrapped else (peer.hdlc, over_hdlc)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(ours(peer, end, link))


def their_time(peer: Peer, *, is_wrapped: bool) -> tuple[float, Rows]:
    client = PeerClient(peer, is_wrapped=is_wrapped)
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


def compare(name: str, peer: Peer, *, is_wrapped: bool) -> Result:
    best, peer_best = float("inf"), float("inf")
    for _ in range(ROUNDS):
        seconds, mine = our_time(peer, is_wrapped=is_wrapped)
        peer_seconds, theirs = their_time(peer, is_wrapped=is_wrapped)
        check(mine, theirs)
        best, peer_best = min(best, seconds), min(peer_best, peer_seconds)
    return {
        "name": name,
        "value": ROWS / best,
        "unit": "rows/s",
        "peer": f"gurux-dlms {version('gurux-dlms')}",
        "peer_value": ROWS / peer_best,
        "ratio": peer_best / best,
    }


def run() -> list[Result]:
    with gurux_peer(meters=1, rows=ROWS) as peer:
        return [
            compare("profile_read_hdlc", peer, is_wrapped=False),
            compare("profile_read_wrapper", peer, is_wrapped=True),
        ]


if __name__ == "__main__":
    for result in run():
        print(result)

"""A bus of simulated meters on a pseudo-terminal as slow as a real line, in a process of its own.

It prints the device's name, serves until its standard input ends, and prints what the line carried.
The meters answer at once: whatever time is not on the wire is the client's.
"""

import dataclasses
import json
import os
import pty
import select
import subprocess
import sys
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.negotiation import LinkSizes
from dcud.dlms.hdlc.station import StationParameters
from dcud.dlms.server import ServerParameters
from dcud.sim.hdlc_line import HdlcLine
from dcud.sim.meter import MeterParameters, SimulatedMeter

BITS = 10  # of a character, 8N1
SLICE = 8
"""Octets that a UART hands over at a time."""

FIRST = 16
"""The first meter's lower address."""

HISTORY = 2 * 86_400.0


@dataclass(kw_only=True)
class Carried:
    """What a line carried from the first octet to the last; times in seconds.

    Attributes:
        on_wire: while octets were under way, in either direction.
        unused: from the end of each answer to the next request.
        turns: how many of those there were.
    """

    octets: int = 0
    elapsed: float = 0.0
    on_wire: float = 0.0
    unused: float = 0.0
    turns: int = 0


class PacedLine:
    """Lets octets through no faster than the line would."""

    def __init__(self, master: int, line: HdlcLine, baud: int) -> None:
        self.master, self.line, self.octet_time = master, line, BITS / baud
        self.carried = Carried()
        self.began: float | None = None
        self.free_at: float | None = None

    def serve(self) -> None:
        while True:
            ready, _, _ = select.select([self.master, sys.stdin], [], [])
            if sys.stdin in ready:
                return
            self.take_turn()

    def take_turn(self) -> None:
        """Carry a request to the meters, and their answer back."""
        now = time.monotonic()
        if self.began is None:
            self.began = now
        if self.free_at is not None:
            self.carried.unused += max(now - self.free_at, 0.0)
            self.carried.turns += 1
            self.free_at = None
        request = os.read(self.master, 4096)
        end = self.carry(request, now)
        while time.monotonic() < end - 0.0002:  # the rest of what is being sent
            ready, _, _ = select.select([self.master], [], [], max(end - time.monotonic(), 0))
            if ready:
                more = os.read(self.master, 4096)
                request, end = request + more, self.carry(more, end)
        self.wait(end)
        answer = self.line.receive(request, end)
        if answer:
            self.say(answer, end)

    def say(self, answer: bytes, at: float) -> None:
        for start in range(0, len(answer), SLICE):
            part = answer[start : start + SLICE]
            at = self.carry(part, at)
            self.wait(at)
            os.write(self.master, part)
        self.free_at = at
        self.carried.elapsed = at - (self.began or 0.0)

    def carry(self, octets: bytes, at: float) -> float:
        """Return when the last of these octets has arrived."""
        seconds = len(octets) * self.octet_time
        self.carried.octets += len(octets)
        self.carried.on_wire += seconds
        return at + seconds

    @staticmethod
    def wait(until: float) -> None:
        pause = until - time.monotonic()
        if pause > 0:
            time.sleep(pause)


def serve(meters: int, baud: int) -> None:
    clock = time.time  # noqa: TID251  # what simulated meters show is this machine's time
    installed = clock() - HISTORY
    line = HdlcLine(
        {
            ServerAddress(logical=1, physical=FIRST + number): SimulatedMeter(
                MeterParameters(number=number + 1, installed=installed, capture_period=900), clock
            )
            for number in range(meters)
        },
        ServerParameters(max_receive_pdu_size=1024, max_send_pdu_size=1024),
        StationParameters(sizes=LinkSizes()),
    )
    master, slave = pty.openpty()
    tty.setraw(slave)
    paced = PacedLine(master, line, baud)
    print(json.dumps(os.ttyname(slave)), flush=True)
    paced.serve()
    print(json.dumps(dataclasses.asdict(paced.carried)))


class Served:
    """A paced line that is being served; `carried` is known once it no longer is."""

    def __init__(self, device: str) -> None:
        self.device = device
        self.carried = Carried()


@contextmanager
def paced_line(*, meters: int, baud: int) -> Iterator[Served]:
    with subprocess.Popen(
        [sys.executable, "-m", __name__, str(meters), str(baud)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None  # noqa: S101  # asked for
        assert process.stdout is not None  # noqa: S101  # likewise
        served = Served(json.loads(process.stdout.readline()))
        try:
            yield served
        finally:
            process.stdin.close()
            served.carried = Carried(**json.loads(process.stdout.readline() or "{}"))


if __name__ == "__main__":
    serve(*map(int, sys.argv[1:]))

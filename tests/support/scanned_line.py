"""Meters for scans: some listen to one size of address alone, or to some clients alone."""

import os
import select
import termios
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.delimiter import Delimited, Delimiter
from dcud.dlms.server import ServerParameters
from dcud.sim.hdlc_line import HdlcLine
from tests.support.answering_port import Answer
from tests.support.pty_bus import PtyBus
from tests.support.simulated_line import meters


def meter(
    address: ServerAddress,
    number: int = 1,
    *,
    clients: Collection[int] = (),
    parameters: ServerParameters | None = None,
) -> Answer:
    """Return a meter that hears only addresses of its own address's size.

    Args:
        address: where it is.
        number: its serial number and name follow from it.
        clients: those to whom it answers; () for all.
        parameters: of its associations.
    """
    line = HdlcLine({address: meters(number)[-1]}, parameters or ServerParameters())
    hears = Delimiter()

    def answer(octets: bytes, now: float) -> bytes:
        said = b""
        for part in hears.feed(octets):
            if not isinstance(part, Delimited):
                continue
            frame = part.frame
            known = not clients or frame.source[0] >> 1 in clients
            if known and len(frame.destination) == address.octet_count:
                said += line.receive(frame.build(), now) or b""
        return said

    return answer


def calling(answer: Answer, address: ServerAddress, general: ServerAddress) -> Answer:
    """Return a meter that answers a general address as well, and always from its own."""

    def also(octets: bytes, now: float) -> bytes:
        hears = Delimiter()
        said = b""
        for part in hears.feed(octets):
            if isinstance(part, Delimited):
                frame = part.frame
                if frame.destination == general.octets:
                    frame = frame._replace(destination=address.octets)
                said += answer(frame.build(), now)
        return said

    return also


@contextmanager
def on_pty_at(answer: Answer, baud: int) -> Iterator[str]:
    """Serve on a pseudo-terminal what hears only those who opened it at this speed.

    A pseudo-terminal has no speed, but it knows which one was asked for. Yields the device.
    """
    wanted = getattr(termios, f"B{baud}")
    stopped, stop = os.pipe()

    def serve(bus: PtyBus) -> None:
        while stopped not in (ready := select.select([bus.descriptor, stopped], [], [])[0]):
            assert ready
            octets = bus.read()
            speed = termios.tcgetattr(bus.descriptor)[5]
            said = answer(octets, time.monotonic()) if speed == wanted else b""
            if said:
                bus.write(said)

    with PtyBus() as bus:
        thread = threading.Thread(target=serve, args=(bus,))
        thread.start()
        try:
            yield bus.device
        finally:
            os.write(stop, b"x")
            thread.join(5)
            os.close(stopped)
            os.close(stop)

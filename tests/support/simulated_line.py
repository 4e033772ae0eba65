"""Simulated meters with a clock that stands still, served from a thread of their own."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from dcud.dlms.authentication import NO_SECURITY
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.server import ServerParameters
from dcud.dlms.server_security import ServerDemand
from dcud.sim.hdlc_line import HdlcLine
from dcud.sim.meter import MeterParameters, SimulatedMeter
from dcud.sim.serving import Line, serve_pty, serve_tcp
from dcud.sim.wrapper_line import WrapperLine

NOW = datetime(2026, 5, 4, 12, 0, 30, tzinfo=UTC).timestamp()
"""What the meters' clocks show, whenever they are asked."""

T = TypeVar("T")


def meters(count: int = 2, *, days: float = 5.0) -> list[SimulatedMeter]:
    """Return meters with so much behind them."""
    return [
        SimulatedMeter(MeterParameters(number=n, installed=NOW - days * 86_400), lambda: NOW)
        for n in range(1, count + 1)
    ]


def hdlc_line(
    served: list[SimulatedMeter] | None = None,
    authentication: ServerDemand = NO_SECURITY,
) -> HdlcLine:
    """Return a bus: meter N is at logical device 1, physical device 16 + N."""
    addresses = {
        ServerAddress(logical=1, physical=16 + n): meter
        for n, meter in enumerate(meters() if served is None else served, 1)
    }
    return HdlcLine(addresses, ServerParameters(authentication=authentication))


def wrapper_line() -> WrapperLine:
    """Return a line on which meter N is at server port N."""
    return WrapperLine(dict(enumerate(meters(), 1)), ServerParameters())


@contextmanager
def on_pty(line: Line, link: Path) -> Iterator[Path]:
    """Serve the line on a pseudo-terminal."""
    with _served(lambda: serve_pty(line, link)) as device:
        yield device


@contextmanager
def on_tcp(make_line: Callable[[], Line]) -> Iterator[str]:
    """Serve a line on each connection; yields HOST:PORT."""
    with _served(lambda: serve_tcp(make_line)) as (host, port):
        yield f"{host}:{port}"


@contextmanager
def _served(serve: Callable[[], AbstractAsyncContextManager[T]]) -> Iterator[T]:
    """Keep `serve()` entered in a thread with an event loop, while the context lasts."""
    ready: list[tuple[T, Callable[[], object]]] = []
    entered = threading.Event()

    async def run() -> None:
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        async with serve() as served:
            ready.append((served, lambda: loop.call_soon_threadsafe(stopping.set)))
            entered.set()
            await stopping.wait()

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    assert entered.wait(5)
    served, stop = ready[0]
    try:
        yield served
    finally:
        stop()
        thread.join(5)

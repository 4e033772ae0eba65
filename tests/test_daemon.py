"""The composition root in this process; what it does as a program is told in tests/e2e."""

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dcud.config.key_ring import Secrets
from dcud.config.load import load
from dcud.daemon import Daemon
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.server import ServerParameters
from dcud.observe.errors import MetricsPageError
from dcud.sim.hdlc_line import HdlcLine
from dcud.sim.meter import MeterParameters, SimulatedMeter
from dcud.sim.serving import serve_pty
from dcud.store.rows import OutboxLimits
from dcud.store.store import Store
from tests.support.mosquitto import free_port
from tests.support.until import until

WALL_CLOCK = time.time  # noqa: TID251  # the daemon's own is this one

CONFIGURATION = """
[gateway]
id = "gw"
state_directory = "{directory}"
[mqtt]
port = {unused}
[metrics]
listen = "127.0.0.1:{metrics}"
[log]
frame_log = "{directory}/frames.log"
frames = {frames}
[[bus]]
id = "rs485"
serial = {{ device = "{directory}/bus" }}
[[bus]]
id = "idle"
tcp = {{ host = "127.0.0.1", port = {unused} }}
[[meter]]
id = "m1"
bus = "rs485"
template = "generic-electricity"
server_address = {{ logical = 1, physical = 17 }}
"""


def make_daemon(directory: Path, *, metrics: int = 0, frames: bool = True) -> Daemon:
    path = directory / "dcud.toml"
    path.write_text(
        CONFIGURATION.format(
            directory=directory, unused=free_port(), metrics=metrics, frames=str(frames).lower()
        )
    )
    return Daemon(load(path), Secrets())


async def run_until(daemon: Daemon, condition: Callable[[], bool]) -> None:
    stopping = asyncio.Event()
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        group.create_task(daemon.run(stopping))
        await until(condition)
        stopping.set()


def waiting(daemon: Daemon) -> int:
    outbox = daemon._metrics._figures.outbox
    return 0 if outbox is None else outbox().messages


async def stored(directory: Path) -> list[str]:
    """Return the topics of what waits in the outbox."""
    async with await Store.open(directory / "dcud.db", OutboxLimits(), WALL_CLOCK) as store:
        return [row.topic for row in await store.oldest(10_000)]


async def test_it_polls_and_keeps_without_a_broker(tmp_path: Path) -> None:
    meter = SimulatedMeter(MeterParameters(number=1, installed=WALL_CLOCK() - 86_400), WALL_CLOCK)
    line = HdlcLine({ServerAddress(logical=1, physical=17): meter}, ServerParameters())
    daemon = make_daemon(tmp_path)
    async with serve_pty(line, tmp_path / "bus"):
        # Near an instant of the registers they come between two stretches of the profile.
        await run_until(daemon, lambda: waiting(daemon) >= 96)
    topics = await stored(tmp_path)
    assert topics.count("dcud/v1/gw/meter/m1/reading/registers") >= 1
    assert topics.count("dcud/v1/gw/meter/m1/reading/load-profile") >= 95


async def test_the_frame_log_ends_beside_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon = make_daemon(tmp_path)
    threads = []
    close = Store.close

    async def close_late(store: Store) -> None:
        await until(lambda: "frame-log" not in {thread.name for thread in threading.enumerate()})
        threads.extend([thread.name for thread in threading.enumerate()])
        await close(store)

    monkeypatch.setattr(Store, "close", close_late)
    await run_until(daemon, (tmp_path / "frames.log").exists)
    assert "dcud-store" in threads


async def test_a_damaged_outbox_is_told_to_subscribers(tmp_path: Path) -> None:
    (tmp_path / "dcud.db").write_bytes(b"this was never a database, not even a little" * 100)
    daemon = make_daemon(tmp_path, frames=False)
    await run_until(daemon, lambda: len(list(tmp_path.glob("dcud.db.corrupt*"))) == 1)
    assert await stored(tmp_path) == ["dcud/v1/gw/event"]
    daemon.reopen_logs()  # there is none, and that is fine


async def test_a_metrics_port_that_is_taken_is_an_error_at_start(tmp_path: Path) -> None:
    taken = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    async with taken:
        daemon = make_daemon(tmp_path, metrics=taken.sockets[0].getsockname()[1])
        with pytest.raises(MetricsPageError):
            await daemon.run(asyncio.Event())

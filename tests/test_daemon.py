"""The composition root in this process; what it does as a program is told in tests/e2e."""

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from prometheus_client import generate_latest

from dcud import daemon as daemon_module
from dcud.collect.breaker import MeterState as Breaker
from dcud.collect.poller import MeterHealth
from dcud.config.key_ring import Secrets
from dcud.config.load import load
from dcud.daemon import FEW_COUNTERS, Daemon, HealthTold, SecurityTold
from dcud.dlms.errors import TagError
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.server import ServerParameters
from dcud.observe.errors import MetricsPageError
from dcud.observe.metrics import Metrics
from dcud.publish.incidents import Incidents
from dcud.publish.publisher import Publisher
from dcud.publish.state_payload import MeterState
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


async def stored(directory: Path) -> list[str]:
    """Return the topics of what waits in the outbox."""
    async with await Store.open(directory / "dcud.db", OutboxLimits(), WALL_CLOCK) as store:
        return [row.topic for row in await store.oldest(10_000)]


async def test_it_polls_and_keeps_without_a_broker(tmp_path: Path) -> None:
    meter = SimulatedMeter(MeterParameters(number=1, installed=WALL_CLOCK() - 86_400), WALL_CLOCK)
    line = HdlcLine({ServerAddress(logical=1, physical=17): meter}, ServerParameters())
    daemon = make_daemon(tmp_path)
    log = tmp_path / "frames.log"
    async with serve_pty(line, tmp_path / "bus"):
        # DISC is the last word to a meter: by then all that was due has been read.
        await run_until(daemon, lambda: log.exists() and "7EA00802232153" in log.read_text())
    topics = await stored(tmp_path)
    assert topics.count("dcud/v1/gw/meter/m1/reading/registers") == 1
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


class Board:
    """Takes what subscribers would be shown."""

    def __init__(self) -> None:
        self.shown: list[tuple[str, str, str]] = []

    def show_meter_state(self, meter: str, state: MeterState) -> None:
        since = f"{state.since:%H:%M:%S}"
        self.shown.append((meter, state.condition.value, since))


def health(state: Breaker, reason: str = "", last_success: float | None = None) -> MeterHealth:
    return MeterHealth(bus="b1", meter="m1", state=state, reason=reason, last_success=last_success)


def test_subscribers_are_told_what_changed_and_the_rest_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1_800_000_000.0  # 08:00:00
    monkeypatch.setattr(daemon_module, "wall_clock", lambda: now)
    board = Board()
    metrics = Metrics(version="test")
    told = HealthTold(metrics, cast("Publisher", board))
    told.meter_health(health(Breaker.UP, last_success=now))
    now += 10
    told.meter_health(health(Breaker.UP, last_success=now))
    assert board.shown == [("m1", "up", "08:00:00")]
    now += 300
    told.meter_health(health(Breaker.UP, last_success=now))
    assert board.shown[1:] == [("m1", "up", "08:00:00")]
    now += 10
    told.meter_health(health(Breaker.DEGRADED, "no_answer", now))
    told.meter_health(health(Breaker.DEGRADED, "decode", now))
    assert board.shown[2:] == [("m1", "degraded", "08:05:20")] * 2


def test_a_poll_is_counted() -> None:
    metrics = Metrics(version="test")
    told = HealthTold(metrics, cast("Publisher", Board()))
    told.poll_finished("b1", "m1", "success", 0.5)
    page = generate_latest(metrics.registry()).decode()
    assert 'dcud_polls_total{bus="b1",meter="m1",result="success"} 1.0' in page


class Incidence:
    """Takes incidents in the place of what puts them into the outbox."""

    def __init__(self) -> None:
        self.reported: list[tuple[str, str]] = []

    def report(self, meter: str, code: str, text: str) -> None:
        self.reported.append((meter, code))


def test_what_is_not_trusted_is_counted_and_told() -> None:
    metrics, incidents = Metrics(version="1"), Incidence()
    told = SecurityTold(metrics, cast("Incidents", incidents))
    told.security_refused("b", "m", TagError("forged"))
    assert incidents.reported == [("m", "authentication_tag")]
    refused = b'dcud_security_refusals_total{bus="b",code="authentication_tag",meter="m"} 1.0'
    assert refused in generate_latest(metrics.registry())


def test_the_end_of_the_counters_is_told_once_in_good_time() -> None:
    metrics, incidents = Metrics(version="1"), Incidence()
    told = SecurityTold(metrics, cast("Incidents", incidents))
    told.counters_left("b", "m", FEW_COUNTERS)
    assert incidents.reported == []
    for left in (FEW_COUNTERS - 1, FEW_COUNTERS - 2):
        told.counters_left("b", "m", left)
    assert incidents.reported == [("m", "counters_low")]
    shown = 'dcud_invocation_counters_left{bus="b",meter="m"} 4.29496727e+08'
    assert shown.encode() in generate_latest(metrics.registry())

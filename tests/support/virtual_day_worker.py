"""A process in which the daemon lives through a part of a simulated day.

`python -m tests.support.virtual_day_worker LIFE.json`: the daemon is the real one, with its store,
its MQTT client and its configuration; but the clock is virtual, and the ports lead to meters in
this process. The clock waits for the store's thread and for the broker's acknowledgements, so that
these take no time of the day. At each of some seconds of the day it says "at SECONDS", and holds
everything until it is given a line; after the last it stops.
"""

import asyncio
import json
import logging
import mmap
import os
import re
import struct
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import dcud.daemon
from dcud.config import model
from dcud.config.key_file import Access
from dcud.config.key_ring import load_secrets
from dcud.config.load import load
from dcud.line.port import Port
from dcud.observe.metrics import Metrics
from dcud.publish.mqtt import MqttConnection
from dcud.publish.publication import Acknowledgement, Publication
from dcud.store.sql_thread import SqlThread
from tests.support.virtual_clock_loop import VirtualClockLoop
from tests.support.virtual_day import BEGIN, Day
from tests.support.virtual_day_line import day_port

TIME = struct.Struct("d")
"""How the time stands at the begin of the clock's file."""
_MESSAGE_ID = re.compile(rb'"message_id":"([^"]+)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What one process of the daemon is to live through.

    Attributes:
        start: second of the day at which it begins.
        stops: seconds of the day at which it waits to be told to go on.
        configuration: the daemon's own.
        journal: to which each thing that happened is appended, as a line of JSON.
        clock: a file that shows the time, also after a SIGKILL.
    """

    day: Day
    start: float
    stops: Sequence[float]
    configuration: Path
    journal: Path
    clock: Path

    def to_json(self) -> str:
        paths = {name: str(getattr(self, name)) for name in ("configuration", "journal", "clock")}
        told = {"day": self.day.to_json(), "start": self.start, "stops": list(self.stops)}
        return json.dumps({**told, **paths})

    @classmethod
    def from_json(cls, text: str) -> "Life":
        told = json.loads(text)
        return cls(
            day=Day.from_json(told["day"]),
            start=told["start"],
            stops=told["stops"],
            configuration=Path(told["configuration"]),
            journal=Path(told["journal"]),
            clock=Path(told["clock"]),
        )


class Journal:
    """What happened, each line on its way to the disk before anything else happens."""

    def __init__(self, path: Path, loop: VirtualClockLoop) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._loop = loop

    def note(self, kind: str, *facts: float | str) -> None:
        line = json.dumps([self._loop.time(), kind, *facts]) + "\n"
        os.write(self._file, line.encode())


class NotedMetrics(Metrics):
    """Metrics that outlive a SIGKILL, in the journal, on the virtual clock."""

    def __init__(self, *, version: str, journal: Journal, loop: VirtualClockLoop) -> None:
        super().__init__(version=version, clock=loop.time)
        self._loop = loop
        self._journal = journal
        self._busy_since: dict[str, float] = {}

    def bus_busy(self, bus: str, busy: bool) -> None:  # noqa: FBT001  # as in Metrics
        super().bus_busy(bus, busy)
        if busy:
            self._busy_since[bus] = self._loop.time()
        else:
            self._journal.note("busy", bus, self._loop.time() - self._busy_since.pop(bus))

    def poll_finished(self, bus: str, meter: str, result: str, seconds: float) -> None:
        super().poll_finished(bus, meter, result, seconds)
        self._journal.note("poll", bus, meter, result)

    def job_ran(self, bus: str, job: str, lag: float, *, late: bool, left_out: int) -> None:
        super().job_ran(bus, job, lag, late=late, left_out=left_out)
        self._journal.note("job", bus, job, lag, late, left_out)

    def captures_missing(self, bus: str, meter: str, job: str, captures: int) -> None:
        super().captures_missing(bus, meter, job, captures)
        self._journal.note("missing", bus, meter, captures)

    def gap_given_up(self, bus: str) -> None:
        super().gap_given_up(bus)
        self._journal.note("given_up", bus)

    def retransmitted(self, bus: str, meter: str, frames: int) -> None:
        super().retransmitted(bus, meter, frames)
        self._journal.note("again", bus, frames)

    def dropped(self, reason: str, messages: int) -> None:
        super().dropped(reason, messages)
        self._journal.note("dropped", reason, messages)


class AwaitedConnection(MqttConnection):
    """A connection that holds the clock until the broker has answered, and notes what it took."""

    journal: Journal
    standing: "set[AwaitedConnection]"

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self._awaited: dict[int, str] = {}
        super().__init__(*arguments, **named)
        self.standing.add(self)

    def publish(self, publication: Publication) -> int:
        token = super().publish(publication)
        found = _MESSAGE_ID.search(publication.payload)
        self._awaited[token] = found[1].decode() if found else ""
        return token

    def acknowledgements(self) -> list[Acknowledgement]:
        taken = super().acknowledgements()
        for each in taken:
            message_id = self._awaited.pop(each.token, "")
            if message_id:
                self.journal.note("acknowledged", message_id)
        return taken

    @property
    def holds(self) -> bool:
        """Whether the broker, or the end of the connection, is still to be heard of."""
        if self._ended.is_set():
            self.standing.discard(self)
            return False
        return not self._accepted.done() or bool(self._awaited) or self._leaving or self._abandoned


def wind(loop: VirtualClockLoop, life: Life) -> None:
    """Put the daemon's clock, ports, store and broker under the virtual clock."""
    journal = Journal(life.journal, loop)
    journal.note("start", os.getpid())

    def port(bus: model.Bus) -> Port:
        assert isinstance(bus.line, model.Serial)
        return day_port(life.day, bus.id, bus.line.baud, loop.time)

    AwaitedConnection.journal = journal
    AwaitedConnection.standing = set()
    loop.hold_while(_awaits_the_broker)
    under_way: set[asyncio.Future[Any]] = set()
    loop.hold_while(lambda: bool(under_way))
    for name, replacement in {
        "dcud.daemon.wall_clock": lambda: BEGIN + loop.time(),
        "dcud.daemon.Metrics": partial(NotedMetrics, journal=journal, loop=loop),
        "dcud.assembly.polled_bus.port": port,
        "dcud.publish.mqtt.MqttConnection": AwaitedConnection,
        "dcud.store.sql_thread.SqlThread._put": _counted(SqlThread._put, under_way),
    }.items():
        mock.patch(name, replacement).start()
    _show(loop, life.clock)


def _awaits_the_broker() -> bool:
    return any(each.holds for each in list(AwaitedConnection.standing))


def _counted(
    put: Callable[..., "asyncio.Future[Any]"], under_way: "set[asyncio.Future[Any]]"
) -> Callable[..., "asyncio.Future[Any]"]:
    """Return `put`, which has an act done by the store's thread, and keeps those not done yet."""

    def put_and_count(*arguments: Any) -> "asyncio.Future[Any]":
        future = put(*arguments)
        under_way.add(future)
        future.add_done_callback(under_way.discard)
        return future

    return put_and_count


def _show(loop: VirtualClockLoop, path: Path) -> None:
    """Have the clock's file show the time from now on, as long as somebody wants to know."""
    with path.open("r+b") as file:
        shown = mmap.mmap(file.fileno(), TIME.size)

    starter = os.getppid()

    def show(now: float) -> None:
        shown[:] = TIME.pack(now)
        if os.getppid() != starter:
            os._exit(3)  # whoever started this is gone

    show(loop.time())
    loop.leapt = show


def _stop_at(loop: VirtualClockLoop, stops: Sequence[float], stopping: asyncio.Event) -> None:
    """Hold everything at each of these, until told to go on; end with the last."""

    def wait(at: float) -> None:
        print(f"at {at}", flush=True)  # noqa: T201  # to whoever started this
        if not sys.stdin.readline():
            os._exit(3)  # likewise
        if at == stops[-1]:
            stopping.set()

    for stop in stops:
        loop.call_at(stop, wait, stop)


class _DayTime(logging.Formatter):
    """Tells the time of the day in place of the real one."""

    def __init__(self, loop: VirtualClockLoop) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._loop = loop

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802  # logging's own
        minutes, seconds = divmod(self._loop.time(), 60)
        return f"{int(minutes) // 60:02d}:{int(minutes) % 60:02d}:{seconds:06.3f}"


async def live(life: Life) -> None:
    """Run the daemon until the last stop."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualClockLoop)
    configuration = load(life.configuration)
    shown = logging.StreamHandler()
    shown.setFormatter(_DayTime(loop))
    logging.basicConfig(level=configuration.log.level.upper(), handlers=[shown])
    wind(loop, life)
    secrets = load_secrets(configuration, Access.of_this_process())
    stopping = asyncio.Event()
    _stop_at(loop, life.stops, stopping)
    await dcud.daemon.Daemon(configuration, secrets).run(stopping)
    assert not loop.impatient, "something held the clock for too long"


def main(life: Life) -> None:
    with asyncio.Runner(loop_factory=lambda: VirtualClockLoop(life.start)) as runner:
        runner.run(live(life))


if __name__ == "__main__":
    main(Life.from_json(Path(sys.argv[1]).read_text(encoding="utf-8")))

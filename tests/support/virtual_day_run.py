"""Has the daemon live through a simulated day, killed and left without a broker as planned."""

import json
import queue
import resource
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import IO, Any

from tests.support.eventually import eventually
from tests.support.mosquitto import Mosquitto
from tests.support.subscriber import Heard, Subscriber
from tests.support.toml_text import toml_text
from tests.support.virtual_day import PERIOD, Day, document
from tests.support.virtual_day_worker import TIME, Life

_PROJECT = Path(__file__).parents[2]
_LOOK_AGAIN = 0.002
_UNHEARD = 0.5
"""Real seconds for which the broker is held still before it goes."""
_SILENCE = 120.0
"""Real seconds in which the clock has to move."""
_FLOW = (0.1, 0.4)
"""Share of what gathered after which the daemon is killed."""
RESTART = 60.0
"""Seconds of the day for which the daemon is gone after a SIGKILL."""


@dataclass(slots=True, kw_only=True)
class Lived:
    """A day that is over.

    Attributes:
        heard: what came to the subscriber, in its order.
        journal: what the daemon's metrics were told: second of the day, kind, facts.
        kills: seconds of the day at which it was killed.
        seconds: real ones that the day took.
        cpu: seconds of it that daemon, meters and broker took.
        code: of the daemon's exit.
        log: what the daemon wrote.
    """

    heard: list[Heard] = field(default_factory=list)
    journal: list[list[Any]] = field(default_factory=list)
    kills: list[float] = field(default_factory=list)
    seconds: float = 0.0
    cpu: float = 0.0
    code: int | None = None
    log: str = ""


class DayRun:
    """One day, on a directory of its own.

    The daemon is killed in the midst of its work: once the clock has passed the planned second, at
    a random moment of real time. Where the day says so it is killed once more while it publishes
    what gathered while the broker was away.
    """

    def __init__(self, directory: Path, day: Day) -> None:
        self._directory = directory
        self._day = day
        self._draw = Random(day.seed)  # noqa: S311  # moments, no secrets
        self._stops = [day.away.begin, day.away.end, day.end]
        self._kills = sorted(day.kills)
        self._said: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._clock = directory / "clock"
        self._clock.write_bytes(TIME.pack(0.0))
        self._journal = directory / "journal"
        self._lived = Lived()
        self._broker_is_there = True

    def run(self) -> Lived:
        began, used = time.monotonic(), _cpu_of_children()
        with (
            Mosquitto(self._directory, options=("set_tcp_nodelay true",)) as broker,
            Subscriber(broker.port) as subscriber,
        ):
            self._write_configuration(broker.port)
            self._live(0.0, broker)
            offline = subscriber.wait_for(_is_over, timeout=60)
            assert _is_over(offline), self._log()
            self._lived.heard = offline
        self._lived.seconds = time.monotonic() - began
        self._lived.cpu = _cpu_of_children() - used
        lines = self._journal.read_text(encoding="utf-8").splitlines()
        self._lived.journal = [json.loads(line) for line in lines]
        self._lived.log = self._log()
        return self._lived

    def _write_configuration(self, port: int) -> None:
        text = toml_text(document(self._day, self._directory, port))
        (self._directory / "dcud.toml").write_text(text, encoding="utf-8")

    def _log(self) -> str:
        return (self._directory / "daemon.log").read_text(encoding="utf-8")

    def _live(self, start: float, broker: Mosquitto) -> None:
        """Start the daemon, and start it again whenever it was killed."""
        while True:
            self._pass_until(start, broker)
            with self._start(start) as process:
                try:
                    killed = self._accompany(process, broker)
                finally:
                    process.kill()
                    self._lived.code = process.wait(20)
            if not killed:
                return
            self._lived.kills.append(self._now())
            start = self._now() + RESTART

    def _pass_until(self, start: float, broker: Mosquitto) -> None:
        """Have happen what was planned for when the daemon was not there."""
        passed = [stop for stop in self._stops if stop < start]
        for at in passed:
            if at == self._day.away.begin:
                broker.stop()
                self._broker_is_there = False
            elif at == self._day.away.end:
                self._bring_back(broker)
            self._stops.remove(at)

    def _start(self, start: float) -> "subprocess.Popen[str]":
        life = Life(
            day=self._day,
            start=start,
            stops=self._stops,
            configuration=self._directory / "dcud.toml",
            journal=self._journal,
            clock=self._clock,
        )
        self._said = queue.SimpleQueue()
        path = self._directory / "life.json"
        path.write_text(life.to_json(), encoding="utf-8")
        with (self._directory / "daemon.log").open("a", encoding="utf-8") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.virtual_day_worker", str(path)],
                cwd=_PROJECT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert process.stdout is not None
        threading.Thread(target=_listen, args=(process.stdout, self._said), daemon=True).start()
        return process

    def _accompany(self, process: "subprocess.Popen[str]", broker: Mosquitto) -> bool:
        """Do what is planned for the day; tell whether the daemon was killed."""
        moved, seen = time.monotonic(), self._now()
        while process.poll() is None:
            if self._now() != seen:
                moved, seen = time.monotonic(), self._now()
            assert time.monotonic() - moved < _SILENCE, f"the clock stands still\n{self._log()}"
            if self._kills and seen >= self._kills[0]:
                self._kills.pop(0)
                self._kill(process, broker)
                return True
            try:
                line = self._said.get(timeout=_LOOK_AGAIN)
            except queue.Empty:
                continue
            at = float(line.split()[1])
            self._stop(at, process, broker)
            if at == self._day.away.end and self._day.kill_after_away:
                self._wait_for_flow()
                self._kill(process, broker)
                return True
        return False

    def _wait_for_flow(self) -> None:
        """Wait until a good part of what gathered is with the broker."""
        away = self._day.away
        gathered = (away.end - away.begin) / PERIOD * self._day.buses * self._day.meters
        enough = self._acknowledged() + round(self._draw.uniform(*_FLOW) * gathered)
        eventually(lambda: self._acknowledged() >= enough, "flow of messages", within=60)

    def _acknowledged(self) -> int:
        """Return how many messages the broker has acknowledged so far."""
        return self._journal.read_bytes().count(b'"acknowledged"')

    def _stop(self, at: float, process: "subprocess.Popen[str]", broker: Mosquitto) -> None:
        """Have happen what is planned for when the clock is held, and let it go on."""
        assert process.stdin is not None
        self._stops.remove(at)
        if at == self._day.away.end:
            self._bring_back(broker)
        if at == self._day.away.begin:
            # It keeps what it has acknowledged, and hears, but never takes, what comes from now on.
            broker.save()
            broker.pause()
        process.stdin.write("go\n")
        process.stdin.flush()
        if at == self._day.away.begin:
            time.sleep(_UNHEARD)  # the daemon's messages are on their way, and no further
            broker.kill()
            self._broker_is_there = False

    def _bring_back(self, broker: Mosquitto) -> None:
        broker.start()
        self._broker_is_there = True

    def _kill(self, process: "subprocess.Popen[str]", broker: Mosquitto) -> None:
        """Kill the daemon, in every other case with the broker held still before."""
        if self._broker_is_there and self._draw.random() < 0.5:
            broker.pause()
        time.sleep(self._draw.uniform(0.0, 0.03))  # the moment is what is tried
        process.kill()
        if self._broker_is_there:
            broker.resume()

    def _now(self) -> float:
        """Return the second of the day that the daemon's clock shows, or showed last."""
        now: float = TIME.unpack(self._clock.read_bytes())[0]
        return now


def _cpu_of_children() -> float:
    """Return the seconds of CPU that child processes have taken that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _listen(stdout: IO[str], said: "queue.SimpleQueue[str]") -> None:
    for line in stdout:
        said.put(line)


def _is_over(heard: list[Heard]) -> bool:
    """Tell whether the gateway has said that it was stopped."""
    last = [each for each in heard[-50:] if each.topic == "dcud/v1/gw/state"]
    return bool(last) and last[-1].body.get("reason") == "stopped"

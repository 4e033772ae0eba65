"""A concentrator's load for an hour: what it takes of the machine stays as it is.

`make hour` runs it; HOUR_MINUTES of the environment amends it. Four buses of fifty meters each
lose two frames in a hundred; on each bus there are two meters that nobody answers for; the broker
is away for a while.
"""

import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import linear_regression

import pytest

from tests.support.daemon import Daemon
from tests.support.mosquitto import Mosquitto
from tests.support.simulate import simulate
from tests.support.subscriber import Heard, Subscriber
from tests.support.toml_text import TomlValue

pytestmark = pytest.mark.soak

MINUTES = float(os.environ.get("HOUR_MINUTES", "60"))
BUSES, METERS = 4, 50
PERIOD = 60
SAMPLE_SECONDS = 10.0
SETTLED = 1 / 6
"""Of the time, after which nothing grows any more: ten minutes of an hour."""
AWAY = (0.07, 0.14)
"""When the broker is away, of the time: what catching up takes is taken before that is settled."""
KILOBYTES_PER_MINUTE = 20.0
RSS = re.compile(r"VmRSS:\s+(\d+) kB")


@dataclass(frozen=True)
class Sample:
    """What the daemon takes of the machine, after so many seconds."""

    at: float
    kilobytes: int
    descriptors: int
    threads: int
    tasks: int


def document(ports: Sequence[int], broker: int) -> dict[str, TomlValue]:
    jobs: list[TomlValue] = [
        {
            "kind": "registers",
            "name": "registers",
            "interval": "1 min",
            "spread": "50 s",
            "objects": [{"obis": "1.0.1.8.0.255"}, {"obis": "1.0.32.7.0.255"}],
        },
        {
            "kind": "profile",
            "name": "load",
            "interval": "1 min",
            "offset": "5 s",
            "spread": "40 s",
            "logical_name": "1.0.99.1.0.255",
            "initial_history": "5 min",
        },
    ]
    meters: list[TomlValue] = [
        {
            "id": f"m{bus}-{number}",
            "bus": f"b{bus}",
            "template": "hour",
            "response_timeout": "400 ms",
            "server_address": {"logical": 1, "physical": 17 + number},
        }
        for bus in range(len(ports))
        for number in range(METERS + 2)
    ]
    buses: list[TomlValue] = [
        {"id": f"b{bus}", "turnaround": "0 s", "tcp": {"host": "127.0.0.1", "port": port}}
        for bus, port in enumerate(ports)
    ]
    return {
        "mqtt": {"port": broker, "reconnect_pause": "10 s"},
        "bus": buses,
        "template": {"hour": {"job": jobs}},
        "meter": meters,
    }


@contextmanager
def lossy_buses() -> Iterator[list[int]]:
    with ExitStack() as stack:
        ports = []
        for bus in range(BUSES):
            arguments = ("--tcp", "127.0.0.1:0", "--meters", str(METERS), "--history", "10 min")
            bad = ("--capture-period", f"{PERIOD} s", "--impair", "loss=0.02", "--seed", str(bus))
            told, _ = stack.enter_context(simulate(*arguments, *bad))
            ports.append(int(told["port"]))
        yield ports


def test_nothing_grows_and_no_entry_is_missing(tmp_path: Path) -> None:
    broker_directory = tmp_path / "broker"
    broker_directory.mkdir()
    with (
        lossy_buses() as ports,
        Mosquitto(broker_directory) as broker,
        Subscriber(broker.port, "dcud/v1/+/meter/+/reading/load") as subscriber,
        Daemon(tmp_path, document(ports, broker.port), measured=False) as daemon,
    ):
        samples = list(watch(daemon, broker))
        daemon.until(lambda: daemon.metric("dcud_outbox_messages") == 0, "outbox empty")
        sent = daemon.metric("dcud_retransmissions_total", bus="b0")
        code, _ = daemon.terminate()
        heard = list(subscriber.heard)
    assert code == 0, daemon.told
    entries, doubles = check_no_gap(heard)
    steady = [sample for sample in samples if sample.at >= SETTLED * MINUTES * 60]
    slope = (
        linear_regression(
            [sample.at for sample in steady], [sample.kilobytes for sample in steady]
        ).slope
        * 60
    )
    print(
        f"\n{MINUTES:g} min, {BUSES * METERS} meters on {BUSES} buses: {entries} entries, none "
        f"missing, {doubles} doubles; frames sent again on the first bus: {sent}; "
        f"{steady[0].kilobytes / 1024:.1f} MB resident after the first {SETTLED * MINUTES:.0f} "
        f"min, then {slope:+.1f} kB a minute; descriptors {spread(s.descriptors for s in steady)}, "
        f"threads {spread(s.threads for s in steady)}, tasks {spread(s.tasks for s in steady)}"
    )
    minutes = {int(each.at // 60): each.kilobytes for each in samples}
    print("kilobytes by minutes:", *[f"{at}:{size}" for at, size in minutes.items()])
    assert slope < KILOBYTES_PER_MINUTE
    assert steady[-1].descriptors == steady[0].descriptors
    assert steady[-1].threads == steady[0].threads
    assert abs(steady[-1].tasks - steady[0].tasks) <= BUSES  # a request is under way, or is not


def spread(numbers: Iterator[int]) -> str:
    found = list(numbers)
    return f"{min(found)} to {max(found)}"


def watch(daemon: Daemon, broker: Mosquitto) -> Iterator[Sample]:
    """Sample till the time is over, with the broker away for a while."""
    began, away = time.monotonic(), False
    while (elapsed := time.monotonic() - began) < MINUTES * 60:
        yield sample(daemon, elapsed)
        is_due = AWAY[0] <= elapsed / (MINUTES * 60) < AWAY[1]
        if is_due is not away:
            (broker.stop if is_due else broker.start)()
            away = is_due
        time.sleep(SAMPLE_SECONDS)  # the test is of time


def sample(daemon: Daemon, elapsed: float) -> Sample:
    process = Path(f"/proc/{daemon.process.pid}")
    found = RSS.search((process / "status").read_text())
    assert found is not None, daemon.told
    return Sample(
        at=elapsed,
        kilobytes=int(found[1]),
        descriptors=len(list((process / "fd").iterdir())),
        threads=len(list((process / "task").iterdir())),
        tasks=int(daemon.metric("dcud_tasks") or 0),
    )


def check_no_gap(heard: Sequence[Heard]) -> tuple[int, int]:
    """Return how many entries came, and how many of them again; each is a period after another."""
    times: dict[str, dict[datetime, str]] = {}
    doubles = 0
    for body in (message.body for message in heard):
        captured = times.setdefault(str(body["meter"]["id"]), {})
        at = datetime.fromisoformat(body["capture_time"])
        doubles += at in captured
        assert captured.setdefault(at, body["message_id"]) == body["message_id"]
    assert len(times) == BUSES * METERS
    step = timedelta(seconds=PERIOD)
    for captured in times.values():
        first = next(iter(captured))
        assert list(captured) == [first + n * step for n in range(len(captured))]
    return sum(map(len, times.values())), doubles

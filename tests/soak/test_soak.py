"""The daemon under load for a long time: its memory does not grow, nothing is missing.

`make soak` runs it; SOAK_MINUTES of the environment amends it.
"""

import json
import os
import re
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from statistics import linear_regression

import pytest

from tests.support.daemon import Daemon
from tests.support.mosquitto import Mosquitto
from tests.support.subscriber import Subscriber
from tests.support.toml_text import TomlValue

pytestmark = pytest.mark.soak

MINUTES = float(os.environ.get("SOAK_MINUTES", "30"))
METERS = 20
PERIOD = 5
SAMPLE_SECONDS = 5.0
KILOBYTES_PER_MINUTE = 20.0
"""What the memory may grow by, over the second half of the run."""

RSS = re.compile(r"VmRSS:\s+(\d+) kB")


def document(directory: Path, port: int) -> dict[str, TomlValue]:
    jobs: list[TomlValue] = [
        {
            "kind": "registers",
            "name": "registers",
            "interval": "5 s",
            "objects": [{"obis": "1.0.1.8.0.255"}, {"obis": "1.0.32.7.0.255"}],
        },
        {
            "kind": "profile",
            "name": "load",
            "interval": "10 s",
            "logical_name": "1.0.99.1.0.255",
            "initial_history": "1 min",
        },
    ]
    meters: list[TomlValue] = [
        {
            "id": f"m{number}",
            "bus": "rs485",
            "template": "soak",
            "server_address": {"logical": 1, "physical": 17 + number},
        }
        for number in range(METERS)
    ]
    return {
        "mqtt": {"port": port},
        "bus": [{"id": "rs485", "serial": {"device": str(directory / "bus")}, "turnaround": "0 s"}],
        "template": {"soak": {"job": jobs}},
        "meter": meters,
    }


def test_memory_does_not_grow_and_no_entry_is_missing(tmp_path: Path) -> None:
    command = [
        *(sys.executable, "-m", "dcud", "simulate", "--pty", str(tmp_path / "bus")),
        *("--meters", str(METERS), "--capture-period", f"{PERIOD} s", "--history", "10 min"),
    ]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as simulation,
        Mosquitto(tmp_path) as broker,
        Subscriber(broker.port, "dcud/v1/+/meter/+/reading/load") as subscriber,
        Daemon(tmp_path, document(tmp_path, broker.port), measured=False) as daemon,
    ):
        assert simulation.stdout is not None
        assert json.loads(simulation.stdout.readline())["meters"] == METERS
        samples = watch(daemon)
        frames = daemon.metric("dcud_frames_total", direction="rx")
        code, _ = daemon.terminate()
        simulation.terminate()
        heard = [message.body for message in subscriber.heard]
    assert code == 0, daemon.told
    assert "ERROR" not in daemon.told
    entries = check_no_gap(heard)
    half = samples[len(samples) // 2 :]
    slope = linear_regression(*zip(*half, strict=True)).slope * 60
    print(
        f"\n{MINUTES:g} min, {METERS} meters: {frames:,.0f} frames received, {entries} entries, "
        f"none missing; {half[0][1] / 1024:.1f} MB resident, then {slope:+.1f} kB a minute"
    )
    assert slope < KILOBYTES_PER_MINUTE


def watch(daemon: Daemon) -> list[tuple[float, int]]:
    """Sample the daemon's memory till the time is over; returns seconds and kilobytes."""
    began = time.monotonic()
    samples = []
    while (elapsed := time.monotonic() - began) < MINUTES * 60:
        status = Path(f"/proc/{daemon.process.pid}/status").read_text()
        found = RSS.search(status)
        assert found is not None, daemon.told
        samples.append((elapsed, int(found[1])))
        time.sleep(SAMPLE_SECONDS)  # the test is of time
    return samples


def check_no_gap(heard: list[dict[str, str]]) -> int:
    """Return how many entries came, each once and each a period after the one before."""
    times: dict[str, list[datetime]] = {}
    for body in heard:
        meter = str(body["meter"])
        times.setdefault(meter, []).append(datetime.fromisoformat(body["capture_time"]))
    assert len(times) == METERS
    step = timedelta(seconds=PERIOD)
    for captured in times.values():
        assert captured == [captured[0] + n * step for n in range(len(captured))]
    return sum(map(len, times.values()))

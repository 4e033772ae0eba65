"""What a meter costs where there are ten, a hundred, a thousand of them.

They are simulated, on TCP, in processes of their own; a real Mosquitto takes the readings. Once
every meter was polled, the daemon's CPU time is taken over some rounds of polls, and divided by the
polls that there were. Memory is what the kernel shows as resident at the end; what a meter takes of
it is the difference between a thousand and ten, divided by that of the meters.
"""

import os
import re
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from urllib.request import urlopen

from benchmarks.footprint import (
    PATIENCE,
    configuration,
    daemon,
    free_port,
    polled,
    resident_megabytes,
    running,
    simulated,
)
from benchmarks.outbox_values import broker
from benchmarks.result import Result

SITES = ((2, 5), (4, 25), (8, 125))
"""Buses, with meters on each: 10, 100 and 1,000 meters."""

ROUNDS = 2
INTERVAL = 30.0
"""Seconds between two polls of a meter."""


def cpu_seconds(process: int) -> float:
    """The user's and the kernel's time of a process."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def polls(page: int) -> int:
    """How many polls there were."""
    with urlopen(f"http://127.0.0.1:{page}/metrics") as answer:
        shown = answer.read().decode()
    found = re.findall(r"^dcud_polls_total\{.*\} ([0-9.e+]+)$", shown, re.MULTILINE)
    return int(sum(map(float, found)))


def costs(buses: int, meters: int) -> tuple[float, float]:
    """CPU milliseconds for a poll of one meter, and resident megabytes of the daemon."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ports = [simulated(stack, meters) for _ in range(buses)]
        page, at = free_port(), broker(stack, directory)
        told = configuration(directory, ports, meters, page)
        text = re.sub(r"(?m)^port = \d+$", f"port = {at}", told.read_text(), count=1)
        told.write_text(text.replace('interval = "1 min"', f'interval = "{INTERVAL:.0f} s"'))
        command = daemon(told)
        process = stack.enter_context(running(command, stderr=subprocess.DEVNULL))
        until = time.monotonic() + PATIENCE
        while polled(page) < buses * meters:
            if time.monotonic() > until or process.poll() is not None:
                raise AssertionError("the daemon did not come to poll all its meters")
            time.sleep(1)
        time.sleep(INTERVAL)  # the profiles' beginnings are read
        before, spent = polls(page), cpu_seconds(process.pid)
        time.sleep(ROUNDS * INTERVAL)
        spent, done = cpu_seconds(process.pid) - spent, polls(page) - before
        return 1000 * spent / done, resident_megabytes(process.pid)


def result(name: str, value: float, unit: str) -> Result:
    return Result(name=name, value=value, unit=unit, peer=None, peer_value=None, ratio=None)


def run() -> list[Result]:
    results, sizes = [], {}
    for buses, meters in SITES:
        count = buses * meters
        milliseconds, sizes[count] = costs(buses, meters)
        results.append(result(f"cpu_ms_per_meter_{count}", milliseconds, "ms"))
    few, many = min(sizes), max(sizes)
    kilobytes = 1024 * (sizes[many] - sizes[few]) / (many - few)
    return [*results, result("rss_kb_per_meter", kilobytes, "kB")]

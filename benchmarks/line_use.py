"""How much of a slow line's time is ours: a pseudo-terminal paced at 9600 baud.

`line_use_9600`: one meter's load profile of two days is read; the share of the time from the first
octet to the last for which the line carried octets. `bus_time_lost_32_meters`: the daemon polls 32
meters on one bus; the share of the time for which the line waited for us, beyond the turnaround
that it needs. The meters answer at once and with the sizes that every meter can do: frames of 128
octets, a window of one.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.paced_line import FIRST, Carried, paced_line
from benchmarks.result import Result
from dcud.assembly.jobs import meter_memory
from dcud.assembly.links import Links
from dcud.assembly.meters import plain_target
from dcud.assembly.ports import port
from dcud.cli.event_loop import new_event_loop
from dcud.collect.profile_reader import ProfileReader
from dcud.config import model
from dcud.config.load import load
from dcud.dlms.obis import Obis
from dcud.line.bus import Bus
from dcud.line.tracer import NoTracer

BAUD = 9600
METERS = 32
SECONDS = 60
PROFILE = Obis.parse("1.0.99.1.0.255")
ENTRIES = 190  # nearly two days of quarters of an hour
TURNAROUND = 0.005  # that dcud keeps on RS-485 where nobody says otherwise

CONFIGURATION = """
[gateway]
id = "bench"
state_directory = "{directory}"
[mqtt]
port = 1
[log]
level = "error"
frame_log = "{directory}/frames.log"
[metrics]
enabled = false
[[bus]]
id = "line"
serial.device = "{device}"
[template.meter]
[[template.meter.job]]
kind = "registers"
name = "registers"
interval = "1 s"
objects = [
    {{ obis = "1.0.1.8.0.255" }}, {{ obis = "1.0.2.8.0.255" }}, {{ obis = "1.0.1.7.0.255" }},
    {{ obis = "1.0.32.7.0.255" }}, {{ obis = "1.0.31.7.0.255" }},
]
"""

METER = """
[[meter]]
id = "meter-{number}"
bus = "line"
template = "meter"
server_address = {{ logical = 1, physical = {physical} }}
"""


def configuration(directory: Path, device: str, meters: int) -> Path:
    told = CONFIGURATION.format(directory=directory, device=device)
    for number in range(meters):
        told += METER.format(number=number, physical=FIRST + number)
    path = directory / "dcud.toml"
    path.write_text(told)
    return path


class Unwatched:
    """Wants to know nothing of the bus."""

    def bus_up(self, bus: str, up: bool) -> None:  # noqa: FBT001  # as the bus tells it
        pass

    def bus_busy(self, bus: str, busy: bool) -> None:  # noqa: FBT001  # likewise
        pass


async def read_profile(configured: model.Configuration) -> int:
    """Read the whole profile over the daemon's own path; returns how many entries came."""
    line, meter = configured.buses[0], configured.meters[0]
    bus = Bus(line.id, port(line), tracer=NoTracer(), observer=Unwatched())
    profile = ProfileReader(logical_name=PROFILE, memory=meter_memory(meter))
    async with bus.session(plain_target(Links(line), meter, None)) as session:
        entries = await profile.whole(session)
    await bus.close()
    return len(entries)


def profile_carried() -> Carried:
    with tempfile.TemporaryDirectory() as directory, paced_line(meters=1, baud=BAUD) as line:
        configured = load(configuration(Path(directory), line.device, 1))
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            entries = runner.run(read_profile(configured))
        assert entries > ENTRIES  # noqa: S101  # or the profile is not what it should be
    return line.carried


def polls_carried() -> Carried:
    with tempfile.TemporaryDirectory() as directory, paced_line(meters=METERS, baud=BAUD) as line:
        path = configuration(Path(directory), line.device, METERS)
        command = [sys.executable, "-m", "dcud", "run", "--config", str(path)]
        with subprocess.Popen(command) as daemon:
            time.sleep(SECONDS)
            daemon.terminate()
        assert daemon.returncode == 0  # noqa: S101  # or it polled nothing
    return line.carried


def run() -> list[Result]:
    profile, polls = profile_carried(), polls_carried()
    lost = polls.unused - polls.turns * TURNAROUND
    return [
        result("line_use_9600", 100 * profile.on_wire / profile.elapsed),
        result("bus_time_lost_32_meters", 100 * lost / polls.elapsed),
    ]


def result(name: str, percent: float) -> Result:
    return Result(name=name, value=percent, unit="%", peer=None, peer_value=None, ratio=None)

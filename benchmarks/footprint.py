"""What the daemon costs before it has earned anything: time to its first frame, and memory.

The start is timed from the moment at which the interpreter is started until the first octets reach
a listening socket: the interpreter's own start, every import, the configuration, the store. The
peer's start is that of the least script that sends an SNRM; it reads no configuration, keeps
nothing, and publishes nothing.

Memory is what the kernel shows as resident once every meter was polled, its load profile included,
and some seconds have passed. There is no broker: what was read waits in the outbox.
"""

import json
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path
from urllib.request import urlopen

from benchmarks.result import Result

STARTS = 5
BUSES, METERS = 8, 125
"""A thousand meters in all."""

FIRST_PHYSICAL_ADDRESS = 17
SETTLING = 5.0
"""Seconds after the last meter's first poll."""

PATIENCE = 300.0

PEER_START = """
import socket, sys
from gurux_dlms import GXDLMSClient
client = GXDLMSClient(True, 16, GXDLMSClient.getServerAddress(1, 17))
socket.create_connection(("127.0.0.1", int(sys.argv[1]))).sendall(client.snrmRequest())
"""

DAEMON = """
[gateway]
id = "bench"
state_directory = "{directory}"

[mqtt]
port = {broker}

[metrics]
listen = "127.0.0.1:{page}"

[log]
level = "warning"
frame_log = "{directory}/frames.log"

[template.meter]
[[template.meter.job]]
kind = "registers"
name = "registers"
interval = "1 min"
[[template.meter.job.objects]]
obis = "1.0.1.8.0.255"
name = "active energy import"
[[template.meter.job.objects]]
obis = "1.0.2.8.0.255"
name = "active energy export"
[[template.meter.job.objects]]
obis = "1.0.32.7.0.255"
name = "voltage L1"
[[template.meter.job]]
kind = "profile"
name = "load-profile"
interval = "15 min"
logical_name = "1.0.99.1.0.255"
initial_history = "1 h"
"""

BUS = """
[[bus]]
id = "bus-{bus}"
turnaround = "0 ms"
[bus.tcp]
host = "127.0.0.1"
port = {port}
"""

METER = """
[[meter]]
id = "meter-{bus}-{physical}"
bus = "bus-{bus}"
template = "meter"
server_address = {{ logical = 1, physical = {physical} }}
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


def configuration(directory: Path, ports: Sequence[int], meters: int, page: int = 0) -> Path:
    """Write one with a bus on each of the TCP ports, and so many meters on each."""
    told = DAEMON.format(directory=directory, broker=free_port(), page=page)
    for bus, port in enumerate(ports):
        told += BUS.format(bus=bus, port=port)
        for physical in range(FIRST_PHYSICAL_ADDRESS, FIRST_PHYSICAL_ADDRESS + meters):
            told += METER.format(bus=bus, physical=physical)
    path = directory / "dcud.toml"
    path.write_text(told)
    return path


def daemon(configured: Path) -> list[str]:
    return [sys.executable, "-m", "dcud", "run", "--config", str(configured)]


@contextmanager
def running(
    command: Sequence[str], *, stdout: int | None = None, stderr: int | None = None
) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(command, text=True, stdout=stdout, stderr=stderr) as process:
        try:
            yield process
        finally:
            process.terminate()


def seconds_to_first_octets(command: Sequence[str], listener: socket.socket) -> float:
    begin = time.perf_counter()
    with running(command, stderr=subprocess.DEVNULL):
        connected, _ = listener.accept()
        with connected:
            octets = connected.recv(64)
            elapsed = time.perf_counter() - begin
        assert octets[:1] == b"\x7e"  # noqa: S101  # an HDLC frame
        return elapsed


def start_seconds() -> tuple[float, float]:
    """The daemon's start and the peer's, each the best of some."""
    with (
        tempfile.TemporaryDirectory() as directory,
        socket.create_server(("127.0.0.1", 0)) as listener,
    ):
        port = listener.getsockname()[1]
        listener.settimeout(PATIENCE)
        ours = daemon(configuration(Path(directory), [port], 1))
        theirs = [sys.executable, "-c", PEER_START, str(port)]
        rounds = [
            [seconds_to_first_octets(command, listener) for command in (ours, theirs)]
            for _ in range(STARTS)
        ]
    mine, other = (min(each) for each in zip(*rounds, strict=True))
    return mine, other


def polled(page: int) -> int:
    """How many meters were polled with success, as the metrics page says."""
    try:
        with urlopen(f"http://127.0.0.1:{page}/metrics") as answer:
            shown = answer.read().decode()
    except OSError:
        return 0
    return len(re.findall(r'^dcud_polls_total\{.*result="success"\} [1-9]', shown, re.MULTILINE))


def resident_megabytes(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text()
    (kilobytes,) = re.findall(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE)
    return int(kilobytes) / 1024


def simulated(stack: ExitStack, meters: int) -> int:
    """Start a bus of so many meters; return its TCP port."""
    command = ["dcud", "simulate", "--tcp", "127.0.0.1:0", "--meters", str(meters)]
    history = ["--history", "1 h"]
    bus = stack.enter_context(
        running([sys.executable, "-m", *command, *history], stdout=subprocess.PIPE)
    )
    assert bus.stdout is not None  # noqa: S101  # it is a pipe
    return int(json.loads(bus.stdout.readline())["port"])


def rss_megabytes(buses: int, meters: int) -> float:
    """Resident memory of a daemon that has polled so many meters on each of so many buses."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ports = [simulated(stack, meters) for _ in range(buses)]
        page = free_port()
        command = daemon(configuration(directory, ports, meters, page))
        process = stack.enter_context(running(command, stderr=subprocess.DEVNULL))
        until = time.monotonic() + PATIENCE
        while polled(page) < buses * meters:
            if time.monotonic() > until or process.poll() is not None:
                raise AssertionError("the daemon did not come to poll all its meters")
            time.sleep(1)
        time.sleep(SETTLING)
        return resident_megabytes(process.pid)


def result(name: str, value: float, unit: str, peer_value: float | None = None) -> Result:
    return Result(
        name=name,
        value=value,
        unit=unit,
        peer=None if peer_value is None else f"gurux-dlms {version('gurux-dlms')}",
        peer_value=peer_value,
        ratio=None if peer_value is None else peer_value / value,
    )


def run() -> list[Result]:
    mine, other = start_seconds()
    return [
        result("start_seconds", mine, "s", other),
        result("rss_mb_1_meter", rss_megabytes(1, 1), "MB"),
        result("rss_mb_1000_meters", rss_megabytes(BUSES, METERS), "MB"),
    ]

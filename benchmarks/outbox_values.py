"""How fast readings go through the outbox to a real Mosquitto.

Tasks in the place of buses keep readings, each waiting until its own is durable, as jobs do; the
publisher delivers them meanwhile. The clock stops when the broker has acknowledged the last one and
the outbox is empty. Broker, store and publisher share one core.
"""

import asyncio
import random
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from benchmarks.result import Result
from dcud.cli.event_loop import new_event_loop
from dcud.observe.metrics import Metrics
from dcud.publish.json_rendering import JsonRendering
from dcud.publish.keeper import Keeper
from dcud.publish.mqtt import MqttBroker
from dcud.publish.parameters import MqttParameters
from dcud.publish.publisher import Publisher, PublisherParameters
from dcud.reading import Quantity, Reading, Value
from dcud.store.outbox import MAIN
from dcud.store.rows import OutboxLimits
from dcud.store.store import Store

wall_clock = time.time  # noqa: TID251  # a program of its own

BUSES, READINGS, VALUES = 8, 400, 8
"""Tasks side by side, readings of each, values in each: a register job's."""

BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)
PATIENCE = 10.0


class Unobserved:
    """Keeps no figures."""

    def broker_connected(self, connected: bool) -> None: ...  # noqa: FBT001  # as the port has it

    def published(self, messages: int = 1) -> None: ...

    def dropped(self, reason: str, messages: int) -> None: ...

    def parked(self, meter: str, message_id: str, reason: str) -> None: ...


def reading(bus: int, number: int) -> Reading:
    return Reading(
        meter=f"meter-{bus}",
        logical_device_name=f"ABC{bus:013d}",
        bus=f"bus-{bus}",
        job="registers",
        read_time=BEGIN + timedelta(seconds=number),
        values=tuple(
            Value(
                obis=f"1.0.{place}.8.0.255",
                attribute=2,
                name=f"value_{place}",
                value=Quantity(magnitude=Decimal(1_234_567 + number).scaleb(-2)),
                unit="Wh",
            )
            for place in range(VALUES)
        ),
    )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


def broker(stack: ExitStack, directory: Path) -> int:
    """Start a Mosquitto; return its port."""
    port = free_port()
    program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
    configured = directory / "mosquitto.conf"
    configured.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nlog_type none\n")
    process = stack.enter_context(subprocess.Popen([program, "-c", str(configured)]))
    stack.callback(process.terminate)
    until = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            if time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return port


async def seconds(port: int, directory: Path) -> float:
    """How long all readings take, from the first to the last acknowledgement."""
    metrics = Metrics(version="bench")
    stopping = asyncio.Event()
    async with await Store.open(directory / "dcud.db", OutboxLimits(), wall_clock) as store:
        publisher = Publisher(
            PublisherParameters(version="bench", rendering=JsonRendering("bench", "bench")),
            broker=MqttBroker(MqttParameters(host="127.0.0.1", port=port, client_id="bench")),
            outbox=store.uplink(MAIN),
            observer=Unobserved(),
            clock=wall_clock,
            draw=random.random,
        )
        keep = Keeper("bench", store, metrics)

        async def poll(bus: int) -> None:
            for number in range(READINGS):
                await keep([reading(bus, number)])

        async with asyncio.TaskGroup() as group:
            group.create_task(publisher.run(stopping))
            begin = time.perf_counter()
            async with asyncio.TaskGroup() as buses:
                for bus in range(BUSES):
                    buses.create_task(poll(bus))
            while store.stats().depth:  # noqa: ASYNC110  # the store announces no removal
                await asyncio.sleep(0.005)
            elapsed = time.perf_counter() - begin
            stopping.set()
    return elapsed


def run() -> list[Result]:
    rounds = []
    for _ in range(3):
        with ExitStack() as stack:
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            port = broker(stack, directory)
            with asyncio.Runner(loop_factory=new_event_loop) as runner:
                rounds.append(runner.run(seconds(port, directory)))
    return [
        Result(
            name="outbox_values",
            value=BUSES * READINGS * VALUES / min(rounds),
            unit="values/s",
            peer=None,
            peer_value=None,
            ratio=None,
        )
    ]

"""Lines on which everything goes wrong, beside one on which nothing does."""

import os
import random
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from tests.support.daemon import Daemon
from tests.support.gurux_peer import Peer
from tests.support.mosquitto import Mosquitto
from tests.support.peer_site import Table, bus, dead_meter, meter, meter_id, readings_of
from tests.support.pty_bus import PtyBus
from tests.support.simulate import simulate
from tests.support.subscriber import Heard, Subscriber

pytestmark = pytest.mark.e2e

INTERVAL = 2
ASKED: Table = {
    "kind": "registers",
    "name": "registers",
    "interval": f"{INTERVAL} s",
    "objects": [{"obis": "1.0.1.8.0.255"}],
}
SOUND = "hdlc"
"""The line on which nothing goes wrong."""


@contextmanager
def babbling() -> Iterator[str]:
    """A line on which a station never stops talking; yields its device."""
    ended = threading.Event()
    draw = random.Random(7)  # noqa: S311  # noise, not secrets
    with PtyBus() as line:

        def babble() -> None:
            # Flags among the noise, so that it looks like frames again and again.
            while not ended.wait(0.005):
                octets = bytes(draw.choice((0x7E, 0xA0, draw.randrange(256))) for _ in range(60))
                try:
                    os.write(line.descriptor, octets)
                except BlockingIOError:
                    line.read()

        talking = threading.Thread(target=babble)
        talking.start()
        try:
            yield line.device
        finally:
            ended.set()
            talking.join()


@contextmanager
def vanishing(link: Path) -> Iterator[Path]:
    """A device that is there for a while, is gone, and comes back; yields where it is."""
    ended = threading.Event()

    def come_and_go() -> None:
        while not ended.is_set():
            with simulate("--pty", str(link), "--meters", "1", "--history", "1 h"):
                ended.wait(2)
            link.unlink(missing_ok=True)
            ended.wait(1)

    coming = threading.Thread(target=come_and_go)
    coming.start()
    try:
        yield link
    finally:
        ended.set()
        coming.join()


def on_line(line: str, device: object) -> tuple[Table, Table]:
    """Return a serial bus, with a meter on it."""
    address: Table = {"logical": 1, "physical": 17}
    served: Table = {
        "id": line,
        "bus": line,
        "server_address": address,
        "response_timeout": "500 ms",
        "job": [ASKED],
    }
    return {"id": line, "serial": {"device": str(device)}}, served


def lags(heard: list[Heard], meter: str) -> list[float]:
    """Return how many seconds after its instant each reading began."""
    times = [
        datetime.fromisoformat(body["read_time"]) for body in readings_of(heard, meter, "registers")
    ]
    return [time.timestamp() % INTERVAL for time in times]


def test_what_goes_wrong_on_other_lines_makes_nothing_late(
    peer: Peer, broker: Mosquitto, subscriber: Subscriber, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        noisy = on_line("noisy", stack.enter_context(babbling()))
        unsteady = on_line("unsteady", stack.enter_context(vanishing(tmp_path / "ttyUSB0")))
        site: Table = {
            "mqtt": {"port": broker.port},
            "bus": [bus(peer, SOUND), bus(peer, "pty"), noisy[0], unsteady[0]],
            "meter": [
                meter(peer, SOUND, 0, [ASKED]),
                dead_meter("pty"),
                meter(peer, "pty", 1, [ASKED]),
                noisy[1],
                unsteady[1],
            ],
        }
        sound, neighbour = meter_id(SOUND, 0), meter_id("pty", 1)
        with Daemon(tmp_path, site) as daemon:
            heard = subscriber.wait_for(lambda heard: len(lags(heard, sound)) >= 7, 60)
            daemon.until(lambda: daemon.metric("dcud_meter_up", meter="noisy") == 0, "noisy: down")
            daemon.until(
                lambda: daemon.metric("dcud_polls_total", meter="unsteady", result="success"),
                "poll of the device that comes and goes",
            )
            left_out = daemon.metric(
                "dcud_job_runs_left_out_total", bus=SOUND, job_name="registers"
            )
            assert daemon.metric("dcud_meter_up", meter="dead") == 0
            daemon.terminate()
    assert left_out == 0
    assert max(lags(heard, sound)[1:]) < 1  # the first one is read at the start
    assert len(lags(heard, neighbour)) >= 3  # the dead one delays only itself

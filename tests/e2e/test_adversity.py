"""Lines, disks and outboxes that give out while the daemon runs."""

import re
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.daemon import Daemon
from tests.support.gurux_peer import Peer
from tests.support.mosquitto import Mosquitto, free_port
from tests.support.peer_site import (
    Table,
    bus,
    entries_of,
    expected_entries,
    has_entries,
    meter,
    meter_id,
    profile_job,
    values_of,
)
from tests.support.subscriber import Heard, Subscriber

pytestmark = pytest.mark.e2e

ROWS = 1000
LONGEST_STOP = 5.0


def slow_site(peer: Peer, broker: Mosquitto, line: str, **amended: object) -> Table:
    return {
        "mqtt": {"port": broker.port, "reconnect_pause": "1 s"},
        "bus": [bus(peer, line, turnaround="5 ms", **amended)],  # type: ignore[arg-type]  # as given
        "meter": [meter(peer, line, 0, [profile_job(peer.meters[0], max_range="10 h")])],
    }


def check_every_interval(heard: list[Heard], peer: Peer, meter: str) -> None:
    entries = entries_of(heard, meter)
    assert {at: values_of(bodies[0]) for at, bodies in entries.items()} == expected_entries(
        peer.meters[0]
    )
    assert all(len(bodies) == 1 for bodies in entries.values())


@contextmanager
def socat(*ends: str) -> Iterator[None]:
    """Join two ends; without an end of its own it is killed, as an adapter that is pulled out."""
    with subprocess.Popen(["socat", *ends]) as process:
        try:
            yield
        finally:
            process.kill()


def test_an_adapter_is_pulled_out_in_the_middle_of_a_profile(
    peer: Peer, broker: Mosquitto, subscriber: Subscriber, tmp_path: Path
) -> None:
    device, name = tmp_path / "ttyUSB0", meter_id("pty", 0)
    ends = (f"PTY,link={device},rawer", "TCP:{}:{}".format(*peer.hdlc))
    site = slow_site(peer, broker, "pty", serial={"device": device})
    with Daemon(tmp_path, site) as daemon:
        with socat(*ends):
            heard = subscriber.wait_for(has_entries(name, 100))
        assert len(entries_of(heard, name)) < ROWS
        daemon.until(lambda: daemon.metric("dcud_bus_up") == 0, "bus that is down")
        assert daemon.metric("dcud_meter_up") == 0
        with socat(*ends):
            heard = subscriber.wait_for(has_entries(name, ROWS), 40)
            daemon.until(lambda: daemon.metric("dcud_bus_up") == 1, "bus that is up again")
            assert daemon.terminate()[0] == 0
    check_every_interval(heard, peer, name)


@pytest.mark.parametrize("line", ["hdlc", "wrapper"])
def test_a_connection_breaks_in_the_middle_of_a_profile(
    line: str, peer: Peer, broker: Mosquitto, subscriber: Subscriber, tmp_path: Path
) -> None:
    port, name = free_port(), meter_id(line, 0)
    host, target = peer.hdlc if line == "hdlc" else peer.wrapper
    ends = (f"TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr", f"TCP:{host}:{target}")
    site = slow_site(peer, broker, line, tcp={"host": "127.0.0.1", "port": port}, framing=line)
    with Daemon(tmp_path, site) as daemon:
        with socat(*ends):
            heard = subscriber.wait_for(has_entries(name, 100))
        assert len(entries_of(heard, name)) < ROWS
        daemon.until(lambda: daemon.metric("dcud_bus_up") == 0, "bus that is down")
        with socat(*ends):
            heard = subscriber.wait_for(has_entries(name, ROWS), 40)
            assert daemon.terminate()[0] == 0
    check_every_interval(heard, peer, name)


def fill_the_disk(daemon: Daemon) -> None:
    """Let no file of the daemon grow any more."""
    largest = max(path.stat().st_size for path in daemon.database.parent.iterdir())
    resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))


def free_the_disk(daemon: Daemon) -> None:
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, unlimited)


def test_a_full_disk_is_waited_out(
    peer: Peer, broker: Mosquitto, subscriber: Subscriber, tmp_path: Path
) -> None:
    name = meter_id("pty", 0)
    with Daemon(tmp_path, slow_site(peer, broker, "pty"), measured=False) as daemon:
        broker.stop()
        daemon.until(lambda: (daemon.metric("dcud_outbox_messages") or 0) >= 100, "outbox")
        fill_the_disk(daemon)
        daemon.wait_for_line(r"ERROR dcud\.publish: store .*full.*tried again")
        held = daemon.metric("dcud_outbox_messages") or 0
        free_the_disk(daemon)
        daemon.until(lambda: (daemon.metric("dcud_outbox_messages") or 0) > held, "more of it")
        broker.start()
        heard = subscriber.wait_for(has_entries(name, ROWS), 40)
        assert daemon.terminate()[0] == 0
    check_every_interval(heard, peer, name)


def test_sigterm_while_the_disk_is_full(
    peer: Peer, broker: Mosquitto, subscriber: Subscriber, tmp_path: Path
) -> None:
    name = meter_id("pty", 0)
    with Daemon(tmp_path, slow_site(peer, broker, "pty"), measured=False) as daemon:
        broker.stop()
        daemon.until(lambda: (daemon.metric("dcud_outbox_messages") or 0) >= 100, "outbox")
        fill_the_disk(daemon)
        daemon.wait_for_line("tried again")
        code, seconds = daemon.terminate()
        assert code == 0, daemon.told
        assert seconds < LONGEST_STOP
        assert "Traceback" not in daemon.told

        # Nothing was half kept: the next run goes on at the cursor.
        broker.start()
        daemon.start()
        heard = subscriber.wait_for(has_entries(name, ROWS), 40)
        assert daemon.terminate()[0] == 0
    check_every_interval(heard, peer, name)


def test_a_full_outbox_drops_its_oldest_readings_and_says_so(
    peer: Peer, broker: Mosquitto, subscriber: Subscriber, tmp_path: Path
) -> None:
    name = meter_id("pty", 0)
    broker.stop()
    site = slow_site(peer, broker, "pty")
    site["outbox"] = {"max_size": "256 KiB"}
    with Daemon(tmp_path, site) as daemon:
        daemon.until(lambda: daemon.metric("dcud_polls_total", result="success"), "finished poll")
        dropped = daemon.metric("dcud_outbox_dropped_total", reason="size") or 0
        depth = daemon.metric("dcud_outbox_messages") or 0
        assert dropped + depth == ROWS
        assert dropped > 0
        assert (daemon.metric("dcud_outbox_bytes") or 0) <= 256 * 1024
        broker.start()
        heard = subscriber.wait_for(has_entries(name, int(depth)))
        daemon.until(lambda: daemon.metric("dcud_outbox_messages") == 0, "empty outbox")
        assert daemon.terminate()[0] == 0
    told = re.findall(r"WARNING dcud\.store: outbox dropped (\d+) messages", daemon.told)
    assert sum(map(int, told)) == dropped
    newest = sorted(expected_entries(peer.meters[0]))[-int(depth) :]
    assert list(entries_of(heard, name)) == newest


def test_a_broker_that_does_not_let_us_in_is_told_and_nothing_is_lost(
    peer: Peer, tmp_path: Path
) -> None:
    name = meter_id("pty", 0)
    directory = tmp_path / "mosquitto"
    directory.mkdir()
    with Mosquitto(directory, users={"subscriber": "right"}) as broker:
        daemon = Daemon(
            tmp_path,
            slow_site(peer, broker, "pty")
            | {"mqtt": {"port": broker.port, "username": "gateway", "reconnect_pause": "1 s"}},
            keys={"mqtt": {"password": "wrong-word"}},
        )
        with daemon:
            daemon.wait_for_line(r"WARNING dcud\.publish: .*(not authori[sz]ed|password)")
            daemon.until(
                lambda: (daemon.metric("dcud_outbox_messages") or 0) >= ROWS, "whole profile"
            )
            assert daemon.terminate()[0] == 0
        assert "wrong-word" not in daemon.told
        assert name not in daemon.told

"""A configuration that changes while the daemon runs."""

import signal
from pathlib import Path

import pytest

from tests.support.daemon import Daemon
from tests.support.gurux_peer import Peer
from tests.support.mosquitto import Mosquitto
from tests.support.peer_site import Table, bus, meter, meter_id, registers_job
from tests.support.subscriber import Subscriber

pytestmark = pytest.mark.e2e

PTY, TCP = "pty", "hdlc"
TAKEN = r"the configuration was taken; meters and buses that changed: (\d+)"


def asked(peer: Peer, line: str, number: int) -> Table:
    job = registers_job([peer.meters[number]], cron="0 0 29 2 *")  # as good as never
    return meter(peer, line, number, [job])


def site(peer: Peer, broker: Mosquitto, lines: list[str], *meters: Table) -> Table:
    return {
        "mqtt": {"port": broker.port},
        "bus": [bus(peer, line) for line in lines],
        "meter": list(meters),
    }


def take(daemon: Daemon, document: Table) -> int:
    """Have the daemon take a configuration; return how much it says to have changed."""
    daemon.configure(document)
    before = daemon.told.count("the configuration was taken")
    daemon.signal(signal.SIGHUP)
    daemon.until(
        lambda: daemon.told.count("the configuration was taken") > before, "configuration taken"
    )
    return int(daemon.told.rpartition("buses that changed: ")[2].split()[0])


def polls(daemon: Daemon, meter: str) -> float | None:
    return daemon.metric("dcud_polls_total", meter=meter, result="success")


def test_a_meter_that_is_added_is_polled_and_the_others_do_not_notice(
    peer: Peer, broker: Mosquitto, tmp_path: Path
) -> None:
    first, second = meter_id(PTY, 0), meter_id(PTY, 1)
    one = site(peer, broker, [PTY], asked(peer, PTY, 0))
    both = site(peer, broker, [PTY], asked(peer, PTY, 0), asked(peer, PTY, 1))
    with Daemon(tmp_path, one) as daemon:
        daemon.until(lambda: polls(daemon, first), "poll of the first meter")
        assert take(daemon, one) == 0
        assert take(daemon, both) == 1
        daemon.until(lambda: polls(daemon, second), "poll of the second meter")
        assert polls(daemon, first) == 1  # at the start, and next in an hour
        assert take(daemon, one) == 1
        topic = f"dcud/v1/gw/meter/{second}/state"
        with Subscriber(broker.port, topic) as listening:  # nothing is retained of it any more
            daemon.until(
                lambda: daemon.metric("dcud_outbox_messages") == 0, "everything told", within=20
            )
            assert [each for each in listening.heard if each.retain] == []
        assert polls(daemon, second) is None
        assert daemon.terminate()[0] == 0
    assert "Traceback" not in daemon.told


def test_a_bus_that_is_exchanged_gives_its_line_back(
    peer: Peer, broker: Mosquitto, tmp_path: Path
) -> None:
    with Daemon(tmp_path, site(peer, broker, [PTY], asked(peer, PTY, 0))) as daemon:
        daemon.until(lambda: polls(daemon, meter_id(PTY, 0)), "poll over the pseudo-terminal")
        moved = site(peer, broker, [PTY, TCP], asked(peer, PTY, 1), asked(peer, TCP, 0))
        assert take(daemon, moved) == 3  # a meter gone, a meter come, a bus come
        daemon.until(lambda: polls(daemon, meter_id(PTY, 1)), "poll over the pseudo-terminal")
        daemon.until(lambda: polls(daemon, meter_id(TCP, 0)), "poll over TCP")
        renamed = site(peer, broker, [TCP], asked(peer, TCP, 0))
        assert take(daemon, renamed) == 1
        assert daemon.metric("dcud_bus_up", bus=PTY) is None
        slower = site(peer, broker, [TCP], asked(peer, TCP, 0))
        slower["bus"] = [bus(peer, TCP, turnaround="20 ms")]
        assert take(daemon, slower) == 1
        daemon.until(lambda: polls(daemon, meter_id(TCP, 0)), "poll over TCP")
        assert daemon.terminate()[0] == 0
    assert "Traceback" not in daemon.told


def test_a_bad_file_changes_nothing_and_is_told(
    peer: Peer, broker: Mosquitto, subscriber: Subscriber, tmp_path: Path
) -> None:
    good = site(peer, broker, [PTY], asked(peer, PTY, 0))
    bad = site(peer, broker, [PTY], asked(peer, PTY, 0) | {"client_sap": 4000})
    with Daemon(tmp_path, good) as daemon:
        daemon.until(lambda: polls(daemon, meter_id(PTY, 0)), "poll")
        daemon.configure(bad)
        daemon.signal(signal.SIGHUP)
        daemon.wait_for_line("the new configuration is not taken; all goes on as before")
        daemon.wait_for_line(r"dcud.toml:\d+: meter.*client_sap: 4000")
        assert daemon.metric("dcud_config_last_reload_successful") == 0
        event = subscriber.wait_for_topic("dcud/v1/gw/event")
        assert event.body["code"] == "config_refused"
        assert take(daemon, good) == 0
        assert daemon.metric("dcud_config_last_reload_successful") == 1
        assert polls(daemon, meter_id(PTY, 0)) == 1
        assert daemon.terminate()[0] == 0


def test_what_needs_a_start_is_named(peer: Peer, broker: Mosquitto, tmp_path: Path) -> None:
    before = site(peer, broker, [PTY], asked(peer, PTY, 0))
    with Daemon(tmp_path, before) as daemon:
        daemon.until(lambda: polls(daemon, meter_id(PTY, 0)), "poll")
        after = dict(before)
        after["mqtt"] = {"port": broker.port, "in_flight": 5}
        assert take(daemon, after) == 0
        daemon.wait_for_line(r"what changed in \[mqtt\] takes effect when dcud is started again")
        assert take(daemon, {**after, "commands": {"enabled": True}}) == 0
        daemon.wait_for_line(r"what changed in \[commands\] takes effect when dcud is started")
        assert daemon.terminate()[0] == 0

"""Meters and buses that are not there, beside those that are."""

from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.daemon import Daemon
from tests.support.gurux_peer import Peer
from tests.support.mosquitto import Mosquitto
from tests.support.peer_site import (
    LINES,
    Table,
    bus,
    dead_meter,
    has_entries,
    meter,
    meter_id,
    profile_job,
    readings_of,
    registers_job,
)
from tests.support.subscriber import Heard, Subscriber

pytestmark = pytest.mark.e2e

ONE_VALUE: Table = {"objects": [{"obis": "1.0.1.8.0.255"}], "interval": "1 s"}


def times_read(heard: list[Heard], meter: str) -> list[datetime]:
    return [
        datetime.fromisoformat(body["read_time"]) for body in readings_of(heard, meter, "registers")
    ]


def states(heard: list[Heard], meter: str) -> list[str]:
    topic = f"dcud/v1/gw/meter/{meter}/state"
    return [message.body["state"] for message in heard if message.topic == topic]


@pytest.mark.parametrize("line", ["pty", "hdlc"])
def test_a_dead_meter_delays_only_itself(
    line: str, peer: Peer, broker: Mosquitto, subscriber: Subscriber, tmp_path: Path
) -> None:
    living = [meter_id(line, 0), meter_id(line, 1)]
    site: Table = {
        "mqtt": {"port": broker.port},
        "bus": [bus(peer, line)],
        "meter": [
            dead_meter(line),
            *(meter(peer, line, n, [registers_job([], **ONE_VALUE)]) for n in (0, 1)),
        ],
    }
    with Daemon(tmp_path, site) as daemon:
        heard = subscriber.wait_for(
            lambda heard: (
                "down" in states(heard, "dead")
                and all(len(times_read(heard, name)) >= 6 for name in living)
            )
        )
        assert (daemon.metric("dcud_poll_failures_total", reason="no_answer") or 0) >= 2
        assert daemon.metric("dcud_bus_up") == 1
        asked = daemon.metric("dcud_polls_total", meter="dead") or 0
        lines = daemon.frames()
        daemon.terminate()
    # It is left alone for one second at first, then for two; a quarter less by chance.
    assert asked <= 2 + (lines[-1].at - lines[0].at).total_seconds() / 1.5
    for name in living:
        times = times_read(heard, name)
        assert len(times) >= 6
        # A second each, and what asking the dead one costs.
        assert max(after - before for before, after in pairwise(times)) < timedelta(seconds=4)
        assert set(states(heard, name)) == {"up"}
    assert readings_of(heard, "dead", "registers") == []


def test_a_bus_whose_device_is_missing_disturbs_no_other_and_comes_when_it_comes(
    peer: Peer, broker: Mosquitto, subscriber: Subscriber, tmp_path: Path
) -> None:
    device = tmp_path / "ttyUSB0"
    missing, present = meter_id("pty", 0), meter_id("hdlc", 1)
    site: Table = {
        "mqtt": {"port": broker.port},
        "bus": [bus(peer, "pty", serial={"device": device}), bus(peer, "hdlc")],
        "meter": [
            meter(peer, "pty", 0, [profile_job(peer.meters[0])]),
            meter(peer, "hdlc", 1, [registers_job([], **ONE_VALUE)]),
        ],
    }
    with Daemon(tmp_path, site) as daemon:
        told = daemon.wait_for_line(f"WARNING .*bus pty: .*{device}").string
        assert ";" in told  # and what to do about it
        subscriber.wait_for(lambda heard: len(times_read(heard, present)) >= 4)
        assert daemon.metric("dcud_bus_up", bus="pty") == 0
        assert daemon.metric("dcud_meter_up", meter=missing) == 0
        assert daemon.metric("dcud_bus_up", bus="hdlc") == 1
        assert daemon.metric("dcud_meter_up", meter=present) == 1

        device.symlink_to(peer.pty)
        heard = subscriber.wait_for(has_entries(missing, 1000), 40)
        assert has_entries(missing, 1000)(heard)
        daemon.wait_for_line("bus pty: the line works again")
        daemon.until(lambda: daemon.metric("dcud_meter_up", meter=missing) == 1, "meter that is up")
        assert daemon.metric("dcud_bus_up", bus="pty") == 1
        code, _ = daemon.terminate()

    assert code == 0
    assert daemon.told.count(str(device)) == 1  # not at every try
    heard = subscriber.heard
    assert states(heard, missing)[0] == "down"
    assert states(heard, missing)[-1] == "up"
    assert set(states(heard, present)) == {"up"}
    times = times_read(heard, present)
    assert max(after - before for before, after in pairwise(times)) < timedelta(seconds=4)


def test_buses_of_all_kinds_run_side_by_side(
    peer: Peer, broker: Mosquitto, subscriber: Subscriber, tmp_path: Path
) -> None:
    site: Table = {
        "mqtt": {"port": broker.port},
        "bus": [bus(peer, line) for line in LINES],
        "meter": [meter(peer, line, 0, [registers_job([], **ONE_VALUE)]) for line in LINES],
    }
    with Daemon(tmp_path, site) as daemon:
        heard = subscriber.wait_for(
            lambda heard: all(len(times_read(heard, meter_id(line, 0))) >= 3 for line in LINES)
        )
        code, _ = daemon.terminate()
    assert code == 0
    assert all(len(times_read(heard, meter_id(line, 0))) >= 3 for line in LINES)

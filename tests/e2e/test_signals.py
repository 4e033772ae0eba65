"""What signals do to the daemon."""

import signal
from pathlib import Path

import pytest

from tests.support.daemon import Daemon
from tests.support.frame_lines import frame_lines, spoken
from tests.support.gurux_peer import Peer
from tests.support.mosquitto import Mosquitto
from tests.support.peer_site import (
    Table,
    bus,
    dead_meter,
    has_entries,
    meter,
    meter_id,
    profile_job,
    registers_job,
)
from tests.support.subscriber import Subscriber

pytestmark = pytest.mark.e2e

LINE = "pty"
METER = meter_id(LINE, 0)
STATE = "dcud/v1/gw/state"
LONGEST_STOP = 5.0

RELEASED = ["tx 62", "rx 63", "tx DISC", "rx UA"]
"""RLRQ, RLRE, DISC, UA."""


def site(peer: Peer, broker: Mosquitto, *meters: Table, **line: str) -> Table:
    return {
        "mqtt": {"port": broker.port},
        "bus": [bus(peer, LINE, **line)],
        "meter": list(meters),
    }


def retained_state(broker: Mosquitto) -> dict[str, object]:
    """Return what the broker tells of the gateway to whoever comes now."""
    with Subscriber(broker.port, STATE) as late:
        message = late.wait_for_topic(STATE)
    assert message.retain
    return message.body


def check_clean_stop(daemon: Daemon, broker: Mosquitto | None) -> None:
    code, seconds = daemon.terminate()
    assert code == 0, daemon.told
    assert seconds < LONGEST_STOP
    assert "Traceback" not in daemon.told
    assert " ERROR " not in daemon.told
    assert daemon.lines[-1].endswith(" stopped")
    if broker is not None:
        state = retained_state(broker)
        assert (state["state"], state["reason"]) == ("offline", "stopped")


def test_sigterm_between_polls_finds_the_association_released(
    peer: Peer, broker: Mosquitto, subscriber: Subscriber, tmp_path: Path
) -> None:
    with Daemon(
        tmp_path, site(peer, broker, meter(peer, LINE, 0, [registers_job(peer.meters)]))
    ) as daemon:
        subscriber.wait_for_topic(f"dcud/v1/gw/meter/{METER}/reading/registers")
        assert subscriber.wait_for_topic(STATE).body["state"] == "online"
        daemon.until(lambda: daemon.metric("dcud_polls_total", meter=METER), "finished poll")
        check_clean_stop(daemon, broker)
    words = spoken(daemon.frames())
    assert words[:4] == ["tx SNRM", "rx UA", "tx 60", "rx 61"]
    assert words[-4:] == RELEASED


def test_sigterm_in_the_middle_of_a_profile_takes_the_link_down(
    peer: Peer, broker: Mosquitto, subscriber: Subscriber, tmp_path: Path
) -> None:
    reading = meter(peer, LINE, 0, [profile_job(peer.meters[0], max_range="10 h")])
    with Daemon(tmp_path, site(peer, broker, reading, turnaround="10 ms")) as daemon:
        heard = subscriber.wait_for(has_entries(METER, 100))
        check_clean_stop(daemon, broker)
    assert not has_entries(METER, 1000)(heard)
    assert spoken(daemon.frames())[-2:] == ["tx DISC", "rx UA"]


def test_sigterm_while_a_dead_meter_is_asked(peer: Peer, broker: Mosquitto, tmp_path: Path) -> None:
    patient = dead_meter(LINE, response_timeout="1 min")
    with Daemon(tmp_path, site(peer, broker, patient)) as daemon:
        daemon.until(lambda: spoken(daemon.frames()) == ["tx SNRM"], "SNRM")
        check_clean_stop(daemon, broker)
    assert spoken(daemon.frames()) == ["tx SNRM", "tx DISC"]


def test_sigterm_while_everything_is_stuck(
    peer: Peer, broker: Mosquitto, subscriber: Subscriber, tmp_path: Path
) -> None:
    often = registers_job(peer.meters, interval="1 s")
    patient = dead_meter(LINE, response_timeout="1 min")
    with Daemon(tmp_path, site(peer, broker, meter(peer, LINE, 0, [often]), patient)) as daemon:
        subscriber.wait_for_topic(STATE)
        broker.pause()
        daemon.until(lambda: "dead" in {line.meter for line in daemon.frames()}, "SNRM")
        check_clean_stop(daemon, None)


def test_sigterm_without_a_broker_keeps_the_outbox(
    peer: Peer, broker: Mosquitto, subscriber: Subscriber, tmp_path: Path
) -> None:
    broker.stop()
    with Daemon(
        tmp_path, site(peer, broker, meter(peer, LINE, 0, [profile_job(peer.meters[0])]))
    ) as daemon:
        daemon.until(lambda: (daemon.metric("dcud_outbox_messages") or 0) >= 1000, "full outbox")
        check_clean_stop(daemon, None)

        # Nothing is asked again for them to be published.
        asked = len(daemon.frames())
        broker.start()
        daemon.start()
        heard = subscriber.wait_for(has_entries(METER, 1000), 40)
        assert has_entries(METER, 1000)(heard)
        check_clean_stop(daemon, broker)
    assert len(daemon.frames()) < asked + 60


def test_sigint_ends_as_sigterm_does(peer: Peer, broker: Mosquitto, tmp_path: Path) -> None:
    with Daemon(tmp_path, site(peer, broker)) as daemon:
        daemon.wait_for_line("connected to")
        daemon.signal(signal.SIGINT)
        assert daemon.wait(LONGEST_STOP) == 0
    assert "Traceback" not in daemon.told


def test_after_sigkill_the_last_will_tells(
    peer: Peer, broker: Mosquitto, subscriber: Subscriber, tmp_path: Path
) -> None:
    with Daemon(tmp_path, site(peer, broker)) as daemon:
        assert subscriber.wait_for_topic(STATE).body["state"] == "online"
        daemon.kill()
    subscriber.wait_for(lambda heard: b"offline" in heard[-1].payload)
    state = retained_state(broker)
    assert (state["state"], state["reason"]) == ("offline", "connection_lost")


def test_sighup_reopens_the_frame_log_and_no_line_is_lost(
    peer: Peer, broker: Mosquitto, tmp_path: Path
) -> None:
    rotations = 5
    reading = meter(peer, LINE, 0, [profile_job(peer.meters[0], max_range="10 h")])
    moved = [tmp_path / f"frames.log.{number}" for number in range(rotations)]
    with Daemon(tmp_path, site(peer, broker, reading, turnaround="2 ms")) as daemon:
        for path in moved:
            daemon.until(lambda: len(daemon.frames()) >= 20, "frames in the log")
            daemon.frame_log.rename(path)
            daemon.signal(signal.SIGHUP)
            daemon.until(daemon.frame_log.exists, "frame log opened anew")
        daemon.until(lambda: daemon.metric("dcud_polls_total", result="success"), "finished poll")
        counted = daemon.metric("dcud_frames_total")
        assert daemon.metric("dcud_frame_log_dropped_lines_total") == 0
        check_clean_stop(daemon, broker)
    assert daemon.told.count("the frame log was opened anew") == rotations
    lines = frame_lines(*moved, daemon.frame_log)
    assert sum(line.is_frame for line in lines) == counted
    assert [line.at for line in lines] == sorted(line.at for line in lines)
    check_sequence(spoken(lines))


def check_sequence(words: list[str]) -> None:
    """Nothing is missing in between: requests and answers take turns."""
    assert [word[:2] for word in words] == ["tx", "rx"] * (len(words) // 2)
    assert words[:2] == ["tx SNRM", "rx UA"]
    assert words[-4:] == RELEASED

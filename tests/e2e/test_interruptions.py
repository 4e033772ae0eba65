"""Brokers and daemons that go in the middle, and come back: nothing is missing."""

from pathlib import Path

import pytest

from tests.support.daemon import Daemon
from tests.support.gurux_peer import Peer
from tests.support.mosquitto import Mosquitto
from tests.support.peer_site import (
    Table,
    bus,
    entries_of,
    expected_entries,
    has_entries,
    meter,
    meter_id,
    profile_job,
    registers_job,
    values_of,
)
from tests.support.subscriber import Heard, Subscriber

pytestmark = pytest.mark.e2e

ROWS = 1000
LINE = "pty"
METER = meter_id(LINE, 0)


def slow_site(peer: Peer, broker: Mosquitto, *jobs: Table) -> Table:
    """A line so slow that there is a middle to break off in, and requests for ten hours each."""
    return {
        "mqtt": {"port": broker.port, "reconnect_pause": "1 s"},
        "bus": [bus(peer, LINE, turnaround="10 ms")],
        "meter": [
            meter(peer, LINE, 0, [*jobs, profile_job(peer.meters[0], max_range="10 h")]),
        ],
    }


def outbox_depth(daemon: Daemon) -> int:
    return int(daemon.metric("dcud_outbox_messages") or 0)


all_heard = has_entries(METER, ROWS)


def check_every_interval(heard: list[Heard], peer: Peer) -> None:
    """Nothing is missing; what came twice came with the same id and the same octets."""
    entries = entries_of(heard, METER)
    expected = expected_entries(peer.meters[0])
    assert sorted(entries) == sorted(expected)
    for at, bodies in entries.items():
        assert values_of(bodies[0]) == expected[at]
        assert all(body == bodies[0] for body in bodies), at
    payloads: dict[str, set[bytes]] = {}
    for message in heard:
        if "/reading/" in message.topic:
            payloads.setdefault(message.body["message_id"], set()).add(message.payload)
    assert all(len(different) == 1 for different in payloads.values())
    ids = {bodies[0]["message_id"] for bodies in entries.values()}
    assert len(ids) == ROWS


def kill_broker(broker: Mosquitto, daemon: Daemon, subscriber: Subscriber) -> None:
    """Kill it when the subscriber has all that it has acknowledged, and so answers for.

    Mosquitto writes nothing to its disk before it acknowledges: what is on its way to a subscriber
    at the moment of a kill can be lost by it, and no publisher could know.
    """
    broker.pause()
    daemon.until(lambda: outbox_depth(daemon) >= 100, "outbox that fills")
    acknowledged = daemon.metric("dcud_published_total")
    assert acknowledged is not None
    # It forwards in order, and before it acknowledges.
    heard = subscriber.wait_for(has_entries(METER, int(acknowledged)))
    assert acknowledged <= len(entries_of(heard, METER)) < ROWS
    broker.kill()


def test_broker_and_daemon_are_killed_in_the_middle_of_a_profile(
    peer: Peer, broker: Mosquitto, subscriber: Subscriber, tmp_path: Path
) -> None:
    broker.save()  # the subscription must outlive the broker
    with Daemon(tmp_path, slow_site(peer, broker)) as daemon:
        subscriber.wait_for(has_entries(METER, 50))
        kill_broker(broker, daemon, subscriber)

        # It reads on without the broker, and dies with what only its outbox holds.
        daemon.until(lambda: outbox_depth(daemon) >= 200, "outbox that fills")
        held = outbox_depth(daemon)
        daemon.kill()
        assert len(entries_of(subscriber.heard, METER)) + held < ROWS

        # The second run finds no broker either; it goes on where the first was broken off.
        daemon.start()
        daemon.until(lambda: outbox_depth(daemon) > held + 50, "outbox that fills further")
        broker.start()
        heard = subscriber.wait_for(all_heard, 40)
        daemon.until(lambda: outbox_depth(daemon) == 0, "empty outbox")
        code, _ = daemon.terminate()

    assert code == 0, daemon.told
    check_every_interval(heard, peer)


def test_doubles_come_with_the_same_id_and_the_same_octets(
    peer: Peer, broker: Mosquitto, subscriber: Subscriber, tmp_path: Path
) -> None:
    with Daemon(tmp_path, slow_site(peer, broker)) as daemon:
        heard = subscriber.wait_for(has_entries(METER, 50))
        broker.pause()
        seen = len(entries_of(heard, METER))
        daemon.until(lambda: outbox_depth(daemon) >= 100, "outbox that fills")
        daemon.kill()
        # What was sent to it and never acknowledged is on its way all the same.
        broker.resume()
        heard = subscriber.wait_for(has_entries(METER, seen + 1))
        daemon.start()
        heard = subscriber.wait_for(all_heard, 40)
        daemon.until(lambda: outbox_depth(daemon) == 0, "empty outbox")
        code, _ = daemon.terminate()

    assert code == 0, daemon.told
    check_every_interval(heard, peer)
    assert any(len(bodies) > 1 for bodies in entries_of(heard, METER).values())


def test_a_daemon_killed_again_and_again_misses_nothing(
    peer: Peer, broker: Mosquitto, subscriber: Subscriber, tmp_path: Path
) -> None:
    runs = 5
    with Daemon(tmp_path, slow_site(peer, broker)) as daemon:
        for run in range(1, runs):
            # In the very moment of a delivery, where "sent" and "acknowledged" differ.
            wanted = run * ROWS // runs
            heard = subscriber.wait_for(has_entries(METER, wanted), 40)
            daemon.kill()
            assert wanted <= len(entries_of(heard, METER)) < ROWS
            daemon.start()
        heard = subscriber.wait_for(all_heard, 40)
        daemon.until(lambda: outbox_depth(daemon) == 0, "empty outbox")
        code, _ = daemon.terminate()

    assert code == 0, daemon.told
    check_every_interval(heard, peer)


def test_it_polls_without_a_broker_and_delivers_in_order_once_there_is_one(
    peer: Peer, broker: Mosquitto, subscriber: Subscriber, tmp_path: Path
) -> None:
    broker.stop()  # it knows the subscriber, and is not there
    often = registers_job(peer.meters, interval="1 s", objects=[{"obis": "1.0.1.8.0.255"}])
    with Daemon(tmp_path, slow_site(peer, broker, often)) as daemon:
        daemon.wait_for_line("WARNING .*127.0.0.1")
        daemon.until(lambda: outbox_depth(daemon) >= ROWS + 3, "outbox with all of it")
        assert daemon.metric("dcud_broker_connected") == 0
        assert daemon.metric("dcud_meter_up", meter=METER) == 1
        assert subscriber.heard == []

        broker.start()
        heard = subscriber.wait_for(
            lambda heard: all_heard(heard) and len(heard) > ROWS + 5,  # old ones, then new ones
            40,
        )
        daemon.until(lambda: outbox_depth(daemon) == 0, "empty outbox")
        assert daemon.metric("dcud_broker_connected") == 1
        assert daemon.metric("dcud_outbox_dropped_total") == 0
        code, _ = daemon.terminate()

    assert code == 0, daemon.told
    check_every_interval(heard, peer)
    readings = [message.body for message in heard if "/reading/" in message.topic]
    asked = [body["read_time"] for body in readings]
    assert asked == sorted(asked)
    assert list(entries_of(heard, METER)) == sorted(entries_of(heard, METER))
    assert len({body["message_id"] for body in readings}) == len(readings)

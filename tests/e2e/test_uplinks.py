"""Two brokers at once, each at its own pace."""

from pathlib import Path

import pytest

from dcud.publish.sparkplug.payload import decode
from tests.support.daemon import Daemon
from tests.support.gurux_peer import Peer
from tests.support.mosquitto import Mosquitto
from tests.support.peer_site import Table, bus, has_entries, meter, meter_id, profile_job
from tests.support.subscriber import Subscriber

pytestmark = pytest.mark.e2e

NAME = meter_id("pty", 0)
READINGS = f"dcud/v1/gw/meter/{NAME}/reading/load-profile"


@pytest.fixture
def other(tmp_path: Path) -> Mosquitto:
    directory = tmp_path / "other"
    directory.mkdir()
    return Mosquitto(directory)


def site(peer: Peer, broker: Mosquitto, *uplinks: Table) -> Table:
    return {
        "mqtt": {"port": broker.port, "reconnect_pause": "1 s"},
        "uplink": list(uplinks),
        "bus": [bus(peer, "pty")],
        "meter": [meter(peer, "pty", 0, [profile_job(peer.meters[0])])],
    }


def test_a_broker_that_is_away_for_long_gets_everything_and_holds_up_nobody(
    peer: Peer, broker: Mosquitto, subscriber: Subscriber, other: Mosquitto, tmp_path: Path
) -> None:
    cloud: Table = {"id": "cloud", "port": other.port, "reconnect_pause": "1 s"}
    events: Table = {"id": "events", "port": broker.port, "send": ["events"], "hear": False}
    daemon = Daemon(tmp_path, site(peer, broker, cloud, events))
    with daemon:
        subscriber.wait_for(has_entries(NAME, 1000), 60)
        daemon.until(
            lambda: daemon.metric("dcud_outbox_waiting_messages", broker="mqtt") == 0, "delivery"
        )
        assert daemon.metric("dcud_outbox_waiting_messages", broker="cloud") == 1000
        assert daemon.metric("dcud_outbox_waiting_messages", broker="events") == 0
        assert daemon.metric("dcud_broker_connected", broker="cloud") == 0
        assert daemon.metric("dcud_broker_connected", broker="mqtt") == 1
        daemon.kill()
    doubles = len([each for each in subscriber.heard if each.topic == READINGS])
    with other, Subscriber(other.port) as late, daemon:
        late.wait_for(has_entries(NAME, 1000), 60)
        daemon.until(lambda: daemon.metric("dcud_outbox_messages") == 0, "empty outbox")
        assert len([each for each in late.heard if each.topic == READINGS]) == 1000
        # What the first one had acknowledged before the kill is not sent to it again.
        again = len([each for each in subscriber.heard if each.topic == READINGS]) - doubles
        assert again == 0
        assert daemon.metric("dcud_published_total", broker="cloud") == 1000
        code, _ = daemon.terminate()
    assert code == 0


def test_home_assistant_finds_the_values_and_loses_those_of_a_meter_that_goes(
    peer: Peer, broker: Mosquitto, tmp_path: Path
) -> None:
    document = site(peer, broker)
    document["mqtt"] = {"port": broker.port, "payload": "home-assistant"}
    fewer: Table = {**document, "meter": [meter(peer, "pty", 1, [profile_job(peer.meters[1])])]}
    daemon = Daemon(tmp_path, document)
    with Subscriber(broker.port, "#") as listening, daemon:
        listening.wait_for(lambda heard: any(each.topic.endswith("/config") for each in heard), 60)
        daemon.until(lambda: daemon.metric("dcud_outbox_messages") == 0, "everything told")
        daemon.terminate()
    with Subscriber(broker.port, "#") as before:
        before.wait_for(lambda heard: sum(each.retain for each in heard) >= 17)
        kept = {each.topic for each in before.heard if each.retain and NAME in each.topic}
    assert len(kept) > 9  # each value has three topics
    daemon.configure(fewer)
    with daemon, Subscriber(broker.port, "#") as after:
        after.wait_for(lambda heard: kept <= {each.topic for each in heard if not each.payload}, 60)


def test_a_sparkplug_host_hears_births_then_everything_in_order(
    peer: Peer, broker: Mosquitto, tmp_path: Path
) -> None:
    document = site(peer, broker)
    document["mqtt"] = {
        "port": broker.port,
        "payload": "sparkplug-b",
        "sparkplug": {"group": "plant"},
    }
    device = f"spBv1.0/plant/DDATA/gw/{NAME}"
    daemon = Daemon(tmp_path, document)
    with Subscriber(broker.port, "spBv1.0/#") as host:
        with daemon:
            host.wait_for(lambda heard: sum(each.topic == device for each in heard) >= 1000, 60)
            daemon.until(lambda: daemon.metric("dcud_outbox_messages") == 0, "everything told")
            daemon.terminate()
        host.wait_for(lambda heard: any("/NDEATH/" in each.topic for each in heard))
    said = [each for each in host.heard if "/NDEATH/" not in each.topic]
    assert said[0].topic == "spBv1.0/plant/NBIRTH/gw"
    assert [decode(each.payload).seq for each in said] == [n % 256 for n in range(len(said))]
    kinds = [each.topic.split("/")[2] for each in said if each.topic.endswith(NAME)]
    assert kinds[0] == "DBIRTH"

"""Two brokers at once, each at its own pace."""

from pathlib import Path

import pytest

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

"""The metrics page of a daemon at work."""

import subprocess
import time
from pathlib import Path

import pytest

from tests.support.daemon import Daemon
from tests.support.gurux_peer import Peer
from tests.support.mosquitto import Mosquitto
from tests.support.peer_site import Table, bus, dead_meter, meter, meter_id, profile_job

pytestmark = pytest.mark.e2e

LINE = "hdlc"
METER = meter_id(LINE, 0)


def check_with_promtool(page: str) -> None:
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=page, capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_the_page_tells_how_meters_outbox_and_broker_do(
    peer: Peer, broker: Mosquitto, tmp_path: Path
) -> None:
    broker.stop()
    began = time.time()  # noqa: TID251  # the daemon's clock is the real one
    site: Table = {
        "mqtt": {"port": broker.port, "reconnect_pause": "1 s"},
        "bus": [bus(peer, LINE)],
        "meter": [meter(peer, LINE, 0, [profile_job(peer.meters[0])]), dead_meter(LINE)],
    }
    with Daemon(tmp_path, site) as daemon:
        check_with_promtool(daemon.page())  # before anything has happened
        daemon.until(lambda: daemon.metric("dcud_polls_total", meter=METER), "finished poll")
        daemon.until(
            lambda: (daemon.metric("dcud_poll_failures_total", reason="no_answer") or 0) >= 2,
            "failures of the dead meter",
        )
        daemon.until(lambda: daemon.metric("dcud_outbox_messages") == 1000, "the whole profile")
        check_with_promtool(daemon.page())
        assert daemon.metric("dcud_build_info") == 1
        assert daemon.metric("dcud_bus_up", bus=LINE) == 1
        assert daemon.metric("dcud_meter_up", bus=LINE, meter=METER) == 1
        assert daemon.metric("dcud_meter_up", bus=LINE, meter="dead") == 0
        # The profile is long, and leaves the bus to the dead meter once or twice.
        assert (daemon.metric("dcud_polls_total", meter=METER, result="success") or 0) >= 1
        assert daemon.metric("dcud_polls_total", meter="dead", result="success") == 0
        assert (daemon.metric("dcud_polls_total", meter="dead", result="no_answer") or 0) >= 2
        last = daemon.metric("dcud_meter_last_success_timestamp_seconds", meter=METER)
        assert last is not None
        assert began <= last <= time.time()  # noqa: TID251  # likewise
        assert daemon.metric("dcud_meter_last_success_timestamp_seconds", meter="dead") is None
        assert (daemon.metric("dcud_poll_duration_seconds_count", bus=LINE) or 0) >= 3
        assert (daemon.metric("dcud_bus_busy_seconds_total", bus=LINE) or 0) > 0
        assert (daemon.metric("dcud_answer_seconds_count", bus=LINE) or 0) > 100
        assert (daemon.metric("dcud_frames_total", direction="rx") or 0) > 100
        assert (daemon.metric("dcud_retransmissions_total", bus=LINE) or 0) >= 2
        assert daemon.metric("dcud_frame_errors_total") in {None, 0}
        assert daemon.metric("dcud_broker_connected") == 0
        assert (daemon.metric("dcud_outbox_bytes") or 0) > 100_000
        assert (daemon.metric("dcud_outbox_oldest_message_age_seconds") or 0) > 0
        assert daemon.metric("dcud_published_total") == 0

        broker.start()
        daemon.until(lambda: daemon.metric("dcud_outbox_messages") == 0, "empty outbox")
        assert daemon.metric("dcud_broker_connected") == 1
        assert daemon.metric("dcud_outbox_bytes") == 0
        assert daemon.metric("dcud_outbox_oldest_message_age_seconds") == 0
        assert daemon.metric("dcud_published_total") == 1000
        check_with_promtool(daemon.page())

        broker.kill()
        daemon.until(lambda: daemon.metric("dcud_broker_connected") == 0, "lost broker")

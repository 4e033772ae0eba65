"""The daemon killed at random moments, again and again: nothing is missing.

`make kill-loop` runs it; KILLS and SEED of the environment amend it.
"""

import os
import random
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.support.daemon import Daemon
from tests.support.gurux_peer import gurux_peer
from tests.support.mosquitto import Mosquitto
from tests.support.peer_site import (
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
from tests.support.toml_text import TomlValue

pytestmark = pytest.mark.soak

KILLS = int(os.environ.get("KILLS", "60"))
SEED = int(os.environ.get("SEED", "1"))
ROWS = 1000
PERIOD = 900
METER = meter_id("pty", 0)


def test_nothing_is_missing_whenever_the_daemon_is_killed(tmp_path: Path) -> None:
    draw = random.Random(SEED)  # noqa: S311  # moments, not secrets
    kills = rounds = doubles = 0
    while kills < KILLS:
        rounds += 1
        directory = tmp_path / str(rounds)
        directory.mkdir()
        killed, heard = one_round(directory, draw)
        kills += killed
        doubles += sum(Counter(m.body["message_id"] for m in heard).values()) - ROWS
    print(
        f"\n{kills} kills in {rounds} profiles of {ROWS} entries: none missing, {doubles} doubles"
    )


def one_round(directory: Path, draw: random.Random) -> tuple[int, list[Heard]]:
    """Read one profile under fire; return how often the daemon was killed, and what was heard."""
    killed = 0
    now = int(time.time())  # noqa: TID251  # the daemon's clock is the real one
    begin = (now // PERIOD - ROWS + 1) * PERIOD
    with (
        gurux_peer(meters=1, rows=ROWS, max_info=256, begin=begin) as peer,
        Mosquitto(directory) as broker,
        Subscriber(broker.port, "dcud/v1/+/meter/+/reading/#") as subscriber,
    ):
        document: dict[str, TomlValue] = {
            "mqtt": {"port": broker.port, "reconnect_pause": "1 s"},
            "bus": [bus(peer, "pty", turnaround="10 ms")],
            "meter": [meter(peer, "pty", 0, [profile_job(peer.meters[0], max_range="5 h")])],
        }
        complete = has_entries(METER, ROWS)
        with Daemon(directory, document, measured=False) as daemon:
            while not complete(subscriber.heard):
                time.sleep(draw.uniform(0.3, 1.5))  # the moment is what is tried
                if draw.random() < 0.3:
                    broker.pause()
                    time.sleep(draw.uniform(0.0, 0.3))
                daemon.kill()
                killed += 1
                broker.resume()
                daemon.start()
            daemon.until(lambda: daemon.metric("dcud_outbox_messages") == 0, "empty outbox")
            code, _ = daemon.terminate()
        heard = list(subscriber.heard)
        assert code == 0, daemon.told
        entries = entries_of(heard, METER)
        expected = expected_entries(peer.meters[0])
        assert sorted(entries) == sorted(expected)
        for at, bodies in entries.items():
            assert values_of(bodies[0]) == expected[at]
            assert all(body == bodies[0] for body in bodies), at  # the message id included
    return killed, heard

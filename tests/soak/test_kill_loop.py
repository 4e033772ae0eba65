"""The daemon killed at random moments, again and again: nothing is missing.

`make kill-loop` runs it; KILLS and SEED of the environment amend it.
"""

import json
import os
import random
import shutil
import sqlite3
import time
from collections import Counter
from contextlib import closing
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

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
UPLINKS = 3
"""The version of the database from which on messages have kinds."""


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


def check_cursor(daemon: Daemon, subscriber: Subscriber) -> None:
    """The cursor stands where what waits or was delivered ends, and nothing before it is missing.

    Args:
        daemon: killed.
        subscriber: hears what was delivered.
    """
    if not daemon.database.exists():
        return  # killed before there was one
    copied = daemon.database.with_name("copy")
    copied.mkdir(exist_ok=True)
    for file in daemon.database.parent.glob("dcud.db*"):
        shutil.copy(file, copied)
    with closing(sqlite3.connect(copied / daemon.database.name)) as database:
        if not database.execute("PRAGMA user_version").fetchone()[0] >= UPLINKS:
            return  # killed while it was made
        rows = database.execute("SELECT payload FROM outbox WHERE kind = 'reading'").fetchall()
        found = database.execute(
            "SELECT position FROM cursors WHERE meter = ? AND key LIKE 'load-profile/%'"
            " AND key NOT LIKE '%/gaps'",
            (METER,),
        ).fetchone()
    waiting = {captured(json.loads(payload)) for (payload,) in rows}
    if found is None:
        assert waiting == set()
        return
    position = datetime.fromisoformat(found[0].partition("#")[0])

    def is_whole(heard: list[Heard]) -> bool:
        kept = waiting | {captured(message.body) for message in heard}
        due = [at for at in kept if at <= position]
        steps = {later - earlier for earlier, later in pairwise(sorted(due))}
        return steps <= {timedelta(seconds=PERIOD)}

    # What the broker acknowledged right before the kill is on its way to the subscriber.
    heard = subscriber.wait_for(is_whole)
    kept = waiting | {captured(message.body) for message in heard}
    assert max(kept) <= position < max(kept) + timedelta(seconds=PERIOD)


def captured(body: dict[str, Any]) -> datetime:
    """Return the time of a reading's capture."""
    return datetime.fromisoformat(body["capture_time"])


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
                check_cursor(daemon, subscriber)
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

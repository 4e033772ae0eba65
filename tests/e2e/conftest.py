"""What every test of the whole daemon stands on."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.gurux_peer import Peer, gurux_peer
from tests.support.mosquitto import Mosquitto
from tests.support.subscriber import Subscriber

ROWS = 1000
PERIOD = 900


@pytest.fixture(scope="session")
def peer() -> Iterator[Peer]:
    """Two meters with load profiles that end now."""
    now = int(time.time())  # noqa: TID251  # the daemon's clock is the real one
    begin = (now // PERIOD - ROWS + 1) * PERIOD
    with gurux_peer(rows=ROWS, meters=2, max_info=256, begin=begin, password=90817263) as running:
        yield running


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    directory = tmp_path / "mosquitto"
    directory.mkdir()
    with Mosquitto(directory) as running:
        yield running


@pytest.fixture
def subscriber(broker: Mosquitto) -> Iterator[Subscriber]:
    with Subscriber(broker.port) as listening:
        yield listening

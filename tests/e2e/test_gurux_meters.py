"""Meters that we did not write, from their line to the subscriber."""

import json
from importlib import resources
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.support.daemon import Daemon
from tests.support.gurux_peer import Peer
from tests.support.mosquitto import Mosquitto
from tests.support.peer_site import (
    LINES,
    bus,
    entries_of,
    expected_entries,
    expected_registers,
    has_entries,
    meter,
    meter_id,
    profile_job,
    readings_of,
    registers_job,
    values_of,
)
from tests.support.subscriber import Heard, Subscriber

pytestmark = pytest.mark.e2e

ROWS = 1000


@pytest.mark.parametrize("authentication", ["none", "lls"])
@pytest.mark.parametrize("line", LINES)
def test_registers_and_a_load_profile_arrive_complete_and_exact(
    line: str,
    authentication: str,
    peer: Peer,
    broker: Mosquitto,
    subscriber: Subscriber,
    tmp_path: Path,
) -> None:
    lls = authentication == "lls"
    number = int(lls)
    served = peer.meters[number]
    name = meter_id(line, number)
    jobs = [registers_job(peer.meters), profile_job(served)]
    daemon = Daemon(
        tmp_path,
        {
            "mqtt": {"port": broker.port},
            "bus": [bus(peer, line)],
            "meter": [meter(peer, line, number, jobs, lls=lls)],
        },
        keys={"meter": {name: {"lls_password": peer.password.decode()}}} if lls else None,
    )
    with daemon:
        heard = subscriber.wait_for(has_entries(name, ROWS), 45)
        code, _ = daemon.terminate()

    assert code == 0, daemon.told
    check_registers(heard, name, peer, number)
    entries = entries_of(heard, name)
    expected = expected_entries(served)
    assert sorted(entries) == sorted(expected)
    assert all(len(bodies) == 1 for bodies in entries.values())
    assert {at: values_of(bodies[0]) for at, bodies in entries.items()} == expected
    assert list(entries) == sorted(entries)
    assert len({bodies[0]["message_id"] for bodies in entries.values()}) == ROWS
    check_schema(heard)


def check_registers(heard: list[Heard], name: str, peer: Peer, number: int) -> None:
    [registers] = readings_of(heard, name, "registers")
    served = peer.meters[number]
    assert values_of(registers) == expected_registers(served)
    assert registers["meter"] == {"id": name, "logical_device_name": served.logical_device_name}
    assert registers["meter_time"]["time"].startswith(f"{served.rows[0][0]:%Y-%m-%dT%H:%M:%S}")
    assert registers["meter_time"]["offset_minutes"] == 60


def check_schema(heard: list[Heard]) -> None:
    shipped = resources.files("dcud.publish.schema").joinpath("reading-1.json").read_text("utf-8")
    reading = Draft202012Validator(json.loads(shipped))
    for message in heard:
        if "/reading/" in message.topic:
            reading.validate(message.body)
            assert not message.retain

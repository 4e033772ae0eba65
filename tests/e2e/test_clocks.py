"""A meter whose clock goes wrong under the eyes of the daemon."""

import json
from importlib import resources
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from dcud.collect.kernel_clock import Synchronised, system_clock
from tests.support.daemon import Daemon
from tests.support.mosquitto import Mosquitto
from tests.support.peer_site import Table
from tests.support.requester import Requester
from tests.support.simulate import simulate
from tests.support.subscriber import Heard, Subscriber
from tests.support.toml_text import TomlValue

pytestmark = pytest.mark.e2e

OFFSET = "dcud_meter_clock_offset_seconds"


def site(broker: Mosquitto, host: str, port: str, **clock: TomlValue) -> Table:
    job: Table = {"kind": "clock", "name": "clock", "interval": "1 s", "tolerance": "10 s", **clock}
    return {
        "mqtt": {"port": broker.port},
        "commands": {
            "enabled": True,
            "allow": [{"verbs": ["set_clock"], "groups": "all", "unsigned": True}],
        },
        "bus": [
            {
                "id": "b",
                "turnaround": "0 s",
                "framing": "wrapper",
                "tcp": {"host": host, "port": int(port)},
            }
        ],
        "meter": [
            {
                "id": "m0",
                "bus": "b",
                "groups": ["a"],
                "server_address": {"logical": 1},
                "job": [job],
            }
        ],
    }


def events(heard: list[Heard]) -> dict[str, str]:
    """Return the texts of events by their codes."""
    bodies = [message.body for message in heard if message.topic.endswith("/event")]
    return {body["code"]: body["text"] for body in bodies}


def offset_of(daemon: Daemon) -> float:
    return daemon.metric(OFFSET, meter="m0") or 0.0


def test_a_clock_that_is_only_observed_is_told_of_until_it_is_right_again(
    broker: Mosquitto, subscriber: Subscriber, tmp_path: Path
) -> None:
    arguments = ("--tcp", "127.0.0.1:0", "--framing", "wrapper", "--meters", "1")
    with (
        simulate(*arguments) as (told, _),
        Daemon(tmp_path, site(broker, told["host"], told["port"])) as daemon,
        Requester(broker.port, "gw") as above,
    ):
        daemon.until(lambda: daemon.metric(OFFSET, meter="m0") is not None, "a look at the clock")
        assert abs(offset_of(daemon)) < 5
        assert above.ask("set_clock", meter="m0", parameters={"shift": 60})["outcome"] == "done"
        daemon.until(lambda: offset_of(daemon) > 50, "the clock's offset")
        heard = subscriber.wait_for(lambda heard: "clock_off" in events(heard))
        assert "it is only observed" in events(heard)["clock_off"]
        assert above.ask("set_clock", meter="m0", parameters={"shift": -60})["outcome"] == "done"
        heard = subscriber.wait_for(lambda heard: "clock_right" in events(heard))
        assert "clock_changed" not in events(heard)
    readings = [message.body for message in heard if "/reading/clock" in message.topic]
    shipped = resources.files("dcud.publish.schema").joinpath("reading-1.json").read_text("utf-8")
    Draft202012Validator(json.loads(shipped)).validate(readings[0])
    assert [value["name"] for value in readings[0]["values"]] == [
        "clock_offset",
        "clock_uncertainty",
    ]


def test_a_clock_is_corrected_if_the_kernel_vouches_for_the_gateways(
    broker: Mosquitto, subscriber: Subscriber, tmp_path: Path
) -> None:
    arguments = ("--tcp", "127.0.0.1:0", "--framing", "wrapper", "--meters", "1")
    # Midnight could lie in between; else there is no capture that anybody reads.
    may_shift: Table = {"discipline": "shift", "across_captures": True, "max_shift": "2 min"}
    with (
        simulate(*arguments) as (told, _),
        Daemon(tmp_path, site(broker, told["host"], told["port"], **may_shift)) as daemon,
        Requester(broker.port, "gw") as above,
    ):
        daemon.until(lambda: daemon.metric(OFFSET, meter="m0") is not None, "a look at the clock")
        assert above.ask("set_clock", meter="m0", parameters={"shift": 60})["outcome"] == "done"
        if isinstance(system_clock(), Synchronised):
            heard = subscriber.wait_for(lambda heard: "clock_changed" in events(heard))
            assert "was shifted by -" in events(heard)["clock_changed"]
            daemon.until(lambda: abs(offset_of(daemon)) < 5, "a clock that is right")
        else:
            heard = subscriber.wait_for(lambda heard: "clock_off" in events(heard))
            assert "gateway's own clock is not known" in events(heard)["clock_off"]
            assert "gateway_clock_not_synchronised" in events(heard)
            assert offset_of(daemon) > 50

"""What is asked for from above: every verb, with a daemon, a broker and meters."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dcud.config.model import VERBS
from tests.support.daemon import Daemon
from tests.support.gurux_peer import Peer
from tests.support.mosquitto import Mosquitto
from tests.support.peer_site import Table, bus, meter, meter_id, profile_job, registers_job
from tests.support.requester import Requester
from tests.support.simulate import simulate
from tests.support.subscriber import Subscriber

pytestmark = pytest.mark.e2e

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw().hex()
NEVER = "0 0 29 2 *"
ENERGY = "3/1.0.1.8.0.255/2"
LABEL = "1/0.0.96.1.9.255/2"
SWITCH_STATE = "70/0.0.96.3.10.255/2"


def soon() -> str:
    return (datetime.now(UTC) + timedelta(minutes=1)).isoformat()  # noqa: TID251  # as the daemon's


def allow_all() -> Table:
    return {
        "enabled": True,
        "allow": [{"verbs": list(VERBS), "groups": "all", "unsigned": True}],
    }


@pytest.fixture
def simulated() -> Iterator[Table]:
    """A bus with two simulated meters, switch and load profile included."""
    arguments = (
        "--tcp",
        "127.0.0.1:0",
        "--framing",
        "wrapper",
        "--meters",
        "2",
        "--history",
        "2 h",
    )
    with simulate(*arguments) as (told, _):
        yield {
            "bus": [
                {
                    "id": "b",
                    "turnaround": "0 s",
                    "framing": "wrapper",
                    "groups": ["lines"],
                    "tcp": {"host": told["host"], "port": int(told["port"])},
                }
            ],
            "meter": [simulated_meter(number) for number in (0, 1)],
        }


def simulated_meter(number: int) -> Table:
    return {
        "id": f"m{number}",
        "bus": "b",
        "groups": ["north"] if number == 0 else ["south"],
        "server_address": {"logical": number + 1},
        "job": [
            {
                "kind": "registers",
                "name": "registers",
                "cron": NEVER,
                "objects": [{"obis": "1.0.1.8.0.255", "name": "energy"}],
            }
        ],
    }


def site(broker: Mosquitto, simulated: Table, **commands: Any) -> Table:
    return {**simulated, "mqtt": {"port": broker.port}, "commands": {**allow_all(), **commands}}


def connected(daemon: Daemon) -> None:
    daemon.until(lambda: daemon.metric("dcud_broker_connected"), "connection to the broker")


@pytest.mark.parametrize("kept", [True, False])
def test_the_broker_keeps_requests_while_the_daemon_is_away(
    broker: Mosquitto, simulated: Table, tmp_path: Path, *, kept: bool
) -> None:
    document = site(broker, simulated)
    document["mqtt"] = {"port": broker.port, "session_expiry": "1 min" if kept else "0 s"}
    with Daemon(tmp_path, document) as daemon, Requester(broker.port, "gw", mqtt_5=False) as above:
        connected(daemon)
        assert daemon.terminate()[0] == 0
        above.send_unheard("identify", meter="m0", expires=soon())
        daemon.start()
        connected(daemon)
        assert above.ask("refresh", meter="m0")["outcome"] == "done"
        outcomes = [answer["outcome"] for _, answer in above.answers]
    assert outcomes == (["done", "done"] if kept else ["done"])


def test_each_verb_does_what_it_says(broker: Mosquitto, simulated: Table, tmp_path: Path) -> None:
    with Daemon(tmp_path, site(broker, simulated)) as daemon:
        connected(daemon)
        with Requester(broker.port, "gw") as above:

            def ask(verb: str, **parameters: Any) -> dict[str, Any]:
                answer = above.ask(verb, meter="m0", parameters=parameters)
                assert answer["outcome"] == "done", answer
                result: dict[str, Any] = answer["result"]
                return result

            (value,) = ask("read", attributes=[ENERGY])["values"]
            assert (value["unit"], value["quality"]) == ("Wh", "good")
            assert float(value["value"]) > 0
            (named,) = ask("read", job="registers")["values"]
            assert named["name"] == "energy"
            assert ask("identify")["values"]
            assert ask("refresh")["logical_device_name"]

            start = (datetime.now(UTC) - timedelta(hours=1)).isoformat()  # noqa: TID251  # as theirs
            found = ask("read_profile", object="7/1.0.99.1.0.255/2", **{"from": start})
            assert found["captures"] == len(found["entries"]) == 4

            before = ask("read", attributes=[SWITCH_STATE])["values"][0]["value"]
            assert ask("disconnect")["is_closed"] is False
            after = ask("read", attributes=[SWITCH_STATE])["values"][0]["value"]
            assert (before, after) == (True, False)
            assert ask("connect")["is_closed"] is True
            ask("execute", method="70/0.0.96.3.10.255/remote_disconnect")
            assert ask("read", attributes=[SWITCH_STATE])["values"][0]["value"] is False

            assert abs(ask("set_clock")["ahead_after_ms"]) < 2000
            shifted = ask("set_clock", shift=60)
            assert 55_000 < shifted["ahead_after_ms"] < 65_000
            ask("write", attribute=LABEL, value='octet-string "cellar"')
            (label,) = ask("read", attributes=[LABEL])["values"]
            assert label["value"] == "cellar"


def test_what_a_meter_refuses_is_told_as_failed(
    broker: Mosquitto, simulated: Table, tmp_path: Path
) -> None:
    with Daemon(tmp_path, site(broker, simulated)) as daemon:
        connected(daemon)
        with Requester(broker.port, "gw", mqtt_5=False) as above:
            parameters = {"attribute": ENERGY, "value": "double-long 1"}
            answer = above.ask("write", meter="m0", parameters=parameters)
            assert (answer["outcome"], answer["code"]) == ("failed", "refused_by_meter")
            answer = above.ask("read", meter="m0", parameters={"attributes": ["1/1.2.3.4.5.6/2"]})
            assert answer["result"]["values"][0]["quality"] == "missing"
            nonsense = {"attributes": ["what?"]}
            answer = above.ask("read", meter="m0", parameters=nonsense)
            assert (answer["outcome"], answer["code"]) == ("refused", "reference")


def test_what_is_not_allowed_not_signed_or_late_is_not_done(
    broker: Mosquitto, simulated: Table, tmp_path: Path
) -> None:
    rules: list[Table] = [
        {"verbs": ["read"], "groups": ["north"]},
        {"verbs": ["disconnect"], "groups": ["north"], "signed_by": ["head-end"]},
    ]
    commands: Table = {"enabled": True, "allow": list(rules)}
    document: Table = {**simulated, "mqtt": {"port": broker.port}, "commands": commands}
    keys = {"command": {"head-end": {"public_key": PUBLIC}}}
    with Daemon(tmp_path, document, keys=keys) as daemon:
        connected(daemon)
        stranger = Ed25519PrivateKey.from_private_bytes(bytes(32))
        with Requester(broker.port, "gw", key=("head-end", stranger)) as wrong:
            answer = wrong.ask("disconnect", signed=True, meter="m0", gateway="gw", expires=soon())
            assert (answer["outcome"], answer["code"]) == ("refused", "signature")
        with Requester(broker.port, "gw", key=("head-end", KEY)) as above:
            for verb, name, expires, code in (
                ("read", "m1", soon(), "forbidden"),
                ("set_clock", "m0", soon(), "forbidden"),
                ("disconnect", "m0", soon(), "signature"),
                ("read", "m9", soon(), "unknown_meter"),
                ("read", "m0", "2020-01-01T00:00:00Z", "expired"),
            ):
                answer = above.ask(verb, meter=name, expires=expires)
                assert (answer["outcome"], answer["code"]) == ("refused", code), (verb, name)
            read = {"attributes": [SWITCH_STATE]}
            (state,) = above.ask("read", meter="m0", parameters=read)["result"]["values"]
            assert state["value"] is True
            answer = above.ask("disconnect", signed=True, meter="m0", gateway="gw", expires=soon())
            assert answer["outcome"] == "done"
            assert answer["result"]["is_closed"] is False


def test_what_is_repeated_is_not_done_again_not_even_after_a_crash(
    broker: Mosquitto, simulated: Table, tmp_path: Path
) -> None:
    request = {"id": "once", "verb": "set_clock", "meter": "m0", "parameters": {"shift": 100}}
    payload = json.dumps({**request, "expires": soon()}).encode()
    daemon = Daemon(tmp_path, site(broker, simulated))
    with Requester(broker.port, "gw") as above:
        with daemon:
            connected(daemon)
            first = above.send(payload, "once")
            assert first["outcome"] == "done"
            assert above.send(payload, "once") == first
            daemon.kill()
        with daemon:
            connected(daemon)
            assert above.send(payload, "once") == first
            ahead = above.ask("set_clock", meter="m0")["result"]["ahead_before_ms"]
            assert 95_000 < ahead < 105_000  # shifted once


def test_malformed_requests_are_answered_and_a_flood_does_not_starve_the_schedule(
    broker: Mosquitto, simulated: Table, tmp_path: Path
) -> None:
    document = site(broker, simulated, per_minute=30)
    document["meter"][1]["job"][0] = {  # type: ignore[index,call-overload]  # a table in a list
        "kind": "registers",
        "name": "registers",
        "interval": "1 s",
        "objects": [{"obis": "1.0.1.8.0.255"}],
    }
    with Daemon(tmp_path, document) as daemon:
        connected(daemon)

        def polls() -> float:
            return daemon.metric("dcud_polls_total", meter="m1", result="success") or 0.0

        with Requester(broker.port, "gw") as above:
            assert above.send(b"{", None)["code"] == "malformed"
            assert above.send(b'{"id":"x"}', "x")["code"] == "malformed"
            begun = polls()
            read = {"attributes": [ENERGY]}
            for _ in range(500):
                above.send_unheard("read", meter="m0", parameters=read)
            daemon.until(lambda: polls() > begun + 3, "polls while requests flood in")
            refused = daemon.metric("dcud_commands_total", verb="", outcome="refused")
            assert refused is not None
            assert refused > 300


def test_a_meter_and_a_bus_can_be_left_alone(
    broker: Mosquitto, simulated: Table, tmp_path: Path
) -> None:
    daemon = Daemon(tmp_path, site(broker, simulated))
    read = {"attributes": [ENERGY]}
    with Requester(broker.port, "gw") as above:
        with daemon:
            connected(daemon)
            paused = above.ask("pause", meter="m0", parameters={"seconds": 600})
            assert paused["result"]["meters"] == ["m0"]
            assert above.ask("read", meter="m0", parameters=read)["code"] == "paused"
            assert above.ask("read", meter="m1", parameters=read)["outcome"] == "done"
            daemon.kill()
        with daemon:  # a pause outlives a crash
            connected(daemon)
            assert above.ask("read", meter="m0", parameters=read)["code"] == "paused"
            assert above.ask("resume", meter="m0")["outcome"] == "done"
            assert above.ask("read", meter="m0", parameters=read)["outcome"] == "done"
            assert above.ask("pause", bus="b")["result"]["meters"] == ["m0", "m1"]
            assert above.ask("read", meter="m1", parameters=read)["code"] == "paused"
            assert above.ask("resume", bus="b")["outcome"] == "done"
            assert above.ask("read", meter="m1", parameters=read)["outcome"] == "done"
            assert above.ask("pause")["code"] == "parameters"
            assert above.ask("pause", meter="m0", bus="b")["code"] == "parameters"
            assert above.ask("pause", bus="c")["code"] == "unknown_bus"


def test_a_new_configuration_can_be_asked_for(
    broker: Mosquitto, simulated: Table, tmp_path: Path
) -> None:
    document = site(broker, simulated)
    with Daemon(tmp_path, document) as daemon:
        connected(daemon)
        with Requester(broker.port, "gw") as above:
            assert above.ask("reload")["outcome"] == "done"
            fewer = {**document, "meter": document["meter"][:1]}  # type: ignore[index]  # a list
            daemon.configure(fewer)
            assert above.ask("reload")["outcome"] == "done"
            daemon.until(lambda: "that changed: 1" in daemon.told, "configuration taken")
            assert above.ask("read", meter="m1", parameters={"job": "x"})["code"] == "unknown_meter"
            daemon.configure({**document, "meter": [{"id": "m0"}]})
            answer = above.ask("reload")
            assert (answer["outcome"], answer["code"]) == ("failed", "parameters")
            assert "m0" in answer["text"]
            assert above.ask("reload", meter="m0")["outcome"] == "refused"


def test_a_profile_s_job_is_asked_once_more_and_comes_as_its_readings(
    peer: Peer, broker: Mosquitto, subscriber: Subscriber, tmp_path: Path
) -> None:
    served = peer.meters[0]
    jobs = [
        registers_job([served], cron=NEVER),
        profile_job(served, cron=NEVER, initial_history="1 h"),
    ]
    name = meter_id("pty", 0)
    document: Table = {
        "mqtt": {"port": broker.port},
        "bus": [bus(peer, "pty")],
        "meter": [meter(peer, "pty", 0, jobs)],
        "commands": allow_all(),
    }
    with Daemon(tmp_path, document) as daemon:
        connected(daemon)
        daemon.until(lambda: daemon.metric("dcud_polls_total", result="success"), "first poll")
        first, last = (time.isoformat() for time in (served.rows[10][0], served.rows[49][0]))
        with Requester(broker.port, "gw") as above:
            parameters = {"job": "load-profile", "from": first, "to": last}
            answer = above.ask("read_profile", meter=name, parameters=parameters)
            assert (answer["outcome"], answer["result"]) == ("done", {"captures": 40})

        def captured() -> set[str]:
            readings = [each.body for each in subscriber.heard if "load-profile" in each.topic]
            return {reading["capture_time"] for reading in readings}

        wanted = {
            time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            for time, *_ in served.rows[10:50]
        }
        daemon.until(lambda: wanted <= captured(), "readings of the range")


def test_nothing_is_heard_unless_it_is_told_to(
    broker: Mosquitto, simulated: Table, tmp_path: Path
) -> None:
    document = {**simulated, "mqtt": {"port": broker.port}}
    with Daemon(tmp_path, document) as daemon:
        connected(daemon)
        with (
            Requester(broker.port, "gw") as above,
            pytest.raises(AssertionError, match="no answer"),
        ):
            above.send(b'{"id":"a","verb":"reload"}', "a", within=2)


def test_a_bus_is_scanned_while_it_is_polled(
    broker: Mosquitto, simulated: Table, tmp_path: Path
) -> None:
    document = site(broker, simulated)
    document["meter"] = document["meter"][:1]  # type: ignore[index]  # a list
    with Daemon(tmp_path, document) as daemon:
        connected(daemon)
        with Requester(broker.port, "gw") as above:
            parameters = {"first": 1, "last": 2, "seconds": 60}
            answer = above.ask("rescan", bus="b", parameters=parameters)
            assert (answer["outcome"], answer["result"]["is_complete"]) == ("done", True), answer
            found = answer["result"]["meters"]
            assert [(each["meter"], each["logical"]) for each in found] == [("m0", 1), (None, 2)]
            assert all(each["logical_device_name"] for each in found)
            assert above.ask("rescan", meter="m0")["code"] == "parameters"
            read = above.ask("read", meter="m0", parameters={"job": "registers"})
            assert read["outcome"] == "done"

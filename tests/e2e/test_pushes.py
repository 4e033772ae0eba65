"""What meters push over the network, from sockets on loopback to a subscriber."""

import socket
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from dcud.publish.schema import load_schema
from tests.support.daemon import Daemon
from tests.support.mosquitto import Mosquitto
from tests.support.peer_site import Table
from tests.support.protected_apdus import AUTHENTICATION, METER, UNICAST, Protected
from tests.support.subscriber import Heard, Subscriber

pytestmark = pytest.mark.e2e

NOTIFICATION = "dcud/v1/gw/meter/{}/notification"
EVENT = "dcud/v1/gw/meter/{}/event"

CONFIRMED = bytes.fromhex("0F 40000001 00 06 00000007")
UNCONFIRMED = bytes.fromhex("0F 00000002 00 06 00000008")
PLAIN, SECURED = 1, 2
"""The wrapper ports of the two meters."""


def unit(source: int, apdu: bytes) -> bytes:
    """Return a wrapper unit of a meter to client 16."""
    return (
        b"\x00\x01" + source.to_bytes(2, "big") + b"\x00\x10" + len(apdu).to_bytes(2, "big") + apdu
    )


CONFIRMATION = bytes.fromhex("0001 0010 0001 0006 10 40000001 00")


def document(broker: Mosquitto) -> Table:
    security: Table = {"server_system_title": METER.hex()}
    return {
        "gateway": {"system_title": "4443550000000001"},
        "mqtt": {"port": broker.port},
        "listener": {"enabled": True, "listen": "127.0.0.1:0"},
        "bus": [{"id": "b", "framing": "wrapper", "tcp": {"host": "192.0.2.1"}}],
        "meter": [
            {"id": "plain", "bus": "b", "push_from": "127.0.0.1"},
            {
                "id": "secured",
                "bus": "b",
                "client_sap": 1,
                "server_address": {"logical": 2},
                "push_from": "127.0.0.0/24",
                "authentication": "hls-gmac",
                "security": security,
            },
        ],
    }


KEYS: Table = {
    "meter": {
        "secured": {
            "unicast_key": UNICAST.octets.hex(),
            "authentication_key": AUTHENTICATION.octets.hex(),
        }
    }
}


def port(daemon: Daemon, transport: str) -> int:
    line = daemon.wait_for_line(rf"listening for pushes on 127\.0\.0\.1 port (\d+) by {transport}")
    return int(line[1])


def by_tcp(daemon: Daemon, octets: bytes, answer: int = 0, source: str = "127.0.0.1") -> bytes:
    """Push by TCP, wait for so many octets of an answer, or for the end of the connection."""
    with socket.create_connection(
        ("127.0.0.1", port(daemon, "TCP")), 20, source_address=(source, 0)
    ) as meter:
        try:
            meter.sendall(octets)
            return meter.recv(answer or 1)
        except ConnectionError:
            return b""


def by_udp(daemon: Daemon, octets: bytes, *, answered: bool = True) -> bytes:
    """Push by UDP; return the answer if there is to be one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as meter:
        meter.settimeout(20)
        meter.connect(("127.0.0.1", port(daemon, "UDP")))
        meter.send(octets)
        return meter.recv(100) if answered else b""


def wait_for_refusal(daemon: Daemon, reason: str, transport: str) -> None:
    daemon.until(
        lambda: daemon.metric("dcud_push_refusals_total", reason=reason, transport=transport),
        f"a refusal for {reason}",
    )


def notifications(heard: list[Heard], meter: str) -> list[int]:
    """Return the values that were told of a meter, each message once."""
    topic = NOTIFICATION.format(meter)
    bodies = {each.body["message_id"]: each.body for each in heard if each.topic == topic}
    return [body["value"]["value"] for body in bodies.values()]


def test_what_was_acknowledged_outlives_a_power_cut(
    broker: Mosquitto, subscriber: Subscriber, tmp_path: Path
) -> None:
    daemon = Daemon(tmp_path, document(broker), KEYS, measured=False)
    with daemon:
        assert by_tcp(daemon, unit(PLAIN, CONFIRMED), len(CONFIRMATION)) == CONFIRMATION
        daemon.kill()
    with daemon:
        heard = subscriber.wait_for_topic(NOTIFICATION.format("plain"))
        assert by_udp(daemon, unit(PLAIN, CONFIRMED)) == CONFIRMATION
        by_udp(daemon, unit(PLAIN, UNCONFIRMED), answered=False)
        told = subscriber.wait_for(lambda all_: len(notifications(all_, "plain")) == 3)
        assert daemon.terminate()[0] == 0
    Draft202012Validator(load_schema("notification-1")).validate(heard.body)
    assert (heard.body["bus"], heard.body["kind"]) == ("b", "data-notification")
    assert notifications(told, "plain") == [7, 7, 8]


def test_what_is_ciphered_is_taken_once(
    broker: Mosquitto, subscriber: Subscriber, tmp_path: Path
) -> None:
    first = unit(SECURED, Protected(counter=5).general(UNCONFIRMED))
    second = unit(SECURED, Protected(counter=6).general(UNCONFIRMED[:-1] + b"\x09"))
    daemon = Daemon(tmp_path, document(broker), KEYS)
    with daemon:
        by_udp(daemon, first, answered=False)
        subscriber.wait_for_topic(NOTIFICATION.format("secured"))
        assert by_tcp(daemon, first) == b""
        wait_for_refusal(daemon, "security", "tcp")
        assert daemon.terminate()[0] == 0
    with daemon:
        by_udp(daemon, first, answered=False)
        wait_for_refusal(daemon, "security", "udp")
        assert by_tcp(daemon, second + unit(SECURED, UNCONFIRMED)) == b""
        daemon.until(
            lambda: daemon.metric("dcud_security_refusals_total", code="replay"), "a refusal"
        )
        told = subscriber.wait_for(lambda all_: len(notifications(all_, "secured")) == 2)
        assert daemon.metric("dcud_pushes_total", transport="tcp") == 1
        assert daemon.terminate()[0] == 0
    assert notifications(told, "secured") == [8, 9]
    assert subscriber.wait_for_topic(EVENT.format("secured")).body["code"] in {
        "replay",
        "security_policy",
    }


def test_strangers_and_nonsense_are_refused_and_hold_up_nobody(
    broker: Mosquitto, subscriber: Subscriber, tmp_path: Path
) -> None:
    with Daemon(tmp_path, document(broker), KEYS) as daemon:
        assert by_tcp(daemon, unit(PLAIN, CONFIRMED), source="127.0.1.1") == b""
        assert by_tcp(daemon, unit(PLAIN, CONFIRMED), source="127.0.0.2") == b""
        assert by_tcp(daemon, bytes.fromhex("7EA0070321930F017E")) == b""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flood:
            flood.connect(("127.0.0.1", port(daemon, "UDP")))
            for _ in range(2000):
                flood.send(unit(SECURED, UNCONFIRMED))
            assert by_tcp(daemon, unit(PLAIN, CONFIRMED), len(CONFIRMATION)) == CONFIRMATION
        for reason in ("unknown_sender", "unknown_meter", "version"):
            wait_for_refusal(daemon, reason, "tcp")
        wait_for_refusal(daemon, "flood", "udp")
        subscriber.wait_for_topic(NOTIFICATION.format("plain"))
        assert daemon.told.count("was refused") == 4 + ("can't be trusted" in daemon.told)
        assert daemon.terminate()[0] == 0

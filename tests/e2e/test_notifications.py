"""What a meter says without being asked, from its line to a subscriber."""

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from dcud.dlms import llc
from dcud.dlms.datalink import ClientSap
from dcud.dlms.hdlc.address import ServerAddress, client_octets
from dcud.dlms.hdlc.frame import FrameKind, HdlcFrame, unnumbered
from dcud.publish.schema import load_schema
from dcud.sim.hdlc_line import HdlcLine
from tests.support import simulated_line
from tests.support.daemon import Daemon
from tests.support.mosquitto import Mosquitto
from tests.support.peer_site import Table
from tests.support.subscriber import Heard, Subscriber

pytestmark = pytest.mark.e2e

NOTIFICATION = "dcud/v1/gw/meter/m/notification"
EVENT = "dcud/v1/gw/meter/m/event"
PUSH = bytes.fromhex("0F 4000002A 0C 07EA0504010C001E00000000 0202 0903 414243 06000F4240")
ALARM = bytes.fromhex("C2 00 0001 0000616200FF 02 06 00002000")
DAMAGED = bytes.fromhex("0F 4000002B 00 0202 0903")


class PushingLine:
    """Says something unasked before the answers to two of the requests."""

    def __init__(self, line: HdlcLine, *said: bytes) -> None:
        self._line = line
        self._unasked = dict(enumerate(said, start=4))
        self._requests = 0

    def receive(self, octets: bytes, now: float) -> bytes | None:
        self._requests += 1
        unasked = self._unasked.pop(self._requests, None)
        said = self._line.receive(octets, now) or b""
        return said if unasked is None else ui(unasked) + said


def ui(apdu: bytes) -> bytes:
    server = ServerAddress(logical=1, physical=17).octets
    control = unnumbered(FrameKind.UI, poll_final=False)
    return HdlcFrame(client_octets(ClientSap(16)), server, control, llc.add_response(apdu)).build()


def configuration(broker: Mosquitto, tmp_path: Path) -> Table:
    job: Table = {
        "kind": "registers",
        "name": "registers",
        "interval": "1 h",
        "objects": [{"obis": "1.0.1.8.0.255"}, {"obis": "1.0.2.8.0.255"}],
    }
    return {
        "mqtt": {"port": broker.port},
        "bus": [{"id": "b", "serial": {"device": str(tmp_path / "line")}}],
        "meter": [
            {
                "id": "m",
                "bus": "b",
                "companion": "idis",
                "client_sap": 16,
                "server_address": {"logical": 1, "physical": 17},
                "job": [job],
            }
        ],
    }


def test_a_push_between_answers_is_published(
    broker: Mosquitto, subscriber: Subscriber, tmp_path: Path
) -> None:
    site = configuration(broker, tmp_path)
    line = PushingLine(simulated_line.hdlc_line(), PUSH, DAMAGED)
    with simulated_line.on_pty(line, tmp_path / "line"), Daemon(tmp_path, site) as daemon:
        heard = subscriber.wait_for_topic(NOTIFICATION)
        trouble = subscriber.wait_for_topic(EVENT)
        reading = subscriber.wait_for_topic("dcud/v1/gw/meter/m/reading/registers")
        assert daemon.terminate()[0] == 0
    Draft202012Validator(load_schema("notification-1")).validate(heard.body)
    assert not heard.retain
    assert (heard.body["kind"], heard.body["invoke_id"]) == ("data-notification", 42)
    assert (heard.body["meter"], heard.body["bus"]) == ("m", "b")
    assert heard.body["meter_time"]["time"] == "2026-05-04T12:00:30.000+00:00"
    assert heard.body["value"] == {
        "type": "structure",
        "value": [
            {"type": "octet-string", "value": "ABC"},
            {"type": "double-long-unsigned", "value": 1_000_000},
        ],
    }
    assert trouble.body["code"] == "notification_not_understood"
    assert [value["quality"] for value in reading.body["values"]] == ["good", "good"]


def events(heard: list[Heard]) -> list[str]:
    return [each.body["code"] for each in heard if each.topic == EVENT]


def test_an_alarm_is_an_event_once_and_not_again_after_a_restart(
    broker: Mosquitto, subscriber: Subscriber, tmp_path: Path
) -> None:
    site = configuration(broker, tmp_path)
    line = PushingLine(simulated_line.hdlc_line(), ALARM)
    with simulated_line.on_pty(line, tmp_path / "line"), Daemon(tmp_path, site) as daemon:
        subscriber.wait_for_topic(NOTIFICATION)
        alarm = subscriber.wait_for_topic(EVENT)
        assert daemon.terminate()[0] == 0
    Draft202012Validator(load_schema("event-1")).validate(alarm.body)
    assert (alarm.body["code"], alarm.body["severity"]) == ("alarm_raised", "warning")
    assert alarm.body["source"] == {"obis": "0.0.97.98.0.255", "number": 13}
    assert alarm.body["text"].startswith("fraud_attempt is set")

    cleared = ALARM[:-4] + bytes(4)
    line = PushingLine(simulated_line.hdlc_line(), ALARM, cleared)
    with simulated_line.on_pty(line, tmp_path / "line"), Daemon(tmp_path, site) as daemon:
        heard = subscriber.wait_for(lambda all_: len(events(all_)) > 1)
        assert daemon.terminate()[0] == 0
    assert events(heard) == ["alarm_raised", "alarm_cleared"]

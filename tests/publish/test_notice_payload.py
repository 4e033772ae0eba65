import json
from datetime import UTC, datetime, timedelta, timezone

from jsonschema import Draft202012Validator

from dcud.notice import Notice, NoticedAttribute, NoticedValue
from dcud.publish.notice_payload import notice_payload
from dcud.publish.schema import load_schema
from dcud.reading import MeterTime

SCHEMA = Draft202012Validator(load_schema("notification-1"))
RECEIVED = datetime(2026, 3, 1, 12, tzinfo=UTC)
PUSH = Notice(
    meter="house-7",
    bus="rs485-1",
    received=RECEIVED,
    kind="data-notification",
    octets=b"\x0f",
    invoke_id=7,
    value=NoticedValue(
        type="structure",
        value=(
            NoticedValue(type="octet-string", value="ABC"),
            NoticedValue(type="long64-unsigned", value=2**63),
            NoticedValue(type="array", value=()),
        ),
    ),
)


def test_a_push() -> None:
    body = json.loads(notice_payload(PUSH, "gw"))
    SCHEMA.validate(body)
    assert body == {
        "schema_version": 1,
        "message_id": str(PUSH.message_id("gw")),
        "gateway": "gw",
        "meter": "house-7",
        "bus": "rs485-1",
        "received": "2026-03-01T12:00:00.000Z",
        "kind": "data-notification",
        "invoke_id": 7,
        "value": {
            "type": "structure",
            "value": [
                {"type": "octet-string", "value": "ABC"},
                {"type": "long64-unsigned", "value": "9223372036854775808"},
                {"type": "array", "value": []},
            ],
        },
    }


def test_an_event_with_its_time() -> None:
    event = Notice(
        meter="house-7",
        bus="rs485-1",
        received=RECEIVED,
        kind="event-notification",
        octets=b"\xc2",
        meter_time=MeterTime(
            time=datetime(2026, 3, 1, 13, tzinfo=timezone(timedelta(hours=1))),
            status=("daylight_saving",),
        ),
        attribute=NoticedAttribute(class_id=1, obis="0.0.97.98.0.255", attribute=2, name="value"),
        value=NoticedValue(type="double-long-unsigned", value=4),
    )
    body = json.loads(notice_payload(event, "gw"))
    SCHEMA.validate(body)
    assert body["meter_time"] == {
        "time": "2026-03-01T13:00:00.000+01:00",
        "offset_minutes": 60,
        "status": ["daylight_saving"],
    }
    assert body["attribute"] == {
        "class_id": 1,
        "obis": "0.0.97.98.0.255",
        "attribute": 2,
        "name": "value",
    }
    assert body["value"] == {"type": "double-long-unsigned", "value": 4}
    assert "invoke_id" not in body

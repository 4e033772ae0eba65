import json
from datetime import UTC, datetime

from dcud.notice import Notice, NoticedValue
from dcud.publish.event_payload import Event
from dcud.publish.message import event_message, notice_message, reading_message
from dcud.reading import Reading

_TIME = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_reading_is_stored_under_the_id_that_it_is_published_with() -> None:
    reading = Reading(
        meter="m1", logical_device_name="", bus="b", job="load", read_time=_TIME, values=()
    )
    message = reading_message(reading, "gw-1")
    assert message.topic == "dcud/v1/gw-1/meter/m1/reading/load"
    assert json.loads(message.payload)["message_id"] == message.message_id


def test_an_event_goes_where_it_happened() -> None:
    own = event_message(Event(time=_TIME, code="c", text="t"), "gw-1")
    other = event_message(Event(time=_TIME, code="c", text="t", meter="m1"), "gw-1")
    assert own.topic == "dcud/v1/gw-1/event"
    assert other.topic == "dcud/v1/gw-1/meter/m1/event"
    assert json.loads(other.payload)["message_id"] == other.message_id != own.message_id


def test_a_notice_goes_under_its_meter() -> None:
    notice = Notice(
        meter="m1",
        bus="b",
        received=datetime(2026, 3, 1, tzinfo=UTC),
        kind="data-notification",
        octets=b"\x0f",
        value=NoticedValue(type="null-data", value=None),
    )
    message = notice_message(notice, "gw")
    assert message.topic == "dcud/v1/gw/meter/m1/notification"
    assert message.message_id == str(notice.message_id("gw"))
    assert json.loads(message.payload)["message_id"] == message.message_id

import json
from datetime import UTC, datetime, timedelta, timezone

from jsonschema import Draft202012Validator

from dcud.publish.event_payload import Event, EventSource, Severity, event_payload
from dcud.publish.schema import load_schema

_SCHEMA = Draft202012Validator(load_schema("event-1"))
_TIME = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_an_event_of_the_gateway() -> None:
    event = Event(
        time=_TIME, code="store_moved_aside", text="the store was corrupt", severity=Severity.ERROR
    )
    body = json.loads(event_payload(event, "gw-1"))
    _SCHEMA.validate(body)
    assert body == {
        "schema_version": 1,
        "message_id": str(event.message_id("gw-1")),
        "gateway": "gw-1",
        "time": "2026-03-01T12:00:00.000Z",
        "severity": "error",
        "code": "store_moved_aside",
        "text": "the store was corrupt",
    }


def test_an_event_of_a_meter_names_it() -> None:
    event = Event(time=_TIME, code="down", text="no answer", meter="m1")
    body = json.loads(event_payload(event, "gw-1"))
    _SCHEMA.validate(body)
    assert body["meter"] == "m1"
    assert body["severity"] == "info"


def test_an_event_is_known_by_gateway_meter_code_and_instant() -> None:
    def event_id(gateway: str = "g", **changes: str) -> object:
        return Event(**{"time": _TIME, "code": "c", "text": "t", **changes}).message_id(gateway)  # type: ignore[arg-type]  # texts alone change

    east = Event(time=_TIME.astimezone(timezone(timedelta(hours=2))), code="c", text="t")
    assert east.message_id("g") == event_id()
    assert event_id(text="in other words") == event_id()
    assert len({event_id(), event_id("h"), event_id(code="d"), event_id(meter="m")}) == 4


def test_what_a_meter_says_itself_names_where_it_says_so() -> None:
    def event(number: int, sequence: int = 0) -> Event:
        source = EventSource(obis="0.0.97.98.0.255", number=number, sequence=sequence)
        return Event(time=_TIME, code="alarm_raised", text="t", meter="m1", source=source)

    body = json.loads(event_payload(event(13), "gw-1"))
    _SCHEMA.validate(body)
    assert body["source"] == {"obis": "0.0.97.98.0.255", "number": 13}
    ids = {each.message_id("gw-1") for each in (event(13), event(14), event(13, 1), event(13))}
    assert len(ids) == 3

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dcud.publish.log_events import log_events
from dcud.reading import Reading, Value

CAPTURED = datetime(2026, 3, 1, 11, 59, tzinfo=UTC)
COVER = Value(
    obis="0.0.96.11.1.255", attribute=2, name="event_code", value=40, text="terminal cover removed"
)
ENTRY = Reading(
    meter="m",
    logical_device_name="",
    bus="b",
    job="fraud",
    read_time=datetime(2026, 3, 1, 12, 0, tzinfo=UTC),
    capture_time=CAPTURED,
    values=(COVER,),
)


def tells(meter: str, job: str) -> bool:
    return (meter, job) == ("m", "fraud")


def test_an_entry_is_an_event_with_code_and_text_at_its_time() -> None:
    (event,) = log_events([ENTRY], tells)
    assert (event.meter, event.code, event.time) == ("m", "meter_event", CAPTURED)
    assert event.text == "terminal cover removed: code 40 in fraud"
    assert event.source is not None
    assert (event.source.obis, event.source.number) == ("0.0.96.11.1.255", 40)


def test_a_code_that_nobody_knows_is_an_event_too() -> None:
    (event,) = log_events([replace(ENTRY, values=(replace(COVER, value=230, text=""),))], tells)
    assert event.text == "an event whose code nobody knows: code 230 in fraud"


def test_entries_of_one_second_are_events_of_their_own_however_often_they_are_read() -> None:
    entries = [ENTRY, replace(ENTRY, sequence=1), replace(ENTRY, read_time=CAPTURED)]
    ids = [event.message_id("gw") for event in log_events(entries, tells)]
    assert ids[0] == ids[2] != ids[1]


@pytest.mark.parametrize(
    "other",
    [
        replace(ENTRY, job="load"),
        replace(ENTRY, capture_time=None),
        replace(ENTRY, values=(replace(COVER, attribute=3),)),
        replace(ENTRY, values=(replace(COVER, obis="0.0.96.10.1.255"),)),
        replace(ENTRY, values=(replace(COVER, value="40"),)),
        replace(ENTRY, values=(replace(COVER, value=None),)),
    ],
)
def test_anything_else_is_none(other: Reading) -> None:
    assert list(log_events([other], tells)) == []

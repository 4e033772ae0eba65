import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.notice import Notice, NoticedAttribute, NoticedValue
from dcud.publish.event_payload import Event, EventSource, Severity, event_payload
from dcud.publish.notice_payload import notice_payload
from dcud.publish.payload import reading_payload
from dcud.publish.rendering import Message, MessageKind
from dcud.publish.sparkplug.errors import SparkplugError
from dcud.publish.sparkplug.payload import DataType, Property, Quality
from dcud.publish.sparkplug.samples import (
    Sample,
    event_samples,
    message_samples,
    milliseconds,
    state_samples,
    version_sample,
)
from dcud.publish.state_payload import MeterCondition, MeterState
from dcud.reading import MeterTime, Quantity, Reading, Scalar, Value
from dcud.reading import Quality as ReadQuality

_READ = datetime(2026, 3, 1, 12, 0, 3, 250000, tzinfo=UTC)
_READ_MS = 1772366403250
_CAPTURED = datetime(2026, 3, 1, 11, 45, tzinfo=UTC)
_CAPTURED_MS = 1772365500000
_ID = Property("message_id", DataType.STRING, "m1")


def _message(kind: MessageKind, payload: bytes) -> Message:
    return Message(kind=kind, message_id="m1", meter="m", topic="t", payload=payload)


def _samples(*values: Value, **more: object) -> tuple[Sample, ...]:
    """Return what a reading with these values says."""
    reading = Reading(
        meter="m",
        logical_device_name="",
        bus="b",
        job="j/1",
        read_time=_READ,
        values=values,
        **more,  # type: ignore[arg-type]  # the tests name them
    )
    return message_samples(_message(MessageKind.READING, reading_payload(reading, "g")))


def _value(value: Scalar, unit: str = "", obis: str = "1.0.1.8.0.255") -> Value:
    return Value(obis=obis, attribute=2, name="import", value=value, unit=unit)


def _typed(value: Scalar, unit: str = "", obis: str = "0.0.96.1.0.255") -> tuple[object, DataType]:
    (sample,) = _samples(_value(value, unit, obis))
    return sample.value, sample.data_type


def test_the_epoch_is_where_milliseconds_begin() -> None:
    assert milliseconds(datetime(1970, 1, 1, tzinfo=UTC)) == 0
    assert milliseconds(datetime(1969, 1, 1, tzinfo=UTC)) == 0
    assert milliseconds(_READ) == _READ_MS


def test_a_quantity_is_a_double_with_its_unit_and_object() -> None:
    (sample,) = _samples(_value(Quantity(magnitude=Decimal("1234567.50")), "Wh"))
    assert sample == Sample(
        name="reading/j%2F1/import",
        value=1234567.5,
        data_type=DataType.DOUBLE,
        timestamp=_READ_MS,
        traits=(
            Property("engUnit", DataType.STRING, "Wh"),
            Property("obis", DataType.STRING, "1.0.1.8.0.255"),
            Property("attribute", DataType.INT32, 2),
        ),
        remarks=(_ID,),
    )


def test_what_a_double_rounds_is_there_in_full() -> None:
    (sample,) = _samples(_value(Quantity(magnitude=Decimal("12345678901234567.89")), "Wh"))
    assert sample.value == 12345678901234568.0
    assert sample.remarks == (Property("exact", DataType.STRING, "12345678901234567.89"), _ID)


@given(st.integers(-(10**15), 10**15), st.integers(0, 9))
def test_fifteen_digits_need_no_text(digits: int, scale: int) -> None:
    (sample,) = _samples(_value(Quantity(magnitude=Decimal(digits).scaleb(-scale)), "Wh"))
    assert sample.remarks == (_ID,)


@pytest.mark.parametrize(
    ("value", "unit", "obis", "expected"),
    [
        (True, "", "0.0.96.3.10.255", (True, DataType.BOOLEAN)),
        (4711, "", "0.0.96.7.0.255", (4711, DataType.INT64)),
        ("ABC", "", "0.0.42.0.0.255", ("ABC", DataType.STRING)),
        ("12345678", "", "0.0.96.1.0.255", ("12345678", DataType.STRING)),
        ("12345678", "", "1.0.0.0.0.255", ("12345678", DataType.STRING)),
        ("12345678", "", "1.0.96.1.0.255", ("12345678", DataType.STRING)),
        (Quantity(magnitude=Decimal("0.98")), "", "1.0.13.7.0.255", (0.98, DataType.DOUBLE)),
        (Quantity(magnitude=Decimal(-5)), "W", "0.0.96.9.0.255", (-5.0, DataType.DOUBLE)),
        ("0aff", "", "1.0.1.8.0.255", ("0aff", DataType.STRING)),
        (2**63, "", "0.0.96.7.0.255", (str(2**63), DataType.STRING)),
    ],
)
def test_each_value_has_the_type_that_holds_it(
    value: Scalar, unit: str, obis: str, expected: tuple[object, DataType]
) -> None:
    assert _typed(value, unit, obis) == expected


def test_integers_that_no_type_holds_are_texts() -> None:
    body = json.loads(_payload_of(_value(1)))
    body["values"][0]["value"] = 2**63
    payload = json.dumps(body).encode()
    (sample,) = message_samples(_message(MessageKind.READING, payload))
    assert (sample.value, sample.data_type) == (str(2**63), DataType.STRING)


def _payload_of(value: Value) -> bytes:
    reading = Reading(
        meter="m", logical_device_name="", bus="b", job="j", read_time=_READ, values=(value,)
    )
    return reading_payload(reading, "g")


def test_what_is_missing_is_bad_and_has_a_reason() -> None:
    missing = replace(_value(None), quality=ReadQuality.MISSING, reason="read-write-denied")
    unitless, with_unit = _samples(missing, replace(missing, unit="Wh"))
    assert unitless.value is None
    assert unitless.data_type is DataType.UNKNOWN
    assert unitless.quality is Quality.BAD
    assert unitless.remarks == (Property("reason", DataType.STRING, "read-write-denied"), _ID)
    assert with_unit.data_type is DataType.DOUBLE


def test_a_doubtful_value_is_told_as_bad() -> None:
    sure = _value(Quantity(magnitude=Decimal(1)), "Wh")
    (sample,) = _samples(replace(sure, quality=ReadQuality.DOUBTFUL, text="reset"))
    assert sample.value == 1.0
    assert sample.quality is Quality.BAD
    assert sample.remarks == (
        Property("reason", DataType.STRING, "doubtful"),
        Property("text", DataType.STRING, "reset"),
        _ID,
    )


def test_a_captured_value_bears_the_time_of_its_capture() -> None:
    (sample,) = _samples(_value(1), capture_time=_CAPTURED)
    assert sample.timestamp == _CAPTURED_MS


def test_names_are_told_apart() -> None:
    unnamed = "1.0.1.8.0.255"
    names = [
        sample.name
        for sample in _samples(
            Value(obis=unnamed, attribute=2, name=unnamed, value=1),
            Value(obis=unnamed, attribute=5, name=unnamed, value=1),
            Value(obis=unnamed, attribute=5, name="a/b%", value=1),
            Value(obis=unnamed, attribute=2, name="a/b%", value=1),
        )
    ]
    assert names == [
        "reading/j%2F1/1.0.1.8.0.255",
        "reading/j%2F1/1.0.1.8.0.255:5",
        "reading/j%2F1/a%2Fb%25",
        "reading/j%2F1/a%2Fb%25#2",
    ]


@pytest.mark.parametrize(
    ("status", "remarks"),
    [((), ()), (("daylight_saving",), (Property("status", DataType.STRING, "daylight_saving"),))],
)
def test_the_meters_clock_is_told_as_it_showed(
    status: tuple[str, ...], remarks: tuple[Property, ...]
) -> None:
    shown = MeterTime(time=datetime(2026, 3, 1, 14, 0, 2), status=status)  # noqa: DTZ001  # no offset
    _, clock = _samples(_value(1), meter_time=shown)
    assert clock == Sample(
        name="reading/j%2F1/meter_time",
        value="2026-03-01T14:00:02.000",
        data_type=DataType.STRING,
        timestamp=_READ_MS,
        remarks=remarks,
    )


def test_a_reading_of_nothing_says_nothing() -> None:
    assert _samples() == ()


@pytest.mark.parametrize(
    ("source", "told"),
    [(None, None), (EventSource(obis="0.0.97.98.0.255", number=13), "0.0.97.98.0.255 13")],
)
def test_an_event_is_four_texts(source: EventSource | None, told: str | None) -> None:
    event = Event(
        time=_READ, code="alarm_raised", text="fraud", severity=Severity.WARNING, source=source
    )
    samples = message_samples(_message(MessageKind.EVENT, event_payload(event, "g")))
    assert [(sample.name, sample.value) for sample in samples] == [
        ("event/code", "alarm_raised"),
        ("event/severity", "warning"),
        ("event/text", "fraud"),
        ("event/source", told),
    ]
    assert {sample.timestamp for sample in samples} == {_READ_MS}
    assert [sample.remarks for sample in samples] == [(_ID,), (), (), ()]


@pytest.mark.parametrize(
    ("attribute", "told"),
    [
        (None, None),
        (
            NoticedAttribute(class_id=1, obis="0.0.97.98.0.255", attribute=2, name="value"),
            "0.0.97.98.0.255 2",
        ),
    ],
)
def test_a_notification_is_its_kind_object_and_json(
    attribute: NoticedAttribute | None, told: str | None
) -> None:
    notice = Notice(
        meter="m",
        bus="b",
        received=_READ,
        kind="data-notification",
        attribute=attribute,
        value=NoticedValue(type="unsigned", value=4),
        octets=b"\x0f",
    )
    samples = message_samples(_message(MessageKind.NOTIFICATION, notice_payload(notice, "g")))
    assert [(sample.name, sample.value) for sample in samples] == [
        ("notification/kind", "data-notification"),
        ("notification/attribute", told),
        ("notification/value", '{"type":"unsigned","value":4}'),
    ]


def test_a_state_is_a_word_a_reason_and_a_time() -> None:
    later = _READ + timedelta(seconds=1)
    up = MeterState(condition=MeterCondition.UP, since=_READ, last_success=later)
    assert [(each.name, each.value, each.timestamp) for each in state_samples(up)] == [
        ("state/condition", "up", _READ_MS),
        ("state/reason", "", _READ_MS),
        ("state/last_success", _READ_MS + 1000, _READ_MS + 1000),
    ]
    never = MeterState(condition=MeterCondition.DOWN, since=_READ, reason="no answer")
    assert [each.value for each in state_samples(never)] == ["down", "no answer", None]


def test_which_dcud_it_is_is_a_text() -> None:
    assert version_sample("1.2.3", 5).value == "1.2.3"
    assert event_samples("c", "info", "t", 5)[0].timestamp == 5


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"read_time":"2026-03-01T12:00:03.250Z","job":"j","values":[{}]}',
        b'{"read_time":"2026-03-01T12:00:03","job":"j","values":[]}',
        b'{"read_time":"soon","job":"j","values":[]}',
        b'{"read_time":"2026-03-01T12:00:03.250Z","job":1,"values":[]}',
    ],
)
def test_what_is_no_reading_is_refused_by_name(payload: bytes) -> None:
    with pytest.raises(SparkplugError, match="message m1 for t is no reading"):
        message_samples(_message(MessageKind.READING, payload))

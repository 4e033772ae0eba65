"""What Home Assistant finds; the shapes of its documents are [Home Assistant: MQTT discovery]."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from dcud.publish.home_assistant import HomeAssistantRendering
from dcud.publish.message import reading_message
from dcud.publish.publication import Publication
from dcud.publish.rendering import Message, MessageKind
from dcud.publish.state_payload import (
    GatewayCondition,
    GatewayState,
    MeterCondition,
    MeterState,
)
from dcud.reading import Quality, Quantity, Reading, Scalar, Value

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
CONFIG = "homeassistant/sensor/dcud_gw/house-7_load_energy_2/config"
VALUE = "dcud/v1/gw/meter/house-7/value/load/energy"


def value(
    content: Scalar | None, unit: str = "Wh", obis: str = "1.0.1.8.0.255", **more: Any
) -> Value:
    return Value(obis=obis, attribute=2, name="energy", value=content, unit=unit, **more)


def message(*values: Value, meter: str = "house-7", at: datetime = AT) -> Message:
    reading = Reading(
        meter=meter,
        logical_device_name="ABC7",
        bus="b",
        job="load",
        read_time=AT + timedelta(days=1),
        capture_time=at,
        values=values,
    )
    stored = reading_message(reading, "gw")
    return Message(
        kind=MessageKind.READING,
        message_id=stored.message_id,
        meter=meter,
        topic=stored.topic,
        payload=stored.payload,
    )


def energy(number: str = "1234.5") -> Value:
    return value(Quantity(magnitude=Decimal(number)))


def topics(publications: Sequence[Publication]) -> list[str]:
    return [publication.topic for publication in publications]


@pytest.fixture
def rendering() -> HomeAssistantRendering:
    return HomeAssistantRendering("gw", "0.1.0")


def test_a_value_is_told_of_once_and_then_shown(rendering: HomeAssistantRendering) -> None:
    config, state, attributes = rendering.message(message(energy()))
    assert all(each.retain for each in (config, state, attributes))
    assert config.topic == CONFIG
    assert json.loads(config.payload) == {
        "name": "load energy",
        "unique_id": "dcud_gw_house-7_load_energy_2",
        "state_topic": VALUE,
        "json_attributes_topic": f"{VALUE}/attributes",
        "unit_of_measurement": "Wh",
        "state_class": "total_increasing",
        "device_class": "energy",
        "availability": [
            {
                "topic": topic,
                "value_template": (
                    "{{ 'offline' if value_json.state in ['down', 'offline'] else 'online' }}"
                ),
            }
            for topic in ("dcud/v1/gw/state", "dcud/v1/gw/meter/house-7/state")
        ],
        "availability_mode": "all",
        "device": {
            "identifiers": ["dcud/gw/house-7"],
            "name": "house-7",
            "serial_number": "ABC7",
        },
        "origin": {"name": "dcud", "sw_version": "0.1.0"},
    }
    assert (state.topic, state.payload, state.content_type) == (VALUE, b"1234.5", "text/plain")
    told = json.loads(attributes.payload)
    assert (told["time"], told["quality"]) == ("2026-03-01T12:00:00.000Z", "good")
    assert topics(rendering.message(message(energy("1235")))) == [VALUE, f"{VALUE}/attributes"]


def test_a_late_value_does_not_replace_a_newer_one(rendering: HomeAssistantRendering) -> None:
    rendering.message(message(energy()))
    assert rendering.message(message(energy("1"), at=AT - timedelta(minutes=15))) == []
    newer = rendering.message(message(energy("2"), at=AT + timedelta(minutes=15)))
    assert newer[0].payload == b"2"


def test_what_is_missing_says_so(rendering: HomeAssistantRendering) -> None:
    missing = value(None, quality=Quality.MISSING, reason="read-write-denied")
    _, state, attributes = rendering.message(message(missing))
    assert state.payload == b"None"
    assert json.loads(attributes.payload)["reason"] == "read-write-denied"


@pytest.mark.parametrize(
    ("unit", "obis", "told"),
    [
        ("W", "1.0.1.7.0.255", {"W", "power", "measurement"}),
        ("m³", "7.0.3.0.0.255", {"m³", "gas", "total_increasing"}),
        ("m³", "8.0.1.0.0.255", {"m³", "water", "total_increasing"}),
        ("m³", "6.0.2.0.0.255", {"m³", "total_increasing"}),
        ("varh", "1.0.3.8.0.255", {"varh", "total_increasing"}),
        ("N", "1.0.9.9.9.255", {"N"}),
        ("", "0.0.96.1.0.255", set()),
    ],
)
def test_each_unit_has_its_kind(
    rendering: HomeAssistantRendering, unit: str, obis: str, told: set[str]
) -> None:
    quantity = Quantity(magnitude=Decimal(1)) if unit else "text"
    config, *_ = rendering.message(message(value(quantity, unit, obis)))
    names = {"unit_of_measurement", "device_class", "state_class"}
    body = json.loads(config.payload)
    assert {body[name] for name in names & body.keys()} == told


def test_home_assistant_is_told_again_when_it_starts(rendering: HomeAssistantRendering) -> None:
    assert rendering.connected() == ()
    (config, *_) = rendering.message(message(energy()))
    assert rendering.connected() == (config,)
    assert rendering.heard("homeassistant/status", b"online") == (config,)
    assert rendering.heard("homeassistant/status", b"offline") == ()


def test_all_that_is_retained_of_a_meter_is_taken_back(rendering: HomeAssistantRendering) -> None:
    rendering.message(message(energy()))
    gone = rendering.meter_gone("house-7")
    assert set(topics(gone)) == {
        "dcud/v1/gw/meter/house-7/state",
        CONFIG,
        VALUE,
        f"{VALUE}/attributes",
    }
    assert all(each.retain and each.payload == b"" for each in gone)
    assert rendering.connected() == ()


def test_what_an_earlier_life_told_of_a_meter_that_is_gone_is_taken_back(
    rendering: HomeAssistantRendering,
) -> None:
    (config, *_) = rendering.message(message(energy()))
    again = HomeAssistantRendering("gw", "0.1.0")
    assert again.heard(config.topic, config.payload) == ()  # it is configured, and not read yet
    again.meter_gone("house-7")
    assert topics(again.heard(config.topic, config.payload)) == [
        CONFIG,
        VALUE,
        f"{VALUE}/attributes",
    ]
    assert again.heard(config.topic, b"") == ()
    again.message(message(energy()))  # it is back
    assert again.heard(config.topic, config.payload) == ()


@pytest.mark.parametrize(
    "payload", [b"{", b"[]", b"{}", b"7", b'{"device":{"identifiers":[]}}', b"\xff", b"[" * 99999]
)
def test_what_others_write_there_is_left_alone(
    rendering: HomeAssistantRendering, payload: bytes
) -> None:
    rendering.meter_gone("house-7")
    assert rendering.heard(CONFIG, payload) == ()
    assert rendering.heard("homeassistant/sensor/other/x/config", payload) == ()
    assert rendering.subscriptions == (
        "homeassistant/status",
        "homeassistant/sensor/dcud_gw/+/config",
    )


def test_names_that_home_assistant_does_not_take_stay_different() -> None:
    rendering = HomeAssistantRendering("gw 1", "0.1.0", prefix="ha")
    first, *_ = rendering.message(message(energy(), meter="a b"))
    second, *_ = rendering.message(message(energy(), meter="a_b"))
    third, *_ = rendering.message(message(energy(), meter="a/b"))
    found = topics([first, second, third])
    assert len(set(found)) == 3
    assert all(topic.startswith("ha/sensor/dcud_gw_1-") for topic in found)
    assert all(len(topic.split("/")) == 5 for topic in found)


def test_states_and_events_are_told_as_ever(rendering: HomeAssistantRendering) -> None:
    (meter,) = rendering.meter_state("m", MeterState(condition=MeterCondition.UP, since=AT))
    assert meter.topic == "dcud/v1/gw/meter/m/state"
    online = GatewayState(condition=GatewayCondition.ONLINE, version="0.1.0", since=AT)
    assert topics(rendering.gateway_state(online)) == ["dcud/v1/gw/state"]
    assert rendering.will().topic == "dcud/v1/gw/state"
    event = Message(
        kind=MessageKind.EVENT, message_id="i", meter="m", topic="t", payload=b'{"code":"c"}'
    )
    assert rendering.message(event) == (Publication(topic="t", payload=b'{"code":"c"}'),)
    assert rendering.is_ready

import builtins
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import cbor2
import pytest

from dcud.publish.cbor_rendering import CborMissingError, CborRendering
from dcud.publish.message import reading_message
from dcud.publish.publication import Publication
from dcud.publish.rendering import Message, MessageKind
from dcud.publish.state_payload import (
    GatewayCondition,
    GatewayState,
    MeterCondition,
    MeterState,
)
from dcud.reading import Quality, Quantity, Reading, Value

RENDERING = CborRendering("gw", "0.1.0")
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
READING = Reading(
    meter="m",
    logical_device_name="ABC",
    bus="b",
    job="load",
    read_time=AT,
    capture_time=AT,
    values=(
        Value(
            obis="1.0.1.8.0.255",
            attribute=2,
            name="energy",
            value=Quantity(magnitude=Decimal("1234567.50")),
            unit="Wh",
        ),
        Value(obis="0.0.96.1.0.255", attribute=2, name="serial", value="12"),
        Value(
            obis="1.0.2.8.0.255",
            attribute=2,
            name="export",
            value=None,
            unit="Wh",
            quality=Quality.MISSING,
            reason="read-write-denied",
        ),
    ),
)


def said(reading: Reading) -> Publication:
    stored = reading_message(reading, "gw")
    message = Message(
        kind=MessageKind.READING,
        message_id=stored.message_id,
        meter="m",
        topic=stored.topic,
        payload=stored.payload,
    )
    (publication,) = RENDERING.message(message)
    return publication


def test_a_reading_is_what_it_is_in_json_with_exact_numbers() -> None:
    publication = said(READING)
    assert publication.topic == "dcud/v1/gw/meter/m/reading/load"
    assert publication.content_type == "application/cbor"
    body: dict[str, Any] = cbor2.loads(publication.payload)
    assert body["message_id"] == READING.message_id("gw")
    assert body["read_time"] == body["capture_time"] == AT
    energy, serial, export = body["values"]
    assert energy["value"] == Decimal("1234567.50")
    assert energy["value"].as_tuple().exponent == -2
    assert (serial["value"], export["value"]) == ("12", None)
    assert len(publication.payload) < 0.8 * len(reading_message(READING, "gw").payload)


def test_the_octets_are_these() -> None:
    # Tag 4, [exponent -2, mantissa 123456750]; tag 37, the UUID's 16 octets; tag 0, the text.
    payload = said(READING).payload
    assert bytes.fromhex("c482211a075bccee") in payload
    assert b"\xd8\x25\x50" + READING.message_id("gw").bytes in payload
    assert b"\xc0\x78\x182026-03-01T12:00:00.000Z" in payload


def test_the_same_is_always_the_same_octets_with_keys_in_order() -> None:
    first = said(READING).payload
    assert first == said(READING).payload
    keys = list(cbor2.loads(first))
    assert keys == sorted(keys, key=lambda key: (len(key), key))


def test_states_are_told_the_same_way() -> None:
    (meter,) = RENDERING.meter_state("m", MeterState(condition=MeterCondition.UP, since=AT))
    assert (meter.topic, meter.retain) == ("dcud/v1/gw/meter/m/state", True)
    assert cbor2.loads(meter.payload)["since"] == AT
    online = GatewayState(condition=GatewayCondition.ONLINE, version="0.1.0", since=AT)
    (own,) = RENDERING.gateway_state(online)
    assert cbor2.loads(own.payload)["state"] == "online"
    assert cbor2.loads(RENDERING.will().payload)["reason"] == "connection_lost"
    (gone,) = RENDERING.meter_gone("m")
    assert (gone.payload, gone.retain) == (b"", True)
    assert RENDERING.connected() == RENDERING.heard("t", b"") == ()
    assert RENDERING.subscriptions == ()
    assert RENDERING.is_ready


def test_lists_and_what_has_no_tag_stay_what_they_are() -> None:
    body = {
        "message_id": str(UUID(int=5)),
        "value": [{"type": "unsigned", "value": 5}, "text"],
        "meter_time": {"time": "2026-03-01T14:00:02.000", "status": ["daylight_saving"]},
    }
    message = Message(
        kind=MessageKind.NOTIFICATION,
        message_id="i",
        meter="m",
        topic="t",
        payload=json.dumps(body).encode(),
    )
    (publication,) = RENDERING.message(message)
    assert cbor2.loads(publication.payload) == {**body, "message_id": UUID(int=5)}


def test_without_cbor2_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = builtins.__import__

    def missing(name: str, *arguments: Any) -> Any:
        if name == "cbor2":
            raise ImportError(name)
        return genuine(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(CborMissingError, match="python3-cbor2"):
        CborRendering("gw", "0.1.0")

import json
from datetime import UTC, datetime

from dcud.publish.json_rendering import JsonRendering
from dcud.publish.publication import Publication
from dcud.publish.rendering import Message, MessageKind
from dcud.publish.state_payload import (
    GatewayCondition,
    GatewayState,
    MeterCondition,
    MeterState,
)

RENDERING = JsonRendering("gw", "0.1.0")
SINCE = datetime(2026, 3, 1, tzinfo=UTC)


def test_a_message_is_published_as_it_was_stored() -> None:
    message = Message(
        kind=MessageKind.READING, message_id="i", meter="m", topic="t", payload=b'{"a":1}'
    )
    assert RENDERING.message(message) == (Publication(topic="t", payload=b'{"a":1}'),)


def test_states_are_retained_and_taken_back() -> None:
    state = MeterState(condition=MeterCondition.UP, since=SINCE)
    (shown,) = RENDERING.meter_state("m", state)
    assert (shown.topic, shown.retain) == ("dcud/v1/gw/meter/m/state", True)
    assert json.loads(shown.payload)["state"] == "up"
    assert RENDERING.meter_gone("m") == (
        Publication(topic="dcud/v1/gw/meter/m/state", payload=b"", retain=True),
    )
    (own,) = RENDERING.gateway_state(
        GatewayState(condition=GatewayCondition.ONLINE, version="0.1.0", since=SINCE)
    )
    assert (own.topic, own.retain) == ("dcud/v1/gw/state", True)


def test_the_will_says_that_nobody_is_there() -> None:
    will = RENDERING.will()
    assert will.topic == "dcud/v1/gw/state"
    assert json.loads(will.payload)["reason"] == "connection_lost"


def test_it_wants_to_hear_nothing_and_to_say_nothing_first() -> None:
    assert RENDERING.subscriptions == ()
    assert RENDERING.connected() == RENDERING.heard("t", b"") == ()
    assert RENDERING.is_ready

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from dcud.publish.schema import load_schema
from dcud.publish.state_payload import (
    GatewayCondition,
    GatewayState,
    MeterCondition,
    MeterState,
    gateway_state_payload,
    meter_state_payload,
)

_GATEWAY = Draft202012Validator(load_schema("gateway-state-1"))
_METER = Draft202012Validator(load_schema("meter-state-1"))
_SINCE = datetime(2026, 3, 1, 12, tzinfo=UTC)
_HEAD = {"schema_version": 1, "gateway": "gw-1"}


@pytest.mark.parametrize(
    ("state", "body"),
    [
        (
            GatewayState(condition=GatewayCondition.ONLINE, version="0.1.0", since=_SINCE),
            {"state": "online", "version": "0.1.0", "since": "2026-03-01T12:00:00.000Z"},
        ),
        (
            GatewayState(
                condition=GatewayCondition.OFFLINE, version="0.1.0", since=_SINCE, reason="stopped"
            ),
            {
                "state": "offline",
                "version": "0.1.0",
                "since": "2026-03-01T12:00:00.000Z",
                "reason": "stopped",
            },
        ),
        (
            GatewayState(
                condition=GatewayCondition.OFFLINE, version="0.1.0", reason="connection_lost"
            ),
            {"state": "offline", "version": "0.1.0", "reason": "connection_lost"},
        ),
    ],
)
def test_gateway_states(state: GatewayState, body: dict[str, Any]) -> None:
    published = json.loads(gateway_state_payload(state, "gw-1"))
    assert published == {**_HEAD, **body}
    _GATEWAY.validate(published)


@pytest.mark.parametrize(
    ("state", "body"),
    [
        (
            MeterState(condition=MeterCondition.UP, since=_SINCE, last_success=_SINCE),
            {"state": "up", "last_success": "2026-03-01T12:00:00.000Z"},
        ),
        (
            MeterState(condition=MeterCondition.DOWN, since=_SINCE, reason="no answer"),
            {"state": "down", "last_success": None, "reason": "no answer"},
        ),
        (
            MeterState(condition=MeterCondition.DEGRADED, since=_SINCE, reason="1 of 3 jobs fails"),
            {"state": "degraded", "last_success": None, "reason": "1 of 3 jobs fails"},
        ),
    ],
)
def test_meter_states(state: MeterState, body: dict[str, Any]) -> None:
    published = json.loads(meter_state_payload(state, "gw-1", "m1"))
    assert published == {**_HEAD, "meter": "m1", "since": "2026-03-01T12:00:00.000Z", **body}
    _METER.validate(published)

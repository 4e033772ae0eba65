"""The states of gateway and meters as the octets of MQTT messages."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dcud.publish.canonical import SCHEMA_VERSION, JsonValue, canonical_json, rfc3339


class GatewayCondition(StrEnum):
    """Whether there is anyone behind the messages."""

    ONLINE = "online"
    OFFLINE = "offline"


class MeterCondition(StrEnum):
    """How a meter does."""

    UP = "up"
    DEGRADED = "degraded"
    """It answers, but not to everything, or not every time."""
    DOWN = "down"


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayState:
    """Whether a gateway is online.

    Attributes:
        version: dcud's.
        since: aware; when this condition began. None in the last will, whose hour nobody knows.
        reason: why it is offline: "stopped", "connection_lost"; "" while online.
    """

    condition: GatewayCondition
    version: str
    since: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterState:
    """How a meter does.

    Attributes:
        since: aware; when this condition began.
        last_success: aware; when a job of it last succeeded, None if none has yet.
        reason: why it isn't up, in words; "" while it is.
    """

    condition: MeterCondition
    since: datetime
    last_success: datetime | None = None
    reason: str = ""


def gateway_state_payload(state: GatewayState, gateway: str) -> bytes:
    """Return the canonical JSON of `schema/gateway-state-1.json`."""
    body: dict[str, JsonValue] = {
        "schema_version": SCHEMA_VERSION,
        "gateway": gateway,
        "state": state.condition.value,
        "version": state.version,
    }
    if state.since is not None:
        body["since"] = rfc3339(state.since)
    if state.reason:
        body["reason"] = state.reason
    return canonical_json(body)


def meter_state_payload(state: MeterState, gateway: str, meter: str) -> bytes:
    """Return the canonical JSON of `schema/meter-state-1.json`."""
    body: dict[str, JsonValue] = {
        "schema_version": SCHEMA_VERSION,
        "gateway": gateway,
        "meter": meter,
        "state": state.condition.value,
        "since": rfc3339(state.since),
        "last_success": None if state.last_success is None else rfc3339(state.last_success),
    }
    if state.reason:
        body["reason"] = state.reason
    return canonical_json(body)

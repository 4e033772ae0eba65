"""What happened, to a gateway or one of its meters, as the octets of an MQTT message."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID, uuid5

from dcud.publish.canonical import SCHEMA_VERSION, JsonValue, canonical_json, rfc3339

_NAMESPACE = UUID("0e0c7f0b-8d7c-5f3a-9a34-5d5b0f0d9a52")
"""Of events alone, so that no event has the id of a reading."""


class Severity(StrEnum):
    """How much an event matters to people."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened once.

    Attributes:
        time: aware.
        code: a short snake_case word for programs, as "store_moved_aside".
        text: a sentence for people.
        meter: the configured meter id; "" where it is the gateway's own.
    """

    time: datetime
    code: str
    text: str
    severity: Severity = Severity.INFO
    meter: str = ""

    def message_id(self, gateway: str) -> UUID:
        """Return the identity under which replays of this event are recognised."""
        instant = self.time.astimezone(UTC).isoformat()
        return uuid5(_NAMESPACE, f"{gateway}\n{self.meter}\n{self.code}\n{instant}")


def event_payload(event: Event, gateway: str) -> bytes:
    """Return the canonical JSON of `schema/event-1.json`."""
    body: dict[str, JsonValue] = {
        "schema_version": SCHEMA_VERSION,
        "message_id": str(event.message_id(gateway)),
        "gateway": gateway,
    }
    if event.meter:
        body["meter"] = event.meter
    return canonical_json(
        {
            **body,
            "time": rfc3339(event.time),
            "severity": event.severity.value,
            "code": event.code,
            "text": event.text,
        }
    )

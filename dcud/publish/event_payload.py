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
class EventSource:
    """What in a meter an event comes from.

    Attributes:
        obis: an alarm register, or an event log, as "0.0.97.98.0.255".
        number: the bit of the register, 0 being the least significant; the log's event code.
        sequence: tells entries of a log apart that were captured in the same second, from 0.
    """

    obis: str
    number: int
    sequence: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened once.

    Attributes:
        time: aware.
        code: a short snake_case word for programs, as "store_moved_aside".
        text: a sentence for people.
        meter: the configured meter id; "" where it is the gateway's own.
        source: where the meter itself says it; None where the gateway does.
    """

    time: datetime
    code: str
    text: str
    severity: Severity = Severity.INFO
    meter: str = ""
    source: EventSource | None = None

    def message_id(self, gateway: str) -> UUID:
        """Return the identity under which replays of this event are recognised."""
        instant = self.time.astimezone(UTC).isoformat()
        named = f"{gateway}\n{self.meter}\n{self.code}\n{instant}"
        if self.source is not None:
            named += f"\n{self.source.obis}\n{self.source.number}\n{self.source.sequence}"
        return uuid5(_NAMESPACE, named)


def event_payload(event: Event, gateway: str) -> bytes:
    """Return the canonical JSON of `schema/event-1.json`."""
    body: dict[str, JsonValue] = {
        "schema_version": SCHEMA_VERSION,
        "message_id": str(event.message_id(gateway)),
        "gateway": gateway,
    }
    if event.meter:
        body["meter"] = event.meter
    if event.source is not None:
        body["source"] = {"obis": event.source.obis, "number": event.source.number}
    return canonical_json(
        {
            **body,
            "time": rfc3339(event.time),
            "severity": event.severity.value,
            "code": event.code,
            "text": event.text,
        }
    )

"""What a meter said without being asked, as a value that its hearers share."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid5

from dcud.reading import MeterTime, Scalar

_NAMESPACE = UUID("3f3b0c52-7f0e-5b6a-8f43-51c1d2a4c9e7")
"""Of notices alone, so that none has the id of a reading or an event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticedValue:
    """A value with its type, and with all that is in it.

    Attributes:
        type: as the specification names it, "double-long-unsigned".
        value: of an array or structure its items.
    """

    type: str
    value: "Scalar | tuple[NoticedValue, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticedAttribute:
    """What a notice is about: an attribute of an object, the OBIS code as "0.0.97.98.0.255"."""

    class_id: int
    obis: str
    attribute: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message that a meter sent unasked.

    Attributes:
        meter: the configured meter id.
        bus: where it came.
        received: when it came, aware.
        kind: the service: "data-notification", "event-notification", "information-report".
        octets: the APDU, deciphered.
        invoke_id: which of its notifications the meter counts this as; None where it doesn't.
        meter_time: when it happened, or was sent, by the meter's own clock.
        attribute: what it is about; None where the service doesn't tell.
        value: what came: that of the attribute, or all that the meter was set up to push.
    """

    meter: str
    bus: str
    received: datetime
    kind: str
    octets: bytes = field(repr=False)
    invoke_id: int | None = None
    meter_time: MeterTime | None = None
    attribute: NoticedAttribute | None = None
    value: NoticedValue

    def message_id(self, gateway: str) -> UUID:
        """Return the identity under which copies of this notice are recognised."""
        instant = self.received.astimezone(UTC).isoformat()
        return uuid5(_NAMESPACE, f"{gateway}\n{self.meter}\n{instant}\n{self.octets.hex()}")

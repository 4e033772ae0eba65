"""What a meter said, as a value that store, publisher and observers share."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID, uuid5

_NAMESPACE = UUID("6d1c1a04-5b0e-5f0a-9a58-0d5f7f3c6f11")
"""Ours alone, so that message ids of dcud collide with nobody's."""


class Quality(StrEnum):
    """How far a value can be trusted."""

    GOOD = "good"
    DOUBTFUL = "doubtful"
    """The meter marks its own value or clock as doubtful."""
    MISSING = "missing"
    """The meter refused or does not have it; `Value.reason` says why. Never published as zero."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A physical quantity, exact: published as a decimal string, never as a float."""

    magnitude: Decimal


Scalar = Quantity | int | float | str | bool | None
"""A quantity, or what a data object holds; octets that are no text stand as lower-case hex."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One attribute of one object.

    Attributes:
        obis: logical name as "1.0.1.8.0.255".
        attribute: attribute index, 1..127.
        name: the configured name, or the OBIS code again.
        value: None where `quality` is missing.
        unit: unit symbol, "Wh", "" for none.
        reason: data-access-result or error code in words, where missing.
        text: what an event code means, "" where nobody knows.
    """

    obis: str
    attribute: int
    name: str
    value: Scalar
    unit: str = ""
    quality: Quality = Quality.GOOD
    reason: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterTime:
    """The meter's own clock, as it showed with a reading.

    Attributes:
        time: aware where the deviation is known, else naive local time of the meter.
        status: clock status flags by name, as "daylight_saving".
    """

    time: datetime
    status: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one job learned of one meter for one instant; becomes one MQTT message.

    Attributes:
        meter: the configured meter id.
        logical_device_name: as the meter gave it, "" while unknown.
        bus: the configured bus id.
        job: the configured job name.
        read_time: aware, UTC: when dcud asked.
        capture_time: aware: when the meter captured the values (a profile's entry); None for
            instantaneous reads.
        meter_time: the meter's clock at the read, where the job reads it.
        values: in the configured order.
        sequence: tells entries apart that were captured in the same second, from 0.
    """

    meter: str
    logical_device_name: str
    bus: str
    job: str
    read_time: datetime
    values: tuple[Value, ...]
    capture_time: datetime | None = None
    meter_time: MeterTime | None = None
    sequence: int = 0

    def __post_init__(self) -> None:
        """Refuse times that would mean another instant on another gateway."""
        for instant in (self.read_time, self.capture_time):
            if instant is not None and instant.utcoffset() is None:
                raise ValueError(f"a reading's times say their offset from UTC: {instant}")

    def message_id(self, gateway: str) -> UUID:
        """Return the identity under which replays of this reading are recognised.

        A captured entry is the same message however often it is read; an instantaneous one is
        known by the time at which it was asked for.
        """
        kind = "captured" if self.capture_time else "read"
        instant = (self.capture_time or self.read_time).astimezone(UTC).isoformat()
        if self.sequence:
            instant = f"{instant}#{self.sequence}"
        return uuid5(_NAMESPACE, f"{gateway}\n{self.meter}\n{self.job}\n{kind}\n{instant}")

"""What a message of the outbox, or a meter's state, says as named samples."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from dcud.publish.rendering import Message, MessageKind
from dcud.publish.sparkplug.errors import SparkplugError
from dcud.publish.sparkplug.payload import DataType, Property, Quality, Scalar
from dcud.publish.state_payload import MeterState

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_PLAIN_DECIMAL: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")

_MEASURED: Final = re.compile(r"[1-9][0-9]*\.[0-9]+\.([1-9]|[1-8][0-9]|9[0-3])\.")
"""A medium in value group A, a quantity of it in value group C. [IEC 62056-6-1: Value group C]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A value that is to be told under a name.

    Attributes:
        name: levels parted by "/".
        value: None where there is none.
        data_type: UNKNOWN where there is no value to know it by.
        timestamp: when the value was so, in milliseconds since 1970-01-01 UTC.
        traits: what doesn't change from value to value; told in births.
        remarks: what goes with this value alone.
    """

    name: str
    value: Scalar | None
    data_type: DataType
    timestamp: int
    quality: Quality = Quality.GOOD
    traits: tuple[Property, ...] = ()
    remarks: tuple[Property, ...] = ()


def milliseconds(instant: datetime) -> int:
    """Return an aware time since 1970-01-01 UTC; 0 for what was before."""
    return max(0, (instant - _EPOCH) // timedelta(milliseconds=1))


def message_samples(message: Message) -> tuple[Sample, ...]:
    """Return what a message says; the first sample bears its id.

    Raises:
        SparkplugError: the payload is not by the schema of its kind.
    """
    read = _READERS[message.kind]
    try:
        samples = read(json.loads(message.payload))
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise SparkplugError(
            f"message {message.message_id} for {message.topic} is no {message.kind}: {error!r}"
        ) from error
    identity = _text_property("message_id", message.message_id)
    return tuple(
        sample if place else replace(sample, remarks=(*sample.remarks, identity))
        for place, sample in enumerate(samples)
    )


def state_samples(state: MeterState) -> tuple[Sample, ...]:
    """Return how a meter does."""
    success = None if state.last_success is None else milliseconds(state.last_success)
    since = milliseconds(state.since)
    return (
        _text_sample("state/condition", state.condition.value, since),
        _text_sample("state/reason", state.reason, since),
        Sample(
            name="state/last_success",
            value=success,
            data_type=DataType.DATE_TIME,
            timestamp=since if success is None else max(since, success),
        ),
    )


def version_sample(version: str, timestamp: int) -> Sample:
    """Return which dcud it is."""
    return _text_sample("Properties/Version", version, timestamp)


def event_samples(code: str, severity: str, text: str, timestamp: int) -> tuple[Sample, ...]:
    """Return what happened; `event/source` is null where the gateway itself says it."""
    return (
        _text_sample("event/code", code, timestamp),
        _text_sample("event/severity", severity, timestamp),
        _text_sample("event/text", text, timestamp),
        _text_sample("event/source", None, timestamp),
    )


def notification_samples(
    kind: str | None, attribute: str | None, value: str | None, timestamp: int
) -> tuple[Sample, ...]:
    """Return what a meter said without being asked; its value is JSON."""
    return (
        _text_sample("notification/kind", kind, timestamp),
        _text_sample("notification/attribute", attribute, timestamp),
        _text_sample("notification/value", value, timestamp),
    )


def _event(body: Mapping[str, Any]) -> Sequence[Sample]:
    *samples, source = event_samples(
        body["code"], body["severity"], body["text"], _instant(body["time"])
    )
    said_by = body.get("source")
    if said_by is not None:
        source = replace(source, value=f"{said_by['obis']} {said_by['number']}")
    return (*samples, source)


def _notification(body: Mapping[str, Any]) -> Sequence[Sample]:
    about = body.get("attribute")
    return notification_samples(
        str(body["kind"]),
        None if about is None else f"{about['obis']} {about['attribute']}",
        json.dumps(body["value"], ensure_ascii=False, separators=(",", ":")),
        _instant(body["received"]),
    )


def _reading(body: Mapping[str, Any]) -> Sequence[Sample]:
    timestamp = _instant(body.get("capture_time") or body["read_time"])
    folder = f"reading/{_level(body['job'])}"
    return tuple(_unique(_values(body, folder, timestamp)))


def _values(body: Mapping[str, Any], folder: str, timestamp: int) -> Iterator[Sample]:
    """Return the values, and the meter's clock where it was read."""
    for value in body["values"]:
        yield _value(value, folder, timestamp)
    clock = body.get("meter_time")
    if clock is not None:
        shown = _text_sample(f"{folder}/meter_time", str(clock["time"]), timestamp)
        status = " ".join(clock["status"])
        yield replace(shown, remarks=(_text_property("status", status),)) if status else shown


def _value(body: Mapping[str, Any], folder: str, timestamp: int) -> Sample:
    value, data_type, exact = _scalar(body)
    remarks = {"exact": exact, "reason": body.get("reason"), "text": body.get("text")}
    unit = [_text_property("engUnit", body["unit"])] if body["unit"] else []
    is_good = body["quality"] == "good"
    if not is_good:
        remarks["reason"] = remarks["reason"] or str(body["quality"])
    return Sample(
        name=f"{folder}/{_level(_own_name(body))}",
        value=value,
        data_type=data_type,
        timestamp=timestamp,
        quality=Quality.GOOD if is_good else Quality.BAD,
        traits=(
            *unit,
            _text_property("obis", body["obis"]),
            Property("attribute", DataType.INT32, body["attribute"]),
        ),
        remarks=tuple(_text_property(key, text) for key, text in remarks.items() if text),
    )


def _own_name(body: Mapping[str, Any]) -> str:
    """Return the name; with the attribute where nobody gave one, and another one may be read."""
    name, attribute = str(body["name"]), body["attribute"]
    return f"{name}:{attribute}" if name == body["obis"] and attribute != 2 else name


def _scalar(body: Mapping[str, Any]) -> tuple[Scalar | None, DataType, str]:
    """Return a value with its type, and its exact text where a double rounds it."""
    match body["value"]:
        case None:
            return None, DataType.DOUBLE if body["unit"] else DataType.UNKNOWN, ""
        case bool(value):
            return value, DataType.BOOLEAN, ""
        case int(value) if abs(value) < 2**63:
            return value, DataType.INT64, ""
        case str(text) if _is_number(text, body["unit"], body["obis"]):
            number = float(text)
            is_exact = Decimal(repr(number)) == Decimal(text)
            return number, DataType.DOUBLE, "" if is_exact else text
        case value:
            return str(value), DataType.STRING, ""


def _is_number(text: str, unit: str, obis: str) -> bool:
    """Tell a quantity from a text.

    What has a unit is one. Without, the text of a serial number looks like one, and so may octets;
    so only what measures a medium is taken for one.
    """
    return bool(unit or _MEASURED.match(obis)) and bool(_PLAIN_DECIMAL.fullmatch(text))


def _unique(samples: Iterator[Sample]) -> Iterator[Sample]:
    """Return samples of which no two have the same name."""
    seen: Counter[str] = Counter()
    for sample in samples:
        seen[sample.name] += 1
        count = seen[sample.name]
        yield sample if count == 1 else replace(sample, name=f"{sample.name}#{count}")


def _level(name: str) -> str:
    """Return a name without levels of its own."""
    return name.replace("%", "%25").replace("/", "%2F")


def _instant(text: str) -> int:
    return milliseconds(datetime.fromisoformat(text))


def _text_property(key: str, text: str) -> Property:
    return Property(key, DataType.STRING, str(text))


def _text_sample(name: str, text: str | None, timestamp: int) -> Sample:
    value = None if text is None else str(text)
    return Sample(name=name, value=value, data_type=DataType.STRING, timestamp=timestamp)


_READERS: Final = {
    MessageKind.READING: _reading,
    MessageKind.EVENT: _event,
    MessageKind.NOTIFICATION: _notification,
}

"""What Home Assistant finds by itself on a broker: a topic for each value, and what it is.

[Home Assistant: MQTT discovery]
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from types import MappingProxyType
from typing import Any, Final

from dcud.publish.canonical import JsonValue, canonical_json
from dcud.publish.json_rendering import JsonRendering
from dcud.publish.publication import Publication
from dcud.publish.rendering import Message, MessageKind
from dcud.publish.state_payload import GatewayState, MeterState
from dcud.publish.topics import Topics, topic_level

PREFIX: Final = "homeassistant"
"""Where Home Assistant looks, unless it is told otherwise."""

_NOTHING: Final = b"None"
"""What a sensor without a value says."""

_DEVICE: Final = "dcud/"
"""With what the identifiers of our devices begin."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """What Home Assistant is to take a value for."""

    unit: str
    device_class: str | None
    state_class: str = "measurement"


_TOTAL = "total_increasing"
_KINDS: Mapping[str, _Kind] = MappingProxyType(
    {
        "Wh": _Kind("Wh", "energy", _TOTAL),
        "J": _Kind("J", "energy", _TOTAL),
        "VAh": _Kind("VAh", None, _TOTAL),
        "varh": _Kind("varh", None, _TOTAL),
        "W": _Kind("W", "power"),
        "VA": _Kind("VA", "apparent_power"),
        "var": _Kind("var", "reactive_power"),
        "V": _Kind("V", "voltage"),
        "A": _Kind("A", "current"),
        "Hz": _Kind("Hz", "frequency"),
        "°C": _Kind("°C", "temperature"),
        "bar": _Kind("bar", "pressure"),
        "Pa": _Kind("Pa", "pressure"),
        "m³": _Kind("m³", None, _TOTAL),
        "m³ (corrected)": _Kind("m³", None, _TOTAL),
        "m³/h": _Kind("m³/h", "volume_flow_rate"),
        "l": _Kind("L", None, _TOTAL),
    }
)
"""By the unit's symbol; of others the unit alone is told. [Home Assistant: sensor device class]"""

_VOLUMES: Mapping[str, str] = MappingProxyType({"7": "gas", "8": "water", "9": "water"})
"""Device classes of volumes by the medium of the OBIS code. [IEC 62056-6-1: value group A]"""

_AVAILABLE: Final = "{{ 'offline' if value_json.state in ['down', 'offline'] else 'online' }}"


@dataclass(slots=True)
class _Sensor:
    """A value that was told of.

    Attributes:
        topics: all that is retained of it.
        shown: the instant of the newest value that was published, as text.
    """

    config: Publication
    topics: Sequence[str]
    shown: str = ""


@dataclass(slots=True)
class _Device:
    """A meter with its values, by their names."""

    sensors: dict[str, _Sensor] = field(default_factory=dict)


class HomeAssistantRendering:
    """Publishes the newest value of everything, each under a topic of its own, retained.

    Values that came late, as from a profile that catches up, are published as long as no newer one
    was; events and notifications are published as JSON.

    Args:
        gateway: the configured gateway id.
        version: dcud's.
        prefix: where Home Assistant looks.
    """

    is_ready = True

    def __init__(self, gateway: str, version: str, prefix: str = PREFIX) -> None:
        self._gateway = gateway
        self._version = version
        self._prefix = prefix
        self._json = JsonRendering(gateway, version)
        self._topics = Topics(gateway)
        self._node = f"dcud_{_slug(gateway)}"
        self._devices: dict[str, _Device] = {}
        self._gone: set[str] = set()

    @property
    def subscriptions(self) -> Sequence[str]:
        """Home Assistant's own state, and what we told it of in earlier lives."""
        return (f"{self._prefix}/status", f"{self._prefix}/sensor/{self._node}/+/config")

    def will(self) -> Publication:
        """Say that the gateway is offline."""
        return self._json.will()

    def connected(self) -> Sequence[Publication]:
        """Say of all that was told of what it is: the broker may have forgotten."""
        return tuple(self._configs())

    def heard(self, topic: str, payload: bytes) -> Sequence[Publication]:
        """Tell Home Assistant of everything when it starts; take back what is gone."""
        if topic == f"{self._prefix}/status":
            return tuple(self._configs()) if payload == b"online" else ()
        if not topic.startswith(f"{self._prefix}/sensor/{self._node}/") or not payload:
            return ()
        meter, topics = _told_before(payload, topic)
        if meter in self._gone:
            return [_taken_back(each) for each in topics]
        return ()

    def message(self, message: Message) -> Sequence[Publication]:
        """Publish the values of a reading; other messages as JSON."""
        if message.kind is not MessageKind.READING:
            return self._json.message(message)
        body = json.loads(message.payload)
        self._gone.discard(message.meter)
        instant = body.get("capture_time", body["read_time"])
        publications: list[Publication] = []
        for value in body["values"]:
            publications += self._value(message.meter, body, value, instant)
        return publications

    def gateway_state(self, state: GatewayState) -> Sequence[Publication]:
        """Retain it under the gateway: no value is available while it is offline."""
        return self._json.gateway_state(state)

    def meter_state(self, meter: str, state: MeterState) -> Sequence[Publication]:
        """Retain it under the meter: its values are not available while it is down."""
        return self._json.meter_state(meter, state)

    def meter_gone(self, meter: str) -> Sequence[Publication]:
        """Take back the meter's values, and that they are there."""
        self._gone.add(meter)
        device = self._devices.pop(meter, _Device())
        topics = [topic for sensor in device.sensors.values() for topic in sensor.topics]
        return [*self._json.meter_gone(meter), *map(_taken_back, topics)]

    def _configs(self) -> Iterator[Publication]:
        for device in self._devices.values():
            for sensor in device.sensors.values():
                yield sensor.config

    def _value(
        self, meter: str, body: Mapping[str, Any], value: Mapping[str, Any], instant: str
    ) -> Iterator[Publication]:
        sensors = self._devices.setdefault(meter, _Device()).sensors
        key = f"{body['job']}/{value['name']}/{value['attribute']}"
        if key not in sensors:
            sensors[key] = self._sensor(meter, body, value)
            yield sensors[key].config
        sensor = sensors[key]
        if instant < sensor.shown:
            return
        sensor.shown = instant
        _, state, attributes = sensor.topics
        yield Publication(
            topic=state, payload=_plain(value["value"]), retain=True, content_type="text/plain"
        )
        told: dict[str, JsonValue] = {
            "time": instant,
            "quality": value["quality"],
            "obis": value["obis"],
            "message_id": body["message_id"],
        }
        told |= {name: value[name] for name in ("reason", "text") if name in value}
        yield Publication(topic=attributes, payload=canonical_json(told), retain=True)

    def _sensor(self, meter: str, body: Mapping[str, Any], value: Mapping[str, Any]) -> _Sensor:
        name = f"{body['job']} {value['name']}"
        unique = "_".join(map(_slug, (meter, body["job"], value["name"], str(value["attribute"]))))
        root = self._topics.meter_state(meter).removesuffix("state")
        state = f"{root}value/{topic_level(body['job'])}/{topic_level(value['name'])}"
        topics = (
            f"{self._prefix}/sensor/{self._node}/{unique}/config",
            state,
            f"{state}/attributes",
        )
        told: dict[str, JsonValue] = {
            "name": name,
            "unique_id": f"{self._node}_{unique}",
            "state_topic": state,
            "json_attributes_topic": topics[2],
            **_kind(value),
            "availability": [
                {"topic": topic, "value_template": _AVAILABLE}
                for topic in (self._topics.gateway_state(), self._topics.meter_state(meter))
            ],
            "availability_mode": "all",
            "device": self._device(meter, body),
            "origin": {"name": "dcud", "sw_version": self._version},
        }
        config = Publication(topic=topics[0], payload=canonical_json(told), retain=True)
        return _Sensor(config=config, topics=topics)

    def _device(self, meter: str, body: Mapping[str, Any]) -> JsonValue:
        device: dict[str, JsonValue] = {
            "identifiers": [f"{_DEVICE}{self._gateway}/{meter}"],
            "name": meter,
        }
        serial = body["meter"]["logical_device_name"]
        return {**device, "serial_number": serial} if serial else device


def _kind(value: Mapping[str, Any]) -> dict[str, JsonValue]:
    """Return what kind of sensor a value makes."""
    unit = value["unit"]
    if not unit:
        return {}
    kind = _KINDS.get(unit)
    if kind is None:
        return {"unit_of_measurement": unit}
    told: dict[str, JsonValue] = {
        "unit_of_measurement": kind.unit,
        "state_class": kind.state_class,
    }
    medium = value["obis"].partition(".")[0].partition("-")[0]
    volume = _VOLUMES.get(medium) if kind.unit in {"m³", "L"} else None
    device_class = kind.device_class or volume
    return {**told, "device_class": device_class} if device_class else told


def _plain(value: object) -> bytes:
    """Return a value as Home Assistant reads it."""
    return _NOTHING if value is None else str(value).encode("utf-8", "backslashreplace")


def _taken_back(topic: str) -> Publication:
    return Publication(topic=topic, payload=b"", retain=True)


def _told_before(payload: bytes, topic: str) -> tuple[str, Sequence[str]]:
    """Return whose value a configuration of ours is about, and all that is retained of it."""
    try:
        body = json.loads(payload)
        (identifier,) = body["device"]["identifiers"]
        topics = (topic, str(body["state_topic"]), str(body["json_attributes_topic"]))
        return str(identifier).removeprefix(_DEVICE).partition("/")[2], topics
    except (ValueError, KeyError, TypeError, RecursionError):
        return "", ()  # it is none of ours


def _slug(name: str) -> str:
    """Return a name of letters, digits, "_" and "-"; different names stay different."""
    slug = re.sub(r"[^A-Za-z0-9_-]", "_", name)
    if slug == name and "_" not in name:
        return name
    return f"{slug}-{blake2b(name.encode('utf-8', 'surrogatepass'), digest_size=3).hexdigest()}"

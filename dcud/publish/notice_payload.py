"""What a meter said without being asked, as the octets of an MQTT message."""

from dcud.notice import Notice, NoticedAttribute, NoticedValue
from dcud.publish.canonical import SCHEMA_VERSION, JsonValue, canonical_json, rfc3339
from dcud.publish.payload import meter_time_json, scalar_json


def notice_payload(notice: Notice, gateway: str) -> bytes:
    """Return the canonical JSON of `schema/notification-1.json`."""
    body: dict[str, JsonValue] = {
        "schema_version": SCHEMA_VERSION,
        "message_id": str(notice.message_id(gateway)),
        "gateway": gateway,
        "meter": notice.meter,
        "bus": notice.bus,
        "received": rfc3339(notice.received),
        "kind": notice.kind,
    }
    if notice.invoke_id is not None:
        body["invoke_id"] = notice.invoke_id
    if notice.meter_time is not None:
        body["meter_time"] = meter_time_json(notice.meter_time)
    if notice.attribute is not None:
        body["attribute"] = _attribute(notice.attribute)
    body["value"] = _value(notice.value)
    return canonical_json(body)


def _attribute(attribute: NoticedAttribute) -> JsonValue:
    return {
        "class_id": attribute.class_id,
        "obis": attribute.obis,
        "attribute": attribute.attribute,
        "name": attribute.name,
    }


def _value(noticed: NoticedValue) -> JsonValue:
    if isinstance(noticed.value, tuple):
        return {"type": noticed.type, "value": [_value(item) for item in noticed.value]}
    return {"type": noticed.type, "value": scalar_json(noticed.value)}

"""From what a meter sends unasked to the notice that is published."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol, cast

from dcud.assembly.jobs import meter_memory
from dcud.collect.values import plain
from dcud.config import model
from dcud.cosem.classes import interface_class
from dcud.cosem.clock import ClockConvention, ClockTime
from dcud.cosem.notification import parse_notification
from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.data import CompactArray, Data, DataType
from dcud.dlms.errors import DecodeError
from dcud.notice import Notice, NoticedAttribute, NoticedValue
from dcud.reading import MeterTime


class NoticeObserver(Protocol):
    """Whoever wants to know what meters say unasked."""

    def noticed(self, notice: Notice) -> None:
        """Take what a meter said."""
        ...

    def not_understood(self, bus: str, meter: str, reason: str) -> None:
        """Learn that it said something that nobody can read."""
        ...


def hearer(
    meter: model.Meter, bus: str, observer: NoticeObserver, clock: Callable[[], float]
) -> Callable[[bytes], None]:
    """Return what takes the APDUs that the meter sends unasked; `clock` tells unix seconds."""
    convention = meter_memory(meter).convention

    def hear(apdu: bytes) -> None:
        received = datetime.fromtimestamp(clock(), UTC)
        try:
            heard = notice(apdu, meter=meter.id, bus=bus, received=received, convention=convention)
        except DecodeError as error:
            observer.not_understood(bus, meter.id, error.message)
        else:
            observer.noticed(heard)

    return hear


def notice(
    apdu: bytes, *, meter: str, bus: str, received: datetime, convention: ClockConvention
) -> Notice:
    """Return what an APDU says, and where it came from.

    Raises:
        DecodeError: it is no notification.
    """
    told = parse_notification(apdu, convention)
    return Notice(
        meter=meter,
        bus=bus,
        received=received,
        kind=told.kind,
        octets=apdu,
        invoke_id=told.invoke_id,
        meter_time=_meter_time(told.time),
        attribute=None if told.attribute is None else _attribute(told.attribute),
        value=_value(told.value),
    )


def _meter_time(time: ClockTime | None) -> MeterTime | None:
    if time is None or time.moment is None:
        return None
    return MeterTime(time=time.moment, status=time.status)


def _attribute(told: AttributeDescriptor) -> NoticedAttribute:
    known = interface_class(told.class_id)
    attribute = known.attribute(told.attribute) if known else None
    return NoticedAttribute(
        class_id=told.class_id,
        obis=str(told.logical_name),
        attribute=told.attribute,
        name=attribute.name if attribute else "",
    )


def _value(data: Data) -> NoticedValue:
    items = _items(data)
    value = plain(data) if items is None else tuple([_value(item) for item in items])
    return NoticedValue(type=data.type.words, value=value)


def _items(data: Data) -> tuple[Data, ...] | None:
    if isinstance(data.value, CompactArray):
        return data.value.elements
    if data.type in {DataType.ARRAY, DataType.STRUCTURE}:
        return cast("tuple[Data, ...]", data.value)
    return None

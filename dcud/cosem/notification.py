"""What meters say without being asked, whichever service says it.

[IEC 62056-5-3: DataNotification, EventNotification]
"""

from collections.abc import Callable
from dataclasses import dataclass

from dcud.cosem.clock import STANDARD, ClockConvention, ClockTime, parse_time
from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.apdu import data_notification, event_notification
from dcud.dlms.apdu.data_notification import DataNotification
from dcud.dlms.apdu.event_notification import EventNotification
from dcud.dlms.data import Data, decode_data, octet_string
from dcud.dlms.errors import DecodeError
from dcud.dlms.octets import Cursor

_INVOKE_ID = 0xFFFFFF
"""The bits of a long-invoke-id-and-priority that count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """What a meter said.

    Attributes:
        kind: the service as the specification names it.
        value: what came with it.
        invoke_id: 0..2**24-1; None where the service has none.
        time: by the meter's clock; None where it tells none.
        attribute: whose value it is; None where the service doesn't tell.
    """

    kind: str
    value: Data
    invoke_id: int | None = None
    time: ClockTime | None = None
    attribute: AttributeDescriptor | None = None


def parse_notification(apdu: bytes, convention: ClockConvention = STANDARD) -> Notification:
    """Return what an APDU in the clear says.

    Raises:
        DecodeError: it is no notification, or not a whole one.
    """
    parse = _KINDS.get(apdu[0]) if apdu else None
    if parse is None:
        raise DecodeError(f"an APDU of tag {apdu[:1].hex().upper() or '(none)'} is no notification")
    return parse(apdu, convention)


def _data_notification(apdu: bytes, convention: ClockConvention) -> Notification:
    told = DataNotification.decode(apdu)
    return Notification(
        kind="data-notification",
        value=_whole(told.body),
        invoke_id=told.long_invoke_id_and_priority & _INVOKE_ID,
        time=_time(told.date_time, convention),
    )


def _event_notification(apdu: bytes, convention: ClockConvention) -> Notification:
    told = EventNotification.decode(apdu)
    return Notification(
        kind="event-notification",
        value=_whole(told.value),
        time=_time(told.time or b"", convention),
        attribute=told.attribute,
    )


_KINDS: dict[int, Callable[[bytes, ClockConvention], Notification]] = {
    data_notification.TAG: _data_notification,
    event_notification.TAG: _event_notification,
}


def _whole(octets: bytes) -> Data:
    cursor = Cursor(octets)
    value = decode_data(cursor)
    cursor.expect_end()
    return value


def _time(octets: bytes, convention: ClockConvention) -> ClockTime | None:
    return parse_time(octet_string(octets), convention) if octets else None

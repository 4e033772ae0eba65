"""The confirmation of a data-notification that asks for one.

[IEC 62056-5-3: DataNotification service, confirmed]
"""

from dcud.dlms.apdu.data_notification import DataNotification
from dcud.dlms.apdu.data_notification_confirm import DataNotificationConfirm
from dcud.dlms.errors import DecodeError

_SERVICE_CLASS = 0x40000000
"""The bit of a long-invoke-id-and-priority that asks for an answer."""


def confirmation_of(notification: bytes) -> bytes | None:
    """Return what confirms a notification; None where it asks for nothing, or can't be read."""
    try:
        invoke = DataNotification.decode(notification).long_invoke_id_and_priority
    except DecodeError:
        return None
    if not invoke & _SERVICE_CLASS:
        return None
    return DataNotificationConfirm(long_invoke_id_and_priority=invoke).encode()

"""What meters say without being asked, whichever service says it.

[IEC 62056-5-3: DataNotification, EventNotification, InformationReport]
"""

from collections.abc import Callable
from dataclasses import dataclass

from dcud.cosem.clock import STANDARD, ClockConvention, ClockTime, parse_time
from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.apdu import data_notification, event_notification, information_report
from dcud.dlms.apdu.data_notification import DataNotification
from dcud.dlms.apdu.event_notification import EventNotification
from dcud.dlms.apdu.information_report import InformationReport
from dcud.dlms.data import (
    Data,
    array,
    decode_data,
    long_unsigned,
    octet_string,
    structure,
)
from dcud.dlms.errors import DecodeError
from dcud.dlms.octets import Cursor
from dcud.dlms.variable_access import ParameterizedAccess, Variable, VariableName

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


def _information_report(apdu: bytes, convention: ClockConvention) -> Notification:
    """Return what variables are, each as a structure of its short name with its value.

    What a name stands for only the meter's list of objects tells.
    """
    report = InformationReport.decode(apdu)
    variables = zip(report.told.variables, report.told.values, strict=True)
    return Notification(
        kind="information-report",
        value=array(
            structure((long_unsigned(_name(variable)), _whole(value)))
            for variable, value in variables
        ),
        time=_report_time(report.current_time or b"", convention),
    )


def _name(variable: Variable) -> int:
    if not isinstance(variable, VariableName | ParameterizedAccess):
        raise DecodeError("an information report tells of no variable")
    return variable.name


def _report_time(octets: bytes, convention: ClockConvention) -> ClockTime | None:
    """Return the time of a report; what is text, or nothing that can be read, is left out."""
    try:
        return _time(octets, convention)
    except DecodeError:
        return None


_KINDS: dict[int, Callable[[bytes, ClockConvention], Notification]] = {
    data_notification.TAG: _data_notification,
    event_notification.TAG: _event_notification,
    information_report.TAG: _information_report,
}


def _whole(octets: bytes) -> Data:
    cursor = Cursor(octets)
    value = decode_data(cursor)
    cursor.expect_end()
    return value


def _time(octets: bytes, convention: ClockConvention) -> ClockTime | None:
    return parse_time(octet_string(octets), convention) if octets else None

"""DataNotificationConfirm: the client acknowledges what the server told unasked.

[IEC 62056-5-3: DataNotification-Confirm APDU]
"""

from dataclasses import dataclass
from typing import Self

from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.fields import check_field
from dcud.dlms.octets import Cursor

TAG = 0x10

_DATE_TIME_LENGTH = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class DataNotificationConfirm:
    """The acknowledgement.

    Attributes:
        long_invoke_id_and_priority: that of the notification, 0..2**32-1.
        date_time: 12 octets, or none.
    """

    long_invoke_id_and_priority: int
    date_time: bytes = b""

    def __post_init__(self) -> None:
        check_field("long-invoke-id-and-priority", self.long_invoke_id_and_priority, 0, 0xFFFFFFFF)
        if len(self.date_time) not in {0, _DATE_TIME_LENGTH}:
            raise EncodeError(f"a date-time has {_DATE_TIME_LENGTH} octets or none")

    def encode(self) -> bytes:
        """Encode."""
        invoke = self.long_invoke_id_and_priority.to_bytes(4, "big")
        return bytes((TAG,)) + invoke + bytes((len(self.date_time),)) + self.date_time

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Decode."""
        cursor = Cursor(octets)
        tag = cursor.u8()
        if tag != TAG:
            raise DecodeError(
                f"tag {tag:02X} stands where DataNotification-Confirm (10) was expected"
            )
        invoke = cursor.u32()
        time = cursor.octet_string()
        cursor.expect_end()
        if len(time) not in {0, _DATE_TIME_LENGTH}:
            raise DecodeError(f"a date-time of {len(time)} octets where 12 or none were expected")
        return cls(long_invoke_id_and_priority=invoke, date_time=time)

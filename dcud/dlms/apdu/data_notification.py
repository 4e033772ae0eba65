"""DataNotification: the server tells unasked what it was set up to push.

[IEC 62056-5-3: DataNotification APDU]
"""

from dataclasses import dataclass
from typing import Self

from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.fields import check_field
from dcud.dlms.octets import Cursor

TAG = 0x0F

_DATE_TIME_LENGTH = 12
_OCTET_STRING = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class DataNotification:
    """A data notification.

    Attributes:
        long_invoke_id_and_priority: 0..2**32-1, bits as the specification lays them out.
        date_time: 12 octets, or none.
        body: the encoding of one Data, not looked into.
    """

    long_invoke_id_and_priority: int
    date_time: bytes = b""
    body: bytes

    def __post_init__(self) -> None:
        check_field("long-invoke-id-and-priority", self.long_invoke_id_and_priority, 0, 0xFFFFFFFF)
        if len(self.date_time) not in {0, _DATE_TIME_LENGTH}:
            raise EncodeError(f"a date-time has {_DATE_TIME_LENGTH} octets or none")

    def encode(self) -> bytes:
        """Encode."""
        invoke = self.long_invoke_id_and_priority.to_bytes(4, "big")
        time = bytes((len(self.date_time),)) + self.date_time
        return bytes((TAG,)) + invoke + time + self.body

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Decode.

        [field: the date-time as Data, tag included]
        """
        cursor = Cursor(octets)
        tag = cursor.u8()
        if tag != TAG:
            raise DecodeError(f"tag {tag:02X} stands where DataNotification (0F) was expected")
        invoke = cursor.u32()
        length = cursor.length()
        if length == _OCTET_STRING:
            length = cursor.length()
        if length not in {0, _DATE_TIME_LENGTH}:
            raise DecodeError(f"a date-time of {length} octets where 12 or none were expected")
        time = cursor.take(length)
        return cls(long_invoke_id_and_priority=invoke, date_time=time, body=cursor.rest())

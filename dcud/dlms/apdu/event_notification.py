"""EventNotification: the server tells unasked that an attribute has a new value.

[IEC 62056-5-3: EventNotification APDU]
"""

from dataclasses import dataclass
from typing import Self

from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.octets import Cursor

TAG = 0xC2

_ABSENT = 0
_DATE_TIME_LENGTH = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class EventNotification:
    """An event notification.

    Attributes:
        time: a date-time of 12 octets; None where it's absent.
        attribute: what has changed.
        value: the encoding of one Data, not looked into.
    """

    attribute: AttributeDescriptor
    value: bytes
    time: bytes | None = None

    def __post_init__(self) -> None:
        if self.time is not None and len(self.time) != _DATE_TIME_LENGTH:
            raise EncodeError(f"a date-time has {_DATE_TIME_LENGTH} octets")

    def encode(self) -> bytes:
        """Encode."""
        time = b"\x00" if self.time is None else bytes((1, _DATE_TIME_LENGTH)) + self.time
        return bytes((TAG,)) + time + self.attribute.encode() + self.value

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Decode.

        [field: the time as Data, its tag where the flag should stand]
        """
        cursor = Cursor(octets)
        tag = cursor.u8()
        if tag != TAG:
            raise DecodeError(f"tag {tag:02X} stands where EventNotification (C2) was expected")
        time = None
        if cursor.u8() != _ABSENT:
            time = cursor.octet_string()
            if len(time) != _DATE_TIME_LENGTH:
                raise DecodeError(f"a time of {len(time)} octets where 12 were expected")
        attribute = AttributeDescriptor.decode(cursor)
        return cls(time=time, attribute=attribute, value=cursor.rest())

"""InformationReport: the server tells unasked what variables are, by their short names.

[IEC 62056-5-3: InformationReportRequest APDU]
"""

from dataclasses import dataclass
from typing import Self

from dcud.dlms.errors import DecodeError
from dcud.dlms.octets import Cursor, encode_length
from dcud.dlms.variable_access import VariablesWithValues

TAG = 0x18


@dataclass(frozen=True, slots=True)
class InformationReport:
    """What the server tells.

    Attributes:
        told: what variables are.
        current_time: as text, "20260601120000Z" [ISO/IEC 8824-1: GeneralizedTime], or a date-time
            of 12 octets, as it came; None where it's absent.
    """

    told: VariablesWithValues
    current_time: bytes | None = None

    def encode(self) -> bytes:
        """Encode."""
        time = b"\x00"
        if self.current_time is not None:
            time = b"\x01" + encode_length(len(self.current_time)) + self.current_time
        return bytes((TAG,)) + time + self.told.encode_lists()

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Decode; values stay encoded."""
        cursor = Cursor(octets)
        tag = cursor.u8()
        if tag != TAG:
            raise DecodeError(f"tag {tag:02X} stands where InformationReport (18) was expected")
        time = cursor.octet_string() if cursor.u8() else None
        return cls(VariablesWithValues.decode_lists(cursor), time)

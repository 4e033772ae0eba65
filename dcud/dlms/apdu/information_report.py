"""InformationReport: the server tells unasked what variables are, by their short names.

[IEC 62056-5-3: InformationReportRequest APDU]
"""

from dataclasses import dataclass
from typing import Self

from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.octets import Cursor, encode_length
from dcud.dlms.variable_access import (
    Variables,
    decode_values,
    decode_variables,
    encode_values,
    encode_variables,
)

TAG = 0x18


@dataclass(frozen=True, slots=True, kw_only=True)
class InformationReport:
    """What the server tells.

    Attributes:
        current_time: as text, "20260601120000Z" [ISO/IEC 8824-1: GeneralizedTime], or a date-time
            of 12 octets, as it came; None where it's absent.
        variables: what is told of.
        values: the encodings of as many Data.
    """

    current_time: bytes | None = None
    variables: Variables
    values: tuple[bytes, ...]

    def __post_init__(self) -> None:
        """Refuse what nobody could tell apart."""
        if len(self.variables) != len(self.values):
            raise EncodeError(f"{len(self.values)} values for {len(self.variables)} variables")

    def encode(self) -> bytes:
        """Encode."""
        time = b"\x00"
        if self.current_time is not None:
            time = b"\x01" + encode_length(len(self.current_time)) + self.current_time
        return bytes((TAG,)) + time + encode_variables(self.variables) + encode_values(self.values)

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Decode; values stay encoded."""
        cursor = Cursor(octets)
        tag = cursor.u8()
        if tag != TAG:
            raise DecodeError(f"tag {tag:02X} stands where InformationReport (18) was expected")
        time = cursor.octet_string() if cursor.u8() else None
        variables, values = decode_variables(cursor), decode_values(cursor)
        cursor.expect_end()
        if len(variables) != len(values):
            raise DecodeError(f"{len(values)} values for {len(variables)} variables")
        return cls(current_time=time, variables=variables, values=values)

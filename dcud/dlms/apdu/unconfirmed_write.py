"""UnconfirmedWrite: variables are written by their short names, and nobody says what came of it.

[IEC 62056-5-3: UnconfirmedWriteRequest APDU]
"""

from dataclasses import dataclass
from typing import Self

from dcud.dlms.errors import DecodeError
from dcud.dlms.octets import Cursor
from dcud.dlms.variable_access import VariablesWithValues

TAG = 0x16


@dataclass(frozen=True, slots=True)
class UnconfirmedWrite(VariablesWithValues):
    """Write variables."""

    def encode(self) -> bytes:
        """Encode."""
        return bytes((TAG,)) + self.encode_lists()

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Decode; values stay encoded."""
        cursor = Cursor(octets)
        tag = cursor.u8()
        if tag != TAG:
            raise DecodeError(f"tag {tag:02X} stands where UnconfirmedWrite (16) was expected")
        return cls.decode_lists(cursor)

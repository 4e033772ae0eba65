"""UnconfirmedWrite: variables are written by their short names, and nobody says what came of it.

[IEC 62056-5-3: UnconfirmedWriteRequest APDU]
"""

from dataclasses import dataclass, field
from typing import Self

from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.octets import Cursor
from dcud.dlms.variable_access import (
    Variables,
    decode_values,
    decode_variables,
    encode_values,
    encode_variables,
)

TAG = 0x16


@dataclass(frozen=True, slots=True)
class UnconfirmedWrite:
    """Write variables.

    Attributes:
        values: the encodings of as many Data as there are variables. No `repr` shows them.
    """

    variables: Variables
    values: tuple[bytes, ...] = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse what nobody could tell apart."""
        if len(self.variables) != len(self.values):
            raise EncodeError(f"{len(self.values)} values for {len(self.variables)} variables")

    def encode(self) -> bytes:
        """Encode."""
        return bytes((TAG,)) + encode_variables(self.variables) + encode_values(self.values)

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Decode; values stay encoded."""
        cursor = Cursor(octets)
        tag = cursor.u8()
        if tag != TAG:
            raise DecodeError(f"tag {tag:02X} stands where UnconfirmedWrite (16) was expected")
        variables, values = decode_variables(cursor), decode_values(cursor)
        cursor.expect_end()
        if len(variables) != len(values):
            raise DecodeError(f"{len(values)} values for {len(variables)} variables")
        return cls(variables, values)

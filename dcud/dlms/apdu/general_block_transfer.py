"""General block transfer: one block of any other APDU.

[IEC 62056-5-3: General-Block-Transfer]
"""

from dataclasses import dataclass, field
from typing import Self

from dcud.dlms.errors import DecodeError
from dcud.dlms.fields import check_field
from dcud.dlms.octets import Cursor, encode_length

TAG = 0xE0

HEADER_OCTETS = 6
"""Octets of an APDU before the length of its block."""
MAX_WINDOW = 0x3F
MAX_BLOCK_NUMBER = 0xFFFF

_LAST_BLOCK = 0x80
_STREAMING = 0x40


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneralBlockTransfer:
    """One block, or, where `octets` are empty, what is said without one.

    Attributes:
        last_block: whether the sender has nothing to send after this block.
        streaming: whether the sender goes on without being answered.
        window: blocks that the sender of this APDU takes in one go, 0..63; 0 where it takes none.
        block_number: 0..65535; counted from 1 in each direction.
        block_number_ack: up to which number the sender of this APDU has all blocks, 0..65535.
        octets: a part of an APDU, which may be ciphered. No `repr` shows it.
    """

    last_block: bool
    streaming: bool
    window: int
    block_number: int
    block_number_ack: int
    octets: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        check_field("window", self.window, 0, MAX_WINDOW)
        check_field("block-number", self.block_number, 0, MAX_BLOCK_NUMBER)
        check_field("block-number-ack", self.block_number_ack, 0, MAX_BLOCK_NUMBER)

    def encode(self) -> bytes:
        """Encode."""
        last = _LAST_BLOCK if self.last_block else 0
        streaming = _STREAMING if self.streaming else 0
        numbers = self.block_number.to_bytes(2, "big") + self.block_number_ack.to_bytes(2, "big")
        header = bytes((TAG, last | streaming | self.window)) + numbers
        return header + encode_length(len(self.octets)) + self.octets

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Decode; what the block carries is not looked into.

        Raises:
            DecodeError: the octets are no such APDU.
        """
        cursor = Cursor(octets)
        found = cursor.u8()
        if found != TAG:
            raise DecodeError(
                f"tag {found:02X} stands where general-block-transfer ({TAG:02X}) was expected"
            )
        control = cursor.u8()
        apdu = cls(
            last_block=bool(control & _LAST_BLOCK),
            streaming=bool(control & _STREAMING),
            window=control & MAX_WINDOW,
            block_number=cursor.u16(),
            block_number_ack=cursor.u16(),
            octets=cursor.octet_string(),
        )
        cursor.expect_end()
        return apdu

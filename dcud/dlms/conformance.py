"""The conformance block: which services the two sides speak."""

from enum import IntFlag

from dcud.dlms.errors import DecodeError
from dcud.dlms.octets import Cursor

_TAG = 0x5F
_TAG_NUMBER = 0x1F
_LENGTH = 4
_UNUSED_BITS = 0


class Conformance(IntFlag):
    """The 24 bits, the first one being the most significant.

    [IEC 62056-5-3: conformance block]
    """

    RESERVED_ZERO = 0x800000
    GENERAL_PROTECTION = 0x400000
    GENERAL_BLOCK_TRANSFER = 0x200000
    READ = 0x100000
    WRITE = 0x080000
    UNCONFIRMED_WRITE = 0x040000
    DELTA_VALUE_ENCODING = 0x020000
    RESERVED_SEVEN = 0x010000
    ATTRIBUTE0_SUPPORTED_WITH_SET = 0x008000
    PRIORITY_MGMT_SUPPORTED = 0x004000
    ATTRIBUTE0_SUPPORTED_WITH_GET = 0x002000
    BLOCK_TRANSFER_WITH_GET_OR_READ = 0x001000
    BLOCK_TRANSFER_WITH_SET_OR_WRITE = 0x000800
    BLOCK_TRANSFER_WITH_ACTION = 0x000400
    MULTIPLE_REFERENCES = 0x000200
    INFORMATION_REPORT = 0x000100
    DATA_NOTIFICATION = 0x000080
    ACCESS = 0x000040
    PARAMETERIZED_ACCESS = 0x000020
    GET = 0x000010
    SET = 0x000008
    SELECTIVE_ACCESS = 0x000004
    EVENT_NOTIFICATION = 0x000002
    ACTION = 0x000001

    @property
    def words(self) -> str:
        """Return the names of the bits as the specification writes them, joined by commas."""
        return ", ".join(flag.name.lower().replace("_", "-") for flag in self if flag.name)


IMPLEMENTED = (
    Conformance.GENERAL_BLOCK_TRANSFER
    | Conformance.PRIORITY_MGMT_SUPPORTED
    | Conformance.BLOCK_TRANSFER_WITH_GET_OR_READ
    | Conformance.BLOCK_TRANSFER_WITH_SET_OR_WRITE
    | Conformance.BLOCK_TRANSFER_WITH_ACTION
    | Conformance.MULTIPLE_REFERENCES
    | Conformance.DATA_NOTIFICATION
    | Conformance.ACCESS
    | Conformance.GET
    | Conformance.SET
    | Conformance.SELECTIVE_ACCESS
    | Conformance.EVENT_NOTIFICATION
    | Conformance.ACTION
)
"""What this side speaks, hence what it proposes: no promise is made that isn't kept."""

IMPLEMENTED_BY_SHORT_NAMES = (
    Conformance.GENERAL_BLOCK_TRANSFER
    | Conformance.READ
    | Conformance.WRITE
    | Conformance.BLOCK_TRANSFER_WITH_GET_OR_READ
    | Conformance.BLOCK_TRANSFER_WITH_SET_OR_WRITE
    | Conformance.MULTIPLE_REFERENCES
    | Conformance.INFORMATION_REPORT
    | Conformance.DATA_NOTIFICATION
    | Conformance.PARAMETERIZED_ACCESS
)
"""The same where objects are known by short names."""


def encode_conformance(conformance: Conformance) -> bytes:
    """Encode as InitiateRequest and InitiateResponse carry it, tag included."""
    header = bytes((_TAG, _TAG_NUMBER, _LENGTH, _UNUSED_BITS))
    return header + (int(conformance) & 0xFFFFFF).to_bytes(3, "big")


def decode_conformance(cursor: Cursor) -> Conformance:
    """Decode with its tag.

    [field: the tag's second octet is missing in old stacks]
    """
    tag = cursor.u8()
    if tag != _TAG:
        raise DecodeError(f"octet {tag:02X} stands where the conformance (5F 1F) was expected")
    length = cursor.u8()
    if length == _TAG_NUMBER:
        length = cursor.u8()
    if length != _LENGTH:
        raise DecodeError(f"a conformance of {length} octets where {_LENGTH} were expected")
    return Conformance(int.from_bytes(cursor.take(_LENGTH)[1:], "big"))

"""WRITE: variables are written by their short names, one or many, whole or block by block.

[IEC 62056-5-3: WriteRequest and WriteResponse APDUs]
"""

from dataclasses import dataclass, field

from dcud.dlms.access import DataAccessResult
from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.fields import check_field
from dcud.dlms.octets import Cursor, encode_length
from dcud.dlms.variable_access import (
    Variables,
    decode_values,
    decode_variables,
    encode_values,
    encode_variables,
)

REQUEST_TAG = 0x06
RESPONSE_TAG = 0x0D

_SUCCESS = 0
_DATA_ACCESS_ERROR = 1
_BLOCK_NUMBER = 2


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """Write variables, or give a block of what is to be written.

    Attributes:
        values: the encodings of as many Data as there are variables. No `repr` shows them.
    """

    variables: Variables
    values: tuple[bytes, ...] = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse what nobody could tell apart."""
        if len(self.variables) != len(self.values):
            raise EncodeError(f"{len(self.values)} values for {len(self.variables)} variables")


@dataclass(frozen=True, slots=True)
class TakenBlock:
    """Acknowledges a block by its number, 0..65535, hence asks for the next one."""

    block_number: int

    def __post_init__(self) -> None:
        check_field("block-number", self.block_number, 0, 0xFFFF)


WriteResult = DataAccessResult | TakenBlock


@dataclass(frozen=True, slots=True)
class WriteResponse:
    """What became of each variable."""

    results: tuple[WriteResult, ...]


def encode_write_request(request: WriteRequest) -> bytes:
    """Encode."""
    return bytes((REQUEST_TAG,)) + encode_writing(request)


def encode_writing(request: WriteRequest) -> bytes:
    """Encode without the tag, as blocks of a longer request carry it."""
    return encode_variables(request.variables) + encode_values(request.values)


def decode_write_request(octets: bytes) -> WriteRequest:
    """Decode; values stay encoded."""
    cursor = Cursor(octets)
    _expect(cursor, REQUEST_TAG, "write-request")
    return decode_writing(cursor)


def decode_writing(cursor: Cursor) -> WriteRequest:
    """Decode what stands without a tag, up to the end; values stay encoded."""
    variables, values = decode_variables(cursor), decode_values(cursor)
    cursor.expect_end()
    if len(variables) != len(values):
        raise DecodeError(f"{len(values)} values for {len(variables)} variables")
    return WriteRequest(variables, values)


def encode_write_response(response: WriteResponse) -> bytes:
    """Encode."""
    count = encode_length(len(response.results))
    return bytes((RESPONSE_TAG,)) + count + b"".join(map(_encode_result, response.results))


def decode_write_response(octets: bytes) -> WriteResponse:
    """Decode."""
    cursor = Cursor(octets)
    _expect(cursor, RESPONSE_TAG, "write-response")
    results = tuple([_decode_result(cursor) for _ in range(cursor.count())])
    cursor.expect_end()
    return WriteResponse(results)


def _expect(cursor: Cursor, tag: int, name: str) -> None:
    found = cursor.u8()
    if found != tag:
        raise DecodeError(f"tag {found:02X} stands where {name} ({tag:02X}) was expected")


def _encode_result(result: WriteResult) -> bytes:
    if isinstance(result, TakenBlock):
        return bytes((_BLOCK_NUMBER,)) + result.block_number.to_bytes(2, "big")
    if result is DataAccessResult.SUCCESS:
        return bytes((_SUCCESS,))
    return bytes((_DATA_ACCESS_ERROR, result))


def _decode_result(cursor: Cursor) -> WriteResult:
    match cursor.u8():
        case 0:
            return DataAccessResult.SUCCESS
        case 1:
            return DataAccessResult(cursor.u8())
        case 2:
            return TakenBlock(cursor.u16())
        case choice:
            raise DecodeError(f"a result of writing of the unknown kind {choice}")

"""WRITE: variables are written by their short names, one or many, whole or block by block.

[IEC 62056-5-3: WriteRequest and WriteResponse APDUs]
"""

from dataclasses import dataclass

from dcud.dlms.access import DataAccessResult
from dcud.dlms.errors import DecodeError
from dcud.dlms.fields import check_field
from dcud.dlms.octets import Cursor, encode_length
from dcud.dlms.variable_access import VariablesWithValues

REQUEST_TAG = 0x06
RESPONSE_TAG = 0x0D

_SUCCESS = 0
_DATA_ACCESS_ERROR = 1
_BLOCK_NUMBER = 2


@dataclass(frozen=True, slots=True)
class WriteRequest(VariablesWithValues):
    """Write variables, or give a block of what is to be written."""


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
    return bytes((REQUEST_TAG,)) + request.encode_lists()


def decode_write_request(octets: bytes) -> WriteRequest:
    """Decode; values stay encoded."""
    cursor = Cursor(octets)
    _expect(cursor, REQUEST_TAG, "write-request")
    return WriteRequest.decode_lists(cursor)


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

"""READ: variables are read by their short names, one or many, whole or block by block.

[IEC 62056-5-3: ReadRequest and ReadResponse APDUs]
"""

from collections.abc import Callable
from dataclasses import dataclass

from dcud.dlms.access import DataAccessResult
from dcud.dlms.data_extent import take_data
from dcud.dlms.errors import DecodeError
from dcud.dlms.fields import check_field
from dcud.dlms.octets import Cursor, encode_length
from dcud.dlms.variable_access import (
    NumberedBlock,
    Variables,
    decode_numbered_block,
    decode_variables,
    encode_variables,
)

REQUEST_TAG = 0x05
RESPONSE_TAG = 0x0C

_DATA = 0
_DATA_ACCESS_ERROR = 1
_DATA_BLOCK_RESULT = 2
_BLOCK_NUMBER = 3


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """Read variables, or ask for the next block of an answer, or give one of a request."""

    variables: Variables


@dataclass(frozen=True, slots=True)
class AcknowledgedBlock:
    """Acknowledges a block of a request by its number, 0..65535, hence asks for the next one."""

    block_number: int

    def __post_init__(self) -> None:
        check_field("block-number", self.block_number, 0, 0xFFFF)


ReadResult = bytes | DataAccessResult | NumberedBlock | AcknowledgedBlock
"""The encoding of one Data, or why there is none, or what belongs to a block transfer."""


@dataclass(frozen=True, slots=True)
class ReadResponse:
    """What became of each variable."""

    results: tuple[ReadResult, ...]


def encode_read_request(request: ReadRequest) -> bytes:
    """Encode."""
    return bytes((REQUEST_TAG,)) + encode_variables(request.variables)


def decode_read_request(octets: bytes) -> ReadRequest:
    """Decode; parameters stay encoded."""
    cursor = _cursor(octets, REQUEST_TAG, "read-request")
    variables = decode_variables(cursor)
    cursor.expect_end()
    return ReadRequest(variables)


def encode_read_response(response: ReadResponse) -> bytes:
    """Encode."""
    return bytes((RESPONSE_TAG,)) + encode_results(response.results)


def decode_read_response(octets: bytes) -> ReadResponse:
    """Decode; values stay encoded."""
    cursor = _cursor(octets, RESPONSE_TAG, "read-response")
    results = decode_results(cursor)
    cursor.expect_end()
    return ReadResponse(results)


def encode_results(results: tuple[ReadResult, ...]) -> bytes:
    """Encode a list with its count."""
    return encode_length(len(results)) + b"".join([_encode_result(each) for each in results])


def decode_results(cursor: Cursor) -> tuple[ReadResult, ...]:
    """Decode a list with its count; values stay encoded."""
    return tuple([_decode_result(cursor) for _ in range(cursor.count())])


def _cursor(octets: bytes, tag: int, name: str) -> Cursor:
    cursor = Cursor(octets)
    found = cursor.u8()
    if found != tag:
        raise DecodeError(f"tag {found:02X} stands where {name} ({tag:02X}) was expected")
    return cursor


def _encode_result(result: ReadResult) -> bytes:
    match result:
        case DataAccessResult():
            return bytes((_DATA_ACCESS_ERROR, result))
        case NumberedBlock():
            return bytes((_DATA_BLOCK_RESULT,)) + result.encode()
        case AcknowledgedBlock(block_number=number):
            return bytes((_BLOCK_NUMBER,)) + number.to_bytes(2, "big")
        case _:
            return bytes((_DATA,)) + result


def _decode_result(cursor: Cursor) -> ReadResult:
    choice = cursor.u8()
    if choice not in _CHOICES:
        raise DecodeError(f"a result of reading of the unknown kind {choice}")
    return _CHOICES[choice](cursor)


_CHOICES: dict[int, Callable[[Cursor], ReadResult]] = {
    _DATA: take_data,
    _DATA_ACCESS_ERROR: lambda cursor: DataAccessResult(cursor.u8()),
    _DATA_BLOCK_RESULT: decode_numbered_block,
    _BLOCK_NUMBER: lambda cursor: AcknowledgedBlock(cursor.u16()),
}

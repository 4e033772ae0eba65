"""GET: attributes are read, whole or block by block, one or many.

[IEC 62056-5-3: GET service APDUs]
"""

from dataclasses import dataclass
from typing import assert_never

from dcud.dlms.access import (
    AttributeDescriptor,
    AttributeWithSelection,
    DataAccessResult,
    InvokeIdAndPriority,
    Selection,
    decode_selection,
    encode_selection,
)
from dcud.dlms.data_extent import take_data
from dcud.dlms.errors import DecodeError
from dcud.dlms.fields import check_field
from dcud.dlms.octets import Cursor, encode_length

REQUEST_TAG = 0xC0
RESPONSE_TAG = 0xC4

_NORMAL = 1
_NEXT = 2
_WITH_LIST = 3
_WITH_DATABLOCK = 2
_DATA = 0
_DATA_ACCESS_RESULT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class GetRequestNormal:
    """Ask for one attribute, or for what `selection` selects of it."""

    invoke_id_and_priority: InvokeIdAndPriority
    attribute: AttributeDescriptor
    selection: Selection | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetRequestNext:
    """Acknowledge the block `block_number` (0..2**32-1), hence ask for the next one."""

    invoke_id_and_priority: InvokeIdAndPriority
    block_number: int

    def __post_init__(self) -> None:
        check_field("block-number", self.block_number, 0, 0xFFFFFFFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class GetRequestWithList:
    """Ask for many attributes."""

    invoke_id_and_priority: InvokeIdAndPriority
    targets: tuple[AttributeWithSelection, ...]


GetRequest = GetRequestNormal | GetRequestNext | GetRequestWithList


@dataclass(frozen=True, slots=True, kw_only=True)
class GetResponseNormal:
    """The whole answer.

    Attributes:
        result: the encoding of one Data, not looked into; or why there is none.
    """

    invoke_id_and_priority: InvokeIdAndPriority
    result: bytes | DataAccessResult


@dataclass(frozen=True, slots=True, kw_only=True)
class GetResponseWithDatablock:
    """A part of the answer.

    Attributes:
        last_block: whether nothing follows.
        block_number: 0..2**32-1.
        result: octets cut anywhere out of the encoding of one Data; or why there are none.
    """

    invoke_id_and_priority: InvokeIdAndPriority
    last_block: bool
    block_number: int
    result: bytes | DataAccessResult

    def __post_init__(self) -> None:
        check_field("block-number", self.block_number, 0, 0xFFFFFFFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class GetResponseWithList:
    """The whole answer to many.

    Attributes:
        results: for each attribute the encoding of one Data, not looked into; or why there is none.
    """

    invoke_id_and_priority: InvokeIdAndPriority
    results: tuple[bytes | DataAccessResult, ...]


GetResponse = GetResponseNormal | GetResponseWithDatablock | GetResponseWithList


def encode_get_request(request: GetRequest) -> bytes:
    """Encode."""
    invoke = request.invoke_id_and_priority.encode()
    match request:
        case GetRequestNormal():
            what = request.attribute.encode() + encode_selection(request.selection)
            return bytes((REQUEST_TAG, _NORMAL)) + invoke + what
        case GetRequestNext():
            number = request.block_number.to_bytes(4, "big")
            return bytes((REQUEST_TAG, _NEXT)) + invoke + number
        case GetRequestWithList(targets=targets):
            items = b"".join([target.encode() for target in targets])
            return bytes((REQUEST_TAG, _WITH_LIST)) + invoke + encode_length(len(targets)) + items
        case _:
            assert_never(request)


def decode_get_request(octets: bytes) -> GetRequest:
    """Decode."""
    cursor = Cursor(octets)
    choice = _decode_choice(cursor, REQUEST_TAG, "get-request")
    invoke = InvokeIdAndPriority.decode(cursor)
    request: GetRequest
    if choice == _NORMAL:
        request = GetRequestNormal(
            invoke_id_and_priority=invoke,
            attribute=AttributeDescriptor.decode(cursor),
            selection=decode_selection(cursor),
        )
    elif choice == _NEXT:
        request = GetRequestNext(invoke_id_and_priority=invoke, block_number=cursor.u32())
    elif choice == _WITH_LIST:
        count = cursor.count()
        targets = tuple([AttributeWithSelection.decode(cursor) for _ in range(count)])
        request = GetRequestWithList(invoke_id_and_priority=invoke, targets=targets)
    else:
        raise DecodeError(f"get-request of the unknown kind {choice}")
    cursor.expect_end()
    return request


def encode_get_response(response: GetResponse) -> bytes:
    """Encode."""
    invoke = response.invoke_id_and_priority.encode()
    match response:
        case GetResponseNormal():
            return bytes((RESPONSE_TAG, _NORMAL)) + invoke + _encode_normal(response.result)
        case GetResponseWithDatablock():
            return bytes((RESPONSE_TAG, _WITH_DATABLOCK)) + invoke + _encode_datablock(response)
        case GetResponseWithList(results=results):
            return bytes((RESPONSE_TAG, _WITH_LIST)) + invoke + encode_results(results)
        case _:
            assert_never(response)


def decode_get_response(octets: bytes) -> GetResponse:
    """Decode; data stay encoded."""
    cursor = Cursor(octets)
    choice = _decode_choice(cursor, RESPONSE_TAG, "get-response")
    invoke = InvokeIdAndPriority.decode(cursor)
    response: GetResponse
    if choice == _NORMAL:
        normal = _decode_refusal(cursor)
        response = GetResponseNormal(
            invoke_id_and_priority=invoke, result=cursor.rest() if normal is None else normal
        )
    elif choice == _WITH_DATABLOCK:
        response = _decode_datablock(cursor, invoke)
    elif choice == _WITH_LIST:
        response = GetResponseWithList(
            invoke_id_and_priority=invoke, results=decode_results(cursor)
        )
    else:
        raise DecodeError(f"get-response of the unknown kind {choice}")
    cursor.expect_end()
    return response


def encode_results(results: tuple[bytes | DataAccessResult, ...]) -> bytes:
    """Encode many results as a response carries them, whole or cut into blocks: count first."""
    return encode_length(len(results)) + b"".join(map(_encode_normal, results))


def decode_results(cursor: Cursor) -> tuple[bytes | DataAccessResult, ...]:
    """Decode many results; data stay encoded."""
    return tuple([_decode_result(cursor) for _ in range(cursor.count())])


def _decode_result(cursor: Cursor) -> bytes | DataAccessResult:
    refusal = _decode_refusal(cursor)
    return take_data(cursor) if refusal is None else refusal


def _decode_choice(cursor: Cursor, tag: int, name: str) -> int:
    found = cursor.u8()
    if found != tag:
        raise DecodeError(f"tag {found:02X} stands where {name} ({tag:02X}) was expected")
    return cursor.u8()


def _encode_normal(result: bytes | DataAccessResult) -> bytes:
    if isinstance(result, DataAccessResult):
        return _encode_refusal(result)
    return bytes((_DATA,)) + result


def _encode_datablock(response: GetResponseWithDatablock) -> bytes:
    header = bytes((response.last_block,)) + response.block_number.to_bytes(4, "big")
    if isinstance(response.result, DataAccessResult):
        return header + _encode_refusal(response.result)
    return header + bytes((_DATA,)) + encode_length(len(response.result)) + response.result


def _decode_datablock(cursor: Cursor, invoke: InvokeIdAndPriority) -> GetResponseWithDatablock:
    last_block = bool(cursor.u8())
    block_number = cursor.u32()
    refusal = _decode_refusal(cursor)
    return GetResponseWithDatablock(
        invoke_id_and_priority=invoke,
        last_block=last_block,
        block_number=block_number,
        result=cursor.octet_string() if refusal is None else refusal,
    )


def _encode_refusal(refusal: DataAccessResult) -> bytes:
    return bytes((_DATA_ACCESS_RESULT, refusal))


def _decode_refusal(cursor: Cursor) -> DataAccessResult | None:
    """Decode the choice between data, which follow, and a data-access-result."""
    choice = cursor.u8()
    if choice == _DATA:
        return None
    if choice == _DATA_ACCESS_RESULT:
        return DataAccessResult(cursor.u8())
    raise DecodeError(f"a result of the unknown kind {choice}, neither data nor data-access-result")

"""SET: attributes are written, whole or block by block, one or many.

[IEC 62056-5-3: SET service APDUs]
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self, assert_never

from dcud.dlms.access import (
    AttributeWithSelection,
    DataAccessResult,
    InvokeIdAndPriority,
)
from dcud.dlms.data_extent import take_data
from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.fields import check_field
from dcud.dlms.octets import Cursor, encode_length

REQUEST_TAG = 0xC1
RESPONSE_TAG = 0xC5

_NORMAL = 1
_FIRST_DATABLOCK = 2
_DATABLOCK = 3
_WITH_LIST = 4
_LIST_AND_FIRST_DATABLOCK = 5

_RESPONSE_DATABLOCK = 2
_RESPONSE_LAST_DATABLOCK = 3
_RESPONSE_LAST_DATABLOCK_WITH_LIST = 4
_RESPONSE_WITH_LIST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class SetBlock:
    """A part of what is written.

    Attributes:
        last_block: whether nothing follows.
        block_number: 0..2**32-1.
        octets: cut anywhere. No `repr` shows them.
    """

    last_block: bool
    block_number: int
    octets: bytes = field(repr=False)

    def __post_init__(self) -> None:
        check_field("block-number", self.block_number, 0, 0xFFFFFFFF)

    def encode(self) -> bytes:
        """Encode."""
        header = bytes((self.last_block,)) + self.block_number.to_bytes(4, "big")
        return header + encode_length(len(self.octets)) + self.octets

    @classmethod
    def decode(cls, cursor: Cursor) -> Self:
        """Decode."""
        last_block = bool(cursor.u8())
        block_number = cursor.u32()
        return cls(last_block=last_block, block_number=block_number, octets=cursor.octet_string())


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRequestNormal:
    """Write one value.

    Attributes:
        value: the encoding of one Data, not looked into. No `repr` shows it.
    """

    invoke_id_and_priority: InvokeIdAndPriority
    target: AttributeWithSelection
    value: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRequestWithFirstDatablock:
    """Write one value, of which this is the first part."""

    invoke_id_and_priority: InvokeIdAndPriority
    target: AttributeWithSelection
    block: SetBlock


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRequestWithDatablock:
    """Give a further part."""

    invoke_id_and_priority: InvokeIdAndPriority
    block: SetBlock


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRequestWithList:
    """Write many values.

    Attributes:
        values: the encodings of as many Data as there are targets. No `repr` shows them.
    """

    invoke_id_and_priority: InvokeIdAndPriority
    targets: tuple[AttributeWithSelection, ...]
    values: tuple[bytes, ...] = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse what nobody could tell apart."""
        if len(self.targets) != len(self.values):
            raise EncodeError(f"{len(self.values)} values for {len(self.targets)} attributes")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRequestWithListAndFirstDatablock:
    """Write many values; the parts together are their count with the values."""

    invoke_id_and_priority: InvokeIdAndPriority
    targets: tuple[AttributeWithSelection, ...]
    block: SetBlock


SetRequest = (
    SetRequestNormal
    | SetRequestWithFirstDatablock
    | SetRequestWithDatablock
    | SetRequestWithList
    | SetRequestWithListAndFirstDatablock
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetResponseNormal:
    """What became of one value."""

    invoke_id_and_priority: InvokeIdAndPriority
    result: DataAccessResult


@dataclass(frozen=True, slots=True, kw_only=True)
class SetResponseDatablock:
    """Acknowledge the block `block_number` (0..2**32-1), hence ask for the next one."""

    invoke_id_and_priority: InvokeIdAndPriority
    block_number: int

    def __post_init__(self) -> None:
        check_field("block-number", self.block_number, 0, 0xFFFFFFFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetResponseLastDatablock:
    """What became of one value that came in blocks; `block_number` is that of the last one."""

    invoke_id_and_priority: InvokeIdAndPriority
    result: DataAccessResult
    block_number: int

    def __post_init__(self) -> None:
        check_field("block-number", self.block_number, 0, 0xFFFFFFFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetResponseLastDatablockWithList:
    """What became of many values that came in blocks."""

    invoke_id_and_priority: InvokeIdAndPriority
    results: tuple[DataAccessResult, ...]
    block_number: int

    def __post_init__(self) -> None:
        check_field("block-number", self.block_number, 0, 0xFFFFFFFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetResponseWithList:
    """What became of many values."""

    invoke_id_and_priority: InvokeIdAndPriority
    results: tuple[DataAccessResult, ...]


SetResponse = (
    SetResponseNormal
    | SetResponseDatablock
    | SetResponseLastDatablock
    | SetResponseLastDatablockWithList
    | SetResponseWithList
)


def encode_values(values: tuple[bytes, ...]) -> bytes:
    """Encode many values as a list carries them, whole or cut into blocks: their count first."""
    return encode_length(len(values)) + b"".join(values)


def decode_values(cursor: Cursor) -> tuple[bytes, ...]:
    """Decode many values; each stays encoded."""
    return tuple([take_data(cursor) for _ in range(cursor.count())])


def _encode_targets(targets: tuple[AttributeWithSelection, ...]) -> bytes:
    return encode_length(len(targets)) + b"".join([target.encode() for target in targets])


def _decode_targets(cursor: Cursor) -> tuple[AttributeWithSelection, ...]:
    return tuple([AttributeWithSelection.decode(cursor) for _ in range(cursor.count())])


def _encode_results(results: tuple[DataAccessResult, ...]) -> bytes:
    return encode_length(len(results)) + bytes(results)


def _decode_results(cursor: Cursor) -> tuple[DataAccessResult, ...]:
    return tuple(map(DataAccessResult, cursor.octet_string()))


def encode_set_request(request: SetRequest) -> bytes:
    """Encode."""
    choice, what = _request_parts(request)
    return bytes((REQUEST_TAG, choice)) + request.invoke_id_and_priority.encode() + what


def _request_parts(request: SetRequest) -> tuple[int, bytes]:
    match request:
        case SetRequestNormal(target=target, value=value):
            return _NORMAL, target.encode() + value
        case SetRequestWithFirstDatablock(target=target, block=block):
            return _FIRST_DATABLOCK, target.encode() + block.encode()
        case SetRequestWithDatablock(block=block):
            return _DATABLOCK, block.encode()
        case SetRequestWithList(targets=targets, values=values):
            return _WITH_LIST, _encode_targets(targets) + encode_values(values)
        case SetRequestWithListAndFirstDatablock(targets=targets, block=block):
            return _LIST_AND_FIRST_DATABLOCK, _encode_targets(targets) + block.encode()
        case _:
            assert_never(request)


def decode_set_request(octets: bytes) -> SetRequest:
    """Decode; values stay encoded."""
    cursor = Cursor(octets)
    choice = _decode_choice(cursor, REQUEST_TAG, "set-request")
    if choice not in _REQUESTS:
        raise DecodeError(f"set-request of the unknown kind {choice}")
    request = _REQUESTS[choice](cursor, InvokeIdAndPriority.decode(cursor))
    cursor.expect_end()
    return request


def _request_normal(cursor: Cursor, invoke: InvokeIdAndPriority) -> SetRequest:
    return SetRequestNormal(
        invoke_id_and_priority=invoke,
        target=AttributeWithSelection.decode(cursor),
        value=cursor.rest(),
    )


def _request_first_datablock(cursor: Cursor, invoke: InvokeIdAndPriority) -> SetRequest:
    return SetRequestWithFirstDatablock(
        invoke_id_and_priority=invoke,
        target=AttributeWithSelection.decode(cursor),
        block=SetBlock.decode(cursor),
    )


def _request_datablock(cursor: Cursor, invoke: InvokeIdAndPriority) -> SetRequest:
    return SetRequestWithDatablock(invoke_id_and_priority=invoke, block=SetBlock.decode(cursor))


def _request_with_list(cursor: Cursor, invoke: InvokeIdAndPriority) -> SetRequest:
    targets, values = _decode_targets(cursor), decode_values(cursor)
    if len(targets) != len(values):
        raise DecodeError(f"{len(values)} values for {len(targets)} attributes")
    return SetRequestWithList(invoke_id_and_priority=invoke, targets=targets, values=values)


def _request_list_and_first_datablock(cursor: Cursor, invoke: InvokeIdAndPriority) -> SetRequest:
    return SetRequestWithListAndFirstDatablock(
        invoke_id_and_priority=invoke,
        targets=_decode_targets(cursor),
        block=SetBlock.decode(cursor),
    )


_REQUESTS: dict[int, Callable[[Cursor, InvokeIdAndPriority], SetRequest]] = {
    _NORMAL: _request_normal,
    _FIRST_DATABLOCK: _request_first_datablock,
    _DATABLOCK: _request_datablock,
    _WITH_LIST: _request_with_list,
    _LIST_AND_FIRST_DATABLOCK: _request_list_and_first_datablock,
}


def encode_set_response(response: SetResponse) -> bytes:
    """Encode."""
    choice, what = _response_parts(response)
    return bytes((RESPONSE_TAG, choice)) + response.invoke_id_and_priority.encode() + what


def _response_parts(response: SetResponse) -> tuple[int, bytes]:
    match response:
        case SetResponseNormal(result=result):
            return _NORMAL, bytes((result,))
        case SetResponseDatablock(block_number=number):
            return _RESPONSE_DATABLOCK, number.to_bytes(4, "big")
        case SetResponseLastDatablock(result=result, block_number=number):
            return _RESPONSE_LAST_DATABLOCK, bytes((result,)) + number.to_bytes(4, "big")
        case SetResponseLastDatablockWithList(results=results, block_number=number):
            what = _encode_results(results) + number.to_bytes(4, "big")
            return _RESPONSE_LAST_DATABLOCK_WITH_LIST, what
        case SetResponseWithList(results=results):
            return _RESPONSE_WITH_LIST, _encode_results(results)
        case _:
            assert_never(response)


def decode_set_response(octets: bytes) -> SetResponse:
    """Decode."""
    cursor = Cursor(octets)
    choice = _decode_choice(cursor, RESPONSE_TAG, "set-response")
    if choice not in _RESPONSES:
        raise DecodeError(f"set-response of the unknown kind {choice}")
    response = _RESPONSES[choice](cursor, InvokeIdAndPriority.decode(cursor))
    cursor.expect_end()
    return response


def _response_normal(cursor: Cursor, invoke: InvokeIdAndPriority) -> SetResponse:
    return SetResponseNormal(invoke_id_and_priority=invoke, result=DataAccessResult(cursor.u8()))


def _response_datablock(cursor: Cursor, invoke: InvokeIdAndPriority) -> SetResponse:
    return SetResponseDatablock(invoke_id_and_priority=invoke, block_number=cursor.u32())


def _response_last_datablock(cursor: Cursor, invoke: InvokeIdAndPriority) -> SetResponse:
    return SetResponseLastDatablock(
        invoke_id_and_priority=invoke,
        result=DataAccessResult(cursor.u8()),
        block_number=cursor.u32(),
    )


def _response_last_with_list(cursor: Cursor, invoke: InvokeIdAndPriority) -> SetResponse:
    return SetResponseLastDatablockWithList(
        invoke_id_and_priority=invoke,
        results=_decode_results(cursor),
        block_number=cursor.u32(),
    )


def _response_with_list(cursor: Cursor, invoke: InvokeIdAndPriority) -> SetResponse:
    return SetResponseWithList(invoke_id_and_priority=invoke, results=_decode_results(cursor))


_RESPONSES: dict[int, Callable[[Cursor, InvokeIdAndPriority], SetResponse]] = {
    _NORMAL: _response_normal,
    _RESPONSE_DATABLOCK: _response_datablock,
    _RESPONSE_LAST_DATABLOCK: _response_last_datablock,
    _RESPONSE_LAST_DATABLOCK_WITH_LIST: _response_last_with_list,
    _RESPONSE_WITH_LIST: _response_with_list,
}


def _decode_choice(cursor: Cursor, tag: int, name: str) -> int:
    found = cursor.u8()
    if found != tag:
        raise DecodeError(f"tag {found:02X} stands where {name} ({tag:02X}) was expected")
    return cursor.u8()

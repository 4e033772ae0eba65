"""ACTION: methods are called, one or many, with what they take and return whole or in blocks.

[IEC 62056-5-3: ACTION service APDUs]
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self, assert_never

from dcud.dlms.access import (
    ActionResult,
    DataAccessResult,
    InvokeIdAndPriority,
    MethodDescriptor,
)
from dcud.dlms.data_extent import take_data
from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.fields import check_field
from dcud.dlms.octets import Cursor, encode_length

__all__ = [
    "REQUEST_TAG",
    "RESPONSE_TAG",
    "ActionOutcome",
    "ActionRequest",
    "ActionRequestNormal",
    "ActionRequestWithFirstPblock",
    "ActionRequestWithList",
    "ActionRequestWithListAndFirstPblock",
    "ActionRequestWithPblock",
    "ActionResponse",
    "ActionResponseNormal",
    "ActionResponseWithList",
    "ActionResponseWithPblock",
    "ActionResult",
    "MethodDescriptor",
    "NextPblock",
    "Pblock",
    "decode_action_request",
    "decode_action_response",
    "decode_outcome",
    "decode_outcomes",
    "decode_parameters",
    "encode_action_request",
    "encode_action_response",
    "encode_outcome",
    "encode_outcomes",
    "encode_parameters",
]

REQUEST_TAG = 0xC3
RESPONSE_TAG = 0xC7

_NORMAL = 1
_REQUEST_NEXT_PBLOCK = 2
_WITH_LIST = 3
_REQUEST_WITH_FIRST_PBLOCK = 4
_REQUEST_WITH_LIST_AND_FIRST_PBLOCK = 5
_REQUEST_WITH_PBLOCK = 6
_RESPONSE_WITH_PBLOCK = 2
_RESPONSE_NEXT_PBLOCK = 4

_ABSENT = 0
_PRESENT = 1
_DATA = 0
_DATA_ACCESS_RESULT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Pblock:
    """A part of a parameter, or of what a method returns.

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
class ActionRequestNormal:
    """Call a method.

    Attributes:
        parameter: the encoding of one Data, not looked into; None where the method takes none.
            No `repr` shows it.
    """

    invoke_id_and_priority: InvokeIdAndPriority
    method: MethodDescriptor
    parameter: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRequestWithFirstPblock:
    """Call a method, and give the first part of its parameter."""

    invoke_id_and_priority: InvokeIdAndPriority
    method: MethodDescriptor
    pblock: Pblock


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRequestWithPblock:
    """Give a further part of the parameter."""

    invoke_id_and_priority: InvokeIdAndPriority
    pblock: Pblock


@dataclass(frozen=True, slots=True, kw_only=True)
class NextPblock:
    """Acknowledge the block `block_number` (0..2**32-1), hence ask for the next one.

    The client says it of what is returned, the server of the parameter.
    """

    invoke_id_and_priority: InvokeIdAndPriority
    block_number: int

    def __post_init__(self) -> None:
        check_field("block-number", self.block_number, 0, 0xFFFFFFFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRequestWithList:
    """Call many methods.

    Attributes:
        parameters: of each method the encoding of one Data, which is null-data where it takes none.
            No `repr` shows them.
    """

    invoke_id_and_priority: InvokeIdAndPriority
    methods: tuple[MethodDescriptor, ...]
    parameters: tuple[bytes, ...] = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse what nobody could tell apart."""
        if len(self.methods) != len(self.parameters):
            raise EncodeError(f"{len(self.parameters)} parameters for {len(self.methods)} methods")


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRequestWithListAndFirstPblock:
    """Call many methods; the parts together are the count of parameters with the parameters."""

    invoke_id_and_priority: InvokeIdAndPriority
    methods: tuple[MethodDescriptor, ...]
    pblock: Pblock


ActionRequest = (
    ActionRequestNormal
    | ActionRequestWithFirstPblock
    | ActionRequestWithPblock
    | ActionRequestWithList
    | ActionRequestWithListAndFirstPblock
    | NextPblock
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionResponseNormal:
    """What became of the method.

    Attributes:
        returned: the encoding of one Data, not looked into; why there is none; None where nothing
            is said of it.
    """

    invoke_id_and_priority: InvokeIdAndPriority
    result: ActionResult
    returned: bytes | DataAccessResult | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionResponseWithPblock:
    """A part of what the method returns."""

    invoke_id_and_priority: InvokeIdAndPriority
    pblock: Pblock


ActionOutcome = tuple[ActionResult, bytes | DataAccessResult | None]
"""What became of one method, and what it returned, as in `ActionResponseNormal`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionResponseWithList:
    """What became of many methods."""

    invoke_id_and_priority: InvokeIdAndPriority
    outcomes: tuple[ActionOutcome, ...]


ActionResponse = (
    ActionResponseNormal | ActionResponseWithPblock | ActionResponseWithList | NextPblock
)


def encode_parameters(parameters: tuple[bytes, ...]) -> bytes:
    """Encode many parameters as a list carries them, whole or cut into blocks: count first."""
    return encode_length(len(parameters)) + b"".join(parameters)


def decode_parameters(cursor: Cursor) -> tuple[bytes, ...]:
    """Decode many parameters; each stays encoded."""
    return tuple([take_data(cursor) for _ in range(cursor.count())])


def _encode_methods(methods: tuple[MethodDescriptor, ...]) -> bytes:
    return encode_length(len(methods)) + b"".join([method.encode() for method in methods])


def _decode_methods(cursor: Cursor) -> tuple[MethodDescriptor, ...]:
    return tuple([MethodDescriptor.decode(cursor) for _ in range(cursor.count())])


def encode_action_request(request: ActionRequest) -> bytes:
    """Encode."""
    choice, what = _request_parts(request)
    return bytes((REQUEST_TAG, choice)) + request.invoke_id_and_priority.encode() + what


def _request_parts(request: ActionRequest) -> tuple[int, bytes]:
    match request:
        case ActionRequestNormal(method=method, parameter=parameter):
            rest = bytes((_ABSENT,)) if parameter is None else bytes((_PRESENT,)) + parameter
            return _NORMAL, method.encode() + rest
        case ActionRequestWithFirstPblock(method=method, pblock=pblock):
            return _REQUEST_WITH_FIRST_PBLOCK, method.encode() + pblock.encode()
        case ActionRequestWithPblock(pblock=pblock):
            return _REQUEST_WITH_PBLOCK, pblock.encode()
        case ActionRequestWithList(methods=methods, parameters=parameters):
            return _WITH_LIST, _encode_methods(methods) + encode_parameters(parameters)
        case ActionRequestWithListAndFirstPblock(methods=methods, pblock=pblock):
            what = _encode_methods(methods) + pblock.encode()
            return _REQUEST_WITH_LIST_AND_FIRST_PBLOCK, what
        case NextPblock(block_number=number):
            return _REQUEST_NEXT_PBLOCK, number.to_bytes(4, "big")
        case _:
            assert_never(request)


def decode_action_request(octets: bytes) -> ActionRequest:
    """Decode; a parameter stays encoded."""
    cursor = Cursor(octets)
    choice = _decode_choice(cursor, REQUEST_TAG, "action-request")
    if choice not in _REQUESTS:
        raise DecodeError(f"action-request of the unknown kind {choice}")
    request = _REQUESTS[choice](cursor, InvokeIdAndPriority.decode(cursor))
    cursor.expect_end()
    return request


def _request_normal(cursor: Cursor, invoke: InvokeIdAndPriority) -> ActionRequest:
    method = MethodDescriptor.decode(cursor)
    parameter = cursor.rest() if _decode_option(cursor) else None
    return ActionRequestNormal(invoke_id_and_priority=invoke, method=method, parameter=parameter)


def _request_with_first_pblock(cursor: Cursor, invoke: InvokeIdAndPriority) -> ActionRequest:
    return ActionRequestWithFirstPblock(
        invoke_id_and_priority=invoke,
        method=MethodDescriptor.decode(cursor),
        pblock=Pblock.decode(cursor),
    )


def _request_with_pblock(cursor: Cursor, invoke: InvokeIdAndPriority) -> ActionRequest:
    return ActionRequestWithPblock(invoke_id_and_priority=invoke, pblock=Pblock.decode(cursor))


def _next_pblock(cursor: Cursor, invoke: InvokeIdAndPriority) -> NextPblock:
    return NextPblock(invoke_id_and_priority=invoke, block_number=cursor.u32())


def _request_with_list(cursor: Cursor, invoke: InvokeIdAndPriority) -> ActionRequest:
    methods, parameters = _decode_methods(cursor), decode_parameters(cursor)
    if len(methods) != len(parameters):
        raise DecodeError(f"{len(parameters)} parameters for {len(methods)} methods")
    return ActionRequestWithList(
        invoke_id_and_priority=invoke, methods=methods, parameters=parameters
    )


def _request_with_list_and_first_pblock(
    cursor: Cursor, invoke: InvokeIdAndPriority
) -> ActionRequest:
    return ActionRequestWithListAndFirstPblock(
        invoke_id_and_priority=invoke,
        methods=_decode_methods(cursor),
        pblock=Pblock.decode(cursor),
    )


_REQUESTS: dict[int, Callable[[Cursor, InvokeIdAndPriority], ActionRequest]] = {
    _NORMAL: _request_normal,
    _REQUEST_NEXT_PBLOCK: _next_pblock,
    _WITH_LIST: _request_with_list,
    _REQUEST_WITH_LIST_AND_FIRST_PBLOCK: _request_with_list_and_first_pblock,
    _REQUEST_WITH_FIRST_PBLOCK: _request_with_first_pblock,
    _REQUEST_WITH_PBLOCK: _request_with_pblock,
}


def encode_action_response(response: ActionResponse) -> bytes:
    """Encode."""
    choice, what = _response_parts(response)
    return bytes((RESPONSE_TAG, choice)) + response.invoke_id_and_priority.encode() + what


def _response_parts(response: ActionResponse) -> tuple[int, bytes]:
    match response:
        case ActionResponseNormal(result=result, returned=returned):
            return _NORMAL, encode_outcome(result, returned)
        case ActionResponseWithPblock(pblock=pblock):
            return _RESPONSE_WITH_PBLOCK, pblock.encode()
        case ActionResponseWithList(outcomes=outcomes):
            return _WITH_LIST, encode_outcomes(outcomes)
        case NextPblock(block_number=number):
            return _RESPONSE_NEXT_PBLOCK, number.to_bytes(4, "big")
        case _:
            assert_never(response)


def encode_outcomes(outcomes: tuple[ActionOutcome, ...]) -> bytes:
    """Encode what became of many methods, whole or cut into blocks: their count first."""
    return encode_length(len(outcomes)) + b"".join([encode_outcome(*each) for each in outcomes])


def decode_outcomes(cursor: Cursor) -> tuple[ActionOutcome, ...]:
    """Decode what became of many methods; what they return stays encoded."""
    return tuple([_decode_outcome_of_list(cursor) for _ in range(cursor.count())])


def _decode_outcome_of_list(cursor: Cursor) -> ActionOutcome:
    result = ActionResult(cursor.u8())
    if not _decode_option(cursor):
        return result, None
    choice = cursor.u8()
    if choice == _DATA:
        return result, take_data(cursor)
    if choice == _DATA_ACCESS_RESULT:
        return result, DataAccessResult(cursor.u8())
    raise _unknown_kind(choice)


def _unknown_kind(choice: int) -> DecodeError:
    return DecodeError(
        f"a result of the unknown kind {choice}, neither data nor data-access-result"
    )


def encode_outcome(result: ActionResult, returned: bytes | DataAccessResult | None) -> bytes:
    """Encode what became of a method, as a response carries it, whole or cut into blocks."""
    if returned is None:
        return bytes((result, _ABSENT))
    if isinstance(returned, DataAccessResult):
        return bytes((result, _PRESENT, _DATA_ACCESS_RESULT, returned))
    return bytes((result, _PRESENT, _DATA)) + returned


def decode_outcome(cursor: Cursor) -> tuple[ActionResult, bytes | DataAccessResult | None]:
    """Decode what became of a method; what it returns stays encoded.

    [field: Kaifa] A meter may leave out what tells that data follow; no data in use begin with one
    of those octets.
    """
    result = ActionResult(cursor.u8())
    flag = cursor.u8()
    if flag == _ABSENT:
        return result, None
    if flag != _PRESENT:
        return result, bytes((flag,)) + cursor.rest()
    choice = cursor.u8()
    if choice == _DATA:
        return result, cursor.rest()
    if choice == _DATA_ACCESS_RESULT:
        return result, DataAccessResult(cursor.u8())
    raise _unknown_kind(choice)


def decode_action_response(octets: bytes) -> ActionResponse:
    """Decode; what the method returns stays encoded."""
    cursor = Cursor(octets)
    choice = _decode_choice(cursor, RESPONSE_TAG, "action-response")
    if choice not in _RESPONSES:
        raise DecodeError(f"action-response of the unknown kind {choice}")
    response = _RESPONSES[choice](cursor, InvokeIdAndPriority.decode(cursor))
    cursor.expect_end()
    return response


def _response_normal(cursor: Cursor, invoke: InvokeIdAndPriority) -> ActionResponse:
    result, returned = decode_outcome(cursor)
    return ActionResponseNormal(invoke_id_and_priority=invoke, result=result, returned=returned)


def _response_with_pblock(cursor: Cursor, invoke: InvokeIdAndPriority) -> ActionResponse:
    return ActionResponseWithPblock(invoke_id_and_priority=invoke, pblock=Pblock.decode(cursor))


def _response_with_list(cursor: Cursor, invoke: InvokeIdAndPriority) -> ActionResponse:
    return ActionResponseWithList(invoke_id_and_priority=invoke, outcomes=decode_outcomes(cursor))


_RESPONSES: dict[int, Callable[[Cursor, InvokeIdAndPriority], ActionResponse]] = {
    _NORMAL: _response_normal,
    _WITH_LIST: _response_with_list,
    _RESPONSE_WITH_PBLOCK: _response_with_pblock,
    _RESPONSE_NEXT_PBLOCK: _next_pblock,
}


def _decode_choice(cursor: Cursor, tag: int, name: str) -> int:
    found = cursor.u8()
    if found != tag:
        raise DecodeError(f"tag {found:02X} stands where {name} ({tag:02X}) was expected")
    return cursor.u8()


def _decode_option(cursor: Cursor) -> bool:
    """Tell whether what is optional follows."""
    flag = cursor.u8()
    if flag not in {_ABSENT, _PRESENT}:
        raise DecodeError(f"octet {flag:02X} stands where presence (00 or 01) was to be told")
    return flag == _PRESENT

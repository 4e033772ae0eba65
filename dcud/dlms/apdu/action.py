"""ACTION: methods are called, with parameter and return value whole or block by block.

[IEC 62056-5-3: ACTION service APDUs]
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self, assert_never

from dcud.dlms.access import DataAccessResult, InvokeIdAndPriority, ResultCode
from dcud.dlms.errors import DecodeError
from dcud.dlms.fields import check_field
from dcud.dlms.obis import Obis
from dcud.dlms.octets import Cursor, encode_length

REQUEST_TAG = 0xC3
RESPONSE_TAG = 0xC7

_NORMAL = 1
_REQUEST_NEXT_PBLOCK = 2
_REQUEST_WITH_FIRST_PBLOCK = 4
_REQUEST_WITH_PBLOCK = 6
_RESPONSE_WITH_PBLOCK = 2
_RESPONSE_NEXT_PBLOCK = 4

_ABSENT = 0
_PRESENT = 1
_DATA = 0
_DATA_ACCESS_RESULT = 1


class ActionResult(ResultCode):
    """What became of a method that was called.

    [IEC 62056-5-3: Action-Result]
    """

    SUCCESS = 0
    HARDWARE_FAULT = 1
    TEMPORARY_FAILURE = 2
    READ_WRITE_DENIED = 3
    OBJECT_UNDEFINED = 4
    OBJECT_CLASS_INCONSISTENT = 9
    OBJECT_UNAVAILABLE = 11
    TYPE_UNMATCHED = 12
    SCOPE_OF_ACCESS_VIOLATED = 13
    DATA_BLOCK_UNAVAILABLE = 14
    LONG_ACTION_ABORTED = 15
    NO_LONG_ACTION_IN_PROGRESS = 16
    OTHER_REASON = 250


@dataclass(frozen=True, slots=True)
class MethodDescriptor:
    """One method of one object.

    [IEC 62056-5-3: COSEM-Method-Descriptor]

    Attributes:
        class_id: interface class, 0..65535.
        logical_name: the object.
        method: index of the method, -128..127; negative ones are the manufacturer's.
    """

    class_id: int
    logical_name: Obis
    method: int

    def __post_init__(self) -> None:
        check_field("class-id", self.class_id, 0, 0xFFFF)
        check_field("method-id", self.method, -0x80, 0x7F)

    def __str__(self) -> str:
        """Return it as "15/0.0.40.0.0.255/1": class, object, method."""
        return f"{self.class_id}/{self.logical_name}/{self.method}"

    def encode(self) -> bytes:
        """Encode in 9 octets."""
        method = self.method.to_bytes(1, "big", signed=True)
        return self.class_id.to_bytes(2, "big") + self.logical_name.octets + method

    @classmethod
    def decode(cls, cursor: Cursor) -> Self:
        """Decode 9 octets."""
        return cls(cursor.u16(), Obis(cursor.take(6)), cursor.i8())


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


ActionRequest = (
    ActionRequestNormal | ActionRequestWithFirstPblock | ActionRequestWithPblock | NextPblock
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


ActionResponse = ActionResponseNormal | ActionResponseWithPblock | NextPblock


def encode_action_request(request: ActionRequest) -> bytes:
    """Encode."""
    invoke = request.invoke_id_and_priority.encode()
    match request:
        case ActionRequestNormal(method=method, parameter=parameter):
            rest = bytes((_ABSENT,)) if parameter is None else bytes((_PRESENT,)) + parameter
            return bytes((REQUEST_TAG, _NORMAL)) + invoke + method.encode() + rest
        case ActionRequestWithFirstPblock(method=method, pblock=pblock):
            header = bytes((REQUEST_TAG, _REQUEST_WITH_FIRST_PBLOCK))
            return header + invoke + method.encode() + pblock.encode()
        case ActionRequestWithPblock(pblock=pblock):
            return bytes((REQUEST_TAG, _REQUEST_WITH_PBLOCK)) + invoke + pblock.encode()
        case NextPblock(block_number=number):
            header = bytes((REQUEST_TAG, _REQUEST_NEXT_PBLOCK))
            return header + invoke + number.to_bytes(4, "big")
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


_REQUESTS: dict[int, Callable[[Cursor, InvokeIdAndPriority], ActionRequest]] = {
    _NORMAL: _request_normal,
    _REQUEST_NEXT_PBLOCK: _next_pblock,
    _REQUEST_WITH_FIRST_PBLOCK: _request_with_first_pblock,
    _REQUEST_WITH_PBLOCK: _request_with_pblock,
}


def encode_action_response(response: ActionResponse) -> bytes:
    """Encode."""
    invoke = response.invoke_id_and_priority.encode()
    match response:
        case ActionResponseNormal(result=result, returned=returned):
            whole = encode_outcome(result, returned)
            return bytes((RESPONSE_TAG, _NORMAL)) + invoke + whole
        case ActionResponseWithPblock(pblock=pblock):
            return bytes((RESPONSE_TAG, _RESPONSE_WITH_PBLOCK)) + invoke + pblock.encode()
        case NextPblock(block_number=number):
            header = bytes((RESPONSE_TAG, _RESPONSE_NEXT_PBLOCK))
            return header + invoke + number.to_bytes(4, "big")
        case _:
            assert_never(response)


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
    raise DecodeError(f"a result of the unknown kind {choice}, neither data nor data-access-result")


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


_RESPONSES: dict[int, Callable[[Cursor, InvokeIdAndPriority], ActionResponse]] = {
    _NORMAL: _response_normal,
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

"""The server's side of ACTION: methods carried out, one or many, whole or block by block.

[IEC 62056-5-3: ACTION service]
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from dcud.dlms.apdu.action import (
    ActionRequest,
    ActionRequestNormal,
    ActionRequestWithFirstPblock,
    ActionRequestWithList,
    ActionRequestWithListAndFirstPblock,
    ActionRequestWithPblock,
    ActionResponse,
    ActionResponseNormal,
    ActionResponseWithList,
    ActionResponseWithPblock,
    ActionResult,
    MethodDescriptor,
    NextPblock,
    Pblock,
    decode_action_request,
    decode_parameters,
    encode_action_response,
    encode_outcome,
    encode_outcomes,
)
from dcud.dlms.block_transfer import Block, BlockSender
from dcud.dlms.datalink import ClientSap
from dcud.dlms.octets import Cursor, encode_length

MAX_PARAMETER = 0x10000
"""Octets of a parameter that comes in blocks."""
_BLOCK_HEADER = 8
"""Octets of an action-response-with-pblock before the length of its raw data."""
_NULL_DATA = b"\x00"

Afterwards = Callable[[], None] | None
"""What takes effect only once an answer is made; None for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """What became of a method.

    Attributes:
        result: whether it was carried out.
        returned: the encoding of one Data, None where it returns nothing.
        afterwards: what takes effect only once the answer is made; None for nothing.
    """

    result: ActionResult = ActionResult.SUCCESS
    returned: bytes | None = None
    afterwards: Afterwards = None


Act = Callable[[MethodDescriptor, bytes | None, ClientSap], Acted]
"""Carries out a method, its parameter encoded, None where there is none."""


def no_methods(_method: MethodDescriptor, _parameter: bytes | None, _client: ClientSap) -> Acted:
    """Refuse every method."""
    return Acted(result=ActionResult.READ_WRITE_DENIED)


@dataclass(slots=True)
class _Arriving:
    """Parameters that are on their way."""

    methods: tuple[MethodDescriptor, ...]
    as_list: bool
    octets: bytes = b""
    block_number: int = 0


class ActionService:
    """Answers one client's requests; long parameters and answers on their way are all it keeps."""

    def __init__(self, act: Act, client_sap: ClientSap) -> None:
        self._act = act
        self._client_sap = client_sap
        self._arriving: _Arriving | None = None
        self._sender: BlockSender | None = None
        self._room = 0

    def forget(self) -> None:
        """Give up what is on its way, since the association has ended."""
        self._arriving = None
        self._sender = None

    def answer(self, apdu: bytes, room: int = 0) -> tuple[bytes | None, Afterwards]:
        """Return the answer, None where the client wants none, with what follows upon it.

        Args:
            apdu: the request.
            room: octets above which an answer goes out block by block, 0 for none.

        Raises:
            DecodeError: the request is malformed.
        """
        request = decode_action_request(apdu)
        self._room = room
        response, afterwards = self._response(request)
        if not request.invoke_id_and_priority.confirmed:
            return None, afterwards
        return encode_action_response(response), afterwards

    def _response(self, request: ActionRequest) -> tuple[ActionResponse, Afterwards]:
        match request:
            case ActionRequestNormal(method=method, parameter=parameter):
                self.forget()
                return self._one(request, method, parameter)
            case ActionRequestWithList(methods=methods, parameters=parameters):
                self.forget()
                return self._many(request, methods, parameters)
            case ActionRequestWithFirstPblock(method=method, pblock=pblock):
                self._arriving = _Arriving((method,), as_list=False)
                return self._take(request, pblock)
            case ActionRequestWithListAndFirstPblock(methods=methods, pblock=pblock):
                self._arriving = _Arriving(methods, as_list=True)
                return self._take(request, pblock)
            case ActionRequestWithPblock(pblock=pblock):
                return self._take(request, pblock)
            case NextPblock(block_number=number):
                return self._next(request, number), None
            case _:
                assert_never(request)

    def _take(self, request: ActionRequest, pblock: Pblock) -> tuple[ActionResponse, Afterwards]:
        """Take a block of parameters; act on the last one."""
        arriving, self._arriving = self._arriving, None
        if arriving is None:
            return _refusal(request, ActionResult.NO_LONG_ACTION_IN_PROGRESS), None
        arriving.octets += pblock.octets
        arriving.block_number += 1
        in_order = pblock.block_number == arriving.block_number
        if not in_order or len(arriving.octets) > MAX_PARAMETER:
            return _refusal(request, ActionResult.LONG_ACTION_ABORTED), None
        if pblock.last_block:
            return self._arrived(request, arriving)
        self._arriving = arriving
        number = NextPblock(
            invoke_id_and_priority=request.invoke_id_and_priority,
            block_number=pblock.block_number,
        )
        return number, None

    def _arrived(
        self, request: ActionRequest, arriving: _Arriving
    ) -> tuple[ActionResponse, Afterwards]:
        if not arriving.as_list:
            return self._one(request, arriving.methods[0], arriving.octets)
        cursor = Cursor(arriving.octets)
        parameters = decode_parameters(cursor)
        cursor.expect_end()
        if len(parameters) != len(arriving.methods):
            return _refusal(request, ActionResult.LONG_ACTION_ABORTED), None
        return self._many(request, arriving.methods, parameters)

    def _one(
        self, request: ActionRequest, method: MethodDescriptor, parameter: bytes | None
    ) -> tuple[ActionResponse, Afterwards]:
        acted = self._act(method, parameter, self._client_sap)
        response = ActionResponseNormal(
            invoke_id_and_priority=request.invoke_id_and_priority,
            result=acted.result,
            returned=acted.returned,
        )
        return self._fitting(response, encode_outcome(acted.result, acted.returned)), (
            acted.afterwards
        )

    def _many(
        self,
        request: ActionRequest,
        methods: tuple[MethodDescriptor, ...],
        parameters: tuple[bytes, ...],
    ) -> tuple[ActionResponse, Afterwards]:
        pairs = zip(methods, parameters, strict=True)
        acted = [
            self._act(method, None if parameter == _NULL_DATA else parameter, self._client_sap)
            for method, parameter in pairs
        ]
        outcomes = tuple([(each.result, each.returned) for each in acted])
        response = ActionResponseWithList(
            invoke_id_and_priority=request.invoke_id_and_priority, outcomes=outcomes
        )
        later = [each.afterwards for each in acted if each.afterwards is not None]
        return self._fitting(response, encode_outcomes(outcomes)), all_of(later)

    def _fitting(self, whole: ActionResponse, raw: bytes) -> ActionResponse:
        """Return the whole answer, or the first block of `raw`."""
        if not self._room or len(encode_action_response(whole)) <= self._room:
            return whole
        size = self._room - _BLOCK_HEADER
        self._sender = BlockSender(raw, size - len(encode_length(size)))
        return _pblock(whole, self._sender.first())

    def _next(self, request: NextPblock, number: int) -> ActionResponse:
        block = self._sender.after(number) if self._sender else None
        if block is None:
            return _refusal(request, ActionResult.NO_LONG_ACTION_IN_PROGRESS)
        return _pblock(request, block)


def all_of(later: list[Callable[[], None]]) -> Afterwards:
    """Return what does all of `later`; None for nothing."""

    def do() -> None:
        for each in later:
            each()

    return do if later else None


def _pblock(answered: ActionRequest | ActionResponse, block: Block) -> ActionResponse:
    return ActionResponseWithPblock(
        invoke_id_and_priority=answered.invoke_id_and_priority,
        pblock=Pblock(last_block=block.is_last, block_number=block.number, octets=block.octets),
    )


def _refusal(request: ActionRequest, result: ActionResult) -> ActionResponse:
    return ActionResponseNormal(
        invoke_id_and_priority=request.invoke_id_and_priority, result=result
    )

"""The server's side of ACTION: methods carried out, parameters taken whole or block by block.

[IEC 62056-5-3: ACTION service]
"""

from collections.abc import Callable
from dataclasses import dataclass

from dcud.dlms.apdu.action import (
    ActionRequest,
    ActionRequestNormal,
    ActionRequestWithFirstPblock,
    ActionRequestWithPblock,
    ActionResponse,
    ActionResponseNormal,
    ActionResult,
    MethodDescriptor,
    NextPblock,
    Pblock,
    decode_action_request,
    encode_action_response,
)
from dcud.dlms.datalink import ClientSap

MAX_PARAMETER = 0x10000
"""Octets of a parameter that comes in blocks."""


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
    afterwards: Callable[[], None] | None = None


Act = Callable[[MethodDescriptor, bytes | None, ClientSap], Acted]
"""Carries out a method, its parameter encoded, None where there is none."""


def no_methods(_method: MethodDescriptor, _parameter: bytes | None, _client: ClientSap) -> Acted:
    """Refuse every method."""
    return Acted(result=ActionResult.READ_WRITE_DENIED)


@dataclass(slots=True)
class _Arriving:
    """A parameter that is on its way."""

    method: MethodDescriptor
    octets: bytes
    block_number: int


class ActionService:
    """Answers one client's requests; the long parameter on its way is all that it keeps."""

    def __init__(self, act: Act, client_sap: ClientSap) -> None:
        self._act = act
        self._client_sap = client_sap
        self._arriving: _Arriving | None = None

    def forget(self) -> None:
        """Give up a long parameter, since the association has ended."""
        self._arriving = None

    def answer(self, apdu: bytes) -> tuple[bytes | None, Callable[[], None] | None]:
        """Return the answer, None where the client wants none, with what follows upon it.

        Raises:
            DecodeError: the request is malformed.
        """
        request = decode_action_request(apdu)
        response, afterwards = self._response(request)
        if not request.invoke_id_and_priority.confirmed:
            return None, afterwards
        return encode_action_response(response), afterwards

    def _response(self, request: ActionRequest) -> tuple[ActionResponse, Callable[[], None] | None]:
        match request:
            case ActionRequestNormal(method=method, parameter=parameter):
                self._arriving = None
                return self._outcome(request, method, parameter)
            case ActionRequestWithFirstPblock(method=method, pblock=pblock):
                self._arriving = _Arriving(method, b"", 0)
                return self._take(request, pblock)
            case ActionRequestWithPblock(pblock=pblock):
                return self._take(request, pblock)
            case _:
                # No answer of ours ever goes out in blocks.
                return _refusal(request, ActionResult.NO_LONG_ACTION_IN_PROGRESS), None

    def _take(
        self, request: ActionRequest, pblock: Pblock
    ) -> tuple[ActionResponse, Callable[[], None] | None]:
        """Take a block of a parameter; act on the last one."""
        arriving, self._arriving = self._arriving, None
        if arriving is None:
            return _refusal(request, ActionResult.NO_LONG_ACTION_IN_PROGRESS), None
        arriving.octets += pblock.octets
        arriving.block_number += 1
        in_order = pblock.block_number == arriving.block_number
        if not in_order or len(arriving.octets) > MAX_PARAMETER:
            return _refusal(request, ActionResult.LONG_ACTION_ABORTED), None
        if pblock.last_block:
            return self._outcome(request, arriving.method, arriving.octets)
        self._arriving = arriving
        number = NextPblock(
            invoke_id_and_priority=request.invoke_id_and_priority,
            block_number=pblock.block_number,
        )
        return number, None

    def _outcome(
        self, request: ActionRequest, method: MethodDescriptor, parameter: bytes | None
    ) -> tuple[ActionResponse, Callable[[], None] | None]:
        acted = self._act(method, parameter, self._client_sap)
        response = ActionResponseNormal(
            invoke_id_and_priority=request.invoke_id_and_priority,
            result=acted.result,
            returned=acted.returned,
        )
        return response, acted.afterwards


def _refusal(request: ActionRequest, result: ActionResult) -> ActionResponse:
    return ActionResponseNormal(
        invoke_id_and_priority=request.invoke_id_and_priority, result=result
    )

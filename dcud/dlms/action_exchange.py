"""ACTION from its call to what came of it, whether that goes whole or in blocks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import assert_never

from dcud.dlms.access import DataAccessResult
from dcud.dlms.apdu import action
from dcud.dlms.apdu.action import (
    ActionOutcome,
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
    decode_action_response,
    decode_outcome,
    decode_outcomes,
    encode_action_request,
    encode_parameters,
)
from dcud.dlms.block_transfer import BlockReceiver, BlockSender, sender_within
from dcud.dlms.conformance import Conformance
from dcud.dlms.errors import BlockTransferError, UnexpectedApduError
from dcud.dlms.exchange import (
    Alone,
    Answered,
    BlockReceived,
    Outcome,
    Ranges,
    RequestFailed,
    Terms,
    take_answer,
)
from dcud.dlms.octets import Cursor

_FIRST = Pblock(last_block=False, block_number=1, octets=b"")
_NULL_DATA = b"\x00"
_WHOLE = ActionRequestNormal | ActionRequestWithList

Returned = bytes | DataAccessResult | ActionResult | None
"""The encoding of the Data that the method returned, None where it returned none.

Where it was to return something and could not, the data-access-result stands in its place; where it
was not carried out, the action-result.
"""
AllReturned = tuple[Returned, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodCall:
    """What is to be called.

    Attributes:
        parameter: the encoding of one Data; None where the method takes none. No `repr` shows it.
        is_secret: whether no log may show the parameter.
    """

    method: MethodDescriptor
    parameter: bytes | None = field(default=None, repr=False)
    is_secret: bool = False


class ActionManyExchange:
    """One ACTION of many methods; the meter tells of each what became of it.

    Each answer is given to `receive`; as long as that returns `BlockReceived`, the APDU of
    `request` is to be sent. Nothing is ever asked twice.

    Long parameters are cut into blocks where the meter takes those; where not even a block would
    fit, they are left whole.

    Args:
        calls: at least one.
        as_list: whether the form for many is used even for one.
    """

    def __init__(self, calls: Sequence[MethodCall], terms: Terms, *, as_list: bool = True) -> None:
        self._calls = tuple(calls)
        self._terms = terms
        self._as_list = as_list
        self._sender: BlockSender | None = None
        self._blocks = BlockReceiver(terms.parameters.max_value_octets)
        self._sent = 0
        self._request: ActionRequest = self._first_request()

    @property
    def subject(self) -> str:
        """What errors are about."""
        first = f"ACTION {self._calls[0].method}"
        others = len(self._calls) - 1
        return f"{first} and {others} more" if others else first

    def request(self) -> bytes:
        """Return the APDU that is to be sent now."""
        return encode_action_request(self._request)

    def secret(self) -> Ranges:
        """Return the half-open ranges of that APDU that no log may show."""
        carried = _carried(self._request)
        if not carried or not any(call.is_secret for call in self._calls):
            return ()
        octets = len(self.request())
        return ((octets - carried, octets),)

    def receive(self, apdu: bytes) -> Outcome[AllReturned]:
        """Take an answer."""
        return take_answer(self, apdu, action.RESPONSE_TAG, self._answered)

    def _first_request(self) -> ActionRequest:
        whole = self._whole()
        self._sender = sender_within(
            self._terms.room_for(Conformance.BLOCK_TRANSFER_WITH_ACTION),
            self._raw(),
            whole=len(encode_action_request(whole)),
            header=len(encode_action_request(self._with_first(_FIRST))) - 1,
        )
        if self._sender is None:
            return whole
        first = self._sender.first()
        self._sent = len(first.octets)
        return self._with_first(
            Pblock(last_block=first.is_last, block_number=first.number, octets=first.octets)
        )

    def _whole(self) -> ActionRequest:
        if self._as_list:
            return ActionRequestWithList(
                invoke_id_and_priority=self._terms.invoke,
                methods=self._methods(),
                parameters=self._parameters(),
            )
        (call,) = self._calls
        return ActionRequestNormal(
            invoke_id_and_priority=self._terms.invoke, method=call.method, parameter=call.parameter
        )

    def _methods(self) -> tuple[MethodDescriptor, ...]:
        return tuple([call.method for call in self._calls])

    def _parameters(self) -> tuple[bytes, ...]:
        return tuple([call.parameter or _NULL_DATA for call in self._calls])

    def _raw(self) -> bytes:
        """Return what is cut into blocks."""
        return encode_parameters(self._parameters()) if self._as_list else self._parameters()[0]

    def _with_first(self, pblock: Pblock) -> ActionRequest:
        invoke = self._terms.invoke
        if self._as_list:
            return ActionRequestWithListAndFirstPblock(
                invoke_id_and_priority=invoke, methods=self._methods(), pblock=pblock
            )
        return ActionRequestWithFirstPblock(
            invoke_id_and_priority=invoke, method=self._calls[0].method, pblock=pblock
        )

    def _answered(self, apdu: bytes) -> Outcome[AllReturned]:
        response = decode_action_response(apdu)
        # [field: only the low four bits match] Priority and service class may come back changed.
        answered = response.invoke_id_and_priority.invoke_id
        if self._terms.parameters.match_invoke_id and answered != self._terms.invoke.invoke_id:
            return None
        return self._take(response)

    def _take(self, response: ActionResponse) -> Outcome[AllReturned]:
        match response:
            case ActionResponseNormal(result=result, returned=returned):
                return self._one((result, returned))
            case ActionResponseWithList(outcomes=outcomes):
                return self._many(outcomes)
            case NextPblock(block_number=number):
                return self._send_next(number)
            case ActionResponseWithPblock(pblock=pblock):
                return self._take_block(pblock)
            case _:
                assert_never(response)

    def _one(self, outcome: ActionOutcome) -> Outcome[AllReturned]:
        """Take one outcome; where many methods were called, it can only refuse them all."""
        result, _ = outcome
        if result is not ActionResult.SUCCESS:
            return Answered(answer=(result,) * len(self._calls))
        if self._is_in_blocks:
            return self._lost("the meter says that it is done between the blocks")
        return self._all((outcome,))

    def _many(self, outcomes: tuple[ActionOutcome, ...]) -> Outcome[AllReturned]:
        if self._is_in_blocks:
            return self._lost("the meter says that it is done between the blocks")
        return self._all(outcomes)

    def _all(self, outcomes: tuple[ActionOutcome, ...]) -> Outcome[AllReturned]:
        if len(outcomes) != len(self._calls):
            return UnexpectedApduError(
                f"the meter answered {self.subject} with {len(outcomes)} outcomes"
            )
        return Answered(answer=tuple([_returned(outcome) for outcome in outcomes]))

    @property
    def _is_in_blocks(self) -> bool:
        """Whether blocks are still to be sent, or some have come."""
        return self._blocks.block_number is not None or self._is_sending

    @property
    def _is_sending(self) -> bool:
        """Whether blocks of parameters are still to be sent."""
        request = self._request
        return not isinstance(request, _WHOLE | NextPblock) and not request.pblock.last_block

    def _send_next(self, acknowledged: int) -> Outcome[AllReturned]:
        is_awaited = not isinstance(self._request, _WHOLE | NextPblock)
        block = self._sender.after(acknowledged) if self._sender and is_awaited else None
        if block is None:
            return self._lost(f"the meter asks for what follows block {acknowledged}")
        self._sent += len(block.octets)
        self._request = ActionRequestWithPblock(
            invoke_id_and_priority=self._terms.invoke,
            pblock=Pblock(last_block=block.is_last, block_number=block.number, octets=block.octets),
        )
        return BlockReceived(total=self._sent)

    def _take_block(self, pblock: Pblock) -> Outcome[AllReturned]:
        if self._is_sending:
            return self._lost("the meter returns a block before it has all parameters")
        error = self._blocks.add(pblock.block_number, pblock.octets)
        if error is not None:
            return RequestFailed(error=error)
        if pblock.last_block:
            return self._put_together(self._blocks.octets)
        self._request = NextPblock(
            invoke_id_and_priority=self._terms.invoke, block_number=pblock.block_number
        )
        return BlockReceived(total=self._blocks.size)

    def _put_together(self, octets: bytes) -> Outcome[AllReturned]:
        """Judge what blocks made together: outcomes, or of one method its return value alone.

        [field: stacks that leave out result and choice] No Data begins like a success and those.
        """
        if not self._as_list and octets[:2] != b"\x00\x01":
            return Answered(answer=(octets,))
        cursor = Cursor(octets)
        outcomes = decode_outcomes(cursor) if self._as_list else (decode_outcome(cursor),)
        cursor.expect_end()
        return self._all(outcomes)

    def _lost(self, what: str) -> RequestFailed:
        return RequestFailed(error=BlockTransferError(f"{self.subject}: {what}"))


class ActionExchange(Alone[Returned]):
    """One ACTION of one method."""

    def __init__(self, call: MethodCall, terms: Terms) -> None:
        super().__init__(ActionManyExchange((call,), terms, as_list=False))


def _returned(outcome: ActionOutcome) -> Returned:
    result, returned = outcome
    return returned if result is ActionResult.SUCCESS else result


def _carried(request: ActionRequest) -> int:
    """Return how many octets at the end of a request are of parameters."""
    match request:
        case ActionRequestNormal(parameter=parameter):
            return len(parameter or b"")
        case ActionRequestWithList(parameters=parameters):
            return sum(map(len, parameters))
        case NextPblock():
            return 0
        case _:
            return len(request.pblock.octets)

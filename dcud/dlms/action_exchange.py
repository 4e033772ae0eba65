"""One ACTION from its call to what came of it, whether that goes whole or in blocks."""

from dataclasses import dataclass, field
from typing import assert_never

from dcud.dlms.access import DataAccessResult, InvokeIdAndPriority
from dcud.dlms.apdu import action, confirmed_service_error, exception_response
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
    decode_action_response,
    decode_outcome,
    encode_action_request,
)
from dcud.dlms.apdu.confirmed_service_error import ConfirmedServiceError
from dcud.dlms.apdu.exception_response import ExceptionResponse
from dcud.dlms.block_transfer import BlockReceiver, BlockSender
from dcud.dlms.errors import (
    BlockTransferError,
    DecodeError,
    ProtocolError,
    UnexpectedApduError,
)
from dcud.dlms.get_exchange import BlockReceived, GetParameters
from dcud.dlms.octets import Cursor, encode_length

_NORMAL_HEADER = 13
"""Octets of an action-request-normal before its parameter."""
_FIRST_PBLOCK_HEADER = 17
"""Octets of an action-request-with-first-pblock before the length of its raw data."""
_FEWEST_RAW_OCTETS = 16
"""A meter that takes less in one block takes none: the headers alone would be most of it."""

_Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionSucceeded:
    """The method was carried out; `octets` are the encoding of the Data that it returned, if any.

    Where it was to return something and could not, the data-access-result stands in its place.
    """

    octets: bytes | DataAccessResult | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRefused:
    """The meter did not carry the method out, and says why."""

    result: ActionResult


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionFailed:
    """This ACTION broke down; whether it was carried out is not known. The association stands."""

    error: ProtocolError


ActionEvent = ActionSucceeded | ActionRefused | ActionFailed | BlockReceived
"""What an answer came to; after `BlockReceived` the exchange goes on with its next request."""


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


class ActionExchange:
    """One ACTION.

    Each answer is given to `receive`; as long as that returns `BlockReceived`, the APDU of
    `request` is to be sent. Nothing is ever asked twice.

    Args:
        room: octets of a request above which its parameter is cut into blocks; None where it must
            not be. Where not even a block would fit, the parameter is left whole.
    """

    def __init__(
        self,
        call: MethodCall,
        invoke: InvokeIdAndPriority,
        parameters: GetParameters,
        *,
        room: int | None = None,
    ) -> None:
        self._call = call
        self._invoke = invoke
        self._parameters = parameters
        self._sender: BlockSender | None = None
        self._blocks = BlockReceiver(parameters.max_value_octets)
        self._sent = 0
        self._request: ActionRequest = self._first_request(room)

    @property
    def subject(self) -> str:
        """What errors are about."""
        return f"ACTION {self._call.method}"

    def request(self) -> bytes:
        """Return the APDU that is to be sent now."""
        return encode_action_request(self._request)

    def secret(self) -> _Ranges:
        """Return the half-open ranges of that APDU that no log may show."""
        if not self._call.is_secret:
            return ()
        octets = len(self.request())
        match self._request:
            case ActionRequestNormal(parameter=parameter):
                return ((octets - len(parameter or b""), octets),)
            case (
                ActionRequestWithFirstPblock(pblock=pblock) | ActionRequestWithPblock(pblock=pblock)
            ):
                return ((octets - len(pblock.octets), octets),)
            case NextPblock():
                return ()
            case _:
                assert_never(self._request)

    def receive(self, apdu: bytes) -> ActionEvent | ProtocolError | None:
        """Take an answer.

        Returns:
            What it came to; None for the answer to another request; an error where the meter's
            octets can no longer be trusted at all.
        """
        tag = apdu[0] if apdu else None
        try:
            match tag:
                case action.RESPONSE_TAG:
                    return self._take(decode_action_response(apdu))
                case exception_response.TAG:
                    return ActionFailed(error=ExceptionResponse.decode(apdu).error(self.subject))
                case confirmed_service_error.TAG:
                    failure = ConfirmedServiceError.decode(apdu).error(self.subject)
                    return ActionFailed(error=failure)
                case _:
                    return UnexpectedApduError(
                        f"the meter answered {self.subject} with {apdu[:1].hex() or 'nothing'}"
                    )
        except DecodeError as error:
            return error

    def _first_request(self, room: int | None) -> ActionRequest:
        call = self._call
        octets = call.parameter or b""
        raw = 0 if room is None else _raw_octets(room)
        if room is None or _NORMAL_HEADER + len(octets) <= room or raw < _FEWEST_RAW_OCTETS:
            return ActionRequestNormal(
                invoke_id_and_priority=self._invoke, method=call.method, parameter=call.parameter
            )
        self._sender = BlockSender(octets, raw)
        first = self._sender.first()
        self._sent = len(first.octets)
        return ActionRequestWithFirstPblock(
            invoke_id_and_priority=self._invoke,
            method=call.method,
            pblock=Pblock(last_block=first.is_last, block_number=first.number, octets=first.octets),
        )

    def _take(self, response: ActionResponse) -> ActionEvent | None:
        # [field: only the low four bits match] Priority and service class may come back changed.
        answered = response.invoke_id_and_priority.invoke_id
        if self._parameters.match_invoke_id and answered != self._invoke.invoke_id:
            return None
        match response:
            case ActionResponseNormal(result=result, returned=returned):
                is_cut_short = self._blocks.block_number is not None or self._is_sending
                if is_cut_short and result is ActionResult.SUCCESS:
                    return self._lost("the meter says that it is done between the blocks")
                return self._outcome(result, returned)
            case NextPblock(block_number=number):
                return self._send_next(number)
            case _:
                return self._take_block(response.pblock)

    def _outcome(
        self, result: ActionResult, returned: bytes | DataAccessResult | None
    ) -> ActionEvent:
        if result is not ActionResult.SUCCESS:
            return ActionRefused(result=result)
        return ActionSucceeded(octets=returned)

    @property
    def _is_sending(self) -> bool:
        """Whether blocks of the parameter are still to be sent."""
        request = self._request
        with_pblock = ActionRequestWithFirstPblock | ActionRequestWithPblock
        return isinstance(request, with_pblock) and not request.pblock.last_block

    def _send_next(self, acknowledged: int) -> ActionEvent:
        is_awaited = not isinstance(self._request, ActionRequestNormal | NextPblock)
        block = self._sender.after(acknowledged) if self._sender and is_awaited else None
        if block is None:
            return self._lost(f"the meter asks for what follows block {acknowledged}")
        self._sent += len(block.octets)
        self._request = ActionRequestWithPblock(
            invoke_id_and_priority=self._invoke,
            pblock=Pblock(last_block=block.is_last, block_number=block.number, octets=block.octets),
        )
        return BlockReceived(total=self._sent)

    def _take_block(self, pblock: Pblock) -> ActionEvent:
        if self._is_sending:
            return self._lost("the meter returns a block before it has the whole parameter")
        error = self._blocks.add(pblock.block_number, pblock.octets)
        if error is not None:
            return ActionFailed(error=error)
        if pblock.last_block:
            return self._put_together(self._blocks.octets)
        self._request = NextPblock(
            invoke_id_and_priority=self._invoke, block_number=pblock.block_number
        )
        return BlockReceived(total=self._blocks.size)

    def _put_together(self, octets: bytes) -> ActionEvent:
        """Judge what blocks made together: an outcome with its return value, or that alone.

        [field: stacks that leave out result and choice] No Data begins like a success and those.
        """
        if octets[:2] != b"\x00\x01":
            return ActionSucceeded(octets=octets)
        cursor = Cursor(octets)
        outcome = self._outcome(*decode_outcome(cursor))
        cursor.expect_end()
        return outcome

    def _lost(self, what: str) -> ActionFailed:
        return ActionFailed(error=BlockTransferError(f"{self.subject}: {what}"))


def _raw_octets(room: int) -> int:
    """Return how many octets of a parameter a block within `room` octets holds."""
    return room - _FIRST_PBLOCK_HEADER - len(encode_length(max(room, 0)))

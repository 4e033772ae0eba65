"""SET from its request to what became of each value, whether they go whole or in blocks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import assert_never

from dcud.dlms.access import AttributeWithSelection, DataAccessResult
from dcud.dlms.apdu import set as set_service
from dcud.dlms.apdu.set import (
    SetBlock,
    SetRequest,
    SetRequestNormal,
    SetRequestWithDatablock,
    SetRequestWithFirstDatablock,
    SetRequestWithList,
    SetRequestWithListAndFirstDatablock,
    SetResponse,
    SetResponseDatablock,
    SetResponseLastDatablock,
    SetResponseLastDatablockWithList,
    SetResponseNormal,
    SetResponseWithList,
    decode_set_response,
    encode_set_request,
    encode_values,
)
from dcud.dlms.block_transfer import BlockSender, sender_within
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

_FIRST = SetBlock(last_block=False, block_number=1, octets=b"")

Results = tuple[DataAccessResult, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """What is to be written.

    Attributes:
        value: the encoding of one Data, not looked into. No `repr` shows it.
        is_secret: whether no log may show the value.
    """

    target: AttributeWithSelection
    value: bytes = field(repr=False)
    is_secret: bool = False


class SetManyExchange:
    """One SET of many values; the meter tells of each what became of it.

    Nothing is ever asked twice. Long values are cut into blocks where the meter takes those; where
    not even a block would fit, they are left whole.

    Args:
        writings: at least one.
        as_list: whether the form for many is used even for one.
    """

    def __init__(self, writings: Sequence[Writing], terms: Terms, *, as_list: bool = True) -> None:
        self._writings = tuple(writings)
        self._terms = terms
        self._as_list = as_list
        self._sender: BlockSender | None = None
        self._sent = 0
        self._request: SetRequest = self._first_request()

    @property
    def subject(self) -> str:
        """What errors are about."""
        first = f"SET {self._writings[0].target.attribute}"
        others = len(self._writings) - 1
        return f"{first} and {others} more" if others else first

    def request(self) -> bytes:
        """Return the APDU that is to be sent now."""
        return encode_set_request(self._request)

    def secret(self) -> Ranges:
        """Return the half-open ranges of that APDU that no log may show."""
        if not any(writing.is_secret for writing in self._writings):
            return ()
        octets = len(self.request())
        return ((octets - _carried(self._request), octets),)

    def receive(self, apdu: bytes) -> Outcome[Results]:
        """Take an answer."""
        return take_answer(self, apdu, set_service.RESPONSE_TAG, self._answered)

    def _first_request(self) -> SetRequest:
        whole = self._whole()
        self._sender = sender_within(
            self._terms.room_for(Conformance.BLOCK_TRANSFER_WITH_SET_OR_WRITE),
            self._raw(),
            whole=len(encode_set_request(whole)),
            header=len(encode_set_request(self._with_first(_FIRST))) - 1,
        )
        if self._sender is None:
            return whole
        first = self._sender.first()
        self._sent = len(first.octets)
        return self._with_first(
            SetBlock(last_block=first.is_last, block_number=first.number, octets=first.octets)
        )

    def _whole(self) -> SetRequest:
        invoke = self._terms.invoke
        if self._as_list:
            return SetRequestWithList(
                invoke_id_and_priority=invoke,
                targets=tuple([writing.target for writing in self._writings]),
                values=tuple([writing.value for writing in self._writings]),
            )
        (writing,) = self._writings
        return SetRequestNormal(
            invoke_id_and_priority=invoke, target=writing.target, value=writing.value
        )

    def _raw(self) -> bytes:
        """Return what is cut into blocks."""
        values = tuple([writing.value for writing in self._writings])
        return encode_values(values) if self._as_list else values[0]

    def _with_first(self, block: SetBlock) -> SetRequest:
        invoke = self._terms.invoke
        if self._as_list:
            targets = tuple([writing.target for writing in self._writings])
            return SetRequestWithListAndFirstDatablock(
                invoke_id_and_priority=invoke, targets=targets, block=block
            )
        return SetRequestWithFirstDatablock(
            invoke_id_and_priority=invoke, target=self._writings[0].target, block=block
        )

    def _answered(self, apdu: bytes) -> Outcome[Results]:
        response = decode_set_response(apdu)
        # [field: only the low four bits match] Priority and service class may come back changed.
        answered = response.invoke_id_and_priority.invoke_id
        if self._terms.parameters.match_invoke_id and answered != self._terms.invoke.invoke_id:
            return None
        return self._take(response)

    def _take(self, response: SetResponse) -> Outcome[Results]:
        match response:
            case SetResponseDatablock(block_number=number):
                return self._send_next(number)
            case SetResponseNormal(result=result) | SetResponseLastDatablock(result=result):
                return self._one(result)
            case (
                SetResponseWithList(results=results)
                | SetResponseLastDatablockWithList(results=results)
            ):
                return self._many(results)
            case _:
                assert_never(response)

    def _send_next(self, acknowledged: int) -> Outcome[Results]:
        block = self._sender.after(acknowledged) if self._sender else None
        if block is None:
            return self._lost(f"the meter asks for what follows block {acknowledged}")
        self._sent += len(block.octets)
        self._request = SetRequestWithDatablock(
            invoke_id_and_priority=self._terms.invoke,
            block=SetBlock(
                last_block=block.is_last, block_number=block.number, octets=block.octets
            ),
        )
        return BlockReceived(total=self._sent)

    def _one(self, result: DataAccessResult) -> Outcome[Results]:
        """Take one result; where many were to be written, it can only refuse them all."""
        if result is not DataAccessResult.SUCCESS:
            return Answered(answer=(result,) * len(self._writings))
        if self._as_list and len(self._writings) > 1:
            return self._contradicted("one result")
        return self._done((result,))

    def _many(self, results: Results) -> Outcome[Results]:
        if len(results) != len(self._writings):
            return self._contradicted(f"{len(results)} results")
        return self._done(results)

    def _done(self, results: Results) -> Outcome[Results]:
        if self._is_sending:
            return self._lost("the meter says that it is done between the blocks")
        return Answered(answer=results)

    @property
    def _is_sending(self) -> bool:
        """Whether blocks are still to be sent."""
        request = self._request
        whole = SetRequestNormal | SetRequestWithList
        return not isinstance(request, whole) and not request.block.last_block

    def _contradicted(self, what: str) -> UnexpectedApduError:
        count = len(self._writings)
        return UnexpectedApduError(
            f"the meter answered {self.subject} with {what} for {count} values"
        )

    def _lost(self, what: str) -> RequestFailed:
        return RequestFailed(error=BlockTransferError(f"{self.subject}: {what}"))


class SetExchange(Alone[DataAccessResult]):
    """One SET of one value."""

    def __init__(self, writing: Writing, terms: Terms) -> None:
        super().__init__(SetManyExchange((writing,), terms, as_list=False))


def _carried(request: SetRequest) -> int:
    """Return how many octets at the end of a request are of values."""
    match request:
        case SetRequestNormal(value=value):
            return len(value)
        case SetRequestWithList(values=values):
            return sum(map(len, values))
        case _:
            return len(request.block.octets)

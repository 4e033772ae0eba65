"""One GET from its request to its value, whether that comes whole or in blocks."""

from dcud.dlms.access import AttributeDescriptor, DataAccessResult, Selection
from dcud.dlms.apdu import get as get_service
from dcud.dlms.apdu.get import (
    GetRequest,
    GetRequestNext,
    GetRequestNormal,
    GetResponseNormal,
    GetResponseWithDatablock,
    GetResponseWithList,
    decode_get_response,
    encode_get_request,
)
from dcud.dlms.block_transfer import BlockReceiver
from dcud.dlms.errors import BlockTransferError, UnexpectedApduError
from dcud.dlms.exchange import (
    Answered,
    BlockReceived,
    Outcome,
    RequestFailed,
    Terms,
    take_answer,
)

Value = bytes | DataAccessResult
"""The encoding of one Data, not looked into, or why the meter does not give it."""


class GetExchange:
    """One GET.

    Each answer is given to `receive`; as long as that returns `BlockReceived`, the APDU of
    `request` is to be sent.
    """

    def __init__(
        self, attribute: AttributeDescriptor, selection: Selection | None, terms: Terms
    ) -> None:
        self._parameters = terms.parameters
        self._attribute = attribute
        self._invoke = terms.invoke
        self._request: GetRequest = GetRequestNormal(
            invoke_id_and_priority=terms.invoke, attribute=attribute, selection=selection
        )
        self._blocks = BlockReceiver(terms.parameters.max_value_octets)

    @property
    def subject(self) -> str:
        """What errors are about."""
        return f"GET {self._attribute}"

    def request(self) -> bytes:
        """Return the APDU that is to be sent now."""
        return encode_get_request(self._request)

    def secret(self) -> tuple[tuple[int, int], ...]:
        """Return the half-open ranges of that APDU that no log may show: none."""
        return ()

    def receive(self, apdu: bytes) -> Outcome[Value]:
        """Take an answer."""
        return take_answer(self, apdu, get_service.RESPONSE_TAG, self._answered)

    def _answered(self, apdu: bytes) -> Outcome[Value]:
        response = decode_get_response(apdu)
        if isinstance(response, GetResponseWithList):
            return UnexpectedApduError(f"the meter answered {self.subject} with a list of values")
        return self._take(response)

    def _take(self, response: GetResponseNormal | GetResponseWithDatablock) -> Outcome[Value]:
        # [field: only the low four bits match] Priority and service class may come back changed.
        answered = response.invoke_id_and_priority.invoke_id
        if self._parameters.match_invoke_id and answered != self._invoke.invoke_id:
            return None
        if isinstance(response.result, DataAccessResult):
            return Answered(answer=response.result)
        if isinstance(response, GetResponseWithDatablock):
            return self._take_block(response, response.result)
        if self._blocks.block_number is not None:
            return RequestFailed(
                error=BlockTransferError(f"{self.subject}: a whole value came between its blocks")
            )
        return Answered(answer=response.result)

    def _take_block(self, response: GetResponseWithDatablock, octets: bytes) -> Outcome[Value]:
        error = self._blocks.add(response.block_number, octets)
        if error is not None:
            return RequestFailed(error=error)
        if response.last_block:
            return Answered(answer=self._blocks.octets)
        self._request = GetRequestNext(
            invoke_id_and_priority=self._invoke, block_number=response.block_number
        )
        return BlockReceived(total=self._blocks.size)

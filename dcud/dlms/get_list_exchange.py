"""GET of many values with one request, whether they come whole or in blocks."""

from collections.abc import Sequence

from dcud.dlms.access import AttributeWithSelection, DataAccessResult
from dcud.dlms.apdu import get as get_service
from dcud.dlms.apdu.get import (
    GetRequest,
    GetRequestNext,
    GetRequestWithList,
    GetResponse,
    GetResponseNormal,
    GetResponseWithDatablock,
    decode_get_response,
    decode_results,
    encode_get_request,
)
from dcud.dlms.block_transfer import BlockReceiver
from dcud.dlms.errors import BlockTransferError, UnexpectedApduError
from dcud.dlms.exchange import (
    Answered,
    BlockReceived,
    Outcome,
    Ranges,
    RequestFailed,
    Terms,
    take_answer,
)
from dcud.dlms.get_exchange import Value
from dcud.dlms.octets import Cursor

Values = tuple[Value, ...]


class GetManyExchange:
    """One GET of many attributes, each of which comes or is refused by itself.

    Args:
        targets: at least one.
    """

    def __init__(self, targets: Sequence[AttributeWithSelection], terms: Terms) -> None:
        self._targets = tuple(targets)
        self._terms = terms
        self._request: GetRequest = GetRequestWithList(
            invoke_id_and_priority=terms.invoke, targets=self._targets
        )
        self._blocks = BlockReceiver(terms.parameters.max_value_octets)

    @property
    def subject(self) -> str:
        """What errors are about."""
        others = len(self._targets) - 1
        return f"GET {self._targets[0].attribute} and {others} more"

    def request(self) -> bytes:
        """Return the APDU that is to be sent now."""
        return encode_get_request(self._request)

    def secret(self) -> Ranges:
        """Return the half-open ranges of that APDU that no log may show: none."""
        return ()

    def receive(self, apdu: bytes) -> Outcome[Values]:
        """Take an answer."""
        return take_answer(self, apdu, get_service.RESPONSE_TAG, self._answered)

    def _answered(self, apdu: bytes) -> Outcome[Values]:
        response = decode_get_response(apdu)
        # [field: only the low four bits match] Priority and service class may come back changed.
        answered = response.invoke_id_and_priority.invoke_id
        if self._terms.parameters.match_invoke_id and answered != self._terms.invoke.invoke_id:
            return None
        return self._take(response)

    def _take(self, response: GetResponse) -> Outcome[Values]:
        if isinstance(response, GetResponseWithDatablock):
            return self._take_block(response, response.result)
        if self._blocks.block_number is not None:
            return RequestFailed(
                error=BlockTransferError(f"{self.subject}: whole values came between the blocks")
            )
        if isinstance(response, GetResponseNormal):
            return self._one(response.result)
        return self._many(response.results)

    def _take_block(
        self, response: GetResponseWithDatablock, octets: bytes | DataAccessResult
    ) -> Outcome[Values]:
        if isinstance(octets, DataAccessResult):
            return self._one(octets)
        error = self._blocks.add(response.block_number, octets)
        if error is not None:
            return RequestFailed(error=error)
        if response.last_block:
            cursor = Cursor(self._blocks.octets)
            results = decode_results(cursor)
            cursor.expect_end()
            return self._many(results)
        self._request = GetRequestNext(
            invoke_id_and_priority=self._terms.invoke, block_number=response.block_number
        )
        return BlockReceived(total=self._blocks.size)

    def _one(self, result: Value) -> Outcome[Values]:
        """Take what is no list; where many were asked for, it can only refuse them all."""
        if isinstance(result, DataAccessResult):
            return Answered(answer=(result,) * len(self._targets))
        return self._many((result,))

    def _many(self, results: Values) -> Outcome[Values]:
        if len(results) != len(self._targets):
            return UnexpectedApduError(
                f"the meter answered {self.subject} with {len(results)} values"
            )
        return Answered(answer=results)

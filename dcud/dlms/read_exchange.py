"""READ of variables from its request to their values, whether these come whole or in blocks."""

from dcud.dlms.access import DataAccessResult
from dcud.dlms.apdu import read
from dcud.dlms.apdu.read import (
    AcknowledgedBlock,
    ReadRequest,
    ReadResult,
    decode_read_response,
    decode_results,
    encode_read_request,
)
from dcud.dlms.block_transfer import Block, BlockReceiver, BlockSender, sender_within
from dcud.dlms.conformance import Conformance
from dcud.dlms.data_extent import take_data
from dcud.dlms.errors import BlockTransferError, DecodeError, UnexpectedApduError
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
from dcud.dlms.variable_access import (
    BlockNumberAccess,
    NumberedBlock,
    ParameterizedAccess,
    ReadDataBlockAccess,
    Variable,
    Variables,
)

Values = tuple[Value, ...]

_BLOCK_HEADER = 6
"""Octets of a read-request with a block before the length of that."""


class ReadExchange:
    """One READ of variables, each of which comes or is refused by itself.

    No invoke id ties answers to requests: what comes is taken for the answer.

    Args:
        variables: at least one.
        subject: what errors are about.
        is_secret: whether no log may show the parameters.
    """

    def __init__(
        self, variables: Variables, subject: str, terms: Terms, *, is_secret: bool = False
    ) -> None:
        self.subject = subject
        self._variables = variables
        self._terms = terms
        self._is_secret = is_secret
        self._sent = 0
        self._blocks = BlockReceiver(terms.parameters.max_value_octets)
        self._sender: BlockSender | None = None
        self._request = self._first_request()

    def request(self) -> bytes:
        """Return the APDU that is to be sent now."""
        return encode_read_request(self._request)

    def secret(self) -> Ranges:
        """Return the half-open ranges of that APDU that no log may show."""
        if not self._is_secret:
            return ()
        octets = len(self.request())
        hidden = sum(map(_carried, self._request.variables))
        return ((octets - hidden, octets),) if hidden else ()

    def receive(self, apdu: bytes) -> Outcome[Values]:
        """Take an answer."""
        return take_answer(self, apdu, read.RESPONSE_TAG, self._answered)

    def _first_request(self) -> ReadRequest:
        whole = ReadRequest(self._variables)
        octets = encode_read_request(whole)
        self._sender = sender_within(
            self._terms.room_for(Conformance.BLOCK_TRANSFER_WITH_GET_OR_READ),
            octets[1:],
            whole=len(octets),
            header=_BLOCK_HEADER,
        )
        return whole if self._sender is None else self._block_of_request(self._sender.first())

    def _block_of_request(self, block: Block) -> ReadRequest:
        self._sent += len(block.octets)
        numbered = NumberedBlock(
            last_block=block.is_last, block_number=block.number, octets=block.octets
        )
        return ReadRequest((ReadDataBlockAccess(numbered),))

    def _answered(self, apdu: bytes) -> Outcome[Values]:
        results = decode_read_response(apdu).results
        match results:
            case (NumberedBlock() as block,):
                return self._take_block(block)
            case (AcknowledgedBlock(block_number=number),):
                return self._send_next(number)
            case _ if self._blocks.block_number is not None:
                return self._lost("whole values came between the blocks")
            case _:
                return self._many(results)

    def _send_next(self, acknowledged: int) -> Outcome[Values]:
        block = self._sender.after(acknowledged) if self._sender else None
        if block is None:
            return self._lost(f"the meter asks for what follows block {acknowledged}")
        self._request = self._block_of_request(block)
        return BlockReceived(total=self._sent)

    def _take_block(self, block: NumberedBlock) -> Outcome[Values]:
        error = self._blocks.add(block.block_number, block.octets)
        if error is not None:
            return RequestFailed(error=error)
        if block.last_block:
            return self._many(self._together())
        self._request = ReadRequest((BlockNumberAccess(block.block_number),))
        return BlockReceived(total=self._blocks.size)

    def _together(self) -> tuple[ReadResult, ...]:
        """Return what the blocks make: a list of results, or [field] the one value by itself.

        No octets are both, since the list would be an empty array with something behind it.
        """
        octets = self._blocks.octets
        if len(self._variables) == 1 and _is_value(octets):
            return (octets,)
        cursor = Cursor(octets)
        results = decode_results(cursor)
        cursor.expect_end()
        return results

    def _many(self, results: tuple[ReadResult, ...]) -> Outcome[Values]:
        values = tuple([each for each in results if isinstance(each, bytes | DataAccessResult)])
        wanted = len(self._variables)
        if len(values) == len(results) == wanted:
            return Answered(answer=values)
        if len(results) == 1 and isinstance(results[0], DataAccessResult):  # it refuses them all
            return Answered(answer=(results[0],) * wanted)
        return UnexpectedApduError(
            f"the meter answered {self.subject} with {len(results)} results for {wanted} variables"
        )

    def _lost(self, what: str) -> RequestFailed:
        return RequestFailed(error=BlockTransferError(f"{self.subject}: {what}"))


def _is_value(octets: bytes) -> bool:
    cursor = Cursor(octets)
    try:
        take_data(cursor)
    except DecodeError:
        return False
    return cursor.remaining == 0


def _carried(variable: Variable) -> int:
    """Return how many octets at the end of a variable are of a parameter."""
    match variable:
        case ParameterizedAccess(parameter=parameter):
            return len(parameter)
        case ReadDataBlockAccess(block=block):
            return len(block.octets)
        case _:
            return 0

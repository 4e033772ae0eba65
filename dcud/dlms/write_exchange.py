"""WRITE of variables from its request to what came of each, whether it goes whole or in blocks."""

from dcud.dlms.access import DataAccessResult
from dcud.dlms.apdu import write
from dcud.dlms.apdu.write import (
    TakenBlock,
    WriteRequest,
    WriteResult,
    decode_write_response,
    encode_write_request,
)
from dcud.dlms.block_transfer import Block, BlockSender, sender_within
from dcud.dlms.conformance import Conformance
from dcud.dlms.constructors import octet_string
from dcud.dlms.data import encode_data
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
from dcud.dlms.set_exchange import Results
from dcud.dlms.variable_access import Variables, WriteDataBlockAccess

_BLOCK_HEADER = 8
"""Octets of a write-request with a block before the length of that."""


class WriteExchange:
    """One WRITE of variables; the meter tells of each what became of it.

    Nothing is ever asked twice. No invoke id ties answers to requests.

    Args:
        variables: at least one.
        values: the encoding of one Data for each.
        subject: what errors are about.
        is_secret: whether no log may show the values.
    """

    def __init__(
        self,
        variables: Variables,
        values: tuple[bytes, ...],
        subject: str,
        terms: Terms,
        *,
        is_secret: bool = False,
    ) -> None:
        self.subject = subject
        self._whole = WriteRequest(variables, values)
        self._terms = terms
        self._is_secret = is_secret
        self._sent = 0
        self._is_sending = False
        self._sender: BlockSender | None = None
        self._request = self._first_request()

    def request(self) -> bytes:
        """Return the APDU that is to be sent now."""
        return encode_write_request(self._request)

    def secret(self) -> Ranges:
        """Return the half-open ranges of that APDU that no log may show."""
        if not self._is_secret:
            return ()
        octets = len(self.request())
        return ((octets - sum(map(len, self._request.values)), octets),)

    def receive(self, apdu: bytes) -> Outcome[Results]:
        """Take an answer."""
        return take_answer(self, apdu, write.RESPONSE_TAG, self._answered)

    def _first_request(self) -> WriteRequest:
        self._sender = sender_within(
            self._terms.room_for(Conformance.BLOCK_TRANSFER_WITH_SET_OR_WRITE),
            self._whole.encode_lists(),
            whole=len(encode_write_request(self._whole)),
            header=_BLOCK_HEADER,
        )
        return self._whole if self._sender is None else self._block(self._sender.first())

    def _block(self, block: Block) -> WriteRequest:
        self._sent += len(block.octets)
        self._is_sending = not block.is_last
        announced = WriteDataBlockAccess(last_block=block.is_last, block_number=block.number)
        return WriteRequest((announced,), (encode_data(octet_string(block.octets)),))

    def _answered(self, apdu: bytes) -> Outcome[Results]:
        results = decode_write_response(apdu).results
        match results:
            case (TakenBlock(block_number=number),):
                return self._send_next(number)
            case (DataAccessResult() as only,) if only is not DataAccessResult.SUCCESS:
                return Answered(answer=(only,) * len(self._whole.variables))
            case _ if self._is_sending:
                return self._lost("the meter says that it is done between the blocks")
            case _:
                return self._many(results)

    def _send_next(self, acknowledged: int) -> Outcome[Results]:
        block = self._sender.after(acknowledged) if self._sender else None
        if block is None:
            return self._lost(f"the meter asks for what follows block {acknowledged}")
        self._request = self._block(block)
        return BlockReceived(total=self._sent)

    def _many(self, results: tuple[WriteResult, ...]) -> Outcome[Results]:
        told = tuple([each for each in results if isinstance(each, DataAccessResult)])
        if len(told) != len(self._whole.variables) or len(told) != len(results):
            return UnexpectedApduError(
                f"the meter answered {self.subject} with {len(results)} results"
                f" for {len(self._whole.variables)} variables"
            )
        return Answered(answer=told)

    def _lost(self, what: str) -> RequestFailed:
        return RequestFailed(error=BlockTransferError(f"{self.subject}: {what}"))

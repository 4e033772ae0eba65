"""The server's side of GET: values told whole, or block by block.

[IEC 62056-5-3: GET service]
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from dcud.dlms.access import (
    AttributeDescriptor,
    DataAccessResult,
    InvokeIdAndPriority,
    Selection,
)
from dcud.dlms.apdu.get import (
    GetRequestNext,
    GetRequestNormal,
    GetRequestWithList,
    GetResponse,
    GetResponseNormal,
    GetResponseWithDatablock,
    GetResponseWithList,
    decode_get_request,
    encode_get_response,
    encode_results,
)
from dcud.dlms.block_transfer import Block, BlockSender
from dcud.dlms.data import Data, encode_data
from dcud.dlms.datalink import ClientSap
from dcud.dlms.octets import encode_length

Read = Callable[
    [AttributeDescriptor, Selection | None, ClientSap], "Data | bytes | DataAccessResult"
]
"""What a logical device says of an attribute to a client: a value, its encoding, or why not."""

_BLOCK_HEADER = 9
"""Octets of a get-response-with-datablock before the length of its raw data."""


@dataclass(frozen=True, slots=True)
class _Room:
    """How long an answer may be, 0 for any length, and whether a longer one may go in blocks."""

    octets: int
    in_blocks: bool


class GetService:
    """Answers one client's requests; the long answer that is on its way is all that it keeps."""

    def __init__(self, read: Read, client_sap: ClientSap) -> None:
        self._read = read
        self._client_sap = client_sap
        self._sender: BlockSender | None = None

    def forget(self) -> None:
        """Give up a long answer, since the association has ended."""
        self._sender = None

    def answer(self, apdu: bytes, room: int, *, in_blocks: bool) -> bytes | None:
        """Return the answer; None where the client wants none.

        Args:
            apdu: the request.
            room: octets of the largest answer, 0 for any.
            in_blocks: whether long answers may go out block by block.

        Raises:
            DecodeError: the request is malformed.
            AnswerTooLongError: the answer doesn't fit, and must not be cut.
        """
        request = decode_get_request(apdu)
        match request:
            case GetRequestNext():
                answer = encode_get_response(self._next_block(request))
            case GetRequestNormal():
                answer = self._answer_one(request, room, in_blocks=in_blocks)
            case GetRequestWithList():
                answer = self._answer_many(request, room, in_blocks=in_blocks)
            case _:
                assert_never(request)
        return answer if request.invoke_id_and_priority.confirmed else None

    def _answer_one(self, request: GetRequestNormal, room: int, *, in_blocks: bool) -> bytes:
        invoke = request.invoke_id_and_priority
        octets = self._found(request.attribute, request.selection)
        whole = encode_get_response(GetResponseNormal(invoke_id_and_priority=invoke, result=octets))
        if isinstance(octets, DataAccessResult):
            self._sender = None
            return whole
        return self._fitting(whole, octets, invoke, _Room(room, in_blocks))

    def _answer_many(self, request: GetRequestWithList, room: int, *, in_blocks: bool) -> bytes:
        invoke = request.invoke_id_and_priority
        results = tuple([self._found(each.attribute, each.selection) for each in request.targets])
        response = GetResponseWithList(invoke_id_and_priority=invoke, results=results)
        raw = encode_results(results)
        whole = encode_get_response(response)
        return self._fitting(whole, raw, invoke, _Room(room, in_blocks))

    def _found(
        self, attribute: AttributeDescriptor, selection: Selection | None
    ) -> bytes | DataAccessResult:
        found = self._read(attribute, selection, self._client_sap)
        return encode_data(found) if isinstance(found, Data) else found

    def _fitting(
        self, whole: bytes, raw: bytes, invoke: InvokeIdAndPriority, room: "_Room"
    ) -> bytes:
        """Return the whole answer, or the first block of `raw`."""
        self._sender = None
        if not room.octets or len(whole) <= room.octets:
            return whole
        if not room.in_blocks:
            raise AnswerTooLongError(len(whole))
        self._sender = BlockSender(raw, _block_size(room.octets))
        return encode_get_response(_datablock(self._sender.first(), invoke))

    def _next_block(self, request: GetRequestNext) -> GetResponse:
        """Answer get-request-next; the last block asked for again is sent again."""
        invoke = request.invoke_id_and_priority
        refusal = DataAccessResult.NO_LONG_GET_IN_PROGRESS
        if self._sender is not None:
            block = self._sender.after(request.block_number)
            if block is not None:
                return _datablock(block, invoke)
            self._sender = None
            refusal = DataAccessResult.DATA_BLOCK_NUMBER_INVALID
        return GetResponseWithDatablock(
            invoke_id_and_priority=invoke,
            last_block=True,
            block_number=request.block_number,
            result=refusal,
        )


class AnswerTooLongError(Exception):
    """An answer is longer than the client takes."""


def _datablock(block: Block, invoke: InvokeIdAndPriority) -> GetResponseWithDatablock:
    return GetResponseWithDatablock(
        invoke_id_and_priority=invoke,
        last_block=block.is_last,
        block_number=block.number,
        result=block.octets,
    )


def _block_size(max_pdu_size: int) -> int:
    """Return how many octets of a value a block of at most `max_pdu_size` octets (12..) holds."""
    room = max_pdu_size - _BLOCK_HEADER
    return room - len(encode_length(room))

"""The server's side of SET: values taken whole or block by block, one or many.

[IEC 62056-5-3: SET service]
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from dcud.dlms.access import (
    AttributeDescriptor,
    AttributeWithSelection,
    DataAccessResult,
    Selection,
)
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
    decode_set_request,
    decode_values,
    encode_set_response,
)
from dcud.dlms.datalink import ClientSap
from dcud.dlms.octets import Cursor

Write = Callable[[AttributeDescriptor, Selection | None, bytes, ClientSap], DataAccessResult]
"""Takes a value, encoded, for an attribute from a client, or says why not."""

MAX_VALUE = 0x10000
"""Octets of what comes in blocks."""


def nothing_is_written(
    _attribute: AttributeDescriptor, _selection: Selection | None, _value: bytes, _client: ClientSap
) -> DataAccessResult:
    """Refuse every value."""
    return DataAccessResult.READ_WRITE_DENIED


@dataclass(slots=True)
class _Arriving:
    """Values that are on their way."""

    targets: tuple[AttributeWithSelection, ...]
    as_list: bool
    octets: bytes = b""
    block_number: int = 0


class SetService:
    """Answers one client's requests; the long values on their way are all that it keeps."""

    def __init__(self, write: Write, client_sap: ClientSap) -> None:
        self._write = write
        self._client_sap = client_sap
        self._arriving: _Arriving | None = None

    def forget(self) -> None:
        """Give up long values, since the association has ended."""
        self._arriving = None

    def answer(self, apdu: bytes) -> bytes | None:
        """Return the answer; None where the client wants none.

        Raises:
            DecodeError: the request is malformed.
        """
        request = decode_set_request(apdu)
        response = self._response(request)
        if not request.invoke_id_and_priority.confirmed:
            return None
        return encode_set_response(response)

    def _response(self, request: SetRequest) -> SetResponse:
        invoke = request.invoke_id_and_priority
        match request:
            case SetRequestNormal(target=target, value=value):
                self._arriving = None
                return SetResponseNormal(
                    invoke_id_and_priority=invoke, result=self._take(target, value)
                )
            case SetRequestWithList(targets=targets, values=values):
                self._arriving = None
                results = tuple([self._take(*each) for each in zip(targets, values, strict=True)])
                return SetResponseWithList(invoke_id_and_priority=invoke, results=results)
            case SetRequestWithFirstDatablock(target=target, block=block):
                self._arriving = _Arriving((target,), as_list=False)
                return self._take_block(request, block)
            case SetRequestWithListAndFirstDatablock(targets=targets, block=block):
                self._arriving = _Arriving(targets, as_list=True)
                return self._take_block(request, block)
            case SetRequestWithDatablock(block=block):
                return self._take_block(request, block)
            case _:
                assert_never(request)

    def _take(self, target: AttributeWithSelection, value: bytes) -> DataAccessResult:
        return self._write(target.attribute, target.selection, value, self._client_sap)

    def _take_block(self, request: SetRequest, block: SetBlock) -> SetResponse:
        """Take a block; write what they make with the last one."""
        arriving, self._arriving = self._arriving, None
        if arriving is None:
            return _last(request, block, DataAccessResult.NO_LONG_SET_IN_PROGRESS)
        arriving.octets += block.octets
        arriving.block_number += 1
        if block.block_number != arriving.block_number:
            return _last(request, block, DataAccessResult.DATA_BLOCK_NUMBER_INVALID)
        if len(arriving.octets) > MAX_VALUE:
            return _last(request, block, DataAccessResult.LONG_SET_ABORTED)
        if block.last_block:
            return self._written(request, block, arriving)
        self._arriving = arriving
        return SetResponseDatablock(
            invoke_id_and_priority=request.invoke_id_and_priority, block_number=block.block_number
        )

    def _written(self, request: SetRequest, block: SetBlock, arriving: _Arriving) -> SetResponse:
        if not arriving.as_list:
            return _last(request, block, self._take(arriving.targets[0], arriving.octets))
        cursor = Cursor(arriving.octets)
        values = decode_values(cursor)
        cursor.expect_end()
        if len(values) != len(arriving.targets):
            return _last(request, block, DataAccessResult.LONG_SET_ABORTED)
        pairs = zip(arriving.targets, values, strict=True)
        return SetResponseLastDatablockWithList(
            invoke_id_and_priority=request.invoke_id_and_priority,
            results=tuple([self._take(*each) for each in pairs]),
            block_number=block.block_number,
        )


def _last(request: SetRequest, block: SetBlock, result: DataAccessResult) -> SetResponse:
    return SetResponseLastDatablock(
        invoke_id_and_priority=request.invoke_id_and_priority,
        result=result,
        block_number=block.block_number,
    )

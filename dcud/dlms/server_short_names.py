"""The server's side of READ and WRITE: variables told and taken by their short names.

[IEC 62056-5-3: READ, WRITE and UnconfirmedWrite services]
"""

from collections.abc import Callable, Iterable

from dcud.dlms.access import (
    AttributeDescriptor,
    DataAccessResult,
    MethodDescriptor,
    Selection,
)
from dcud.dlms.apdu.read import (
    AcknowledgedBlock,
    ReadResponse,
    ReadResult,
    decode_read_request,
    encode_read_response,
    encode_results,
)
from dcud.dlms.apdu.unconfirmed_write import UnconfirmedWrite
from dcud.dlms.apdu.write import (
    TakenBlock,
    WriteRequest,
    WriteResponse,
    decode_write_request,
    encode_write_response,
)
from dcud.dlms.block_transfer import Block, BlockSender
from dcud.dlms.data import Data, decode_data, encode_data
from dcud.dlms.datalink import ClientSap
from dcud.dlms.errors import DecodeError
from dcud.dlms.octets import Cursor, encode_length
from dcud.dlms.server_action import Act, Acted, Afterwards, all_of
from dcud.dlms.server_get import AnswerTooLongError, Read
from dcud.dlms.server_set import Write
from dcud.dlms.variable_access import (
    BlockNumberAccess,
    NumberedBlock,
    ParameterizedAccess,
    ReadDataBlockAccess,
    Variable,
    VariableName,
    Variables,
    WriteDataBlockAccess,
    decode_variables,
)

Find = Callable[[int], AttributeDescriptor | MethodDescriptor | None]
"""Tells what has a short name, None where nothing has."""


def nothing_is_found(_name: int) -> None:
    """Know no short name."""


MAX_REQUEST = 0x10000
"""Octets of a request that comes in blocks."""
_BLOCK_HEADER = 6
"""Octets of a read-response with a block before the length of that."""
_UNDEFINED = DataAccessResult.OBJECT_UNDEFINED


class ShortNameService:
    """Answers one client's requests; what is on its way in blocks is all that it keeps.

    Args:
        find: tells what has a short name.
        read: tells attributes.
        write: takes what is written to attributes.
        act: carries out methods.
        client_sap: the client.
    """

    def __init__(
        self, find: Find, read: Read, write: Write, act: Act, client_sap: ClientSap
    ) -> None:
        self._find = find
        self._read_attribute = read
        self._write_attribute = write
        self._act = act
        self._client_sap = client_sap
        self._sender: BlockSender | None = None
        self._arriving = b""
        self._arrived_blocks = 0

    def forget(self) -> None:
        """Give up what is on its way, since the association has ended."""
        self._sender = None
        self._arriving, self._arrived_blocks = b"", 0

    def read(self, apdu: bytes, room: int, *, in_blocks: bool) -> tuple[bytes, Afterwards]:
        """Return the answer to a read-request, with what follows upon it.

        Args:
            apdu: the request.
            room: octets of the largest answer, 0 for any.
            in_blocks: whether long answers may go out block by block.

        Raises:
            DecodeError: the request is malformed.
            AnswerTooLongError: the answer doesn't fit, and must not be cut.
        """
        variables = decode_read_request(apdu).variables
        match variables:
            case (BlockNumberAccess(block_number=number),):
                return _read_response((self._next_block(number),)), None
            case (ReadDataBlockAccess(block=block),):
                whole = self._collect(block)
                if not isinstance(whole, bytes):
                    result = AcknowledgedBlock(block.block_number) if whole is None else whole
                    return _read_response((result,)), None
                cursor = Cursor(whole)
                variables = decode_variables(cursor)
                cursor.expect_end()
            case _:
                self.forget()
        return self._all_read(variables, room, in_blocks=in_blocks)

    def write(self, apdu: bytes) -> tuple[bytes, Afterwards]:
        """Return the answer to a write-request, with what follows upon it.

        Raises:
            DecodeError: the request is malformed.
        """
        request = decode_write_request(apdu)
        match request.variables:
            case (WriteDataBlockAccess(last_block=last, block_number=number),):
                block = NumberedBlock(
                    last_block=last, block_number=number, octets=_octets(request.values[0])
                )
                whole = self._collect(block)
                if not isinstance(whole, bytes):
                    result = TakenBlock(number) if whole is None else whole
                    return encode_write_response(WriteResponse((result,))), None
                request = WriteRequest.decode_lists(Cursor(whole))
            case _:
                self.forget()
        results, afterwards = self._all_written(request.variables, request.values)
        return encode_write_response(WriteResponse(results)), afterwards

    def write_unconfirmed(self, apdu: bytes) -> Afterwards:
        """Take an unconfirmed-write-request; returns what follows upon it.

        Raises:
            DecodeError: the request is malformed.
        """
        told = UnconfirmedWrite.decode(apdu)
        return self._all_written(told.variables, told.values)[1]

    def _all_read(
        self, variables: Variables, room: int, *, in_blocks: bool
    ) -> tuple[bytes, Afterwards]:
        done = [self._one_read(variable) for variable in variables]
        results = tuple([result for result, _ in done])
        afterwards = all_of([after for _, after in done if after is not None])
        whole = _read_response(results)
        if not room or len(whole) <= room:
            return whole, afterwards
        if not in_blocks:
            raise AnswerTooLongError(len(whole))
        size = room - _BLOCK_HEADER
        # [field: the one value by itself] Many values go as a list with its count.
        only = results[0] if len(results) == 1 else None
        raw = only if isinstance(only, bytes) else encode_results(results)
        self._sender = BlockSender(raw, size - len(encode_length(size)))
        return _read_response((_numbered(self._sender.first()),)), afterwards

    def _one_read(self, variable: Variable) -> tuple[ReadResult, Afterwards]:
        match variable:
            case VariableName(name=name):
                found = self._find(name)
                if isinstance(found, AttributeDescriptor):
                    return self._told(found, None), None
                return self._called(found, None)
            case ParameterizedAccess(name=name, selector=selector, parameter=parameter):
                found = self._find(name)
                if isinstance(found, AttributeDescriptor):
                    return self._told(found, Selection(selector, _data(parameter))), None
                return self._called(found, parameter)
            case _:
                return DataAccessResult.TYPE_UNMATCHED, None

    def _told(
        self, attribute: AttributeDescriptor, selection: Selection | None
    ) -> bytes | DataAccessResult:
        found = self._read_attribute(attribute, selection, self._client_sap)
        return encode_data(found) if isinstance(found, Data) else found

    def _called(
        self, method: MethodDescriptor | None, parameter: bytes | None
    ) -> tuple[ReadResult, Afterwards]:
        if method is None:
            return _UNDEFINED, None
        acted = self._act(method, parameter, self._client_sap)
        returned = b"\x00" if acted.returned is None else acted.returned
        return (returned if acted.result == 0 else _as_access(acted)), acted.afterwards

    def _all_written(
        self, variables: Variables, values: Iterable[bytes]
    ) -> tuple[tuple[DataAccessResult, ...], Afterwards]:
        done = [self._one_written(*pair) for pair in zip(variables, values, strict=True)]
        results = tuple([result for result, _ in done])
        return results, all_of([after for _, after in done if after is not None])

    def _one_written(self, variable: Variable, value: bytes) -> tuple[DataAccessResult, Afterwards]:
        match variable:
            case VariableName(name=name):
                selection = None
            case ParameterizedAccess(name=name, selector=selector, parameter=parameter):
                selection = Selection(selector, _data(parameter))
            case _:
                return DataAccessResult.TYPE_UNMATCHED, None
        match self._find(name):
            case AttributeDescriptor() as attribute:
                written = self._write_attribute(attribute, selection, value, self._client_sap)
                return written, None
            case MethodDescriptor() as method:
                acted = self._act(method, value, self._client_sap)
                return _as_access(acted), acted.afterwards
            case _:
                return _UNDEFINED, None

    def _collect(self, block: NumberedBlock) -> bytes | DataAccessResult | None:
        """Take a block of a request; returns the request once it is whole, None before."""
        arriving, number = self._arriving + block.octets, self._arrived_blocks + 1
        self.forget()
        if block.block_number != number:
            return DataAccessResult.DATA_BLOCK_NUMBER_INVALID
        if len(arriving) > MAX_REQUEST:
            return DataAccessResult.LONG_SET_ABORTED
        if block.last_block:
            return arriving
        self._arriving, self._arrived_blocks = arriving, number
        return None

    def _next_block(self, acknowledged: int) -> ReadResult:
        """Return the next block; the last one asked for again is sent again."""
        if self._sender is None:
            return DataAccessResult.NO_LONG_GET_IN_PROGRESS
        block = self._sender.after(acknowledged)
        if block is None:
            self._sender = None
            return DataAccessResult.DATA_BLOCK_NUMBER_INVALID
        return _numbered(block)


def _read_response(results: tuple[ReadResult, ...]) -> bytes:
    return encode_read_response(ReadResponse(results))


def _numbered(block: Block) -> NumberedBlock:
    return NumberedBlock(last_block=block.is_last, block_number=block.number, octets=block.octets)


def _as_access(acted: Acted) -> DataAccessResult:
    """Return what became of a method as its codes stand for attributes, where they are the same."""
    return DataAccessResult(acted.result)


def _data(octets: bytes) -> Data:
    return decode_data(Cursor(octets))


def _octets(octets: bytes) -> bytes:
    value = _data(octets).value
    if not isinstance(value, bytes):
        raise DecodeError("a block of what is to be written is no octet-string")
    return value

"""One GET from its request to its value, whether that comes whole or in blocks."""

from dataclasses import dataclass

from dcud.dlms.access import DataAccessResult
from dcud.dlms.apdu import confirmed_service_error, exception_response
from dcud.dlms.apdu import get as get_service
from dcud.dlms.apdu.confirmed_service_error import ConfirmedServiceError
from dcud.dlms.apdu.exception_response import ExceptionResponse
from dcud.dlms.apdu.get import (
    GetRequest,
    GetRequestNext,
    GetRequestNormal,
    GetResponse,
    GetResponseNormal,
    GetResponseWithDatablock,
    GetResponseWithList,
    decode_get_response,
    encode_get_request,
)
from dcud.dlms.block_transfer import MAX_VALUE_OCTETS, BlockReceiver
from dcud.dlms.errors import BlockTransferError, DecodeError, ProtocolError, UnexpectedApduError


@dataclass(frozen=True, slots=True, kw_only=True)
class GetParameters:
    """How far answers are trusted.

    Attributes:
        match_invoke_id: whether an answer must bear its request's invoke id; some meters always
            answer with the same one.
        max_value_octets: size of the largest value that is put together from blocks.
        patience: seconds that an answer is waited for after something else came in its place; the
            link's own timers know only that it was answered, not with what.
    """

    match_invoke_id: bool = True
    max_value_octets: int = MAX_VALUE_OCTETS
    patience: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GetSucceeded:
    """The meter gave the value; `octets` are the encoding of one Data, not looked into."""

    octets: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class GetRefused:
    """The meter does not give this value, and says why."""

    result: DataAccessResult


@dataclass(frozen=True, slots=True, kw_only=True)
class GetFailed:
    """This GET broke down; the association stands, and another one may be tried."""

    error: ProtocolError


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockReceived:
    """A part of the value came; `total` counts the octets of it until now."""

    total: int


GetEvent = GetSucceeded | GetRefused | GetFailed | BlockReceived
"""What an answer came to; after `BlockReceived` the exchange goes on with its next request."""


class GetExchange:
    """One GET.

    Each answer is given to `receive`; as long as that returns `BlockReceived`, the APDU of
    `request` is to be sent.
    """

    def __init__(self, request: GetRequestNormal, parameters: GetParameters) -> None:
        self._parameters = parameters
        self._attribute = request.attribute
        self._invoke = request.invoke_id_and_priority
        self._request: GetRequest = request
        self._blocks = BlockReceiver(parameters.max_value_octets)

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

    def receive(self, apdu: bytes) -> GetEvent | ProtocolError | None:
        """Take an answer.

        Returns:
            What it came to; None for the answer to another request; an error where the meter's
            octets can no longer be trusted at all.
        """
        tag = apdu[0] if apdu else None
        try:
            match tag:
                case get_service.RESPONSE_TAG:
                    return self._answered(decode_get_response(apdu))
                case exception_response.TAG:
                    return GetFailed(error=ExceptionResponse.decode(apdu).error(self.subject))
                case confirmed_service_error.TAG:
                    return GetFailed(error=ConfirmedServiceError.decode(apdu).error(self.subject))
                case _:
                    return UnexpectedApduError(
                        f"the meter answered {self.subject} with {apdu[:1].hex() or 'nothing'}"
                    )
        except DecodeError as error:
            return error

    def _answered(self, response: GetResponse) -> GetEvent | ProtocolError | None:
        if isinstance(response, GetResponseWithList):
            return UnexpectedApduError(f"the meter answered {self.subject} with a list of values")
        return self._take(response)

    def _take(self, response: GetResponseNormal | GetResponseWithDatablock) -> GetEvent | None:
        # [field: only the low four bits match] Priority and service class may come back changed.
        answered = response.invoke_id_and_priority.invoke_id
        if self._parameters.match_invoke_id and answered != self._invoke.invoke_id:
            return None
        if isinstance(response.result, DataAccessResult):
            return GetRefused(result=response.result)
        if isinstance(response, GetResponseWithDatablock):
            return self._take_block(response, response.result)
        if self._blocks.block_number is not None:
            return GetFailed(
                error=BlockTransferError(f"{self.subject}: a whole value came between its blocks")
            )
        return GetSucceeded(octets=response.result)

    def _take_block(self, response: GetResponseWithDatablock, octets: bytes) -> GetEvent:
        error = self._blocks.add(response.block_number, octets)
        if error is not None:
            return GetFailed(error=error)
        if response.last_block:
            return GetSucceeded(octets=self._blocks.octets)
        self._request = GetRequestNext(
            invoke_id_and_priority=self._invoke, block_number=response.block_number
        )
        return BlockReceived(total=self._blocks.size)

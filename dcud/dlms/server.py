"""The server's side of the application layer: associations granted, attributes told.

One `ServerApplication` serves one client of one logical device. APDUs go in and come out; the link
below says where they come from and when it is lost.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hmac import compare_digest

from dcud.dlms.access import (
    AttributeDescriptor,
    DataAccessResult,
    InvokeIdAndPriority,
    Selection,
)
from dcud.dlms.apdu import aare, aarq, confirmed_service_error, exception_response, release
from dcud.dlms.apdu import get as get_service
from dcud.dlms.apdu.aare import AssociateResponse
from dcud.dlms.apdu.aarq import AssociateRequest
from dcud.dlms.apdu.confirmed_service_error import ConfirmedServiceError
from dcud.dlms.apdu.exception_response import ExceptionResponse
from dcud.dlms.apdu.get import (
    GetRequestNext,
    GetRequestNormal,
    GetResponse,
    GetResponseNormal,
    GetResponseWithDatablock,
    decode_get_request,
    encode_get_response,
)
from dcud.dlms.apdu.initiate import (
    DLMS_VERSION,
    SMALLEST_PDU_SIZE,
    InitiateRequest,
    InitiateResponse,
)
from dcud.dlms.apdu.release import ReleaseRequest, ReleaseResponse
from dcud.dlms.application_context import ApplicationContext
from dcud.dlms.authentication import (
    NO_SECURITY,
    AuthenticationMechanism,
    LowLevelSecurity,
    Mechanism,
)
from dcud.dlms.block_transfer import Block, BlockSender
from dcud.dlms.conformance import Conformance
from dcud.dlms.data import Data, encode_data
from dcud.dlms.datalink import ClientSap
from dcud.dlms.errors import DecodeError
from dcud.dlms.fields import check_field
from dcud.dlms.octets import encode_length

Read = Callable[
    [AttributeDescriptor, Selection | None, ClientSap], "Data | bytes | DataAccessResult"
]
"""What a logical device says of an attribute to a client: a value, its encoding, or why not."""

SERVED = (
    Conformance.GET
    | Conformance.BLOCK_TRANSFER_WITH_GET_OR_READ
    | Conformance.SELECTIVE_ACCESS
    | Conformance.PRIORITY_MGMT_SUPPORTED
)
"""The services that this side offers."""

_BLOCK_HEADER = 9
"""Octets of a get-response-with-datablock before the length of its raw data."""

_LOWEST = Mechanism.LOWEST.object_identifier
_LLS = Mechanism.LLS.object_identifier

_NOT_ASSOCIATED = ExceptionResponse(
    state_error=exception_response.SERVICE_NOT_ALLOWED,
    service_error=exception_response.OPERATION_NOT_POSSIBLE,
).encode()
_UNKNOWN_SERVICE = ExceptionResponse(
    state_error=exception_response.SERVICE_UNKNOWN,
    service_error=exception_response.SERVICE_NOT_SUPPORTED,
).encode()
_MALFORMED = ExceptionResponse(
    state_error=exception_response.SERVICE_UNKNOWN,
    service_error=exception_response.OTHER_REASON,
).encode()
_TOO_LONG = ExceptionResponse(
    state_error=exception_response.SERVICE_NOT_ALLOWED,
    service_error=exception_response.PDU_TOO_LONG,
).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerParameters:
    """What a logical device asks of a client, and grants it.

    Attributes:
        authentication: how the client has to prove who it is.
        conformance: the services on offer.
        max_receive_pdu_size: octets of the largest APDU that the server takes; 12..65535, 0
            for any.
        max_send_pdu_size: octets of the largest APDU that the server sends, though the client
            might take more; 12..65535, 0 for any.
        system_title: told to the client, where there is one.
    """

    authentication: AuthenticationMechanism = NO_SECURITY
    conformance: Conformance = SERVED
    max_receive_pdu_size: int = 1024
    max_send_pdu_size: int = 0
    system_title: bytes | None = None

    def __post_init__(self) -> None:
        for name in ("max_receive_pdu_size", "max_send_pdu_size"):
            check_field(name, getattr(self, name) or None, SMALLEST_PDU_SIZE, 0xFFFF)


@dataclass(slots=True)
class _Association:
    """What was agreed with the client, and the long answer that is on its way."""

    conformance: Conformance
    max_pdu_size: int
    sender: BlockSender | None = None


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Why an association isn't granted."""

    diagnostic: int
    user_information: bytes | None = None


class ServerApplication:
    """Serves one client.

    Attributes:
        client_sap: the client.
    """

    def __init__(self, read: Read, parameters: ServerParameters, client_sap: ClientSap) -> None:
        self.client_sap = client_sap
        self._read = read
        self._parameters = parameters
        self._association: _Association | None = None
        self._services: dict[int, Callable[[bytes], bytes | None]] = {
            aarq.TAG: self._associate,
            release.REQUEST_TAG: self._release,
            get_service.REQUEST_TAG: self._get,
        }

    @property
    def is_associated(self) -> bool:
        """Tell whether there is an association with the client."""
        return self._association is not None

    def link_lost(self) -> None:
        """Forget the association, since the link under it is gone or set up anew."""
        self._association = None

    def answer(self, apdu: bytes) -> bytes | None:
        """Return the answer to an APDU of the client; None where it wants none."""
        service = self._services.get(apdu[0]) if apdu else None
        if service is None:
            return _UNKNOWN_SERVICE
        if self._association is None and apdu[0] != aarq.TAG:
            return _NOT_ASSOCIATED
        try:
            return service(apdu)
        except DecodeError:
            return _MALFORMED

    def _associate(self, apdu: bytes) -> bytes:
        self._association = None
        request = AssociateRequest.decode(apdu)
        agreed = self._judge(request)
        context = request.application_context_name
        if isinstance(agreed, _Refusal):
            return AssociateResponse(
                application_context_name=context,
                result=aare.REJECTED_PERMANENT,
                diagnostic=agreed.diagnostic,
                user_information=agreed.user_information,
            ).encode()
        self._association = agreed
        initiate = InitiateResponse(
            negotiated_conformance=agreed.conformance,
            server_max_receive_pdu_size=self._parameters.max_receive_pdu_size,
        )
        return AssociateResponse(
            application_context_name=context,
            responding_ap_title=self._parameters.system_title,
            user_information=initiate.encode(),
        ).encode()

    def _judge(self, request: AssociateRequest) -> _Association | _Refusal:
        if request.application_context_name != ApplicationContext.LOGICAL_NAMES.value:
            return _Refusal(aare.CONTEXT_NAME_NOT_SUPPORTED)
        diagnostic = self._authenticate(request)
        if diagnostic != aare.NO_DIAGNOSTIC:
            return _Refusal(diagnostic)
        try:
            initiate = InitiateRequest.decode(request.user_information or b"")
        except DecodeError:
            return _refused_initiate(confirmed_service_error.REFUSED_BY_THE_VDE_HANDLER)
        return self._judge_initiate(initiate)

    def _authenticate(self, request: AssociateRequest) -> int:
        """Return the diagnostic, 0 where the client has proved itself."""
        mechanism = request.mechanism_name or _LOWEST
        required = self._parameters.authentication
        if not isinstance(required, LowLevelSecurity):
            known = mechanism == _LOWEST
            return aare.NO_DIAGNOSTIC if known else aare.MECHANISM_NAME_NOT_RECOGNISED
        if mechanism == _LOWEST:
            return aare.AUTHENTICATION_REQUIRED
        if mechanism != _LLS:
            return aare.MECHANISM_NAME_NOT_RECOGNISED
        shown = request.calling_authentication_value
        if shown is None or not compare_digest(shown.octets, required.password.octets):
            return aare.AUTHENTICATION_FAILURE
        return aare.NO_DIAGNOSTIC

    def _judge_initiate(self, initiate: InitiateRequest) -> _Association | _Refusal:
        if initiate.proposed_dlms_version < DLMS_VERSION:
            return _refused_initiate(confirmed_service_error.DLMS_VERSION_TOO_LOW)
        conformance = initiate.proposed_conformance & self._parameters.conformance
        if not conformance:
            return _refused_initiate(confirmed_service_error.INCOMPATIBLE_CONFORMANCE)
        size = initiate.client_max_receive_pdu_size
        if 0 < size < SMALLEST_PDU_SIZE:
            return _refused_initiate(confirmed_service_error.PDU_SIZE_TOO_SHORT)
        sizes = [s for s in (size, self._parameters.max_send_pdu_size) if s]
        return _Association(conformance, min(sizes, default=0))

    def _release(self, apdu: bytes) -> bytes:
        ReleaseRequest.decode(apdu)
        self._association = None
        return ReleaseResponse().encode()

    def _get(self, apdu: bytes) -> bytes | None:
        association = self._association
        if association is None or Conformance.GET not in association.conformance:
            return _NOT_ASSOCIATED
        request = decode_get_request(apdu)
        if isinstance(request, GetRequestNext):
            answer = encode_get_response(_next_block(association, request))
        else:
            answer = self._first_answer(association, request)
        return answer if request.invoke_id_and_priority.confirmed else None

    def _first_answer(self, association: _Association, request: GetRequestNormal) -> bytes:
        invoke = request.invoke_id_and_priority
        association.sender = None
        found = self._read(request.attribute, request.selection, self.client_sap)
        octets = encode_data(found) if isinstance(found, Data) else found
        whole = encode_get_response(GetResponseNormal(invoke_id_and_priority=invoke, result=octets))
        limit = association.max_pdu_size
        if not limit or len(whole) <= limit or isinstance(octets, DataAccessResult):
            return whole
        if Conformance.BLOCK_TRANSFER_WITH_GET_OR_READ not in association.conformance:
            return _TOO_LONG
        association.sender = BlockSender(octets, _block_size(limit))
        return encode_get_response(_datablock(association.sender.first(), invoke))


def _refused_initiate(value: int) -> _Refusal:
    error = ConfirmedServiceError(
        service=confirmed_service_error.INITIATE_ERROR,
        error_class=confirmed_service_error.INITIATE,
        value=value,
    )
    return _Refusal(aare.NO_REASON_GIVEN, error.encode())


def _next_block(association: _Association, request: GetRequestNext) -> GetResponse:
    """Answer get-request-next; the last block asked for again is sent again."""
    invoke = request.invoke_id_and_priority
    refusal = DataAccessResult.NO_LONG_GET_IN_PROGRESS
    if association.sender is not None:
        block = association.sender.after(request.block_number)
        if block is not None:
            return _datablock(block, invoke)
        association.sender = None
        refusal = DataAccessResult.DATA_BLOCK_NUMBER_INVALID
    return GetResponseWithDatablock(
        invoke_id_and_priority=invoke,
        last_block=True,
        block_number=request.block_number,
        result=refusal,
    )


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

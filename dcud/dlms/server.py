"""The server's side of the application layer: associations granted, services rendered in them.

One `ServerApplication` serves one client of one logical device. APDUs go in and come out; the link
below says where they come from and when it is lost.
"""

from collections.abc import Callable

from dcud.dlms.access import AttributeDescriptor, DataAccessResult, Selection
from dcud.dlms.apdu import (
    aarq,
    access_service,
    exception_response,
    release,
    unconfirmed_write,
)
from dcud.dlms.apdu import action as action_service
from dcud.dlms.apdu import get as get_service
from dcud.dlms.apdu import read as read_service
from dcud.dlms.apdu import set as set_service
from dcud.dlms.apdu import write as write_service
from dcud.dlms.apdu.action import ActionResult, MethodDescriptor
from dcud.dlms.apdu.exception_response import ExceptionResponse
from dcud.dlms.conformance import Conformance
from dcud.dlms.constructors import octet_string
from dcud.dlms.data import Data, encode_data
from dcud.dlms.datalink import ClientSap
from dcud.dlms.errors import DecodeError, ProtocolError
from dcud.dlms.general_block_transfer import (
    ApduWhole,
    BlockTransferParameters,
    GeneralBlockLayer,
)
from dcud.dlms.proof import proof_returned
from dcud.dlms.server_access import AccessService
from dcud.dlms.server_action import Act, Acted, ActionService, no_methods
from dcud.dlms.server_association import ServerAssociation, ServerParameters, State
from dcud.dlms.server_get import AnswerTooLongError, GetService, Read
from dcud.dlms.server_set import SetService, Write, nothing_is_written
from dcud.dlms.server_short_names import Find, ShortNameService, nothing_is_found

__all__ = ["Act", "Acted", "Read", "ServerApplication", "ServerParameters", "Write"]

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

_NO_CLOCK = 0.0
"""Of the two ends of general block transfer the client's is the one that repeats itself."""
_REPLIES_TO_HLS_AUTHENTICATION = frozenset({(15, 1), (12, 8)})
"""Class and method, by which a client proves itself. [IEC 62056-6-2: Association LN, SN]"""


class ServerApplication:
    """Serves one client.

    Args:
        read: tells attributes.
        parameters: what is asked of the client, and granted.
        client_sap: the client.
        act: carries out methods; those of the association that open it are none of its matter.
        write: takes what is written to attributes.
        find: tells what has a short name; nothing has, where clients know logical names.

    Attributes:
        client_sap: the client.
    """

    def __init__(
        self,
        read: Read,
        parameters: ServerParameters,
        client_sap: ClientSap,
        act: Act = no_methods,
        write: Write = nothing_is_written,
        find: Find = nothing_is_found,
    ) -> None:
        self.client_sap = client_sap
        self._act = act
        self._read_attribute = read
        self._association = ServerAssociation(parameters)
        self._get_service = GetService(read, client_sap)
        self._set_service = SetService(write, client_sap)
        self._action_service = ActionService(self._do, client_sap)
        self._access_service = AccessService(read, write, act, client_sap)
        self._short_name_service = ShortNameService(find, self._tell, write, self._do, client_sap)
        self._blocks: GeneralBlockLayer | None = None
        self._block_window = parameters.block_window
        self._afterwards: Callable[[], None] | None = None
        self._services: dict[int, Callable[[bytes], bytes | None]] = {
            get_service.REQUEST_TAG: self._get,
            set_service.REQUEST_TAG: self._set,
            action_service.REQUEST_TAG: self._action,
            access_service.REQUEST_TAG: self._access,
        }
        if parameters.short_names:
            self._services = {
                read_service.REQUEST_TAG: self._read,
                write_service.REQUEST_TAG: self._write,
                unconfirmed_write.TAG: self._write_unconfirmed,
            }

    @property
    def is_associated(self) -> bool:
        """Tell whether there is an association with the client."""
        return self._association.state is State.ASSOCIATED

    def link_lost(self) -> None:
        """Forget the association, since the link under it is gone or set up anew."""
        self._association.end()
        self._forget()

    def answers(self, apdu: bytes) -> list[bytes]:
        """Return what goes out on end in answer to an APDU, or block of one, of the client."""
        blocks = self._blocks
        said: list[bytes] = []
        for whole in [apdu] if blocks is None else self._put_together(blocks, apdu):
            answer = self.answer(whole)
            if answer is None:
                continue
            if self._blocks is None or self._blocks is not blocks:
                said.append(answer)  # AARE and RLRE stand before and after all blocks
            else:
                self._blocks.send(answer, _NO_CLOCK)
        return said if self._blocks is None else said + self._blocks.apdus_to_send()

    def _put_together(self, blocks: GeneralBlockLayer, apdu: bytes) -> list[bytes]:
        events = blocks.receive(apdu, _NO_CLOCK)
        return [event.octets for event in events if isinstance(event, ApduWhole)]

    def answer(self, apdu: bytes) -> bytes | None:
        """Return the answer to a whole APDU of the client; None where it wants none."""
        tag = apdu[0] if apdu else None
        try:
            if tag == aarq.TAG:
                self._forget()
                answer = self._association.associate(apdu)
                self._blocks = self._block_layer()
                return answer
            if tag == release.REQUEST_TAG:
                return self._release(apdu)
            return self._serve(apdu)
        except DecodeError:
            return _MALFORMED

    def _block_layer(self) -> GeneralBlockLayer | None:
        association = self._association
        if Conformance.GENERAL_BLOCK_TRANSFER not in association.conformance:
            return None
        return GeneralBlockLayer(
            BlockTransferParameters(room=association.max_pdu_size, window=self._block_window),
            answers=True,
        )

    def _forget(self) -> None:
        self._blocks = None
        self._get_service.forget()
        self._set_service.forget()
        self._action_service.forget()
        self._short_name_service.forget()

    def _release(self, apdu: bytes) -> bytes | None:
        if self._association.state is State.IDLE:
            return _NOT_ASSOCIATED
        self._forget()
        return self._association.release(apdu)

    def _serve(self, apdu: bytes) -> bytes | None:
        """Answer a request, protected or not, as it came."""
        try:
            request = self._association.open(apdu)
        except ProtocolError as error:
            return self._association.refuse(error)
        service = self._services.get(request[0]) if request else None
        if service is None:
            return _UNKNOWN_SERVICE
        try:
            answer = service(request)
        except DecodeError:
            answer = _MALFORMED
        return self._closed(answer)

    def _closed(self, answer: bytes | None) -> bytes | None:
        """Return an answer as it goes out; what follows upon it takes effect now."""
        # A refusal goes out in the clear, so that a client that went astray can read it, too.
        refused = answer is not None and answer[0] == exception_response.TAG
        closed = answer if answer is None or refused else self._association.close(answer)
        afterwards, self._afterwards = self._afterwards, None
        if afterwards is not None:
            afterwards()
        return closed

    def _get(self, request: bytes) -> bytes | None:
        association = self._association
        if not self.is_associated or Conformance.GET not in association.conformance:
            return _NOT_ASSOCIATED
        in_blocks = Conformance.BLOCK_TRANSFER_WITH_GET_OR_READ in association.conformance
        try:
            return self._get_service.answer(request, association.room, in_blocks=in_blocks)
        except AnswerTooLongError:
            return _TOO_LONG

    def _set(self, request: bytes) -> bytes | None:
        if not self.is_associated or Conformance.SET not in self._association.conformance:
            return _NOT_ASSOCIATED
        return self._set_service.answer(request)

    def _action(self, request: bytes) -> bytes | None:
        association = self._association
        if association.state is State.IDLE:
            return _NOT_ASSOCIATED
        in_blocks = Conformance.BLOCK_TRANSFER_WITH_ACTION in association.conformance
        room = association.room if in_blocks else 0
        answer, self._afterwards = self._action_service.answer(request, room)
        return answer

    def _access(self, request: bytes) -> bytes | None:
        association = self._association
        if not self.is_associated or Conformance.ACCESS not in association.conformance:
            return _NOT_ASSOCIATED
        answer, afterwards = self._access_service.answer(request)
        self._afterwards = afterwards
        if answer is not None and 0 < association.room < len(answer):
            return _TOO_LONG
        return answer

    def _read(self, request: bytes) -> bytes | None:
        association = self._association
        # Until the client has proved itself, it may still read the method by which it does.
        if association.state is State.IDLE or Conformance.READ not in association.conformance:
            return _NOT_ASSOCIATED
        in_blocks = Conformance.BLOCK_TRANSFER_WITH_GET_OR_READ in association.conformance
        try:
            answer, self._afterwards = self._short_name_service.read(
                request, association.room, in_blocks=in_blocks
            )
        except AnswerTooLongError:
            return _TOO_LONG
        return answer

    def _tell(
        self, attribute: AttributeDescriptor, selection: Selection | None, client: ClientSap
    ) -> Data | bytes | DataAccessResult:
        """Tell an attribute to a client that has proved itself."""
        if not self.is_associated:
            return DataAccessResult.READ_WRITE_DENIED
        return self._read_attribute(attribute, selection, client)

    def _write(self, request: bytes) -> bytes | None:
        if not self.is_associated or Conformance.WRITE not in self._association.conformance:
            return _NOT_ASSOCIATED
        answer, self._afterwards = self._short_name_service.write(request)
        return answer

    def _write_unconfirmed(self, request: bytes) -> bytes | None:
        granted = Conformance.UNCONFIRMED_WRITE in self._association.conformance
        if self.is_associated and granted:
            self._afterwards = self._short_name_service.write_unconfirmed(request)
        return None

    def _do(self, method: MethodDescriptor, parameter: bytes | None, client: ClientSap) -> Acted:
        """Carry out a method; until the client has proved itself, only the one by which it does."""
        if self._association.state is State.CHALLENGED:
            if (method.class_id, method.method) not in _REPLIES_TO_HLS_AUTHENTICATION:
                return Acted(result=ActionResult.READ_WRITE_DENIED)
            return self._prove(parameter)
        return self._act(method, parameter, client)

    def _prove(self, parameter: bytes | None) -> Acted:
        try:
            proof = self._association.prove(proof_returned(parameter))
        except ProtocolError:
            return Acted(result=ActionResult.OTHER_REASON, afterwards=self.link_lost)
        return Acted(returned=None if proof is None else encode_data(octet_string(proof)))

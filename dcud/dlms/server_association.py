"""The server's side of an association: judged, granted, proved, released.

```
          AARQ granted              proved
   IDLE --------------> CHALLENGED ---------> ASSOCIATED
     |                      | not proved          ^
     | (no proof wanted)    v                     |
     +----------------------+---------------------+     released, or the link lost: IDLE
```

Whatever state it is in, AARQ begins anew. [IEC 62056-5-3: state machine of the server side control
function]
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from hmac import compare_digest

from dcud.dlms.apdu import aare, confirmed_service_error
from dcud.dlms.apdu.aare import AssociateResponse
from dcud.dlms.apdu.aarq import AssociateRequest
from dcud.dlms.apdu.confirmed_service_error import ConfirmedServiceError
from dcud.dlms.apdu.initiate import (
    DLMS_VERSION,
    LOGICAL_NAMES_VAA,
    SHORT_NAMES_VAA,
    SMALLEST_PDU_SIZE,
    InitiateRequest,
    InitiateResponse,
)
from dcud.dlms.apdu.release import ReleaseRequest, ReleaseResponse
from dcud.dlms.application_context import ApplicationContext
from dcud.dlms.authentication import NO_SECURITY, LowLevelSecurity, Mechanism
from dcud.dlms.conformance import IMPLEMENTED, Conformance
from dcud.dlms.errors import DecodeError, MisuseError, ProtocolError, SecurityError
from dcud.dlms.fields import check_field
from dcud.dlms.server_security import ProofDemand, ServerDemand, ServerProof, ServerProtection

_CONTEXTS = {
    False: (ApplicationContext.LOGICAL_NAMES, ApplicationContext.LOGICAL_NAMES_WITH_CIPHERING),
    True: (ApplicationContext.SHORT_NAMES, ApplicationContext.SHORT_NAMES_WITH_CIPHERING),
}
"""Without and with ciphering, by whether clients know objects by short names."""
_LOWEST = Mechanism.LOWEST.object_identifier


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
        protection: makes what protects the APDUs of one association; None where the context
            without ciphering is the only one.
        ciphered_only: whether the context without ciphering is refused then.
        block_window: blocks of general block transfer that are taken in one go, 1..63.
        short_names: whether clients know objects by their short names.
    """

    authentication: ServerDemand = NO_SECURITY
    conformance: Conformance = IMPLEMENTED
    max_receive_pdu_size: int = 1024
    max_send_pdu_size: int = 0
    system_title: bytes | None = None
    protection: Callable[[], ServerProtection] | None = None
    ciphered_only: bool = True
    block_window: int = 5
    short_names: bool = False

    def __post_init__(self) -> None:
        for name in ("max_receive_pdu_size", "max_send_pdu_size"):
            check_field(name, getattr(self, name) or None, SMALLEST_PDU_SIZE, 0xFFFF)


class State(Enum):
    """Where an association stands."""

    IDLE = auto()
    CHALLENGED = auto()
    ASSOCIATED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Agreement:
    """What was agreed with the client."""

    conformance: Conformance
    max_pdu_size: int


class _RefusedError(Exception):
    """Why an association isn't granted."""

    def __init__(self, diagnostic: int, user_information: bytes | None = None) -> None:
        super().__init__(diagnostic)
        self.diagnostic = diagnostic
        self.user_information = user_information


@dataclass(slots=True)
class _Security:
    """What keeps one association safe; nothing of it outlives that."""

    protection: ServerProtection | None = None
    proof: ServerProof | None = None


class ServerAssociation:
    """One client's associations with one logical device, one at a time.

    Attributes:
        state: where it stands.
        conformance: what was agreed upon last.
    """

    def __init__(self, parameters: ServerParameters) -> None:
        self.state = State.IDLE
        self.conformance = Conformance(0)
        self._parameters = parameters
        self._max_pdu_size = 0
        self._security = _Security()

    @property
    def max_pdu_size(self) -> int:
        """Return the octets of the largest APDU that goes to the client; 0 for any."""
        return self._max_pdu_size

    @property
    def room(self) -> int:
        """Return the octets of the largest answer before it is protected; 0 for any.

        What general block transfer cuts, no service does.
        """
        if Conformance.GENERAL_BLOCK_TRANSFER in self.conformance:
            return 0
        protection = self._security.protection
        overhead = 0 if protection is None else protection.overhead()
        return max(self._max_pdu_size - overhead, SMALLEST_PDU_SIZE) if self._max_pdu_size else 0

    def end(self) -> None:
        """End the association, if there is one."""
        self.state = State.IDLE
        self._security = _Security()

    def associate(self, apdu: bytes) -> bytes | None:
        """Return what AARQ is answered with; None for nothing.

        Raises:
            DecodeError: it is malformed.
        """
        self.end()
        request = AssociateRequest.decode(apdu)
        try:
            return self._grant(request)
        except _RefusedError as refused:
            self.end()
            return AssociateResponse(
                application_context_name=request.application_context_name,
                result=aare.REJECTED_PERMANENT,
                diagnostic=refused.diagnostic,
                user_information=refused.user_information,
            ).encode()
        except SecurityError as error:
            refusal = self.refuse(error)
            self.end()
            return refusal

    def open(self, apdu: bytes) -> bytes:
        """Return the request within what came.

        Raises:
            ProtocolError: it can't be trusted, or read.
        """
        protection = self._security.protection
        return apdu if protection is None else protection.open(apdu)

    def close(self, apdu: bytes) -> bytes:
        """Return an answer as it goes out."""
        protection = self._security.protection
        return apdu if protection is None else protection.close(apdu)

    def refuse(self, error: ProtocolError) -> bytes | None:
        """Return what is told of what couldn't be opened; None for nothing."""
        protection = self._security.protection
        if protection is None:
            raise MisuseError("without protection everything can be opened")
        return protection.refuse(error)

    def prove(self, proof: bytes) -> bytes | None:
        """Judge the client's proof, and return the server's; None where it gives none.

        Raises:
            SecurityError: the client doesn't know the secret; there is no association any more.
        """
        wanted = self._security.proof
        if self.state is not State.CHALLENGED or wanted is None:
            raise MisuseError(f"no proof is awaited in an association that is {self.state.name}")
        # What protects the answer is still needed, though the association may be over.
        self.state = State.IDLE
        own = wanted.answer(proof)
        self.state = State.ASSOCIATED
        return own

    def release(self, apdu: bytes) -> bytes | None:
        """Return what RLRQ is answered with; None for nothing.

        Raises:
            DecodeError: it is malformed.
        """
        request = ReleaseRequest.decode(apdu)
        protection = self._security.protection
        user_information = None
        if protection is not None:
            try:
                protection.open_initiate(request.user_information or b"")
            except ProtocolError as error:
                # Anybody could end associations otherwise.
                return protection.refuse(error)
            user_information = protection.close_initiate(self._initiate_response())
        self.end()
        return ReleaseResponse(user_information=user_information).encode()

    def _grant(self, request: AssociateRequest) -> bytes:
        """Return AARE, having become associated, or having challenged the client.

        Raises:
            _RefusedError: the association is not granted.
            SecurityError: AARQ can't be trusted.
        """
        protection = self._protection_in(request.application_context_name)
        self._security.protection = protection
        self._authenticate(request)
        if protection is not None:
            protection.meet(request.calling_ap_title)
        agreement = self._negotiate(request.user_information or b"")
        self.conformance, self._max_pdu_size = agreement.conformance, agreement.max_pdu_size
        self._security.proof = proof = self._challenge(request)
        initiate = self._initiate_response()
        if protection is not None:
            initiate = protection.close_initiate(initiate)
        self.state = State.ASSOCIATED if proof is None else State.CHALLENGED
        return AssociateResponse(
            application_context_name=request.application_context_name,
            diagnostic=aare.NO_DIAGNOSTIC if proof is None else aare.AUTHENTICATION_REQUIRED,
            responding_ap_title=self._system_title(),
            mechanism_name=None if proof is None else request.mechanism_name,
            responding_authentication_value=None if proof is None else proof.challenge,
            user_information=initiate,
        ).encode()

    def _system_title(self) -> bytes | None:
        protection, demand = self._security.protection, self._parameters.authentication
        if protection is not None:
            return protection.system_title
        return (
            demand.system_title
            if isinstance(demand, ProofDemand)
            else self._parameters.system_title
        )

    def _protection_in(self, context: bytes) -> ServerProtection | None:
        """Return what protects APDUs in a context, None in the one without ciphering."""
        make = self._parameters.protection
        plain, ciphered = _CONTEXTS[self._parameters.short_names]
        if context == ciphered.value and make is not None:
            return make()
        if context != plain.value or (make is not None and self._parameters.ciphered_only):
            raise _RefusedError(aare.CONTEXT_NAME_NOT_SUPPORTED)
        return None

    def _authenticate(self, request: AssociateRequest) -> None:
        """Judge the mechanism, with what AARQ shows for it."""
        demand = self._parameters.authentication
        mechanism = request.mechanism_name or _LOWEST
        wanted = _mechanism(demand).object_identifier
        if mechanism != wanted:
            # A client that offers nothing is told that something is wanted.
            by_none = mechanism == _LOWEST
            raise _RefusedError(
                aare.AUTHENTICATION_REQUIRED if by_none else aare.MECHANISM_NAME_NOT_RECOGNISED
            )
        shown = request.calling_authentication_value
        octets = b"" if shown is None else shown.octets
        if isinstance(demand, LowLevelSecurity) and (
            shown is None or not compare_digest(octets, demand.password.octets)
        ):
            raise _RefusedError(aare.AUTHENTICATION_FAILURE)

    def _challenge(self, request: AssociateRequest) -> ServerProof | None:
        """Return the proof that is due, None where none is."""
        demand, shown = self._parameters.authentication, request.calling_authentication_value
        if not isinstance(demand, ProofDemand):
            return None
        octets = b"" if shown is None else shown.octets
        try:
            return demand.begin(octets, request.calling_ap_title)
        except SecurityError:
            raise _RefusedError(aare.AUTHENTICATION_FAILURE) from None

    def _negotiate(self, user_information: bytes) -> _Agreement:
        """Return what is agreed upon.

        Raises:
            _RefusedError: nothing is.
            SecurityError: the InitiateRequest can't be trusted.
        """
        protection = self._security.protection
        try:
            plain = user_information
            if protection is not None:
                plain = protection.open_initiate(user_information)
            initiate = InitiateRequest.decode(plain)
        except DecodeError:
            raise _refused_initiate(confirmed_service_error.REFUSED_BY_THE_VDE_HANDLER) from None
        if protection is not None:
            protection.adopt(initiate.dedicated_key)
        if initiate.proposed_dlms_version < DLMS_VERSION:
            raise _refused_initiate(confirmed_service_error.DLMS_VERSION_TOO_LOW)
        conformance = initiate.proposed_conformance & self._parameters.conformance
        if not conformance:
            raise _refused_initiate(confirmed_service_error.INCOMPATIBLE_CONFORMANCE)
        size = initiate.client_max_receive_pdu_size
        if 0 < size < SMALLEST_PDU_SIZE:
            raise _refused_initiate(confirmed_service_error.PDU_SIZE_TOO_SHORT)
        sizes = [s for s in (size, self._parameters.max_send_pdu_size) if s]
        return _Agreement(conformance=conformance, max_pdu_size=min(sizes, default=0))

    def _initiate_response(self) -> bytes:
        return InitiateResponse(
            negotiated_conformance=self.conformance,
            server_max_receive_pdu_size=self._parameters.max_receive_pdu_size,
            vaa_name=SHORT_NAMES_VAA if self._parameters.short_names else LOGICAL_NAMES_VAA,
        ).encode()


def _mechanism(demand: ServerDemand) -> Mechanism:
    if isinstance(demand, LowLevelSecurity):
        return Mechanism.LLS
    return demand.mechanism if isinstance(demand, ProofDemand) else Mechanism.LOWEST


def _refused_initiate(value: int) -> _RefusedError:
    error = ConfirmedServiceError(
        service=confirmed_service_error.INITIATE_ERROR,
        error_class=confirmed_service_error.INITIATE,
        value=value,
    )
    return _RefusedError(aare.NO_REASON_GIVEN, error.encode())

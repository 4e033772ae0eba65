"""The client's side of an association: asked for, judged, released.

```
          request              accepted               release
   IDLE ----------> WAIT_AARE ----------> ASSOCIATED ----------> WAIT_RLRE
                        |                                            |
                        | refused                                    | released
                        v                                            v
                      ENDED                                        ENDED
```

Only an AARE that accepts makes an association; any other answer to AARQ is a refusal. Whatever
answers RLRQ ends it [field: meters that don't know RLRQ]. Requests within the association pass this
machine by.
[IEC 62056-5-3: state machine of the client side control function]
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from dcud.dlms.apdu import aare, confirmed_service_error, exception_response
from dcud.dlms.apdu.aare import AssociateResponse
from dcud.dlms.apdu.aarq import AssociateRequest
from dcud.dlms.apdu.confirmed_service_error import ConfirmedServiceError
from dcud.dlms.apdu.exception_response import ExceptionResponse
from dcud.dlms.apdu.initiate import (
    DLMS_VERSION,
    LOGICAL_NAMES_VAA,
    InitiateRequest,
    InitiateResponse,
)
from dcud.dlms.apdu.release import ReleaseRequest
from dcud.dlms.application_context import ApplicationContext, context_words
from dcud.dlms.authentication import (
    NO_SECURITY,
    AuthenticationMechanism,
    LowLevelSecurity,
    mechanism_of,
    mechanism_words,
)
from dcud.dlms.conformance import IMPLEMENTED, Conformance
from dcud.dlms.errors import (
    AssociationRejectedError,
    DecodeError,
    MisuseError,
    ProtocolError,
    UnexpectedApduError,
)

_SUBJECT = "the association"


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociationParameters:
    """What an association is asked for with.

    Attributes:
        authentication: how the client proves who it is.
        conformance: the services to propose.
        max_receive_pdu_size: octets of the largest APDU that we take, 12..65535; 0 or less sets
            no limit.
        application_context: logical names, without ciphering.
        release_with_rlrq: whether the association is released before the link; not all meters
            know how.
    """

    authentication: AuthenticationMechanism = NO_SECURITY
    conformance: Conformance = IMPLEMENTED
    max_receive_pdu_size: int = 0xFFFF
    application_context: ApplicationContext = ApplicationContext.LOGICAL_NAMES
    release_with_rlrq: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Associated:
    """The association stands.

    Attributes:
        conformance: the services that both sides speak.
        server_max_receive_pdu_size: octets of the largest APDU that the meter takes, 0 for any.
        server_system_title: where the meter told it.
        warnings: what was odd about the answer, a sentence each.
    """

    conformance: Conformance
    server_max_receive_pdu_size: int
    server_system_title: bytes | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Disassociated:
    """The association was released."""


class State(Enum):
    """Where an association stands."""

    IDLE = auto()
    WAIT_AARE = auto()
    ASSOCIATED = auto()
    WAIT_RLRE = auto()
    ENDED = auto()


class Input(Enum):
    """What moves it: two commands of ours, then what the meter's answers amount to."""

    REQUEST = auto()
    RELEASE = auto()
    ACCEPTED = auto()
    REFUSED = auto()
    RELEASED = auto()


TRANSITIONS: dict[tuple[State, Input], State | None] = {
    (State.IDLE, Input.REQUEST): State.WAIT_AARE,
    (State.IDLE, Input.RELEASE): None,
    (State.IDLE, Input.ACCEPTED): None,
    (State.IDLE, Input.REFUSED): None,
    (State.IDLE, Input.RELEASED): None,
    (State.WAIT_AARE, Input.REQUEST): None,
    (State.WAIT_AARE, Input.RELEASE): None,
    (State.WAIT_AARE, Input.ACCEPTED): State.ASSOCIATED,
    (State.WAIT_AARE, Input.REFUSED): State.ENDED,
    (State.WAIT_AARE, Input.RELEASED): None,
    (State.ASSOCIATED, Input.REQUEST): None,
    (State.ASSOCIATED, Input.RELEASE): State.WAIT_RLRE,
    (State.ASSOCIATED, Input.ACCEPTED): None,
    (State.ASSOCIATED, Input.REFUSED): None,
    (State.ASSOCIATED, Input.RELEASED): None,
    (State.WAIT_RLRE, Input.REQUEST): None,
    (State.WAIT_RLRE, Input.RELEASE): None,
    (State.WAIT_RLRE, Input.ACCEPTED): None,
    (State.WAIT_RLRE, Input.REFUSED): None,
    (State.WAIT_RLRE, Input.RELEASED): State.ENDED,
    (State.ENDED, Input.REQUEST): None,
    (State.ENDED, Input.RELEASE): None,
    (State.ENDED, Input.ACCEPTED): None,
    (State.ENDED, Input.REFUSED): None,
    (State.ENDED, Input.RELEASED): None,
}
"""Every state with every input; None marks what the state does not allow, hence our own misuse."""


class ClientAssociation:
    """One association from its request to its end.

    Attributes:
        state: where it stands.
    """

    def __init__(self, parameters: AssociationParameters) -> None:
        self.state = State.IDLE
        self._parameters = parameters

    @property
    def waits(self) -> bool:
        """Tell whether the next answer is for this machine."""
        return self.state is State.WAIT_AARE or self.state is State.WAIT_RLRE

    def request(self) -> tuple[bytes, tuple[tuple[int, int], ...]]:
        """Return the AARQ with the ranges of it that no log may show.

        Raises:
            MisuseError: it was asked for before.
        """
        self._move(Input.REQUEST)
        parameters = self._parameters
        initiate = InitiateRequest(
            proposed_conformance=parameters.conformance,
            client_max_receive_pdu_size=max(parameters.max_receive_pdu_size, 0),
        )
        mechanism, password = None, None
        if isinstance(parameters.authentication, LowLevelSecurity):
            mechanism = mechanism_of(parameters.authentication).object_identifier
            password = parameters.authentication.password
        return AssociateRequest(
            application_context_name=parameters.application_context.value,
            mechanism_name=mechanism,
            calling_authentication_value=password,
            user_information=initiate.encode(),
        ).encode()

    def release(self) -> bytes:
        """Return the RLRQ.

        Raises:
            MisuseError: there is no association.
        """
        self._move(Input.RELEASE)
        return ReleaseRequest().encode()

    def receive(self, apdu: bytes) -> Associated | Disassociated | ProtocolError:
        """Judge the meter's answer; an error means that there is no association, and why.

        Raises:
            MisuseError: no answer is awaited.
        """
        if self.state is State.WAIT_RLRE:
            self._move(Input.RELEASED)
            return Disassociated()
        outcome = _judge(apdu, self._parameters)
        self._move(Input.ACCEPTED if isinstance(outcome, Associated) else Input.REFUSED)
        return outcome

    def _move(self, what: Input) -> None:
        state = TRANSITIONS[self.state, what]
        if state is None:
            raise MisuseError(
                f"{what.name.lower()} is out of place in an association that is {self.state.name}"
            )
        self.state = state


def _judge(apdu: bytes, parameters: AssociationParameters) -> Associated | ProtocolError:
    """Judge what answers AARQ."""
    tag = apdu[0] if apdu else None
    try:
        match tag:
            case aare.TAG:
                return _judge_aare(AssociateResponse.decode(apdu), parameters)
            case exception_response.TAG:
                return ExceptionResponse.decode(apdu).error(_SUBJECT)
            case confirmed_service_error.TAG:
                return ConfirmedServiceError.decode(apdu).error(_SUBJECT)
            case _:
                return UnexpectedApduError(
                    f"the meter answered AARQ with {apdu[:1].hex() or 'nothing'}"
                )
    except DecodeError as error:
        return error


def _judge_aare(
    response: AssociateResponse, parameters: AssociationParameters
) -> Associated | ProtocolError:
    refused_initiate = _confirmed_service_error(response.user_information)
    if response.result != aare.ACCEPTED:
        return _rejection(response, refused_initiate)
    if response.wants_more_authentication:
        return _wants_more(response)
    if refused_initiate is not None:
        return refused_initiate.error(_SUBJECT)
    if response.user_information is None:
        return DecodeError("AARE accepts the association but carries no InitiateResponse")
    initiate = InitiateResponse.decode(response.user_information)
    if initiate.negotiated_dlms_version != DLMS_VERSION:
        return DecodeError(
            f"the meter speaks version {initiate.negotiated_dlms_version} of DLMS;"
            f" only {DLMS_VERSION} is known"
        )
    return Associated(
        conformance=initiate.negotiated_conformance & parameters.conformance,
        server_max_receive_pdu_size=initiate.server_max_receive_pdu_size,
        server_system_title=response.responding_ap_title,
        warnings=tuple(_oddities(response, initiate, parameters)),
    )


def _confirmed_service_error(user_information: bytes | None) -> ConfirmedServiceError | None:
    tag = bytes((confirmed_service_error.TAG,))
    if user_information is None or user_information[:1] != tag:
        return None
    return ConfirmedServiceError.decode(user_information)


def _rejection(
    response: AssociateResponse, refused_initiate: ConfirmedServiceError | None
) -> AssociationRejectedError:
    if refused_initiate is None:
        return response.rejection()
    return response.rejection(detail=f" ({refused_initiate.words})", remedy=refused_initiate.remedy)


def _wants_more(response: AssociateResponse) -> AssociationRejectedError:
    return AssociationRejectedError(
        f"the meter wants {mechanism_words(response.mechanism_name)}"
        " before it opens the association",
        result=response.result,
        source="acse-service-user",
        diagnostic=response.diagnostic,
        remedy="set the authentication that the meter requires of this client address",
    )


def _oddities(
    response: AssociateResponse, initiate: InitiateResponse, parameters: AssociationParameters
) -> Iterator[str]:
    """Yield what differs from the standard yet does no harm, a sentence each."""
    if response.diagnostic != aare.NO_DIAGNOSTIC:
        yield f"AARE accepts with the diagnostic {response.diagnostic_words}"
    context = response.application_context_name
    if context is not None and context != parameters.application_context.value:
        yield f"AARE names another application context: {context_words(context)}"
    if initiate.vaa_name != LOGICAL_NAMES_VAA:
        yield f"the VAA-name is {initiate.vaa_name:04X} where {LOGICAL_NAMES_VAA:04X} was expected"
    surplus = initiate.negotiated_conformance & ~parameters.conformance
    if surplus:
        yield f"the meter grants what was not proposed: {surplus.words}"
    missing = parameters.conformance & ~initiate.negotiated_conformance
    if Conformance.GET in missing:
        yield "the meter doesn't grant the service get"

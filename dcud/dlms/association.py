"""The client's side of an association: asked for, judged, proved, released.

```
          request              accepted                release
   IDLE ----------> WAIT_AARE -----------> ASSOCIATED ----------> WAIT_RLRE
                     |   | challenged           ^                   ^ |
                     |   +-----> WAIT_PROOF ----+ accepted  release | | released
             refused |               | refused                      | |
                     v               v                              | v
                   ENDED         DISTRUSTED ------------------------+ ENDED
```

Only an AARE that accepts makes an association; any other answer to AARQ is a refusal. With
high-level security both sides prove themselves before anything else: what the meter returns to our
proof must be its own. If it isn't, nothing is asked, but the meter is told that the association
which it has granted is over. Whatever answers RLRQ ends the association [field: meters that don't
know RLRQ].
Requests within the association pass this machine by.
[IEC 62056-5-3: state machine of the client side control function]
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from dcud.dlms.access import DataAccessResult
from dcud.dlms.apdu import aare, confirmed_service_error, exception_response
from dcud.dlms.apdu.aare import AssociateResponse
from dcud.dlms.apdu.aarq import AssociateRequest
from dcud.dlms.apdu.action import ActionResult, MethodDescriptor
from dcud.dlms.apdu.confirmed_service_error import ConfirmedServiceError
from dcud.dlms.apdu.exception_response import ExceptionResponse
from dcud.dlms.apdu.initiate import (
    DLMS_VERSION,
    LOGICAL_NAMES_VAA,
    SHORT_NAMES_VAA,
    InitiateRequest,
    InitiateResponse,
)
from dcud.dlms.apdu.release import ReleaseRequest, ReleaseResponse
from dcud.dlms.application_context import ApplicationContext, context_words
from dcud.dlms.authentication import (
    NO_SECURITY,
    AuthenticationMechanism,
    HighLevelSecurity,
    LowLevelSecurity,
    NoSecurity,
    high_level,
    mechanism_of,
    mechanism_words,
)
from dcud.dlms.conformance import IMPLEMENTED, Conformance
from dcud.dlms.constructors import octet_string
from dcud.dlms.data import encode_data
from dcud.dlms.errors import (
    AssociationRejectedError,
    DecodeError,
    MeterNotAuthenticError,
    MisuseError,
    ProtocolError,
    ReplayError,
    SecurityError,
    SecurityPolicyError,
    UnexpectedApduError,
)
from dcud.dlms.obis import Obis
from dcud.dlms.proof import CURRENT_ASSOCIATION, proof_returned, reply_to_hls_authentication
from dcud.dlms.protection import Protection
from dcud.dlms.secret import Secret
from dcud.dlms.short_names import REPLY_TO_HLS_AUTHENTICATION

_SUBJECT = "the association"

_CIPHERED_CONTEXTS = {
    ApplicationContext.LOGICAL_NAMES: ApplicationContext.LOGICAL_NAMES_WITH_CIPHERING,
    ApplicationContext.SHORT_NAMES: ApplicationContext.SHORT_NAMES_WITH_CIPHERING,
}
_SHORT_NAMES = frozenset(
    {ApplicationContext.SHORT_NAMES, ApplicationContext.SHORT_NAMES_WITH_CIPHERING}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociationParameters:
    """What an association is asked for with.

    Attributes:
        authentication: how the client proves who it is; one of high-level security is made for
            one association.
        conformance: the services to propose.
        max_receive_pdu_size: octets of the largest APDU that we take, 12..65535; 0 or less sets
            no limit.
        application_context: logical names or short ones, told with ciphering where there is
            protection.
        release_with_rlrq: whether the association is released before the link; not all meters
            know how.
        association_object: where the proof of identity is sent to.
        user_id: number of the user in the meter's list, 0..255; None where it isn't told.
        certificate: the client's, to be shown to the meter; None where it isn't.
    """

    authentication: AuthenticationMechanism = NO_SECURITY
    conformance: Conformance = IMPLEMENTED
    max_receive_pdu_size: int = 0xFFFF
    application_context: ApplicationContext = ApplicationContext.LOGICAL_NAMES
    release_with_rlrq: bool = True
    association_object: Obis = CURRENT_ASSOCIATION
    user_id: int | None = None
    certificate: bytes | None = None

    @property
    def knows_short_names(self) -> bool:
        """Whether objects are known by short names."""
        return self.application_context in _SHORT_NAMES


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenged:
    """The meter awaits our proof: a method is to be called with it.

    Attributes:
        agreed: what will hold once the meter has proved itself, too.
        method: of the association object.
        parameter: the encoding of the proof.
    """

    agreed: Associated
    method: MethodDescriptor
    parameter: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Disassociated:
    """The association was released.

    Attributes:
        distrusted: why what the meter's answer carried can't be trusted, if it can't.
    """

    distrusted: SecurityError | None = None


class State(Enum):
    """Where an association stands."""

    IDLE = auto()
    WAIT_AARE = auto()
    WAIT_PROOF = auto()
    ASSOCIATED = auto()
    DISTRUSTED = auto()
    WAIT_RLRE = auto()
    ENDED = auto()


class Input(Enum):
    """What moves it: two commands of ours, then what the meter's answers amount to."""

    REQUEST = auto()
    RELEASE = auto()
    ACCEPTED = auto()
    CHALLENGED = auto()
    REFUSED = auto()
    RELEASED = auto()


TRANSITIONS: dict[tuple[State, Input], State | None] = {
    (State.IDLE, Input.REQUEST): State.WAIT_AARE,
    (State.IDLE, Input.RELEASE): None,
    (State.IDLE, Input.ACCEPTED): None,
    (State.IDLE, Input.CHALLENGED): None,
    (State.IDLE, Input.REFUSED): None,
    (State.IDLE, Input.RELEASED): None,
    (State.WAIT_AARE, Input.REQUEST): None,
    (State.WAIT_AARE, Input.RELEASE): None,
    (State.WAIT_AARE, Input.ACCEPTED): State.ASSOCIATED,
    (State.WAIT_AARE, Input.CHALLENGED): State.WAIT_PROOF,
    (State.WAIT_AARE, Input.REFUSED): State.ENDED,
    (State.WAIT_AARE, Input.RELEASED): None,
    (State.WAIT_PROOF, Input.REQUEST): None,
    (State.WAIT_PROOF, Input.RELEASE): None,
    (State.WAIT_PROOF, Input.ACCEPTED): State.ASSOCIATED,
    (State.WAIT_PROOF, Input.CHALLENGED): None,
    (State.WAIT_PROOF, Input.REFUSED): State.DISTRUSTED,
    (State.WAIT_PROOF, Input.RELEASED): None,
    (State.ASSOCIATED, Input.REQUEST): None,
    (State.ASSOCIATED, Input.RELEASE): State.WAIT_RLRE,
    (State.ASSOCIATED, Input.ACCEPTED): None,
    (State.ASSOCIATED, Input.CHALLENGED): None,
    (State.ASSOCIATED, Input.REFUSED): None,
    (State.ASSOCIATED, Input.RELEASED): None,
    (State.DISTRUSTED, Input.REQUEST): None,
    (State.DISTRUSTED, Input.RELEASE): State.WAIT_RLRE,
    (State.DISTRUSTED, Input.ACCEPTED): None,
    (State.DISTRUSTED, Input.CHALLENGED): None,
    (State.DISTRUSTED, Input.REFUSED): None,
    (State.DISTRUSTED, Input.RELEASED): None,
    (State.WAIT_RLRE, Input.REQUEST): None,
    (State.WAIT_RLRE, Input.RELEASE): None,
    (State.WAIT_RLRE, Input.ACCEPTED): None,
    (State.WAIT_RLRE, Input.CHALLENGED): None,
    (State.WAIT_RLRE, Input.REFUSED): None,
    (State.WAIT_RLRE, Input.RELEASED): State.ENDED,
    (State.ENDED, Input.REQUEST): None,
    (State.ENDED, Input.RELEASE): None,
    (State.ENDED, Input.ACCEPTED): None,
    (State.ENDED, Input.CHALLENGED): None,
    (State.ENDED, Input.REFUSED): None,
    (State.ENDED, Input.RELEASED): None,
}
"""Every state with every input; None marks what the state does not allow, hence our own misuse."""


class ClientAssociation:
    """One association from its request to its end.

    Args:
        protection: of its APDUs; None where they go in the clear.

    Attributes:
        state: where it stands.
        waits: whether the next answer is for `receive`.
    """

    def __init__(
        self, parameters: AssociationParameters, protection: Protection | None = None
    ) -> None:
        self.state = State.IDLE
        self.waits = False
        self._parameters = parameters
        self._mutual = high_level(parameters.authentication)
        self._protection = protection
        self._agreed: Associated | None = None

    def request(self) -> tuple[bytes, tuple[tuple[int, int], ...]]:
        """Return the AARQ with the ranges of it that no log may show.

        Raises:
            MisuseError: it was asked for before.
            SecurityError: a key or a counter is missing.
        """
        self._move(Input.REQUEST)
        parameters, authentication = self._parameters, self._parameters.authentication
        mechanism, shown = None, None
        if not isinstance(authentication, NoSecurity):
            mechanism = mechanism_of(authentication).object_identifier
            shown = _shown(authentication)
        octets, ranges = AssociateRequest(
            application_context_name=self._context.value,
            calling_ap_title=self._client_system_title(),
            calling_ae_qualifier=parameters.certificate,
            calling_ae_invocation_id=parameters.user_id,
            mechanism_name=mechanism,
            calling_authentication_value=shown,
            user_information=self._initiate(),
        ).encode()
        return octets, ranges if isinstance(authentication, LowLevelSecurity) else ()

    def release(self) -> bytes:
        """Return the RLRQ.

        Raises:
            MisuseError: there is no association.
            SecurityError: a key or a counter is missing.
        """
        self._move(Input.RELEASE)
        protected = None if self._protection is None else self._initiate()
        return ReleaseRequest(user_information=protected).encode()

    def receive(self, apdu: bytes) -> Associated | Challenged | Disassociated | ProtocolError:
        """Judge the meter's answer; an error means that there is no association, and why.

        An answer that is old, or repeated by somebody (`ReplayError`), moves nothing: the right one
        is still awaited.

        Raises:
            MisuseError: no answer is awaited.
        """
        if self.state is State.WAIT_RLRE:
            self._move(Input.RELEASED)
            return Disassociated(distrusted=self._hear_release(apdu))
        if self.state is not State.WAIT_AARE:
            raise MisuseError(f"no answer is awaited in an association that is {self.state.name}")
        try:
            outcome = self._judge(apdu)
        except ReplayError as error:
            return error
        except ProtocolError as error:
            outcome = error
        match outcome:
            case Associated():
                self._move(Input.ACCEPTED)
            case Challenged(agreed=agreed):
                self._move(Input.CHALLENGED)
                self._agreed = agreed
            case _:
                self._move(Input.REFUSED)
        return outcome

    def receive_proof(
        self, returned: bytes | DataAccessResult | ActionResult | ProtocolError | None
    ) -> Associated | ProtocolError:
        """Judge what the method that took our proof came to.

        Where that is an error, all that is left to do is to release what the meter has granted.

        Args:
            returned: the encoding of one Data; else why there is none.

        Raises:
            MisuseError: no proof was sent.
        """
        mutual, agreed = self._mutual, self._agreed
        if agreed is None or mutual is None:
            raise MisuseError("a proof is judged where one is awaited")
        try:
            mutual.check(proof_returned(returned))
        except ProtocolError as error:
            self._move(Input.REFUSED)
            return error
        self._move(Input.ACCEPTED)
        return agreed

    @property
    def _context(self) -> ApplicationContext:
        context = self._parameters.application_context
        return context if self._protection is None else _CIPHERED_CONTEXTS.get(context, context)

    def _client_system_title(self) -> bytes | None:
        if self._protection is not None:
            return self._protection.client_system_title
        return None if self._mutual is None else self._mutual.client_system_title

    def _initiate(self) -> bytes:
        """Return InitiateRequest as AARQ and RLRQ carry it."""
        parameters, protection = self._parameters, self._protection
        plain = InitiateRequest(
            proposed_conformance=parameters.conformance,
            client_max_receive_pdu_size=max(parameters.max_receive_pdu_size, 0),
            dedicated_key=None if protection is None else protection.dedicated_key,
        ).encode()
        return plain if protection is None else protection.protect_initiate(plain)

    def _hear_release(self, apdu: bytes) -> SecurityError | None:
        """Have the meter's counter move by what RLRE carries; the association ends all the same.

        Returns:
            Why that can't be trusted, if it can't.
        """
        if self._protection is None:
            return None
        try:
            within = ReleaseResponse.decode(apdu).user_information
            if within is not None:
                self._protection.unprotect_initiate(within)
        except SecurityError as error:
            return error
        except DecodeError:  # of whatever was answered in its stead
            return None
        return None

    def _move(self, what: Input) -> None:
        state = TRANSITIONS[self.state, what]
        if state is None:
            raise MisuseError(
                f"{what.name.lower()} is out of place in an association that is {self.state.name}"
            )
        self.state = state
        self.waits = state is State.WAIT_AARE or state is State.WAIT_RLRE

    def _judge(self, apdu: bytes) -> Associated | Challenged | ProtocolError:
        """Judge what answers AARQ; raises or returns why there is no association."""
        tag = apdu[0] if apdu else None
        match tag:
            case aare.TAG:
                return self._judge_aare(AssociateResponse.decode(apdu))
            case exception_response.TAG:
                return ExceptionResponse.decode(apdu).error(_SUBJECT)
            case confirmed_service_error.TAG:
                return ConfirmedServiceError.decode(apdu).error(_SUBJECT)
            case _:
                return UnexpectedApduError(
                    f"the meter answered AARQ with {apdu[:1].hex() or 'nothing'}"
                )

    def _judge_aare(self, response: AssociateResponse) -> Associated | Challenged | ProtocolError:
        if response.result != aare.ACCEPTED:
            return _rejection(response, _confirmed_service_error(response.user_information))
        mutual = self._mutual
        if response.wants_more_authentication and mutual is None:
            return _wants_more(response)
        agreed = self._agree(response)
        if isinstance(agreed, Associated) and mutual is not None:
            return self._answer(response, mutual, agreed)
        return agreed

    def _agree(self, response: AssociateResponse) -> Associated | ProtocolError:
        """Return what AARE agrees to, once it is clear whose it is."""
        within = response.user_information
        if within is None:
            return DecodeError("AARE accepts the association but carries no InitiateResponse")
        if self._protection is not None:
            self._check_context(response.application_context_name)
            self._protection.meet(response.responding_ap_title)
            within = self._protection.unprotect_initiate(within)
        refused = _confirmed_service_error(within)
        if refused is not None:
            return refused.error(_SUBJECT)
        initiate = InitiateResponse.decode(within)
        if initiate.negotiated_dlms_version != DLMS_VERSION:
            return DecodeError(
                f"the meter speaks version {initiate.negotiated_dlms_version} of DLMS;"
                f" only {DLMS_VERSION} is known"
            )
        return Associated(
            conformance=initiate.negotiated_conformance & self._parameters.conformance,
            server_max_receive_pdu_size=initiate.server_max_receive_pdu_size,
            server_system_title=response.responding_ap_title,
            warnings=tuple(self._oddities(response, initiate)),
        )

    def _check_context(self, name: bytes | None) -> None:
        """Refuse a context in which nothing need be ciphered."""
        if name is not None and name != self._context.value:
            raise SecurityPolicyError(
                f"AARE names another application context than was asked for: {context_words(name)}"
            )

    def _answer(
        self, response: AssociateResponse, authentication: HighLevelSecurity, agreed: Associated
    ) -> Challenged | ProtocolError:
        """Return our proof, whatever AARE's diagnostic says.

        [field: meters that tell none]
        """
        named = response.mechanism_name
        if named is not None and named != authentication.mechanism.object_identifier:
            return MeterNotAuthenticError(
                f"the meter answers with {mechanism_words(named)}, which was not asked for"
            )
        challenge = response.responding_authentication_value
        if challenge is None:
            return MeterNotAuthenticError(
                "the meter accepts without a challenge, hence without proving itself",
                remedy="set the authentication that the meter requires of this client address",
            )
        proof = authentication.prove(challenge, response.responding_ap_title)
        return Challenged(
            agreed=agreed,
            method=self._proof_method(),
            parameter=encode_data(octet_string(proof)),
        )

    def _proof_method(self) -> MethodDescriptor:
        if self._parameters.knows_short_names:
            return REPLY_TO_HLS_AUTHENTICATION
        return reply_to_hls_authentication(self._parameters.association_object)

    def _oddities(self, response: AssociateResponse, initiate: InitiateResponse) -> Iterator[str]:
        """Yield what differs from the standard yet does no harm, a sentence each."""
        proposed = self._parameters.conformance
        if response.diagnostic != aare.NO_DIAGNOSTIC and not response.wants_more_authentication:
            yield f"AARE accepts with the diagnostic {response.diagnostic_words}"
        context = response.application_context_name
        if context is not None and context != self._context.value:
            yield f"AARE names another application context: {context_words(context)}"
        vaa_name, short = initiate.vaa_name, self._parameters.knows_short_names
        expected = SHORT_NAMES_VAA if short else LOGICAL_NAMES_VAA
        if vaa_name != expected:
            yield f"the VAA-name is {vaa_name:04X} where {expected:04X} was expected"
        surplus = initiate.negotiated_conformance & ~proposed
        if surplus:
            yield f"the meter grants what was not proposed: {surplus.words}"
        service = Conformance.READ if short else Conformance.GET
        if service in proposed & ~initiate.negotiated_conformance:
            yield f"the meter doesn't grant the service {service.words}"


def _shown(authentication: LowLevelSecurity | HighLevelSecurity) -> Secret:
    """Return what AARQ shows: the password itself, or the challenge to the meter."""
    if isinstance(authentication, LowLevelSecurity):
        return authentication.password
    return Secret(authentication.challenge)


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

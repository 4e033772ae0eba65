"""What can go wrong in the protocol, as one tree of typed errors."""

from typing import ClassVar

from dcud.errors import DcudError


class ProtocolError(DcudError):
    """The exchange with a meter broke down."""

    code: ClassVar[str] = "protocol"
    retryable: ClassVar[bool] = True


class DecodeError(ProtocolError):
    """Octets from the line are not what the specification says they should be."""

    code: ClassVar[str] = "decode"


class EncodeError(ProtocolError):
    """A value can't be put into octets; our own misuse."""

    code: ClassVar[str] = "encode"
    retryable: ClassVar[bool] = False


class LinkError(ProtocolError):
    """The data link failed."""

    code: ClassVar[str] = "link"


class NoAnswerError(LinkError):
    """Nothing valid was heard from the addressed station in time."""

    code: ClassVar[str] = "no_answer"


class LinkRefusedError(LinkError):
    """The station answered that it is disconnected (DM)."""

    code: ClassVar[str] = "link_refused"


class LinkLostError(LinkError):
    """The station has dropped a link that was up (DM); it must be set up anew."""

    code: ClassVar[str] = "link_lost"


class FrameRejectedError(LinkError):
    """The station rejected a frame (FRMR); the link must be set up anew."""

    code: ClassVar[str] = "frame_rejected"


class LinkSequenceError(LinkError):
    """The station's sequence numbers contradict what was sent."""

    code: ClassVar[str] = "link_sequence"


class AssociationRejectedError(ProtocolError):
    """The meter refused the association; result and diagnostic are told in words.

    Attributes:
        result: association-result: 1 rejected-permanent, 2 rejected-transient.
        source: "acse-service-user" or "acse-service-provider".
        diagnostic: result-source-diagnostic's number within its source.
    """

    code: ClassVar[str] = "association_rejected"
    retryable: ClassVar[bool] = False

    def __init__(
        self, message: str, *, result: int, source: str, diagnostic: int, remedy: str = ""
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.result = result
        self.source = source
        self.diagnostic = diagnostic


class ServiceRefusedError(ProtocolError):
    """The meter answered a request with an exception response.

    Attributes:
        state_error: 1 service-not-allowed, 2 service-unknown.
        service_error: 1 operation-not-possible .. 6 invocation-counter-error.
    """

    code: ClassVar[str] = "exception_response"

    def __init__(
        self, message: str, *, state_error: int, service_error: int, remedy: str = ""
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.state_error = state_error
        self.service_error = service_error


class ConfirmedServiceFailure(ProtocolError):  # noqa: N818  # ConfirmedServiceError is the APDU's own name
    """The meter answered with a confirmed service error.

    Attributes:
        service: the service's choice number, 1 initiateError.
        error_class: the error's class, 6 initiate.
        value: the number within that class.
    """

    code: ClassVar[str] = "confirmed_service_error"

    def __init__(
        self, message: str, *, service: int, error_class: int, value: int, remedy: str = ""
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.service = service
        self.error_class = error_class
        self.value = value


class BlockTransferError(ProtocolError):
    """A block transfer lost its place; the request must be made afresh."""

    code: ClassVar[str] = "block_transfer"


class UnexpectedApduError(ProtocolError):
    """A valid APDU came that answers nothing that was asked."""

    code: ClassVar[str] = "unexpected_apdu"


class MisuseError(ProtocolError):
    """A machine was told to do what its state does not allow; our own misuse."""

    code: ClassVar[str] = "misuse"
    retryable: ClassVar[bool] = False


class SecurityError(ProtocolError):
    """What came can't be trusted, or what is to go out can't be protected.

    Each way in which it can be so has a type and a code of its own.
    """

    code: ClassVar[str] = "security"


class KeyMissingError(SecurityError):
    """A key that is needed is not known, or can't be one."""

    code: ClassVar[str] = "key_missing"
    retryable: ClassVar[bool] = False


class TagError(SecurityError):
    """An authentication tag doesn't fit: forged, damaged, or made with another key."""

    code: ClassVar[str] = "authentication_tag"


class ReplayError(SecurityError):
    """An invocation counter of the peer is not above those seen before.

    Attributes:
        counter: what came.
        floor: the least that would be accepted.
    """

    code: ClassVar[str] = "replay"

    def __init__(self, message: str, *, counter: int, floor: int, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.counter = counter
        self.floor = floor


class SystemTitleError(SecurityError):
    """A system title is missing, malformed, or another one than the meter's."""

    code: ClassVar[str] = "system_title"


class SecurityControlError(SecurityError):
    """A security control octet names a suite, key or transformation that has no place here."""

    code: ClassVar[str] = "security_control"


class SecurityPolicyError(SecurityError):
    """An APDU is protected less than the policy demands, or not at all."""

    code: ClassVar[str] = "security_policy"


class TransactionError(SecurityError):
    """An answer belongs to another transaction than the one that is open."""

    code: ClassVar[str] = "transaction"


class KeyInfoError(SecurityError):
    """A key is told in a way that can't be followed, or can't be unwrapped or agreed."""

    code: ClassVar[str] = "key_info"


class SignatureError(SecurityError):
    """A digital signature doesn't fit."""

    code: ClassVar[str] = "signature"


class CertificateError(SecurityError):
    """A certificate is malformed, out of its time, of somebody else, or vouched for by nobody."""

    code: ClassVar[str] = "certificate"
    retryable: ClassVar[bool] = False


class CompressionError(SecurityError):
    """A compressed APDU can't be expanded, or not within the limits."""

    code: ClassVar[str] = "compression"


class MeterNotAuthenticError(SecurityError):
    """The meter could not prove that it knows the secret, so nothing is read from it."""

    code: ClassVar[str] = "meter_not_authentic"


class CountersSpentError(SecurityError):
    """No invocation counter is left that may be used under a key."""

    code: ClassVar[str] = "counters_spent"


class CounterRejectedError(ServiceRefusedError):
    """The meter did not accept our invocation counter.

    Attributes:
        expected: the least that it would accept, as it says; None where it doesn't. Nothing vouches
            for this number.
    """

    code: ClassVar[str] = "invocation_counter"

    def __init__(self, message: str, *, expected: int | None, remedy: str = "") -> None:
        super().__init__(message, state_error=1, service_error=6, remedy=remedy)
        self.expected = expected

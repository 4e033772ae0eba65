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

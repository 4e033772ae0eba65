"""What can go wrong between the outbox and the broker."""

from typing import ClassVar

from dcud.errors import DcudError


class BrokerError(DcudError):
    """There is no connection to the broker, or no more."""

    code: ClassVar[str] = "broker"
    retryable: ClassVar[bool] = True


class BrokerRefusedError(BrokerError):
    """The broker answered, and said no.

    Attributes:
        reason: the reason code of MQTT 5; those of MQTT 3.1.1 are told by their counterparts.
    """

    code: ClassVar[str] = "broker_refused"

    def __init__(self, message: str, *, reason: int, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.reason = reason


class UnansweredError(BrokerError):
    """The broker was there, but closed the connection or kept silent when it heard CONNECT."""

    code: ClassVar[str] = "broker_unanswered"


class SessionTakenOverError(BrokerError):
    """Another client with the same client id came, and the broker put us out."""

    code: ClassVar[str] = "session_taken_over"


class CredentialError(BrokerError):
    """Certificate, key or authorities can't be read or don't fit together."""

    code: ClassVar[str] = "tls_material"

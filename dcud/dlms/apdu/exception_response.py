"""ExceptionResponse: the server does not serve a request at all.

[IEC 62056-5-3: ExceptionResponse APDU]
"""

from dataclasses import dataclass
from typing import Self

from dcud.dlms.errors import CounterRejectedError, DecodeError, ServiceRefusedError
from dcud.dlms.fields import check_field
from dcud.dlms.octets import Cursor
from dcud.dlms.refusal_causes import explain_exception

TAG = 0xD8

SERVICE_NOT_ALLOWED = 1
SERVICE_UNKNOWN = 2

OPERATION_NOT_POSSIBLE = 1
SERVICE_NOT_SUPPORTED = 2
OTHER_REASON = 3
PDU_TOO_LONG = 4
DECIPHERING_ERROR = 5
INVOCATION_COUNTER_ERROR = 6

_STATE_WORDS = {SERVICE_NOT_ALLOWED: "service-not-allowed", SERVICE_UNKNOWN: "service-unknown"}

_SERVICE_WORDS = {
    OPERATION_NOT_POSSIBLE: "operation-not-possible",
    SERVICE_NOT_SUPPORTED: "service-not-supported",
    OTHER_REASON: "other-reason",
    PDU_TOO_LONG: "pdu-too-long",
    DECIPHERING_ERROR: "deciphering-error",
    INVOCATION_COUNTER_ERROR: "invocation-counter-error",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionResponse:
    """An exception response.

    Attributes:
        state_error: 1 service-not-allowed, 2 service-unknown.
        service_error: 1 operation-not-possible .. 6 invocation-counter-error.
        invocation_counter: what the server expects, with invocation-counter-error alone.
    """

    state_error: int
    service_error: int
    invocation_counter: int | None = None

    def __post_init__(self) -> None:
        check_field("state-error", self.state_error, 0, 0xFF)
        check_field("service-error", self.service_error, 0, 0xFF)
        check_field("invocation-counter", self.invocation_counter, 0, 0xFFFFFFFF)

    @property
    def words(self) -> str:
        """Return both codes as the specification names them."""
        state = _STATE_WORDS.get(self.state_error, f"state-error {self.state_error}")
        service = _SERVICE_WORDS.get(self.service_error, f"service-error {self.service_error}")
        return f"{state}, {service}"

    def error(self, subject: str) -> ServiceRefusedError:
        """Return the error that this answer to `subject` ("the association") is."""
        if self.service_error == INVOCATION_COUNTER_ERROR:
            return CounterRejectedError(
                f"the meter refused {subject}: {self.words}", expected=self.invocation_counter
            )
        return ServiceRefusedError(
            f"the meter refused {subject}: {self.words}",
            state_error=self.state_error,
            service_error=self.service_error,
            remedy=explain_exception(self.state_error, self.service_error).remedy,
        )

    def encode(self) -> bytes:
        """Encode."""
        octets = bytes((TAG, self.state_error, self.service_error))
        if self.invocation_counter is None:
            return octets
        return octets + self.invocation_counter.to_bytes(4, "big")

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Decode."""
        cursor = Cursor(octets)
        tag = cursor.u8()
        if tag != TAG:
            raise DecodeError(f"tag {tag:02X} stands where ExceptionResponse (D8) was expected")
        state_error = cursor.u8()
        service_error = cursor.u8()
        counter = cursor.u32() if cursor.remaining else None
        cursor.expect_end()
        return cls(state_error=state_error, service_error=service_error, invocation_counter=counter)

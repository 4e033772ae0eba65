"""ConfirmedServiceError: the server could not even begin to serve a request.

[IEC 62056-5-3: ConfirmedServiceError APDU]
"""

from dataclasses import dataclass
from typing import Self

from dcud.dlms.errors import ConfirmedServiceFailure, DecodeError
from dcud.dlms.fields import check_field
from dcud.dlms.octets import Cursor
from dcud.dlms.refusal_causes import explain_service_error

TAG = 0x0E

INITIATE_ERROR = 1
INITIATE = 6

DLMS_VERSION_TOO_LOW = 1
INCOMPATIBLE_CONFORMANCE = 2
PDU_SIZE_TOO_SHORT = 3
REFUSED_BY_THE_VDE_HANDLER = 4

_SERVICES = {
    INITIATE_ERROR: "initiate",
    2: "get-status",
    3: "get-name-list",
    4: "get-variable-attribute",
    5: "read",
    6: "write",
    7: "get-data-set-attribute",
    8: "get-ti-attribute",
    9: "change-scope",
    10: "start",
    11: "stop",
    12: "resume",
    13: "make-usable",
    14: "initiate-load",
    15: "load-segment",
    16: "terminate-load",
    17: "initiate-up-load",
    18: "up-load-segment",
    19: "terminate-up-load",
}

_CLASSES: dict[int, tuple[str, tuple[str, ...]]] = {
    0: (
        "application-reference",
        (
            "other",
            "time-elapsed",
            "application-unreachable",
            "application-reference-invalid",
            "application-context-unsupported",
            "provider-communication-error",
            "deciphering-error",
        ),
    ),
    1: (
        "hardware-resource",
        (
            "other",
            "memory-unavailable",
            "processor-resource-unavailable",
            "mass-storage-unavailable",
            "other-resource-unavailable",
        ),
    ),
    2: (
        "vde-state-error",
        ("other", "no-dlms-context", "loading-data-set", "status-nochange", "status-inoperable"),
    ),
    3: ("service", ("other", "pdu-size", "service-unsupported")),
    4: (
        "definition",
        (
            "other",
            "object-undefined",
            "object-class-inconsistent",
            "object-attribute-inconsistent",
        ),
    ),
    5: (
        "access",
        (
            "other",
            "scope-of-access-violated",
            "object-access-violated",
            "hardware-fault",
            "object-unavailable",
        ),
    ),
    INITIATE: (
        "initiate",
        (
            "other",
            "dlms-version-too-low",
            "incompatible-conformance",
            "pdu-size-too-short",
            "refused-by-the-VDE-handler",
        ),
    ),
    7: (
        "load-data-set",
        (
            "other",
            "primitive-out-of-sequence",
            "not-loadable",
            "dataset-size-too-large",
            "not-awaited-segment",
            "interpretation-failure",
            "storage-failure",
            "data-set-not-ready",
        ),
    ),
    9: ("task", ("other", "no-remote-control", "ti-stopped", "ti-running", "ti-unusable")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmedServiceError:
    """A confirmed service error.

    Attributes:
        service: the service's choice number, 1 initiateError.
        error_class: the error's class, 6 initiate.
        value: the number within that class.
    """

    service: int
    error_class: int
    value: int

    def __post_init__(self) -> None:
        check_field("service", self.service, 0, 0xFF)
        check_field("error class", self.error_class, 0, 0xFF)
        check_field("error value", self.value, 0, 0xFF)

    @property
    def words(self) -> str:
        """Return the three codes as the specification names them."""
        service = _SERVICES.get(self.service, f"service {self.service}")
        error_class, values = _CLASSES.get(self.error_class, (f"class {self.error_class}", ()))
        value = values[self.value] if self.value < len(values) else f"value {self.value}"
        return f"{service} error, {error_class}: {value}"

    @property
    def remedy(self) -> str:
        """Return what the reader can do about it, or nothing."""
        return explain_service_error(self.error_class, self.value).remedy

    def error(self, subject: str) -> ConfirmedServiceFailure:
        """Return the error that this answer to `subject` ("the association") is."""
        return ConfirmedServiceFailure(
            f"the meter refused {subject}: {self.words}",
            service=self.service,
            error_class=self.error_class,
            value=self.value,
            remedy=self.remedy,
        )

    def encode(self) -> bytes:
        """Encode."""
        return bytes((TAG, self.service, self.error_class, self.value))

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Decode."""
        cursor = Cursor(octets)
        tag = cursor.u8()
        if tag != TAG:
            raise DecodeError(f"tag {tag:02X} stands where ConfirmedServiceError (0E) was expected")
        service, error_class, value = cursor.u8(), cursor.u8(), cursor.u8()
        cursor.expect_end()
        return cls(service=service, error_class=error_class, value=value)

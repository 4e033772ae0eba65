"""AARE: the server's answer to a wish for an association.

[IEC 62056-5-3: AARE APDU]
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

from dcud.dlms.application_context import ApplicationContext
from dcud.dlms.ber import (
    INTEGER,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    decode_element,
    decode_explicit,
    decode_fields,
    decode_integer,
    decode_only,
    encode_element,
    encode_explicit,
    encode_integer,
)
from dcud.dlms.errors import AssociationRejectedError, DecodeError
from dcud.dlms.fields import check_field
from dcud.dlms.octets import Cursor

TAG = 0x61

_CONTEXT_NAME = 0xA1
_RESULT = 0xA2
_RESULT_SOURCE_DIAGNOSTIC = 0xA3
_RESPONDING_AP_TITLE = 0xA4
_RESPONDING_AE_QUALIFIER = 0xA5
_RESPONDER_ACSE_REQUIREMENTS = 0x88
_MECHANISM_NAME = 0x89
_AUTHENTICATION_VALUE = 0xAA
_USER_INFORMATION = 0xBE

_CHARSTRING = 0x80
_AUTHENTICATION_FUNCTIONAL_UNIT = bytes.fromhex("0780")

ACCEPTED = 0
REJECTED_PERMANENT = 1
REJECTED_TRANSIENT = 2


class DiagnosticSource(IntEnum):
    """Who gave the diagnostic, valued with the choice's tag."""

    ACSE_SERVICE_USER = 0xA1
    ACSE_SERVICE_PROVIDER = 0xA2


NO_DIAGNOSTIC = 0
NO_REASON_GIVEN = 1
CONTEXT_NAME_NOT_SUPPORTED = 2
MECHANISM_NAME_NOT_RECOGNISED = 11
MECHANISM_NAME_REQUIRED = 12
AUTHENTICATION_FAILURE = 13
AUTHENTICATION_REQUIRED = 14

_RESULT_WORDS = {
    ACCEPTED: "accepted",
    REJECTED_PERMANENT: "rejected-permanent",
    REJECTED_TRANSIENT: "rejected-transient",
}

_SOURCE_WORDS = {
    DiagnosticSource.ACSE_SERVICE_USER: "acse-service-user",
    DiagnosticSource.ACSE_SERVICE_PROVIDER: "acse-service-provider",
}

_USER_WORDS = {
    NO_DIAGNOSTIC: "null",
    NO_REASON_GIVEN: "no-reason-given",
    CONTEXT_NAME_NOT_SUPPORTED: "application-context-name-not-supported",
    3: "calling-AP-title-not-recognized",
    4: "calling-AP-invocation-identifier-not-recognized",
    5: "calling-AE-qualifier-not-recognized",
    6: "calling-AE-invocation-identifier-not-recognized",
    7: "called-AP-title-not-recognized",
    8: "called-AP-invocation-identifier-not-recognized",
    9: "called-AE-qualifier-not-recognized",
    10: "called-AE-invocation-identifier-not-recognized",
    MECHANISM_NAME_NOT_RECOGNISED: "authentication-mechanism-name-not-recognised",
    MECHANISM_NAME_REQUIRED: "authentication-mechanism-name-required",
    AUTHENTICATION_FAILURE: "authentication-failure",
    AUTHENTICATION_REQUIRED: "authentication-required",
}

_PROVIDER_WORDS = {
    NO_DIAGNOSTIC: "null",
    1: "no-reason-given",
    2: "no-common-acse-version",
}

_DIAGNOSTIC_WORDS: Mapping[DiagnosticSource, Mapping[int, str]] = {
    DiagnosticSource.ACSE_SERVICE_USER: _USER_WORDS,
    DiagnosticSource.ACSE_SERVICE_PROVIDER: _PROVIDER_WORDS,
}

_MECHANISM_REMEDY = "set the authentication that the meter requires of this client address"

_USER_REMEDIES = {
    NO_REASON_GIVEN: "check that this client address and this authentication belong"
    " together; a meter also refuses for a while when an association is still held",
    CONTEXT_NAME_NOT_SUPPORTED: "this client address wants another application context,"
    " perhaps one with ciphering",
    3: "the meter doesn't know the client's system title",
    6: "the meter doesn't know the user id",
    MECHANISM_NAME_NOT_RECOGNISED: _MECHANISM_REMEDY,
    MECHANISM_NAME_REQUIRED: _MECHANISM_REMEDY,
    AUTHENTICATION_FAILURE: "check the password; don't try again and again, since many meters"
    " lock after a few wrong ones",
    AUTHENTICATION_REQUIRED: _MECHANISM_REMEDY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociateResponse:
    """An AARE; absent fields are None.

    Attributes:
        application_context_name: content of the object identifier.
        result: 0 accepted, 1 rejected-permanent, 2 rejected-transient.
        source: who gave the diagnostic.
        diagnostic: its number within its source, 0 for none.
        responding_ap_title: the server's system title.
        responding_ae_qualifier: the server's certificate.
        mechanism_name: content of the object identifier.
        responding_authentication_value: the challenge to the client.
        user_information: InitiateResponse or ConfirmedServiceError, plain or ciphered.
    """

    application_context_name: bytes | None = ApplicationContext.LOGICAL_NAMES.value
    result: int = ACCEPTED
    source: DiagnosticSource = DiagnosticSource.ACSE_SERVICE_USER
    diagnostic: int = NO_DIAGNOSTIC
    responding_ap_title: bytes | None = None
    responding_ae_qualifier: bytes | None = None
    mechanism_name: bytes | None = None
    responding_authentication_value: bytes | None = None
    user_information: bytes | None = None

    def __post_init__(self) -> None:
        check_field("result", self.result, 0, 0xFFFFFFFF)
        check_field("result-source-diagnostic", self.diagnostic, 0, 0xFFFFFFFF)

    @property
    def diagnostic_words(self) -> str:
        """Return the diagnostic as the specification names it."""
        return _DIAGNOSTIC_WORDS[self.source].get(self.diagnostic, f"number {self.diagnostic}")

    @property
    def wants_more_authentication(self) -> bool:
        """Tell whether the server accepts only once the client has proved itself further."""
        by_user = self.source is DiagnosticSource.ACSE_SERVICE_USER
        return by_user and self.diagnostic == AUTHENTICATION_REQUIRED

    def rejection(self, *, detail: str = "", remedy: str = "") -> AssociationRejectedError:
        """Return the error that this answer is.

        Args:
            detail: appended to what happened.
            remedy: what to do where the diagnostic itself doesn't tell.
        """
        result = _RESULT_WORDS.get(self.result, f"result {self.result}")
        by_user = self.source is DiagnosticSource.ACSE_SERVICE_USER
        known_remedy = _USER_REMEDIES.get(self.diagnostic, "") if by_user else ""
        return AssociationRejectedError(
            f"the meter refused the association: {result}, {_SOURCE_WORDS[self.source]}"
            f" {self.diagnostic_words}{detail}",
            result=self.result,
            source=_SOURCE_WORDS[self.source],
            diagnostic=self.diagnostic,
            remedy=remedy or known_remedy,
        )

    def encode(self) -> bytes:
        """Encode."""
        diagnostic = encode_element(
            self.source, encode_element(INTEGER, encode_integer(self.diagnostic))
        )
        content = encode_explicit(_CONTEXT_NAME, OBJECT_IDENTIFIER, self.application_context_name)
        content += encode_explicit(_RESULT, INTEGER, encode_integer(self.result))
        content += encode_element(_RESULT_SOURCE_DIAGNOSTIC, diagnostic)
        content += encode_explicit(_RESPONDING_AP_TITLE, OCTET_STRING, self.responding_ap_title)
        content += encode_explicit(
            _RESPONDING_AE_QUALIFIER, OCTET_STRING, self.responding_ae_qualifier
        )
        if self.mechanism_name is not None:
            content += encode_element(_RESPONDER_ACSE_REQUIREMENTS, _AUTHENTICATION_FUNCTIONAL_UNIT)
            content += encode_element(_MECHANISM_NAME, self.mechanism_name)
        challenge = self.responding_authentication_value
        content += encode_explicit(_AUTHENTICATION_VALUE, _CHARSTRING, challenge)
        content += encode_explicit(_USER_INFORMATION, OCTET_STRING, self.user_information)
        return encode_element(TAG, content)

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Decode by tag, in whatever order; unknown fields are skipped.

        [field: user-information is missing where the association is refused]
        """
        fields = decode_fields(TAG, octets)
        if _RESULT not in fields:
            raise DecodeError("AARE without a result")
        source, diagnostic = _source_and_diagnostic(fields.get(_RESULT_SOURCE_DIAGNOSTIC))
        return cls(
            application_context_name=decode_explicit(fields, _CONTEXT_NAME, OBJECT_IDENTIFIER),
            result=decode_integer(decode_only(INTEGER, fields[_RESULT])),
            source=source,
            diagnostic=diagnostic,
            responding_ap_title=decode_explicit(fields, _RESPONDING_AP_TITLE, OCTET_STRING),
            responding_ae_qualifier=decode_explicit(fields, _RESPONDING_AE_QUALIFIER, OCTET_STRING),
            mechanism_name=fields.get(_MECHANISM_NAME),
            responding_authentication_value=decode_explicit(
                fields, _AUTHENTICATION_VALUE, _CHARSTRING
            ),
            user_information=decode_explicit(fields, _USER_INFORMATION, OCTET_STRING),
        )


def _source_and_diagnostic(content: bytes | None) -> tuple[DiagnosticSource, int]:
    if content is None:
        return DiagnosticSource.ACSE_SERVICE_USER, NO_DIAGNOSTIC
    cursor = Cursor(content)
    choice = decode_element(cursor)
    cursor.expect_end()
    if choice.tag not in _SOURCE_WORDS:
        raise DecodeError(f"result-source-diagnostic of an unknown source {choice.tag:02X}")
    return DiagnosticSource(choice.tag), decode_integer(decode_only(INTEGER, choice.content))

"""AARQ: a client asks for an association.

[IEC 62056-5-3: AARQ APDU]
"""

from dataclasses import dataclass
from typing import Self

from dcud.dlms.application_context import ApplicationContext
from dcud.dlms.ber import (
    INTEGER,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    decode_explicit,
    decode_fields,
    decode_integer,
    decode_only,
    encode_element,
    encode_explicit,
    encode_integer,
)
from dcud.dlms.errors import DecodeError
from dcud.dlms.fields import check_field
from dcud.dlms.secret import Secret

TAG = 0x60

_CONTEXT_NAME = 0xA1
_CALLED_AP_TITLE = 0xA2
_CALLING_AP_TITLE = 0xA6
_CALLING_AE_QUALIFIER = 0xA7
_CALLING_AE_INVOCATION_ID = 0xA9
_SENDER_ACSE_REQUIREMENTS = 0x8A
_MECHANISM_NAME = 0x8B
_AUTHENTICATION_VALUE = 0xAC
_USER_INFORMATION = 0xBE

_CHARSTRING = 0x80
_AUTHENTICATION_FUNCTIONAL_UNIT = bytes.fromhex("0780")


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociateRequest:
    """An AARQ; absent fields are None.

    Attributes:
        application_context_name: content of the object identifier.
        called_ap_title: the server's system title.
        calling_ap_title: the client's system title.
        calling_ae_qualifier: the client's certificate.
        calling_ae_invocation_id: the client's user id, 0..255.
        mechanism_name: content of the object identifier; absent for the lowest level.
        calling_authentication_value: the password, or the challenge to the server.
        user_information: the InitiateRequest, plain or ciphered.
    """

    application_context_name: bytes = ApplicationContext.LOGICAL_NAMES.value
    called_ap_title: bytes | None = None
    calling_ap_title: bytes | None = None
    calling_ae_qualifier: bytes | None = None
    calling_ae_invocation_id: int | None = None
    mechanism_name: bytes | None = None
    calling_authentication_value: Secret | None = None
    user_information: bytes | None = None

    def __post_init__(self) -> None:
        check_field("calling-AE-invocation-id", self.calling_ae_invocation_id, 0, 0xFF)

    def encode(self) -> tuple[bytes, tuple[tuple[int, int], ...]]:
        """Encode, telling also the half-open ranges of the octets that no log may show."""
        before = encode_explicit(_CONTEXT_NAME, OBJECT_IDENTIFIER, self.application_context_name)
        before += encode_explicit(_CALLED_AP_TITLE, OCTET_STRING, self.called_ap_title)
        before += encode_explicit(_CALLING_AP_TITLE, OCTET_STRING, self.calling_ap_title)
        before += encode_explicit(_CALLING_AE_QUALIFIER, OCTET_STRING, self.calling_ae_qualifier)
        if self.calling_ae_invocation_id is not None:
            user_id = encode_integer(self.calling_ae_invocation_id)
            before += encode_explicit(_CALLING_AE_INVOCATION_ID, INTEGER, user_id)
        if self.mechanism_name is not None:
            before += encode_element(_SENDER_ACSE_REQUIREMENTS, _AUTHENTICATION_FUNCTIONAL_UNIT)
            before += encode_element(_MECHANISM_NAME, self.mechanism_name)
        shown = self.calling_authentication_value
        value = shown.octets if shown else None
        before += encode_explicit(_AUTHENTICATION_VALUE, _CHARSTRING, value)
        after = encode_explicit(_USER_INFORMATION, OCTET_STRING, self.user_information)
        octets = encode_element(TAG, before + after)
        end = len(octets) - len(after)
        return octets, ((end - len(value), end),) if value else ()

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Decode by tag, in whatever order; unknown fields are skipped."""
        fields = decode_fields(TAG, octets)
        if _CONTEXT_NAME not in fields:
            raise DecodeError("AARQ without an application-context-name")
        password = decode_explicit(fields, _AUTHENTICATION_VALUE, _CHARSTRING)
        user_id = decode_explicit(fields, _CALLING_AE_INVOCATION_ID, INTEGER)
        return cls(
            application_context_name=decode_only(OBJECT_IDENTIFIER, fields[_CONTEXT_NAME]),
            called_ap_title=decode_explicit(fields, _CALLED_AP_TITLE, OCTET_STRING),
            calling_ap_title=decode_explicit(fields, _CALLING_AP_TITLE, OCTET_STRING),
            calling_ae_qualifier=decode_explicit(fields, _CALLING_AE_QUALIFIER, OCTET_STRING),
            calling_ae_invocation_id=None if user_id is None else _user_id(user_id),
            mechanism_name=fields.get(_MECHANISM_NAME),
            calling_authentication_value=None if password is None else Secret(password),
            user_information=decode_explicit(fields, _USER_INFORMATION, OCTET_STRING),
        )


def _user_id(content: bytes) -> int:
    value = decode_integer(content)
    if value > 0xFF:
        raise DecodeError(f"calling-AE-invocation-id is {value}, but 0..255 was expected")
    return value

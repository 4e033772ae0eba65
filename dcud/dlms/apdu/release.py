"""RLRQ, RLRE: an association is ended in good order.

[IEC 62056-5-3: RLRQ and RLRE APDUs]
"""

from dataclasses import dataclass
from typing import Self

from dcud.dlms.ber import (
    OCTET_STRING,
    decode_explicit,
    decode_fields,
    decode_integer,
    encode_element,
    encode_explicit,
    encode_integer,
)
from dcud.dlms.errors import DecodeError
from dcud.dlms.fields import check_field

REQUEST_TAG = 0x62
RESPONSE_TAG = 0x63

NORMAL = 0
NOT_FINISHED = 1
USER_DEFINED = 30

_REASON = 0x80
_USER_INFORMATION = 0xBE


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRequest:
    """The client's wish to end the association; absent fields are None.

    Attributes:
        reason: 0 normal, 1 urgent, 30 user-defined.
        user_information: a ciphered InitiateRequest.
    """

    reason: int | None = NORMAL
    user_information: bytes | None = None

    def __post_init__(self) -> None:
        check_field("release-request-reason", self.reason, 0, 0xFFFFFFFF)

    def encode(self) -> bytes:
        """Encode."""
        return _encode(REQUEST_TAG, self.reason, self.user_information)

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Decode by tag; unknown fields are skipped."""
        reason, user_information = _decode(REQUEST_TAG, octets)
        return cls(reason=reason, user_information=user_information)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseResponse:
    """The server's answer to it; absent fields are None.

    Attributes:
        reason: 0 normal, 1 not-finished, 30 user-defined.
        user_information: a ciphered InitiateResponse.
    """

    reason: int | None = NORMAL
    user_information: bytes | None = None

    def __post_init__(self) -> None:
        check_field("release-response-reason", self.reason, 0, 0xFFFFFFFF)

    def encode(self) -> bytes:
        """Encode."""
        return _encode(RESPONSE_TAG, self.reason, self.user_information)

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Decode by tag; unknown fields are skipped.

        [field: RLRE with a malformed length] The tag says all there is to say: what else can't be
        read is taken for absent.
        """
        if octets[:1] != bytes((RESPONSE_TAG,)):
            raise DecodeError(f"tag {octets[:1].hex()} stands where RLRE (63) was expected")
        try:
            reason, user_information = _decode(RESPONSE_TAG, octets)
        except DecodeError:
            return cls(reason=None)
        return cls(reason=reason, user_information=user_information)


def _encode(tag: int, reason: int | None, user_information: bytes | None) -> bytes:
    content = b"" if reason is None else encode_element(_REASON, encode_integer(reason))
    return encode_element(
        tag, content + encode_explicit(_USER_INFORMATION, OCTET_STRING, user_information)
    )


def _decode(tag: int, octets: bytes) -> tuple[int | None, bytes | None]:
    fields = decode_fields(tag, octets)
    reason = decode_integer(fields[_REASON]) if _REASON in fields else None
    return reason, decode_explicit(fields, _USER_INFORMATION, OCTET_STRING)

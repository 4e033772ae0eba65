"""InitiateRequest, InitiateResponse: what an association is negotiated with.

[IEC 62056-5-3: xDLMS InitiateRequest and InitiateResponse]
"""

from dataclasses import dataclass
from typing import Self

from dcud.dlms.conformance import Conformance, decode_conformance, encode_conformance
from dcud.dlms.errors import DecodeError
from dcud.dlms.fields import check_field
from dcud.dlms.octets import Cursor, encode_length
from dcud.dlms.secret import Secret

REQUEST_TAG = 0x01
RESPONSE_TAG = 0x08
DLMS_VERSION = 6

LOGICAL_NAMES_VAA = 0x0007
SHORT_NAMES_VAA = 0xFA00

SMALLEST_PDU_SIZE = 12
"""A server refuses a client whose largest APDU is smaller; 0 sets no limit."""

_ABSENT = b"\x00"
_PRESENT = b"\x01"
_FALSE = b"\x00"


@dataclass(frozen=True, slots=True, kw_only=True)
class InitiateRequest:
    """What the client proposes.

    Attributes:
        proposed_conformance: the services that the client speaks.
        client_max_receive_pdu_size: octets of the largest APDU that the client takes, 0: any.
        dedicated_key: a key for this association alone.
        response_allowed: whether the server may answer.
        proposed_quality_of_service: -128..127.
        proposed_dlms_version: 6.
    """

    proposed_conformance: Conformance
    client_max_receive_pdu_size: int
    dedicated_key: Secret | None = None
    response_allowed: bool = True
    proposed_quality_of_service: int | None = None
    proposed_dlms_version: int = DLMS_VERSION

    def __post_init__(self) -> None:
        check_field("client-max-receive-pdu-size", self.client_max_receive_pdu_size, 0, 0xFFFF)
        check_field("proposed-quality-of-service", self.proposed_quality_of_service, -0x80, 0x7F)
        check_field("proposed-dlms-version-number", self.proposed_dlms_version, 0, 0xFF)

    def encode(self) -> bytes:
        """Encode."""
        key = _ABSENT
        if self.dedicated_key is not None:
            octets = self.dedicated_key.octets
            key = _PRESENT + encode_length(len(octets)) + octets
        return b"".join(
            (
                bytes((REQUEST_TAG,)),
                key,
                _ABSENT if self.response_allowed else _PRESENT + _FALSE,
                _encode_quality(self.proposed_quality_of_service),
                bytes((self.proposed_dlms_version,)),
                encode_conformance(self.proposed_conformance),
                self.client_max_receive_pdu_size.to_bytes(2, "big"),
            )
        )

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Decode."""
        cursor = Cursor(octets)
        _expect_tag(cursor, REQUEST_TAG, "InitiateRequest")
        key = Secret(cursor.octet_string()) if cursor.u8() else None
        response_allowed = bool(cursor.u8()) if cursor.u8() else True
        quality = _decode_quality(cursor)
        version = cursor.u8()
        conformance = decode_conformance(cursor)
        size = cursor.u16()
        cursor.expect_end()
        return cls(
            dedicated_key=key,
            response_allowed=response_allowed,
            proposed_quality_of_service=quality,
            proposed_dlms_version=version,
            proposed_conformance=conformance,
            client_max_receive_pdu_size=size,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class InitiateResponse:
    """What the server grants.

    Attributes:
        negotiated_conformance: the services that both sides speak.
        server_max_receive_pdu_size: octets of the largest APDU that the server takes, 0: any.
        vaa_name: 0x0007 where objects are known by logical names, else 0xFA00.
        negotiated_quality_of_service: -128..127.
        negotiated_dlms_version: 6.
    """

    negotiated_conformance: Conformance
    server_max_receive_pdu_size: int
    vaa_name: int = LOGICAL_NAMES_VAA
    negotiated_quality_of_service: int | None = None
    negotiated_dlms_version: int = DLMS_VERSION

    def __post_init__(self) -> None:
        check_field("server-max-receive-pdu-size", self.server_max_receive_pdu_size, 0, 0xFFFF)
        check_field("VAA-name", self.vaa_name, 0, 0xFFFF)
        check_field(
            "negotiated-quality-of-service", self.negotiated_quality_of_service, -0x80, 0x7F
        )
        check_field("negotiated-dlms-version-number", self.negotiated_dlms_version, 0, 0xFF)

    def encode(self) -> bytes:
        """Encode."""
        return b"".join(
            (
                bytes((RESPONSE_TAG,)),
                _encode_quality(self.negotiated_quality_of_service),
                bytes((self.negotiated_dlms_version,)),
                encode_conformance(self.negotiated_conformance),
                self.server_max_receive_pdu_size.to_bytes(2, "big"),
                self.vaa_name.to_bytes(2, "big"),
            )
        )

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Decode."""
        cursor = Cursor(octets)
        _expect_tag(cursor, RESPONSE_TAG, "InitiateResponse")
        quality = _decode_quality(cursor)
        version = cursor.u8()
        conformance = decode_conformance(cursor)
        size = cursor.u16()
        vaa_name = cursor.u16()
        cursor.expect_end()
        return cls(
            negotiated_quality_of_service=quality,
            negotiated_dlms_version=version,
            negotiated_conformance=conformance,
            server_max_receive_pdu_size=size,
            vaa_name=vaa_name,
        )


def _expect_tag(cursor: Cursor, tag: int, name: str) -> None:
    found = cursor.u8()
    if found != tag:
        raise DecodeError(f"tag {found:02X} stands where {name} ({tag:02X}) was expected")


def _encode_quality(quality: int | None) -> bytes:
    return _ABSENT if quality is None else _PRESENT + quality.to_bytes(1, "big", signed=True)


def _decode_quality(cursor: Cursor) -> int | None:
    return cursor.i8() if cursor.u8() else None

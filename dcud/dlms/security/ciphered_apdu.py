"""Ciphered APDUs under the global and the dedicated key, service-specific and general.

[IEC 62056-5-3: ciphered xDLMS APDUs]
"""

from dataclasses import dataclass
from typing import Self

from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.octets import Cursor, encode_length
from dcud.dlms.security.service_tags import PLAIN_OF_DEDICATED, PLAIN_OF_GLOBAL

GENERAL_GLO_CIPHERING = 0xDB
GENERAL_DED_CIPHERING = 0xDC

SERVICE_SPECIFIC_TAGS = frozenset({*PLAIN_OF_GLOBAL, *PLAIN_OF_DEDICATED})
GENERAL_TAGS = frozenset({GENERAL_GLO_CIPHERING, GENERAL_DED_CIPHERING})


@dataclass(frozen=True, slots=True)
class ServiceCiphering:
    """An APDU of one service, ciphered: glo-get-request and its like.

    Attributes:
        tag: as the tables of `service_tags` have it.
        body: security control, invocation counter, content, tag.
    """

    tag: int
    body: bytes

    def __post_init__(self) -> None:
        if self.tag not in SERVICE_SPECIFIC_TAGS:
            raise EncodeError(f"{self.tag} is the tag of no ciphered service")

    def encode(self) -> bytes:
        """Encode."""
        return bytes((self.tag,)) + encode_length(len(self.body)) + self.body

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Decode."""
        return cls(*split_service(octets))


@dataclass(frozen=True, slots=True)
class GeneralGloDedCiphering:
    """An APDU of any service under the global key (general-glo-ciphering) or the dedicated one.

    Attributes:
        tag: DB under the global key, DC under the dedicated one.
        system_title: the originator's; empty where the other party knows it anyway.
        body: security control, invocation counter, content, tag.
    """

    tag: int
    system_title: bytes
    body: bytes

    def __post_init__(self) -> None:
        if self.tag not in GENERAL_TAGS:
            raise EncodeError(f"{self.tag} is neither of the tags of general ciphering")

    def encode(self) -> bytes:
        """Encode."""
        title = encode_length(len(self.system_title)) + self.system_title
        return bytes((self.tag,)) + title + encode_length(len(self.body)) + self.body

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Decode."""
        return cls(*split_general(octets))


def split_service(octets: bytes) -> tuple[int, bytes]:
    """Return tag and body of a ciphered service, as `ServiceCiphering` has them.

    Raises:
        DecodeError: it is none, or malformed.
    """
    cursor = Cursor(octets)
    tag = cursor.u8()
    if tag not in SERVICE_SPECIFIC_TAGS:
        raise DecodeError(f"tag {tag:02X} stands where a ciphered service was expected")
    return tag, _last(cursor)


def split_general(octets: bytes) -> tuple[int, bytes, bytes]:
    """Return tag, system title and body, as `GeneralGloDedCiphering` has them.

    Raises:
        DecodeError: it is none, or malformed.
    """
    cursor = Cursor(octets)
    tag = cursor.u8()
    if tag not in GENERAL_TAGS:
        raise DecodeError(f"tag {tag:02X} stands where general ciphering (DB, DC) was expected")
    return tag, cursor.take(cursor.length()), _last(cursor)


def _last(cursor: Cursor) -> bytes:
    """Read an octet-string that nothing may follow; quicker than to look for both by themselves."""
    announced = cursor.length()
    body = cursor.rest()
    if len(body) != announced:
        raise DecodeError(
            f"a ciphered content of {announced} octets is announced, but {len(body)} are left"
        )
    return body

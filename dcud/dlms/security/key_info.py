"""How general-ciphering tells which key protects the content.

[IEC 62056-5-3: general-ciphering, key-info]
"""

from dataclasses import dataclass
from typing import assert_never

from dcud.dlms.errors import DecodeError
from dcud.dlms.fields import check_field
from dcud.dlms.octets import Cursor, encode_length

UNICAST = 0
BROADCAST = 1
MASTER = 0
ONE_PASS = b"\x01"
STATIC = b"\x02"

_ABSENT = 0
_PRESENT = 1
_IDENTIFIED = 0
_WRAPPED = 1
_AGREED = 2


@dataclass(frozen=True, slots=True)
class IdentifiedKey:
    """A key that both know.

    Attributes:
        key_id: 0 the global unicast key, 1 the global broadcast key.
    """

    key_id: int

    def __post_init__(self) -> None:
        check_field("key-id", self.key_id, 0, 0xFF)


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A fresh key, wrapped in one that both know.

    Attributes:
        kek_id: 0 the master key.
        wrapped: the key, wrapped; 24 or 40 octets.
    """

    kek_id: int
    wrapped: bytes

    def __post_init__(self) -> None:
        check_field("kek-id", self.kek_id, 0, 0xFF)


@dataclass(frozen=True, slots=True)
class AgreedKey:
    """A key that both derive from their key pairs.

    Attributes:
        parameters: the scheme: 01 one-pass C(1e,1s), 02 static C(0e,2s).
        ciphered_data: with one-pass, the ephemeral public key, then its signature.
    """

    parameters: bytes
    ciphered_data: bytes


KeyInfo = IdentifiedKey | WrappedKey | AgreedKey


def encode_key_info(key_info: KeyInfo | None) -> bytes:
    """Encode, None as absent."""
    match key_info:
        case None:
            return bytes((_ABSENT,))
        case IdentifiedKey(key_id):
            return bytes((_PRESENT, _IDENTIFIED, key_id))
        case WrappedKey(kek_id, wrapped):
            return bytes((_PRESENT, _WRAPPED, kek_id)) + _octet_string(wrapped)
        case AgreedKey(parameters, data):
            return bytes((_PRESENT, _AGREED)) + _octet_string(parameters) + _octet_string(data)
        case _:
            assert_never(key_info)


def decode_key_info(cursor: Cursor) -> KeyInfo | None:
    """Read a key-info, None where it is absent."""
    flag = cursor.u8()
    if flag == _ABSENT:
        return None
    if flag != _PRESENT:
        raise DecodeError(f"{flag:02X} stands where 00 or 01 tells whether key-info is there")
    choice = cursor.u8()
    if choice == _IDENTIFIED:
        return IdentifiedKey(cursor.u8())
    if choice == _WRAPPED:
        return WrappedKey(cursor.u8(), cursor.octet_string())
    if choice == _AGREED:
        return AgreedKey(cursor.octet_string(), cursor.octet_string())
    raise DecodeError(f"key-info of the unknown choice {choice}")


def _octet_string(octets: bytes) -> bytes:
    return encode_length(len(octets)) + octets

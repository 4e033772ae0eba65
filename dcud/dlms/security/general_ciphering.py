"""General-ciphering: an APDU of any service, protected between any two parties.

[IEC 62056-5-3: general-ciphering]
"""

from dataclasses import dataclass
from typing import Self

from dcud.dlms.errors import DecodeError
from dcud.dlms.octets import Cursor, encode_length
from dcud.dlms.security.general_header import GeneralHeader
from dcud.dlms.security.key_info import KeyInfo, decode_key_info, encode_key_info

TAG = 0xDD


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneralCiphering:
    """A general-ciphering APDU.

    Attributes:
        header: who protects what for whom.
        key_info: which key; None where both know it anyway.
        body: security control, invocation counter, content, tag.
    """

    header: GeneralHeader
    key_info: KeyInfo | None
    body: bytes

    def encode(self) -> bytes:
        """Encode."""
        return b"".join(
            (
                bytes((TAG,)),
                self.header.authenticated_octets,
                encode_key_info(self.key_info),
                encode_length(len(self.body)),
                self.body,
            )
        )

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Decode."""
        cursor = Cursor(octets)
        tag = cursor.u8()
        if tag != TAG:
            raise DecodeError(f"tag {tag:02X} stands where general-ciphering (DD) was expected")
        header = GeneralHeader.decode(cursor)
        key_info = decode_key_info(cursor)
        body = cursor.octet_string()
        cursor.expect_end()
        return cls(header=header, key_info=key_info, body=body)

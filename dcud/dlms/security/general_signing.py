"""General-signing: an APDU of any service with its originator's signature.

[IEC 62056-5-3: general-signing]
"""

from dataclasses import dataclass, field
from typing import Self

from dcud.dlms.errors import DecodeError
from dcud.dlms.octets import Cursor, encode_length
from dcud.dlms.security.general_header import GeneralHeader

TAG = 0xDF


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneralSigning:
    """A general-signing APDU, signed or still to be.

    Attributes:
        header: who signs what for whom.
        content: the APDU within.
        signature: r || s; 64 or 96 octets, empty where it isn't signed.
        received_length: the octets that told the content's length, as they came; empty where it was
            made here.
    """

    header: GeneralHeader
    content: bytes
    signature: bytes = b""
    received_length: bytes = field(default=b"", compare=False, repr=False)

    @property
    def signed_octets(self) -> bytes:
        """Return what the signature is over: everything between tag and signature."""
        length = self.received_length or encode_length(len(self.content))
        return self.header.authenticated_octets + length + self.content

    @property
    def signed_octets_without_length(self) -> bytes | None:
        """Return what it is over where the content's length is left out.

        [field: signatures over all but the content's length] None where the content itself begins
        with what may be the length of the rest: whoever takes the signature for one over the other
        form would be shown a content that nobody signed.
        """
        if _begins_with_its_length(self.content):
            return None
        return self.header.authenticated_octets + self.content

    def encode(self) -> bytes:
        """Encode."""
        signature = encode_length(len(self.signature)) + self.signature
        return bytes((TAG,)) + self.signed_octets + signature

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Decode; what isn't signed may lack the signature's length, too."""
        cursor = Cursor(octets)
        tag = cursor.u8()
        if tag != TAG:
            raise DecodeError(f"tag {tag:02X} stands where general-signing (DF) was expected")
        header = GeneralHeader.decode(cursor)
        start = cursor.position
        content = cursor.octet_string()
        received_length = octets[start : cursor.position - len(content)]
        signature = cursor.octet_string() if cursor.remaining else b""
        cursor.expect_end()
        return cls(
            header=header, content=content, signature=signature, received_length=received_length
        )


def _begins_with_its_length(content: bytes) -> bool:
    cursor = Cursor(content)
    try:
        return cursor.length() == cursor.remaining
    except DecodeError:
        return False

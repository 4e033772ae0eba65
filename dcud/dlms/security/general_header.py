"""The header that general-ciphering shares with general-signing.

[IEC 62056-5-3: general-ciphering, general-signing]
"""

from dataclasses import dataclass, field
from typing import Self

from dcud.dlms.octets import Cursor, encode_length


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneralHeader:
    """Who protects what for whom; any field may be empty.

    Attributes:
        transaction_id: the originator's mark, which the answer to it bears, too.
        originator_system_title: of the party that protected the content.
        recipient_system_title: of the party that it is meant for.
        date_time: 12 octets as COSEM encodes them, or none.
        other_information: as it came.
        received: the octets that it was decoded from, which a tag or signature vouches for even
            where a length is longer than it need be; empty where it was made here.
    """

    transaction_id: bytes = b""
    originator_system_title: bytes = b""
    recipient_system_title: bytes = b""
    date_time: bytes = b""
    other_information: bytes = b""
    received: bytes = field(default=b"", compare=False, repr=False)

    @property
    def authenticated_octets(self) -> bytes:
        """Return the octets that a tag or signature vouches for, with all lengths."""
        return self.received or self.encode()

    def answers(self, request: Self) -> bool:
        """Tell whether this is the header of an answer to that request: its mark, parties swapped.

        A party that isn't named contradicts nothing.
        """
        return (
            self.transaction_id == request.transaction_id
            and _agree(self.originator_system_title, request.recipient_system_title)
            and _agree(self.recipient_system_title, request.originator_system_title)
        )

    def encode(self) -> bytes:
        """Encode in as few octets as it takes."""
        return b"".join(
            encode_length(len(octets)) + octets
            for octets in (
                self.transaction_id,
                self.originator_system_title,
                self.recipient_system_title,
                self.date_time,
                self.other_information,
            )
        )

    @classmethod
    def decode(cls, cursor: Cursor) -> Self:
        """Read a header."""
        start = cursor.position
        transaction_id = cursor.octet_string()
        originator = cursor.octet_string()
        recipient = cursor.octet_string()
        date_time = cursor.octet_string()
        other = cursor.octet_string()
        return cls(
            transaction_id=transaction_id,
            originator_system_title=originator,
            recipient_system_title=recipient,
            date_time=date_time,
            other_information=other,
            received=bytes(cursor.octets[start : cursor.position]),
        )


def _agree(one: bytes, other: bytes) -> bool:
    return not one or not other or one == other

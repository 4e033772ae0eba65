"""HDLC addresses as they stand in frames.

[IEC 62056-46: HDLC addressing] An address is 1, 2 or 4 octets long; bit 0 is set in its last octet
alone, the other seven bits carry the address, high part first. Clients have one octet. A server's
upper part names the logical device, its lower part the physical one; the one-octet form has no
lower part.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from dcud.dlms.datalink import ClientSap
from dcud.dlms.errors import DecodeError, EncodeError

_SIZE_LIMITS: Final = {1: 0x7F, 2: 0x7F, 4: 0x3FFF}
"""Size of a server address in octets: the highest value that each of its parts can hold."""


class ReservedClient(IntEnum):
    """Client addresses with a meaning of their own."""

    NO_STATION = 0x00
    MANAGEMENT_PROCESS = 0x01
    PUBLIC_CLIENT = 0x10
    ALL_STATION = 0x7F


class ReservedLogical(IntEnum):
    """Upper server addresses with a meaning of their own; the wide form is for 4 octets."""

    NO_STATION = 0x00
    MANAGEMENT_LOGICAL_DEVICE = 0x01
    ALL_STATION = 0x7F
    ALL_STATION_WIDE = 0x3FFF


class ReservedPhysical(IntEnum):
    """Lower server addresses with a meaning of their own; the wide forms are for 4 octets."""

    NO_STATION = 0x00
    CALLING_PHYSICAL_DEVICE = 0x7E
    ALL_STATION = 0x7F
    CALLING_PHYSICAL_DEVICE_WIDE = 0x3FFE
    ALL_STATION_WIDE = 0x3FFF


def _default_size(logical: int, physical: int | None) -> int:
    if max(logical, physical or 0) > 0x7F:
        return 4
    return 1 if physical is None else 2


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where a server is on its bus.

    Attributes:
        logical: the logical device, 1 for the management one.
        physical: the physical device, None in the one-octet form.
        size: 1, 2 or 4 octets; None takes the smallest that holds both parts.

    Raises:
        EncodeError: when the parts don't fit the size.
    """

    logical: int
    physical: int | None = None
    size: int | None = None

    def __post_init__(self) -> None:
        """Refuse what can't be sent."""
        limit = _SIZE_LIMITS.get(self.octet_count)
        if limit is None:
            raise EncodeError(
                f"a server address of {self.size} octets doesn't exist", remedy="use 1, 2 or 4"
            )
        if self.octet_count == 1 and self.physical is not None:
            raise EncodeError(
                f"server address {self.logical}/{self.physical} doesn't fit 1 octet",
                remedy="use 2 or 4 octets, or leave the physical address out",
            )
        if not (0 <= self.logical <= limit and 0 <= (self.physical or 0) <= limit):
            raise EncodeError(
                f"server address {self.logical}/{self.physical} doesn't fit"
                f" {self.octet_count} octets",
                remedy=f"each part goes from 0 to {limit}",
            )

    @property
    def octet_count(self) -> int:
        """How many octets the address takes in a frame."""
        return _default_size(self.logical, self.physical) if self.size is None else self.size

    @property
    def lower(self) -> int:
        """The physical part as it is sent: 0 (no station) where none was given."""
        return self.physical or 0

    @property
    def octets(self) -> bytes:
        """The address as it stands in a frame."""
        if self.octet_count == 1:
            return bytes((self.logical << 1 | 1,))
        if self.octet_count == 2:
            return bytes((self.logical << 1, self.lower << 1 | 1))
        return bytes(
            (
                self.logical >> 6 & 0xFE,
                self.logical << 1 & 0xFE,
                self.lower >> 6 & 0xFE,
                self.lower << 1 & 0xFE | 1,
            )
        )

    @classmethod
    def from_octets(cls, octets: bytes) -> "ServerAddress":
        """Read the address from exactly the octets that it takes in a frame.

        Raises:
            DecodeError: when they aren't one address.
        """
        if address_end(octets, 0) != (len(octets) or INVALID):
            raise DecodeError(f"{octets.hex() or 'nothing'} is no HDLC address of 1, 2 or 4 octets")
        parts = [octet >> 1 for octet in octets]
        match parts:
            case [logical]:
                return cls(logical, None, 1)
            case [logical, physical]:
                return cls(logical, physical, 2)
            case _:
                return cls(parts[0] << 7 | parts[1], parts[2] << 7 | parts[3], 4)

    def __str__(self) -> str:
        """Return the address as people write it: logical/physical (size)."""
        physical = "" if self.physical is None else f"/{self.physical}"
        octets = "1 octet" if self.octet_count == 1 else f"{self.octet_count} octets"
        return f"{self.logical}{physical} ({octets})"


def client_octets(client_sap: ClientSap) -> bytes:
    """Return a client's address as it stands in a frame.

    Raises:
        EncodeError: when it is out of the 7 bits that HDLC gives to clients.
    """
    if not 0 <= client_sap <= 0x7F:
        raise EncodeError(
            f"client SAP {client_sap} doesn't fit an HDLC address", remedy="use 0 to 127"
        )
    return bytes((client_sap << 1 | 1,))


def client_sap_from_octets(octets: bytes) -> ClientSap:
    """Read a client's address.

    Raises:
        DecodeError: when it isn't one octet that ends there.
    """
    if len(octets) != 1 or not octets[0] & 1:
        raise DecodeError(f"{octets.hex() or 'nothing'} is no HDLC address of a client")
    return ClientSap(octets[0] >> 1)


INCOMPLETE: Final = 0
"""`address_end` needs more octets to tell."""

INVALID: Final = -1
"""`address_end` found an address of a length that doesn't exist."""


def address_end(octets: bytes | bytearray, start: int) -> int:
    """Return the index after the address that begins at `start`, or `INCOMPLETE` or `INVALID`."""
    available = len(octets) - start
    if available > 0 and octets[start] & 1:
        return start + 1
    if available > 1 and octets[start + 1] & 1:
        return start + 2
    if available > 2 and octets[start + 2] & 1:
        return INVALID
    if available > 3:
        return start + 4 if octets[start + 3] & 1 else INVALID
    return INCOMPLETE

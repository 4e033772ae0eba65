"""Logical link control as power-line profiles have it: three octets before every APDU.

[IEC 61334-4-32: LLC protocol data unit] A control octet, 90 for data, then the LSAPs of the
receiver's and of the sender's application process, one octet each. S-FSK carries it in a MAC frame,
PRIME in its 4-32 convergence layer. (Of PRIME one source has the sender's LSAP first; links here
take answers in either order.) There is no length, no check sequence and no sequence number:
what is below keeps the octets of one unit together.
"""

from dataclasses import dataclass
from typing import Final

from dcud.dlms.errors import DecodeError
from dcud.dlms.fields import check_field

DL_DATA: Final = 0x90
"""The control octet of a data unit, the only one that COSEM uses."""

HEADER_SIZE: Final = 3


@dataclass(frozen=True, slots=True)
class LlcPdu:
    """One unit.

    Attributes:
        destination: the receiver's LSAP, 0..255; a server's is its logical device.
        source: the sender's LSAP, 0..255.
        apdu: what it carries.
        control: `DL_DATA`, or what a station said in its place.
    """

    destination: int
    source: int
    apdu: bytes
    control: int = DL_DATA

    def __post_init__(self) -> None:
        """Refuse what one octet doesn't hold."""
        for name in ("destination", "source", "control"):
            check_field(f"LLC {name}", getattr(self, name), 0, 0xFF)

    def encode(self) -> bytes:
        """Return the octets that the layer below carries."""
        return bytes((self.control, self.destination, self.source)) + self.apdu


def decode_llc(octets: bytes) -> LlcPdu:
    """Return the unit that the layer below delivered.

    Raises:
        DecodeError: when it is shorter than its three octets of header.
    """
    if len(octets) < HEADER_SIZE:
        raise DecodeError(f"{len(octets)} octets are too few for an IEC 61334-4-32 header")
    control, destination, source = octets[:HEADER_SIZE]
    return LlcPdu(destination, source, octets[HEADER_SIZE:], control)

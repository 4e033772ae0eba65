"""The MAC frame that S-FSK stations exchange: credits, two addresses, what is carried.

[IEC 61334-5-1: long MAC frame] On the line stand the number of sub-frames (2 octets), the credits
(1), source and destination (12 bits each), the length of the padding (1), the M_sdu, the padding
and a check sequence (3): together up to seven sub-frames of 36 octets. Every station that hears a
frame with a current credit above zero repeats it at once, with the credit lowered by one.
"""

from dataclasses import dataclass
from typing import Final

from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.fields import check_field

NO_BODY: Final = 0x000
FIRST_INITIATOR: Final = 0xC00
"""The address that initiators (clients) usually have; theirs begin here, servers' end below."""
NEW: Final = 0xFFE
"""The address of every server that hasn't been registered."""
ALL_PHYSICAL: Final = 0xFFF
"""The address that every station hears. [IEC 61334-5-1: all-physical]"""

HEADER_SIZE: Final = 5
SUB_FRAME_SIZE: Final = 36
MAX_SUB_FRAMES: Final = 7
OVERHEAD: Final = 10
"""Octets of a whole frame that carry no M_sdu: sub-frame count, header, check sequence."""
MAX_M_SDU: Final = MAX_SUB_FRAMES * SUB_FRAME_SIZE - OVERHEAD
MAX_CREDIT: Final = 7

_MAX_ADDRESS: Final = 0xFFF
_MAX_DELTA: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Credits:
    """How often a frame is repeated.

    Attributes:
        initial: how often all stations together repeat it, 0..7; 7 reaches farthest, and makes the
            frame take eight times as long as 0.
        current: how often it still will be, 0..7; the sender makes it the initial one.
        delta: by how much the credit of the last frame in the other direction had fallen when it
            arrived, 0..3; clients send 0.
    """

    initial: int = MAX_CREDIT
    current: int = MAX_CREDIT
    delta: int = 0

    def __post_init__(self) -> None:
        """Refuse what the octet doesn't hold."""
        check_field("initial credit", self.initial, 0, MAX_CREDIT)
        check_field("current credit", self.current, 0, MAX_CREDIT)
        check_field("delta credit", self.delta, 0, _MAX_DELTA)

    def encode(self) -> int:
        """Return the octet."""
        return self.initial << 5 | self.current << 2 | self.delta


def decode_credits(octet: int) -> Credits:
    """Return what the octet says; every octet says something."""
    return Credits(initial=octet >> 5, current=octet >> 2 & 7, delta=octet & 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class MacFrame:
    """One MAC frame, without what the line or the modem wraps around it.

    Attributes:
        source: the sender's MAC address, 12 bits.
        destination: the receiver's, 12 bits.
        m_sdu: what is carried, at most 242 octets.
        credits: how often it is repeated.
    """

    source: int
    destination: int
    m_sdu: bytes
    credits: Credits

    def __post_init__(self) -> None:
        """Refuse what doesn't fit."""
        check_field("source MAC address", self.source, 0, _MAX_ADDRESS)
        check_field("destination MAC address", self.destination, 0, _MAX_ADDRESS)
        if len(self.m_sdu) > MAX_M_SDU:
            raise EncodeError(
                f"{len(self.m_sdu)} octets don't fit an S-FSK frame, which holds {MAX_M_SDU}"
            )

    def header(self, pad: int) -> bytes:
        """Return the five octets before the M_sdu, for so many octets of padding after it."""
        addresses = (self.source << 12 | self.destination).to_bytes(3, "big")
        return bytes((self.credits.encode(),)) + addresses + bytes((pad,))


def decode_mac_frame(octets: bytes, *, pad: int | None = None) -> MacFrame:
    """Return the frame whose five octets of header and M_sdu these are.

    Args:
        octets: from the credits to the end of the padding.
        pad: how many octets of padding there are; None for what the header says.

    Raises:
        DecodeError: when there are fewer octets than header and padding take, or too many.
    """
    if len(octets) < HEADER_SIZE:
        raise DecodeError(f"{len(octets)} octets are too few for an S-FSK header")
    padding = octets[4] if pad is None else pad
    end = len(octets) - padding
    if not HEADER_SIZE <= end <= HEADER_SIZE + MAX_M_SDU:
        raise DecodeError(f"{len(octets)} octets hold no S-FSK frame with {padding} of padding")
    addresses = int.from_bytes(octets[1:4], "big")
    return MacFrame(
        source=addresses >> 12,
        destination=addresses & _MAX_ADDRESS,
        m_sdu=octets[HEADER_SIZE:end],
        credits=decode_credits(octets[0]),
    )


def sub_frames(m_sdu_octets: int) -> int:
    """Return how many sub-frames, 1..7, carry so many octets."""
    return -(-(OVERHEAD + m_sdu_octets) // SUB_FRAME_SIZE)

"""How long S-FSK takes: everything happens in time slots, and every repetition takes them again."""

from dataclasses import dataclass
from typing import Final

from dcud.dlms.errors import EncodeError
from dcud.dlms.sfsk.mac import MAX_M_SDU, sub_frames

_BITS_OF_A_SLOT: Final = 360
"""Preamble, delimiter, sub-frame and pause: 45 octets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotTiming:
    """What an exchange on the line may take.

    Attributes:
        bit_rate: on the line, bit/s; modems have 300, 600, 1200 or 2400 at 50 Hz, six fifths of
            that at 60 Hz. 2400 is what present meters use.
        server_delay: seconds that a meter may take to have its answer ready; no source says.
        margin: seconds more, for the wait for a slot and the line between host and modem.
    """

    bit_rate: float = 2400.0
    server_delay: float = 1.0
    margin: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what would never end."""
        if self.bit_rate <= 0 or min(self.server_delay, self.margin) < 0:
            raise EncodeError("an S-FSK bit rate isn't positive, or a time is negative")

    @property
    def slot(self) -> float:
        """Seconds that one sub-frame takes."""
        return _BITS_OF_A_SLOT / self.bit_rate

    def transmission(self, m_sdu_octets: int, credit: int) -> float:
        """Return the seconds from a frame's first bit to the end of its last repetition."""
        return sub_frames(m_sdu_octets) * (credit + 1) * self.slot

    def answer(self, credit: int, m_sdu_octets: int = MAX_M_SDU) -> float:
        """Return the seconds from the end of a request until its answer must be here."""
        return self.server_delay + self.transmission(m_sdu_octets, credit) + self.margin

    def exchange(self, request_octets: int, credit: int) -> float:
        """Return the seconds from a request's first bit until the longest answer must be here."""
        return self.transmission(request_octets, credit) + self.answer(credit)

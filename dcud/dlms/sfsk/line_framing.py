"""MAC frames as they stand on the power line, for modems that hand them over whole.

[IEC 61334-5-1: long MAC frame] The number of sub-frames comes first, as one of seven code words of
two octets, then header, M_sdu, padding to a multiple of 36 octets, and 24 bits of check sequence
over all after the code word. Preambles and delimiters of the physical layer are not part of it;
where a modem shows them they are noise between frames.
"""

from dataclasses import dataclass
from typing import Final

from dcud.dlms.errors import DecodeError
from dcud.dlms.sfsk.frame_check import FCS24_SIZE, fcs24
from dcud.dlms.sfsk.framing import MacFrameHeard
from dcud.dlms.sfsk.mac import (
    HEADER_SIZE,
    OVERHEAD,
    SUB_FRAME_SIZE,
    MacFrame,
    decode_mac_frame,
    sub_frames,
)

CODE_WORDS: Final = (0x6C6C, 0x3A3A, 0x5656, 0x7171, 0x1D1D, 0x4B4B, 0x2727)
"""For one sub-frame, two, and so on up to seven."""

_CODE_SIZE: Final = 2
_SIZES: Final = {
    word.to_bytes(_CODE_SIZE, "big"): number * SUB_FRAME_SIZE
    for number, word in enumerate(CODE_WORDS, 1)
}
_FIRST_OCTETS: Final = frozenset(word[:1] for word in _SIZES)


@dataclass(frozen=True, slots=True)
class LineFraming:
    """Whole MAC frames with number of sub-frames and check sequence."""

    @property
    def m_sdu_offset(self) -> int:
        """Where in a built frame the M_sdu begins."""
        return _CODE_SIZE + HEADER_SIZE

    @property
    def check_size(self) -> int:
        """How many octets at the end of a built frame are its check sequence."""
        return FCS24_SIZE

    def build(self, frame: MacFrame) -> bytes:
        """Return the octets that go out."""
        number = sub_frames(len(frame.m_sdu))
        pad = number * SUB_FRAME_SIZE - OVERHEAD - len(frame.m_sdu)
        covered = frame.header(pad) + frame.m_sdu + bytes(pad)
        word = CODE_WORDS[number - 1].to_bytes(_CODE_SIZE, "big")
        return word + covered + fcs24(covered).to_bytes(FCS24_SIZE, "big")

    def measure(self, octets: bytes) -> int:
        """Return how long the frame is that begins here, as far as these octets tell."""
        if len(octets) < _CODE_SIZE:
            return _CODE_SIZE if octets in _FIRST_OCTETS else 0
        return _SIZES.get(octets[:_CODE_SIZE], 0)

    def parse(self, octets: bytes) -> MacFrameHeard | None:
        """Return the frame; None where its check sequence or padding is wrong."""
        covered = octets[_CODE_SIZE:-FCS24_SIZE]
        if fcs24(covered) != int.from_bytes(octets[-FCS24_SIZE:], "big"):
            return None
        try:
            return MacFrameHeard(octets, decode_mac_frame(covered))
        except DecodeError:
            return None

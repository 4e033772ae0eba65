"""MAC frames in the local frames that S-FSK modems exchange with their host.

STX, a length, a tag, the tag's data, a check sequence; the length counts from the tag to the check
sequence. A request to transmit carries a MAC frame without what the modem adds by itself, and so
does the indication of one that was heard. [field: AMIS-49587 and its kin, as their data sheet
tells] There the modem answers each local frame with ACK or NAK, prefixes a status message of four
octets to what it is about to take, and reports what became of a transmission.

What sources disagree on is in `LocalFrames`: `MODEM` is what the data sheet says, `PADDED` what a
public library does, which was never seen with a modem.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from dcud.dlms.errors import DecodeError
from dcud.dlms.hdlc.fcs import check_sequence
from dcud.dlms.sfsk.frame_check import octet_sum
from dcud.dlms.sfsk.framing import (
    MacFrameHeard,
    ModemSpoke,
    TransmissionReported,
    Unit,
)
from dcud.dlms.sfsk.mac import HEADER_SIZE, SUB_FRAME_SIZE, MacFrame, decode_mac_frame

ACK: Final = b"\x06"
NAK: Final = b"\x15"

SENT: Final = 0xFF
"""The transmission status of a frame that has gone out."""

_STX: Final = 0x02
_STATUS_MESSAGE: Final = 0x3F
_WORDS: Final = {ACK[0]: 1, NAK[0]: 1, _STATUS_MESSAGE: 4}
"""What a modem says outside local frames, by its first octet: its whole length."""

_CONFIRM: Final = 0x52
_CHECK_SIZE: Final = 2
_FIXED: Final = 3
"""STX, length and tag."""
_LENGTHS: Final = range(1 + _CHECK_SIZE, 251)
_PAD_INDEX: Final = _FIXED + HEADER_SIZE - 1


class Check(StrEnum):
    """The check sequence of local frames."""

    SUM = "sum"  # of all octets after STX, lower octet first
    FCS16 = "fcs16"  # HDLC's, over all octets


class Padding(StrEnum):
    """Where the padding of the line stands that the header's last octet counts."""

    COUNTED = "counted"  # in indications, within the length
    ABSENT = "absent"  # nowhere, whatever the header says
    UNCOUNTED = "uncounted"  # in both directions, after what the length counts


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalFrames:
    """One modem's local frames.

    Attributes:
        sent_tag: of the frames that we build.
        heard_tag: of those that hold a frame heard.
        check: their check sequence.
        padding: what the data sheet leaves open: it says that the whole frame comes but for
            preamble and check sequence, so the padding is taken to be there.
    """

    sent_tag: int = 0x51
    heard_tag: int = 0x50
    check: Check = Check.SUM
    padding: Padding = Padding.COUNTED

    @property
    def mirrored(self) -> "LocalFrames":
        """The same as the other side sees it."""
        return replace(self, sent_tag=self.heard_tag, heard_tag=self.sent_tag)

    @property
    def m_sdu_offset(self) -> int:
        """Where in a built frame the M_sdu begins."""
        return _FIXED + HEADER_SIZE

    @property
    def check_size(self) -> int:
        """How many octets at the end of a built frame are its check sequence."""
        return _CHECK_SIZE

    def build(self, frame: MacFrame) -> bytes:
        """Return the octets that go out."""
        length = 1 + HEADER_SIZE + len(frame.m_sdu) + _CHECK_SIZE
        pad = -length % SUB_FRAME_SIZE if self.padding is Padding.UNCOUNTED else 0
        begin = bytes((_STX, length, self.sent_tag))
        octets = begin + frame.header(pad) + frame.m_sdu + bytes(pad)
        return octets + self._check(octets)

    def measure(self, octets: bytes) -> int:
        """Return how long the frame is that begins here, as far as these octets tell."""
        if octets[0] != _STX:
            return 0 if self.padding is Padding.UNCOUNTED else _WORDS.get(octets[0], 0)
        if len(octets) < 2:
            return 2
        if octets[1] not in _LENGTHS:
            return 0
        whole = 2 + octets[1]
        if self.padding is not Padding.UNCOUNTED:
            return whole
        if whole <= _PAD_INDEX + _CHECK_SIZE:
            return 0
        return whole + octets[_PAD_INDEX] if len(octets) > _PAD_INDEX else whole

    def parse(self, octets: bytes) -> Unit | None:
        """Return what the modem says; None where length, check sequence, or padding is wrong."""
        if octets[0] != _STX:
            return ModemSpoke(octets)
        covered = octets[:-_CHECK_SIZE]
        if len(covered) < _FIXED or self._check(covered) != octets[-_CHECK_SIZE:]:
            return None
        tag, data = covered[2], covered[_FIXED:]
        if tag == _CONFIRM and len(data) == 1:
            return TransmissionReported(octets, data[0])
        if tag != self.heard_tag:
            return ModemSpoke(octets)
        try:
            pad = 0 if self.padding is Padding.ABSENT else None
            return MacFrameHeard(octets, decode_mac_frame(data, pad=pad))
        except DecodeError:
            return None

    def _check(self, octets: bytes) -> bytes:
        if self.check is Check.SUM:
            return octet_sum(octets[1:])
        return check_sequence(octets)


MODEM: Final = LocalFrames()
PADDED: Final = LocalFrames(sent_tag=0x50, check=Check.FCS16, padding=Padding.UNCOUNTED)

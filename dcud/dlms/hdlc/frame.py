"""One HDLC frame as a value.

[IEC 62056-46: frame format type 3] Between two flags (7E) stand: a format field of two octets
(type 1010, segmentation bit, length in 11 bits), destination, source, control; and, where there is
information: a header check sequence over what came so far, the information, and a frame check
sequence over everything. A frame without information ends in one check sequence. Nothing is
stuffed: 7E may stand inside.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.hdlc.address import INCOMPLETE, address_end
from dcud.dlms.hdlc.fcs import check_sequence, is_intact, is_intact_further

FLAG: Final = 0x7E
MAX_LENGTH: Final = 0x7FF
"""The most octets that can stand between two flags."""

MIN_LENGTH: Final = 7
MAX_INFORMATION: Final = 2030
"""[IEC 62056-46: maximum information field length] The most that can be negotiated."""

_FRAME_TYPE: Final = 0xA0
_SEGMENTATION: Final = 0x08
_POLL_FINAL: Final = 0x10


class FrameKind(StrEnum):
    """What a control octet says, poll/final bit and sequence numbers aside."""

    I = "I"  # noqa: E741  # the standard's own name
    RR = "RR"
    RNR = "RNR"
    SNRM = "SNRM"
    DISC = "DISC"
    UA = "UA"
    DM = "DM"
    FRMR = "FRMR"
    UI = "UI"
    UNDEFINED = "undefined"


_SUPERVISORY: Final = {0x01: FrameKind.RR, 0x05: FrameKind.RNR}
_UNNUMBERED: Final = {
    0x83: FrameKind.SNRM,
    0x43: FrameKind.DISC,
    0x63: FrameKind.UA,
    0x0F: FrameKind.DM,
    0x87: FrameKind.FRMR,
    0x03: FrameKind.UI,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A control octet, taken apart.

    Attributes:
        octet: as it stands in the frame.
        kind: the frame's kind.
        poll_final: P in the client's frames, F in the server's.
        send_sequence: N(S), modulo 8; None but in I frames.
        receive_sequence: N(R), modulo 8; None but in I, RR and RNR frames.
    """

    octet: int
    kind: FrameKind
    poll_final: bool
    send_sequence: int | None = None
    receive_sequence: int | None = None


def _take_apart(octet: int) -> Control:
    poll_final = bool(octet & _POLL_FINAL)
    if not octet & 1:
        return Control(
            octet=octet,
            kind=FrameKind.I,
            poll_final=poll_final,
            send_sequence=octet >> 1 & 7,
            receive_sequence=octet >> 5,
        )
    if kind := _SUPERVISORY.get(octet & 0x0F):
        return Control(octet=octet, kind=kind, poll_final=poll_final, receive_sequence=octet >> 5)
    kind = _UNNUMBERED.get(octet & ~_POLL_FINAL, FrameKind.UNDEFINED)
    return Control(octet=octet, kind=kind, poll_final=poll_final)


CONTROLS: Final = tuple(_take_apart(octet) for octet in range(256))
"""[IEC 62056-46: control field] What each of the 256 control octets says."""

_UNNUMBERED_OCTETS: Final = {kind: octet for octet, kind in _UNNUMBERED.items()}
_SUPERVISORY_OCTETS: Final = {kind: octet for octet, kind in _SUPERVISORY.items()}


def unnumbered(kind: FrameKind, *, poll_final: bool = True) -> Control:
    """Return the control of a SNRM, DISC, UA, DM, FRMR or UI frame."""
    return CONTROLS[_UNNUMBERED_OCTETS[kind] | poll_final * _POLL_FINAL]


def supervisory(kind: FrameKind, *, receive_sequence: int, poll_final: bool = True) -> Control:
    """Return the control of an RR or RNR frame."""
    return CONTROLS[receive_sequence << 5 | poll_final * _POLL_FINAL | _SUPERVISORY_OCTETS[kind]]


def numbered(*, send_sequence: int, receive_sequence: int, poll_final: bool) -> Control:
    """Return the control of an I frame."""
    return CONTROLS[receive_sequence << 5 | poll_final * _POLL_FINAL | send_sequence << 1]


class HdlcFrame(NamedTuple):
    """One frame; a tuple, since making it is most of what parsing costs.

    Attributes:
        destination: the destination address as it stands in the frame, 1, 2 or 4 octets.
        source: the source address, likewise.
        control: the control octet.
        information: the information field, empty where there is none.
        segmented: whether more frames follow that belong to the same APDU.
    """

    destination: bytes
    source: bytes
    control: Control
    information: bytes = b""
    segmented: bool = False

    def __repr__(self) -> str:
        """Return all but the information, which may hold a secret."""
        return (
            f"HdlcFrame({self.source.hex()} to {self.destination.hex()}, {self.control.kind.value},"
            f" {len(self.information)} octets, segmented={self.segmented})"
        )

    def build(self) -> bytes:
        """Return the whole frame, both flags included.

        Raises:
            EncodeError: when it would be longer than the length field can say.
        """
        if not self.information:
            format_type = _FRAME_TYPE | self.segmented * _SEGMENTATION
            return _build_bare(format_type, self.destination, self.source, self.control.octet)
        length = len(self.destination) + len(self.source) + len(self.information) + 7
        if length > MAX_LENGTH:
            raise EncodeError(
                f"{len(self.information)} octets of information don't fit one HDLC frame",
                remedy=f"send at most {MAX_INFORMATION}",
            )
        octets = b"%c%c%b%b%c" % (
            _FRAME_TYPE | self.segmented * _SEGMENTATION | length >> 8,
            length & 0xFF,
            self.destination,
            self.source,
            self.control.octet,
        )
        octets += check_sequence(octets)
        octets += self.information
        octets += check_sequence(octets)
        return b"\x7e%b\x7e" % octets

    @property
    def information_start(self) -> int:
        """The index of the first octet of information among the octets that `build` returns."""
        return len(self.destination) + len(self.source) + 6


@lru_cache(maxsize=128)
def _build_bare(format_type: int, destination: bytes, source: bytes, control: int) -> bytes:
    """Build a frame without information; one client and one server have but a few, often sent."""
    length = len(destination) + len(source) + 5
    octets = b"%c%c%b%b%c" % (format_type, length, destination, source, control)
    return b"\x7e%b%b\x7e" % (octets, check_sequence(octets))


class Defect(StrEnum):
    """Why octets are no good frame."""

    IDLE = "idle"  # flags that fill the line between frames; nothing is wrong
    NOISE = "noise"
    HEADER_CHECK = "header_check"
    FRAME_CHECK = "frame_check"
    LENGTH = "length"
    TRUNCATED = "truncated"


class Header(NamedTuple):
    """Where the parts of a frame lie that has a sound header, counted from its format field.

    Attributes:
        destination_end: index after the destination address.
        control_at: index of the control octet.
        length: index after the frame check sequence, where the closing flag has to be.
        has_information: whether a header check sequence, which is right, follows the control octet.
    """

    destination_end: int
    control_at: int
    length: int
    has_information: bool


def survey(octets: bytes | bytearray, start: int) -> Header | Defect | None:
    """Judge the header of the frame whose format field begins at `start`.

    Returns:
        None when more octets are needed; the answer depends on the frame's own octets alone, not on
        how many of them are there already.
    """
    available = len(octets) - start
    if available and octets[start] & 0xF0 != _FRAME_TYPE:
        return Defect.NOISE
    if available < 2:
        return None
    length = (octets[start] & 7) << 8 | octets[start + 1]
    if length < MIN_LENGTH:
        return Defect.LENGTH
    destination_end = address_end(octets, start + 2)
    control_at = address_end(octets, destination_end) if destination_end > 0 else destination_end
    if control_at <= 0:
        return None if control_at == INCOMPLETE else Defect.HEADER_CHECK
    header_end = control_at + 3
    trailing = start + length - header_end
    if trailing and (defect := _information_defect(octets, start, header_end, trailing)):
        return None if defect is Defect.TRUNCATED else defect
    return Header(destination_end - start, control_at - start, length, trailing > 0)


def _information_defect(
    octets: bytes | bytearray, start: int, header_end: int, trailing: int
) -> Defect | None:
    """Judge a header that claims `trailing` octets after its own check sequence."""
    if trailing < 3:
        return Defect.LENGTH
    if len(octets) < header_end:
        return Defect.TRUNCATED
    return None if is_intact(octets[start:header_end]) else Defect.HEADER_CHECK


def take(octets: bytes, header: Header) -> HdlcFrame | None:
    """Return the frame of which the header is known and all octets are there, no flags.

    Returns:
        None when the frame check sequence is wrong.
    """
    destination_end, control_at, length, has_information = header
    if has_information:
        intact = is_intact_further(octets[control_at + 3 : length])
    else:
        intact = is_intact(octets)
    if not intact:
        return None
    return HdlcFrame(
        octets[2:destination_end],
        octets[destination_end:control_at],
        CONTROLS[octets[control_at]],
        octets[control_at + 3 : length - 2],
        octets[0] & _SEGMENTATION != 0,
    )


@lru_cache(maxsize=256)
def _without_information(header: bytes) -> tuple[HdlcFrame, int] | None:
    """Return what a sound header says of its frame, with the length; None if that isn't one.

    One client and one server have but a few headers, which come again and again.
    """
    found = survey(header, 0)
    if not isinstance(found, Header) or found.control_at + 3 != len(header):
        return None
    if not is_intact(header):
        return None
    destination_end, control_at, length, _ = found
    frame = HdlcFrame(
        header[2:destination_end],
        header[destination_end:control_at],
        CONTROLS[header[control_at]],
        segmented=header[0] & _SEGMENTATION != 0,
    )
    return frame, length


def take_whole(octets: bytes, opening: int, header_size: int) -> tuple[HdlcFrame, int] | None:
    """Return the good frame whose opening flag stands at `opening`, the quick way.

    Returns:
        The frame, with the index after its closing flag. None when there is none, whole and good,
        or when its header, the check sequence included, doesn't have the size that was guessed.
    """
    start = opening + 1
    header_end = start + header_size
    known = _without_information(octets[start:header_end])
    if known is None:
        return None
    frame, length = known
    closing = start + length
    if len(octets) <= closing or octets[opening] != FLAG or octets[closing] != FLAG:
        return None
    if not is_intact_further(octets[header_end:closing]):
        return None
    destination, source, control, _, segmented = frame
    information = octets[header_end : closing - 2]
    return HdlcFrame(destination, source, control, information, segmented), closing + 1


def parse(octets: bytes) -> HdlcFrame:
    """Read one frame from exactly the octets between its flags.

    Raises:
        DecodeError: naming the defect.
    """
    header = survey(octets, 0) or Defect.TRUNCATED
    if isinstance(header, Defect):
        raise DecodeError(f"not one good HDLC frame: {header}")
    if header.length != len(octets):
        raise DecodeError(f"not one good HDLC frame: {Defect.LENGTH}")
    if frame := take(octets, header):
        return frame
    raise DecodeError(f"not one good HDLC frame: {Defect.FRAME_CHECK}")

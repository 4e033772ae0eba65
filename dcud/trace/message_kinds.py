"""Octets of no known origin: what they are, who said them, where one message ends."""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from dcud.dlms import llc
from dcud.dlms.hdlc.frame import Header, survey
from dcud.dlms.mode_e.messages import ACK
from dcud.trace.apdu import APDUS


class MessageKind(StrEnum):
    """What stands on a line."""

    HDLC = "hdlc"
    WRAPPER = "wrapper"
    SIGN_ON = "sign-on"
    APDU = "apdu"


_FLAG: Final = 0x7E
_HDLC_FORMAT: Final = 0xA0
_WRAPPER_VERSION: Final = b"\x00\x01"
_WRAPPER_HEADER: Final = 8
_LINE_END: Final = b"\r\n"
_OPTION_SELECT_SIZE: Final = 6
_LLCS: Final = (llc.COMMAND, llc.RESPONSE, llc.BROADCAST)
_OF_METER: Final = frozenset({"aare", "rlre", "data-notification", "event-notification-request"})
_OF_METERS: Final = ("response", "error", "report-request")


def kind_of(octets: bytes) -> MessageKind:
    """Return what octets most likely are; an APDU where nothing else fits."""
    if octets[:1] == b"/" or _is_option_select(octets):
        return MessageKind.SIGN_ON
    if _hdlc_size(octets) or octets[:1] == bytes((_FLAG,)):
        return MessageKind.HDLC
    if octets[:2] == _WRAPPER_VERSION and len(octets) >= _WRAPPER_HEADER:
        return MessageKind.WRAPPER
    return MessageKind.APDU


def _is_option_select(octets: bytes) -> bool:
    ends = octets[_OPTION_SELECT_SIZE - 2 : _OPTION_SELECT_SIZE] == _LINE_END
    return octets[:1] == bytes((ACK,)) and ends


def cut(octets: bytes, kind: MessageKind | None = None) -> Iterator[tuple[MessageKind, bytes]]:
    """Yield messages that stand one after the other, each with what it is.

    An APDU doesn't tell where it ends: it takes all that is left.

    Args:
        octets: all of them.
        kind: of every message; None to look at each.
    """
    at = 0
    while at < len(octets):
        # No frame is longer; of an APDU nobody knows.
        head = octets[at : at + _LONGEST_FRAME]
        known = kind or kind_of(head)
        size = _SIZES[known](head)
        end = at + size if size else len(octets)
        yield known, octets[at:end]
        at = end


def _hdlc_size(octets: bytes) -> int:
    """Return how long the frame is with its flags; 0 where it is none.

    One flag may end a frame and begin the next. [IEC 62056-46: flag field]
    """
    start = int(octets[:1] == bytes((_FLAG,)))
    header = survey(octets, start)
    if not isinstance(header, Header):
        return 0
    end = start + header.length
    if octets[end : end + 1] != bytes((_FLAG,)):
        return end
    is_shared = len(octets) > end + 1 and octets[end + 1] & 0xF0 == _HDLC_FORMAT
    return end if is_shared else end + 1


def _wrapper_size(octets: bytes) -> int:
    return _WRAPPER_HEADER + int.from_bytes(octets[6:8], "big")


def _sign_on_size(octets: bytes) -> int:
    before, end, _ = octets.partition(_LINE_END)
    return len(before + end)


_LONGEST_FRAME: Final = _WRAPPER_HEADER + 0xFFFF
"""Octets of the longest unit of the wrapper, which is longer than any frame of HDLC."""

_SIZES: Final[Mapping[MessageKind, Callable[[bytes], int]]] = MappingProxyType(
    {
        MessageKind.HDLC: _hdlc_size,
        MessageKind.WRAPPER: _wrapper_size,
        MessageKind.SIGN_ON: _sign_on_size,
        MessageKind.APDU: lambda _: 0,
    }
)


def is_from_client(octets: bytes, kind: MessageKind) -> bool:
    """Tell who said it, as far as it can be seen; the client where it can't."""
    if kind is MessageKind.HDLC:
        return _is_hdlc_from_client(octets)
    apdu = octets[_WRAPPER_HEADER:] if kind is MessageKind.WRAPPER else octets
    if kind is MessageKind.SIGN_ON:
        return octets[:2] == b"/?" or octets[:1] == bytes((ACK,))
    if apdu[:3] in _LLCS:
        return apdu[:3] != llc.RESPONSE
    name = APDUS[apdu[0]][0] if apdu[:1] and apdu[0] in APDUS else ""
    return not (name in _OF_METER or name.endswith(_OF_METERS))


def _is_hdlc_from_client(octets: bytes) -> bool:
    """Addresses of clients have one octet, those of servers mostly more."""
    start = int(octets[:1] == bytes((_FLAG,)))
    header = survey(octets, start)
    if not isinstance(header, Header):
        return True
    destination = header.destination_end - 2
    source = header.control_at - header.destination_end
    if destination != source:
        return source < destination
    control = start + header.control_at
    is_answer = octets[control + 3 :].startswith(llc.RESPONSE)
    return not is_answer and octets[control] & _UNNUMBERED not in _ANSWERS


_UNNUMBERED: Final = 0xEF
_ANSWERS: Final = frozenset({0x63, 0x0F, 0x87})
"""UA, DM, FRMR, whatever their final bit."""

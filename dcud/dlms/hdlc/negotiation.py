"""The sizes that SNRM proposes and UA settles.

[IEC 62056-46: negotiation of HDLC parameters] The information field of both frames is a group of
(identifier, length, value): 05 and 06 are the longest information field, transmit and receive, 07
and 08 the windows. Each frame tells the view of its own sender. What is missing has its default.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.hdlc.frame import MAX_INFORMATION

DEFAULT_INFO: Final = 128
DEFAULT_WINDOW: Final = 1
MIN_INFO: Final = 32
MAX_WINDOW: Final = 7

_FORMAT_IDENTIFIER: Final = 0x81
_GROUP_IDENTIFIER: Final = 0x80
_PREFIX: Final = bytes((_FORMAT_IDENTIFIER, _GROUP_IDENTIFIER))

_INFO_TRANSMIT: Final = 0x05
_INFO_RECEIVE: Final = 0x06
_WINDOW_TRANSMIT: Final = 0x07
_WINDOW_RECEIVE: Final = 0x08


class SizeForm(StrEnum):
    """How many octets tell the length of an information field.

    [field: meters that read only one form, or only the other]
    """

    AUTO = "auto"  # one where the value fits, else two
    ONE = "one"  # a value that doesn't fit is told as 255
    TWO = "two"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSizes:
    """What one side of a link can do.

    Attributes:
        max_info_transmit: octets in the information field of the frames that it sends.
        max_info_receive: octets in the information field of the frames that it takes.
        window_transmit: frames that it sends before it waits for an acknowledgement, 1 to 7.
        window_receive: frames that it takes before it acknowledges them, 1 to 7.
    """

    max_info_transmit: int = DEFAULT_INFO
    max_info_receive: int = DEFAULT_INFO
    window_transmit: int = DEFAULT_WINDOW
    window_receive: int = DEFAULT_WINDOW

    def __post_init__(self) -> None:
        """Refuse what the specification rules out."""
        infos = (self.max_info_transmit, self.max_info_receive)
        if min(infos) < 1 or max(infos) > MAX_INFORMATION:
            raise EncodeError(
                f"information fields of {infos[0]} and {infos[1]} octets can't be negotiated",
                remedy=f"use {MIN_INFO} to {MAX_INFORMATION}",
            )
        windows = (self.window_transmit, self.window_receive)
        if min(windows) < 1 or max(windows) > MAX_WINDOW:
            raise EncodeError(
                f"windows of {windows[0]} and {windows[1]} frames can't be negotiated",
                remedy=f"use 1 to {MAX_WINDOW}",
            )

    def told_in(self, form: SizeForm) -> "LinkSizes":
        """Return what the peer makes of them when they are told in that form."""
        if form is not SizeForm.ONE:
            return self
        return LinkSizes(
            max_info_transmit=min(self.max_info_transmit, 0xFF),
            max_info_receive=min(self.max_info_receive, 0xFF),
            window_transmit=self.window_transmit,
            window_receive=self.window_receive,
        )

    def build(self, form: SizeForm = SizeForm.AUTO) -> bytes:
        """Return the information field that tells them."""
        told = self.told_in(form)
        group = b"".join(
            (
                _build_info(_INFO_TRANSMIT, told.max_info_transmit, form),
                _build_info(_INFO_RECEIVE, told.max_info_receive, form),
                bytes((_WINDOW_TRANSMIT, 4, 0, 0, 0, self.window_transmit)),
                bytes((_WINDOW_RECEIVE, 4, 0, 0, 0, self.window_receive)),
            )
        )
        return _PREFIX + bytes((len(group),)) + group

    @classmethod
    def parse(cls, information: bytes) -> "LinkSizes":
        """Read an information field, empty or not.

        [field: values of one, two or four octets, in any order, of length zero, or left out] Values
        out of range are taken for the nearest that is allowed, zero for the default. Groups of the
        manufacturer's own that follow are none of our business.

        Raises:
            DecodeError: when it isn't such a group.
        """
        values = dict(_parse_group(information))
        return cls(
            max_info_transmit=_clamp(values.get(_INFO_TRANSMIT), DEFAULT_INFO, MAX_INFORMATION),
            max_info_receive=_clamp(values.get(_INFO_RECEIVE), DEFAULT_INFO, MAX_INFORMATION),
            window_transmit=_clamp(values.get(_WINDOW_TRANSMIT), DEFAULT_WINDOW, MAX_WINDOW),
            window_receive=_clamp(values.get(_WINDOW_RECEIVE), DEFAULT_WINDOW, MAX_WINDOW),
        )


def _build_info(identifier: int, size: int, form: SizeForm) -> bytes:
    two = form is SizeForm.TWO or size > 0xFF
    value = size.to_bytes(1 + two, "big")
    return bytes((identifier, len(value))) + value


def _parse_group(information: bytes) -> Iterator[tuple[int, int]]:
    if not information:
        return
    length = information[2] if len(information) > 2 else len(information)
    rest = information[3 : 3 + length]
    if information[:2] != _PREFIX or len(rest) != length:
        raise DecodeError(f"{information.hex()} is no group of HDLC parameters")
    while rest:
        value = rest[2 : 2 + rest[1]] if len(rest) > 1 else b""
        if len(rest) < 2 or len(value) != rest[1]:
            raise DecodeError(f"{information.hex()} ends within an HDLC parameter")
        yield rest[0], int.from_bytes(value, "big")
        rest = rest[2 + len(value) :]


def _clamp(value: int | None, default: int, highest: int) -> int:
    return min(value, highest) if value else default


def negotiate(own: LinkSizes, peer: LinkSizes) -> LinkSizes:
    """Return what holds for us after both sides told their sizes.

    By the specification our transmit size meets the peer's receive size and the other way round.
    [field: servers that mirror the two] So the smallest of all four holds for both directions:
    that is right with every reading of them.
    """
    info = min(
        own.max_info_transmit, own.max_info_receive, peer.max_info_transmit, peer.max_info_receive
    )
    window = min(own.window_transmit, own.window_receive, peer.window_transmit, peer.window_receive)
    return LinkSizes(
        max_info_transmit=info,
        max_info_receive=info,
        window_transmit=window,
        window_receive=window,
    )


@lru_cache(maxsize=64)
def settle(own: LinkSizes, information: bytes) -> LinkSizes:
    """Return what holds for us after the peer told its sizes; meters tell the same each time.

    What can't be read stands for the defaults, which are what every peer can do.
    """
    try:
        peer = LinkSizes.parse(information)
    except DecodeError:
        peer = LinkSizes()
    return negotiate(own, peer)

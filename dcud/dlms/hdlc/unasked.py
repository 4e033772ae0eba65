"""What servers on an HDLC line say while nobody has a link to them: UI frames.

[IEC 62056-46: UI frame]
"""

from collections import OrderedDict
from dataclasses import dataclass

from dcud.dlms import llc
from dcud.dlms.datalink import NotificationReceived
from dcud.dlms.errors import DecodeError
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.frame import FrameKind, HdlcFrame
from dcud.dlms.hdlc.incoming import Assembly
from dcud.dlms.pushed_blocks import PushedBlocks

_MAX_APDU = 65_536
_MAX_SERVERS = 64
"""Of how many servers parts are kept; more than stand on a line."""
_LLC_HEADERS = (llc.COMMAND, llc.RESPONSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unasked:
    """An APDU that nobody asked for, with the server that sent it."""

    server: ServerAddress
    apdu: bytes


class UnaskedFrames:
    """Puts together what comes in several frames, or in general blocks, server by server."""

    def __init__(self) -> None:
        self._parts: OrderedDict[bytes, tuple[Assembly, PushedBlocks]] = OrderedDict()

    def take(self, frame: HdlcFrame) -> list[Unasked]:
        """Return what a frame makes whole; anything but a UI frame of a server makes nothing."""
        if frame.control.kind is not FrameKind.UI:
            return []
        try:
            server = ServerAddress.from_octets(frame.source)
        except DecodeError:
            return []
        segments, blocks = self._of(frame.source)
        if frame.information.startswith(_LLC_HEADERS):
            segments.clear()  # what had begun was never finished
        if not segments.add(frame.information):
            segments.clear()
            return []
        if frame.segmented:
            return []
        told = blocks.take(llc.strip(segments.take()))
        return [
            Unasked(server=server, apdu=each.apdu)
            for each in told
            if isinstance(each, NotificationReceived)
        ]

    def _of(self, source: bytes) -> tuple[Assembly, PushedBlocks]:
        parts = self._parts.pop(source, None) or (Assembly(_MAX_APDU), PushedBlocks())
        self._parts[source] = parts
        if len(self._parts) > _MAX_SERVERS:
            self._parts.popitem(last=False)
        return parts

"""Recognises our own frames when the line brings them back.

[field: two-wire converters and optical heads echo what is sent] An echo is addressed to the server
and comes from our own address, so it's told by that; where both addresses look the same on the line
it is told by being the very frame that was sent.

What was sent in secret must not come out by way of its echo: a good one is marked like the original
was, and whatever arrives damaged before the server has answered is to be withheld.
"""

from dcud.dlms.datalink import Frame
from dcud.dlms.hdlc.delimiter import Delimited
from dcud.dlms.hdlc.frame import FLAG, FrameKind, HdlcFrame

_SUPERVISORY = frozenset((FrameKind.RR, FrameKind.RNR))

Ranges = tuple[tuple[int, int], ...]


class Echo:
    """What one client sent to one server lately."""

    __slots__ = ("_awaited", "_heard", "_outward", "_same_address", "_secrets", "withholding")

    def __init__(self, *, own: bytes, server: bytes, heard: bool = False) -> None:
        self._outward = (server, own)
        self._same_address = own == server
        self._awaited: list[HdlcFrame] = []
        self._heard = heard  # this line echoes
        self._secrets: dict[HdlcFrame, Ranges] = {}
        self.withholding = False
        """Whether damaged octets may hold a secret."""

    def begin(self) -> None:
        """Forget which frames are on the line: others follow."""
        if self._awaited:
            self._awaited.clear()

    def send_alone(self, frame: HdlcFrame) -> None:
        """Note the only frame that goes out, with nothing secret in it."""
        if self._same_address:
            self._awaited = [frame]

    def send(self, frame: HdlcFrame, secret: Ranges = ()) -> Frame:
        """Note a frame that goes out; `secret` names ranges of its information field."""
        if self._same_address:
            self._awaited.append(frame)
        octets = frame.build()
        if not secret:
            return Frame(octets=octets)
        start = frame.information_start
        ranges = tuple((start + low, start + high) for low, high in secret)
        # The check sequence would give a short secret away.
        ranges += ((len(octets) - 3, len(octets) - 1),)
        self._secrets[frame] = ranges
        self.withholding = True
        return Frame(octets=octets, secret=ranges)

    def is_echo(self, frame: HdlcFrame) -> bool:
        """Tell whether a received frame is our own."""
        if (frame.destination, frame.source) != self._outward:
            return False
        if not self._same_address:
            return True
        if frame not in self._awaited:
            return False
        if frame.control.kind in _SUPERVISORY and not self._heard:
            return False  # a server's RR may well look like ours
        self._awaited.remove(frame)
        self._heard = True
        return True

    def mark(self, received: Delimited, *, echo: bool) -> Frame:
        """Return a received frame with its secret ranges."""
        if not self._secrets:
            return Frame(octets=received.octets)
        frame = received.frame
        ranges = self._secrets.get(frame, ())
        if echo and not ranges and frame.control.kind is FrameKind.I:
            # Ours, yet not as sent: nobody needs to see what it holds.
            ranges = ((frame.information_start, len(frame.build()) - 1),)
        shift = 0 if received.octets[0] == FLAG else 1
        return Frame(
            octets=received.octets,
            secret=tuple((low - shift, high - shift) for low, high in ranges),
        )

    def answered(self) -> None:
        """Note that the server was heard, so that our frames have left the line."""
        self.withholding = False

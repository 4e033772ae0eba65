"""A simulated meter behind an optical port: it signs on before it speaks HDLC."""

from collections.abc import Sequence
from typing import Final, Protocol

from dcud.dlms.hdlc.delimiter import Delimited, Delimiter
from dcud.dlms.hdlc.frame import FrameKind
from dcud.dlms.mode_e.actions import Action, Transmit
from dcud.dlms.mode_e.station import ModeEStation, ModeEStationParameters

_BITS_PER_CHARACTER: Final = 10


class HdlcEnd(Protocol):
    """What speaks HDLC behind the sign-on; `HdlcLine` is such."""

    def receive(self, octets: bytes, now: float) -> bytes | None:
        """Return what to answer."""
        ...


class ModeELine:
    """Puts a sign-on before a line of HDLC, and takes it up again when HDLC is over.

    Args:
        hdlc: what speaks after the sign-on.
        parameters: of the sign-on.
        inactivity_timeout: seconds of silence after which HDLC is over; DISC ends it as well.
    """

    def __init__(
        self, hdlc: HdlcEnd, parameters: ModeEStationParameters, inactivity_timeout: float = 120.0
    ) -> None:
        self._hdlc = hdlc
        self._station = ModeEStation(parameters)
        self._inactivity_timeout = inactivity_timeout
        self._inactive_at: float | None = None
        self._delimiter = Delimiter()

    @property
    def baud(self) -> int:
        """The speed at which the meter speaks and understands now."""
        return self._station.baud

    def receive(self, octets: bytes, now: float) -> bytes | None:
        """Return what the meter says to these octets; `now` in seconds, monotonic."""
        if not self._station.is_binary:
            # A terminal brings at once what on a line would still be arriving.
            heard_at = now + len(octets) * _BITS_PER_CHARACTER / self.baud
            return self._say(self._station.receive_data(octets, heard_at), now)
        self._inactive_at = now + self._inactivity_timeout
        said = self._hdlc.receive(octets, now)
        frames = [
            part.frame for part in self._delimiter.feed(octets) if isinstance(part, Delimited)
        ]
        if said and any(frame.control.kind is FrameKind.DISC for frame in frames):
            self._inactive_at = now  # once that is said
        return said

    def next_timeout(self) -> float | None:
        """Return when `handle_timeout` wants to be called, or None."""
        return self._inactive_at if self._station.is_binary else self._station.next_timeout()

    def handle_timeout(self, now: float) -> bytes:
        """Return what the meter says by itself."""
        if not self._station.is_binary:
            return self._say(self._station.handle_timeout(now), now)
        if self._inactive_at is not None and now >= self._inactive_at:
            self._station.end_binary()
        return b""

    def _say(self, actions: Sequence[Action], now: float) -> bytes:
        if self._station.is_binary:
            self._inactive_at = now + self._inactivity_timeout
            self._delimiter = Delimiter()
        return b"".join(action.octets for action in actions if isinstance(action, Transmit))

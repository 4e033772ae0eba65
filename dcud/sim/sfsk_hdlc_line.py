"""A simulated HDLC line whose frames travel in S-FSK MAC frames."""

from collections.abc import Mapping

from dcud.dlms.hdlc.delimiter import Delimited, Delimiter
from dcud.dlms.sfsk.delimiter import SfskDelimiter
from dcud.dlms.sfsk.framing import Framing, MacFrameHeard
from dcud.dlms.sfsk.mac import MacFrame
from dcud.sim.hdlc_line import HdlcLine

_FLAG = b"\x7e"


class SfskHdlcLine:
    """Unwraps what comes for each MAC address, and wraps what its HDLC line says."""

    def __init__(self, lines: Mapping[int, HdlcLine], framing: Framing) -> None:
        self._lines = lines
        self._framing = framing
        self._delimiter = SfskDelimiter(framing)

    def receive(self, octets: bytes, now: float) -> bytes | None:
        """Return what the meters say to these octets; `now` in seconds, monotonic."""
        said: list[bytes] = []
        for unit in self._delimiter.feed(octets):
            if not isinstance(unit, MacFrameHeard):
                continue
            line = self._lines.get(unit.frame.destination)
            if line is not None:
                heard = line.receive(unit.frame.m_sdu, now) or b""
                said += (self._wrap(frame, unit.frame) for frame in _frames(heard))
        return b"".join(said)

    def _wrap(self, hdlc_frame: bytes, request: MacFrame) -> bytes:
        answer = MacFrame(
            source=request.destination,
            destination=request.source,
            m_sdu=hdlc_frame,
            credits=request.credits,
        )
        return self._framing.build(answer)


def _frames(octets: bytes) -> list[bytes]:
    """Return the HDLC frames one by one, for each travels alone."""
    parts = Delimiter().feed(octets)
    return [
        _FLAG + part.octets.removeprefix(_FLAG) for part in parts if isinstance(part, Delimited)
    ]

"""What the meters of a bus say between sessions, handed on to whoever hears each of them."""

from collections.abc import Callable, Iterable, Mapping

from dcud.assembly.links import hdlc_address
from dcud.config import model
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.delimiter import Delimited, Delimiter
from dcud.dlms.hdlc.unasked import UnaskedFrames
from dcud.line.session import unheard
from dcud.line.tracer import FrameTracer

_IDLE = "idle"
"""The reason under which a line accounts for the fill between frames."""

Hearers = Mapping[tuple[int, int | None], tuple[str, "Hear"]]
"""By logical and physical address: the meter's id, and what takes its APDUs."""


Hear = Callable[[bytes], None]


def overhearing(
    bus: model.Bus,
    meters: Iterable[model.Meter],
    tracer: FrameTracer,
    hearer: Callable[[model.Meter], Hear],
) -> Hear:
    """Return what takes the octets that come in on a bus between sessions.

    Args:
        bus: the bus.
        meters: those on it.
        tracer: logs the frames.
        hearer: makes what takes the APDUs that a meter sends unasked, and trusts none of them
            that ought to be secured.
    """
    if bus.framing != "hdlc":
        return unheard
    hearers = {place(hdlc_address(meter)): (meter.id, hearer(meter)) for meter in meters}
    return Overhearing(bus.id, tracer, hearers).hear


def place(address: ServerAddress) -> tuple[int, int | None]:
    """Return what tells servers apart, in however many octets they write their address."""
    return address.logical, address.physical


class Overhearing:
    """Looks through what came in while nobody waited for anything."""

    def __init__(self, bus: str, tracer: FrameTracer, hearers: Hearers) -> None:
        self._bus = bus
        self._tracer = tracer
        self._hearers = hearers
        self._unasked = UnaskedFrames()

    def hear(self, octets: bytes) -> None:
        """Log the frames in `octets`, and hand on what they say unasked."""
        delimiter = Delimiter()
        for part in [*delimiter.feed(octets), *delimiter.flush()]:
            if isinstance(part, Delimited):
                self._take(part)
            elif part.reason.value != _IDLE:
                self._tracer.discarded(self._bus, "", part.reason.value, part.octets)

    def _take(self, part: Delimited) -> None:
        said = self._unasked.take(part.frame)
        known = self._hearers.get(place(ServerAddress.from_octets(part.frame.source)))
        self._tracer.frame(self._bus, "rx", known[0] if known else "", part.octets, ())
        if known is not None:
            for each in said:
                known[1](each.apdu)

"""HDLC in S-FSK MAC frames: the profile whose LLC sublayer is that of IEC 62056-46.

[IEC 62056-8-3: HDLC based LLC sublayer] Each HDLC frame, flags included, is the M_sdu of one MAC
frame; windows, repetition and segments are HDLC's business. The HDLC link's response timeout has to
be as long as `SlotTiming.exchange` says, and its information fields at most 126 octets. That the
flags are sent as well is what one public library does; the standard's own text isn't public.
"""

from collections.abc import Sequence

from dcud.dlms.datalink import (
    DataLink,
    Frame,
    FrameReceived,
    LinkEvent,
    OctetsDiscarded,
)
from dcud.dlms.sfsk.delimiter import SfskDelimiter
from dcud.dlms.sfsk.framing import MacFrameHeard, Noise, Unit
from dcud.dlms.sfsk.mac import MacFrame
from dcud.dlms.sfsk.parameters import SfskParameters
from dcud.dlms.sfsk.secrecy import SentSecrets

HDLC_INITIATOR = 0xC01
"""The MAC address that initiators usually have in this profile."""


class SfskHdlcLink:
    """Wraps a link that speaks HDLC into MAC frames to and from one meter.

    Of `parameters`, framing, initiator, credits and inter_octet_timeout count.
    """

    def __init__(self, hdlc: DataLink, *, mac_address: int, parameters: SfskParameters) -> None:
        self._hdlc = hdlc
        self._mac_address = mac_address
        self._parameters = parameters
        self._framing = parameters.framing
        self._delimiter = SfskDelimiter(parameters.framing)
        self._secrets = SentSecrets(parameters.framing, parameters.initiator)
        self._silence_at: float | None = None

    def connect(self, now: float) -> None:
        """Begin to set the HDLC link up."""
        self._delimiter = SfskDelimiter(self._framing)
        self._secrets.forget()
        self._silence_at = None
        self._hdlc.connect(now)

    def send_apdu(self, apdu: bytes, now: float, *, secret: Sequence[tuple[int, int]] = ()) -> None:
        """Queue one APDU."""
        self._hdlc.send_apdu(apdu, now, secret=secret)

    def disconnect(self, now: float) -> None:
        """Begin to take the HDLC link down."""
        self._hdlc.disconnect(now)

    def receive_data(self, octets: bytes, now: float) -> list[LinkEvent]:
        """Take octets as they come, cut anywhere."""
        events = self._take(self._delimiter.feed(octets), now)
        pending = self._delimiter.pending
        self._silence_at = now + self._parameters.inter_octet_timeout if pending else None
        return events

    def _take(self, units: Sequence[Unit | Noise], now: float) -> list[LinkEvent]:
        events: list[LinkEvent] = []
        for unit in units:
            if isinstance(unit, Noise):
                withheld = self._secrets.are_out
                octets = bytes(len(unit.octets)) if withheld else unit.octets
                events.append(OctetsDiscarded(reason=unit.reason, octets=octets, withheld=withheld))
                continue
            events.append(FrameReceived(self._secrets.heard(unit)))
            if isinstance(unit, MacFrameHeard) and self._concerns_us(unit.frame):
                events += _of_the_link(self._hdlc.receive_data(unit.frame.m_sdu, now))
        return events

    def _concerns_us(self, frame: MacFrame) -> bool:
        """Tell whether a frame is between us and the meter, our own echo included."""
        both = {self._mac_address, self._parameters.initiator}
        return {frame.source, frame.destination} == both

    def frames_to_send(self) -> list[Frame]:
        """Take (and forget) the frames that are to go out now."""
        return [self._wrap(frame) for frame in self._hdlc.frames_to_send()]

    def _wrap(self, frame: Frame) -> Frame:
        octets = self._framing.build(
            MacFrame(
                source=self._parameters.initiator,
                destination=self._mac_address,
                m_sdu=frame.octets,
                credits=self._parameters.credits,
            )
        )
        return self._secrets.mark(octets, frame.secret)

    def frames_sent(self, now: float) -> None:
        """Tell that all the frames taken have left."""
        self._hdlc.frames_sent(now)

    def next_timeout(self) -> float | None:
        """Return when `handle_timeout` wants to be called, on the clock of `now`, or None."""
        times = (self._hdlc.next_timeout(), self._silence_at)
        return min((each for each in times if each is not None), default=None)

    def handle_timeout(self, now: float) -> list[LinkEvent]:
        """Act on time that has passed; harmless when called early."""
        events: list[LinkEvent] = []
        if self._silence_at is not None and now >= self._silence_at:
            self._silence_at = None
            events += self._take(self._delimiter.give_up(), now)
        return events + _of_the_link(self._hdlc.handle_timeout(now))


def _of_the_link(events: Sequence[LinkEvent]) -> list[LinkEvent]:
    """Return the events without those of octets, which the MAC frame has accounted for."""
    return [event for event in events if not isinstance(event, OctetsDiscarded | FrameReceived)]

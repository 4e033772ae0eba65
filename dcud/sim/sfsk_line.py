"""Simulated meters on one S-FSK power line, as a modem shows it to its host."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from zlib import crc32

from dcud.dlms.datalink import ClientSap
from dcud.dlms.errors import DecodeError
from dcud.dlms.llc_432 import DL_DATA, LlcPdu, decode_llc
from dcud.dlms.server import ServerParameters
from dcud.dlms.sfsk.ciase import (
    Ciase,
    DiscoverReport,
    DiscoverRequest,
    PingRequest,
    PingResponse,
    RegisterRequest,
    decode_ciase,
)
from dcud.dlms.sfsk.delimiter import SfskDelimiter
from dcud.dlms.sfsk.framing import Framing, MacFrameHeard
from dcud.dlms.sfsk.mac import ALL_PHYSICAL, NEW, Credits, MacFrame
from dcud.dlms.sfsk.modem_framing import MODEM
from dcud.sim.device import Application, Device

_REPORT_LSAPS = (0xFD, 0x00)
"""Destination and source of what a meter's configuration service says."""


@dataclass(slots=True, kw_only=True, eq=False)
class SfskMeter:
    """One meter on the line.

    Attributes:
        meter: what it measures.
        system_title: six octets.
        mac_address: its own; `NEW` until it is registered.
        alarm: its alarm descriptor, None where it has none.
    """

    meter: Device
    system_title: bytes
    mac_address: int = NEW
    alarm: int | None = None
    initiator: int = 0
    applications: dict[tuple[int, int, int], Application] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SfskImpairments:
    """What the line does to frames.

    Attributes:
        copies: how often each answer arrives.
        lost_requests: every so many requests one isn't heard; 0 for none.
        reports_transmission: whether the modem tells that it has sent.
    """

    copies: int = 1
    lost_requests: int = 0
    reports_transmission: bool = False


_FAIR = SfskImpairments()
_SENT = bytes.fromhex("020452ff5501")
"""A modem's report of a transmission, with its sum."""


class SfskLine:
    """Lets every meter hear every frame, and joins what they say."""

    def __init__(
        self,
        meters: Sequence[SfskMeter],
        parameters: ServerParameters,
        framing: Framing = MODEM.mirrored,
        impairments: SfskImpairments = _FAIR,
    ) -> None:
        self._meters = meters
        self._parameters = parameters
        self._framing = framing
        self._impairments = impairments
        self._delimiter = SfskDelimiter(framing)
        self._requests = 0

    def receive(self, octets: bytes, now: float) -> bytes | None:  # noqa: ARG002  # as every line
        """Return what the meters say to these octets."""
        said: list[bytes] = []
        for unit in self._delimiter.feed(octets):
            if not isinstance(unit, MacFrameHeard):
                continue
            if self._impairments.reports_transmission:
                said.append(_SENT)
            self._requests += 1
            every = self._impairments.lost_requests
            if every and not self._requests % every:
                continue
            for meter in self._meters:
                answer = self._hear(meter, unit.frame)
                if answer is not None:
                    said += [self._framing.build(answer)] * self._impairments.copies
        return b"".join(said)

    def _hear(self, meter: SfskMeter, frame: MacFrame) -> MacFrame | None:
        if frame.destination not in {meter.mac_address, ALL_PHYSICAL}:
            return None
        try:
            pdu = decode_llc(frame.m_sdu)
        except DecodeError:
            return None
        if pdu.control != DL_DATA:
            return None
        asked = _configuration_request(pdu)
        if asked is None:
            answer = self._serve(meter, pdu, frame)
        else:
            said = self._configure(meter, asked, frame)
            answer = None if said is None else LlcPdu(*_REPORT_LSAPS, said.encode())
        if answer is None:
            return None
        initial = frame.credits.initial
        delta = min(initial - min(frame.credits.current, initial), 3)
        return MacFrame(
            source=meter.mac_address,
            destination=frame.source,
            m_sdu=answer.encode(),
            credits=Credits(initial=initial, current=initial, delta=delta),
        )

    def _configure(self, meter: SfskMeter, asked: Ciase, frame: MacFrame) -> Ciase | None:
        """Answer as the configuration service does."""
        match asked:
            case DiscoverRequest(response_probability=probability):
                lot = crc32(meter.system_title + self._requests.to_bytes(4, "big")) % 100
                concerned = meter.mac_address == NEW or meter.alarm is not None
                if concerned and lot < probability:
                    return DiscoverReport(system_titles=(meter.system_title,), alarm=meter.alarm)
            case RegisterRequest(registrations=registrations):
                for each in registrations:
                    if each.system_title == meter.system_title and meter.mac_address == NEW:
                        meter.mac_address = each.mac_address
                        meter.initiator = frame.source
            case PingRequest(system_title=title) if title == meter.system_title:
                return PingResponse(system_title=title)
            case _:  # what meters don't answer
                pass
        return None

    def _serve(self, meter: SfskMeter, pdu: LlcPdu, frame: MacFrame) -> LlcPdu | None:
        """Answer as the logical device does, to whoever has its address."""
        if frame.destination != meter.mac_address or meter.mac_address == NEW:
            return None
        key = (frame.source, pdu.source, pdu.destination)
        application = meter.applications.get(key)
        if application is None:
            client_sap = ClientSap(pdu.source)
            application = meter.meter.application(self._parameters, client_sap)
            meter.applications[key] = application
        answers = application.answers(pdu.apdu)[-1:]  # of a stream the line carries the end alone
        return LlcPdu(pdu.source, pdu.destination, answers[0]) if answers else None


def _configuration_request(pdu: LlcPdu) -> Ciase | None:
    """Return what the configuration service is asked; None where it is somebody else."""
    try:
        return decode_ciase(pdu.apdu)
    except DecodeError:
        return None

"""What a scan of a line with HDLC or the wrapper works with."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from dcud.assembly.ports import port
from dcud.config import model
from dcud.line.port import Port
from dcud.line.scan.hdlc_prober import HdlcProber
from dcud.line.scan.identification import Acquaintance
from dcud.line.scan.ranges import LineSetting, ScanRanges
from dcud.line.scan.scanner import Prober, ScanObserver, ScanParts
from dcud.line.scan.timing import ScanTiming
from dcud.line.scan.wrapper_prober import WrapperProber
from dcud.line.session import Watch
from dcud.line.tracer import FrameTracer

_TIMINGS = {
    "rs485": ScanTiming(),
    "optical": ScanTiming(patience=0.5, hail_patience=1.5, turnaround=0.05),
    "plc": ScanTiming(patience=5.0, hail_patience=20.0, least_patience=2.0),
    "network": ScanTiming(patience=0.8, hail_patience=2.0, least_patience=0.3),
}
_WRAPPER_PATIENCE: Final = 2.0
_SHORTEST_ANSWER: Final = 1.5
"""Seconds for an answer to who a station is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannedLine:
    """A line, and how it is scanned."""

    bus: model.Bus
    ranges: ScanRanges
    timing: ScanTiming
    tracer: FrameTracer

    def prober(self) -> Prober:
        """Return who puts the questions."""
        if self.ranges.wrapper:
            return WrapperProber(tracer=self.tracer, bus=self.bus.id)
        return HdlcProber(self.timing, tracer=self.tracer, bus=self.bus.id)

    def acquaintance(self) -> Acquaintance:
        """Return who asks stations who they are."""
        return Acquaintance(
            clients=self.ranges.clients,
            wrapper=self.ranges.wrapper,
            response_timeout=max(_SHORTEST_ANSWER, self.timing.hail_patience),
            turnaround=self.timing.turnaround,
            watch=Watch(tracer=self.tracer, bus=self.bus.id, meter="scan"),
        )

    def parts(self, prober: Prober, observer: ScanObserver) -> ScanParts:
        """Return what a scan works with, a sign-on where the ranges have it tried."""
        parts = ScanParts(
            open_port=port_maker(self.bus),
            prober=prober,
            acquaintance=self.acquaintance(),
            observer=observer,
        )
        if not self.ranges.mode_e:
            return parts
        from dcud.line.scan.mode_e_scout import ModeEScout  # noqa: PLC0415  # few have it: start-up

        scout = ModeEScout(
            open_port=parts.open_port,
            prober=HdlcProber(self.timing, tracer=self.tracer, bus=self.bus.id),
            acquaintance=parts.acquaintance,
            clients=self.ranges.clients,
            patience=self.timing.hail_patience,
        )
        return replace(parts, sign_on=scout.ask)


def usual_timing(bus: model.Bus) -> ScanTiming:
    """Return how patient a scan is on the bus's medium."""
    usual = _TIMINGS["network" if bus.rfc2217 is not None else bus.medium]
    if bus.framing == "wrapper":
        patience = _WRAPPER_PATIENCE
        usual = replace(usual, patience=patience, hail_patience=max(patience, usual.hail_patience))
    return replace(usual, turnaround=max(bus.turnaround, usual.turnaround))


def port_maker(bus: model.Bus) -> Callable[[LineSetting], Port]:
    """Return what makes the bus's port for a setting of the line."""

    def make(setting: LineSetting) -> Port:
        told = bus
        if setting.baud is not None and bus.serial is not None:
            line = replace(bus.serial, baud=setting.baud, format=setting.format)
            told = replace(bus, serial=line)
        elif setting.baud is not None and bus.rfc2217 is not None:
            server = replace(bus.rfc2217, baud=setting.baud, format=setting.format)
            told = replace(bus, rfc2217=server)
        return port(told)

    return make

"""One bus as it runs: its line, and its meters as the configuration has them now."""

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from dcud.assembly.addressee import Addressee
from dcud.assembly.capacity import tell_load
from dcud.assembly.jobs import JobObserver, meter_memory
from dcud.assembly.links import Links
from dcud.assembly.meters import bus_parameters, polled_meter
from dcud.assembly.overhearing import overhearing
from dcud.assembly.ports import port
from dcud.collect.asking import Asker
from dcud.collect.clock_moves import Position
from dcud.collect.meter_memory import MeterMemory
from dcud.collect.order import Act, MeterGoneError
from dcud.collect.poller import Meter, Poller, Surroundings
from dcud.config import model
from dcud.line.bus import Bus, BusObserver
from dcud.line.tracer import FrameTracer
from dcud.store.rows import CursorMove

if TYPE_CHECKING:
    from dcud.assembly.bus_scan import Scanned
    from dcud.line.scan.ranges import ScanRanges

_LOG = logging.getLogger("dcud")

_HELD = "held_until"
"""Under which key the store keeps until when a meter is left alone, unix seconds."""

Associate = Callable[[Bus, Links, model.Meter], Callable[[], AbstractAsyncContextManager[Asker]]]
"""Makes what opens associations with a meter."""

Hearer = Callable[[str, model.Meter], Callable[[bytes], None]]
"""Makes what takes the APDUs that a meter on the bus of that name sends between sessions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BusMeans:
    """What buses are run with.

    Attributes:
        position: how far profiles were read.
        findings: learns what jobs find out.
    """

    tracer: FrameTracer
    observer: BusObserver
    surroundings: Surroundings
    position: Position
    findings: JobObserver
    associate: Associate
    hearer: Hearer


@dataclass(frozen=True, slots=True)
class _Polled:
    """A meter, as it is configured, known, and asked."""

    configured: model.Meter
    memory: MeterMemory
    asked: Meter


class PolledBus:
    """A bus that polls its meters; these may be exchanged while it runs.

    Args:
        configured: the bus; whoever wants it otherwise makes another.
        meters: on it.
        means: what it runs with.
    """

    def __init__(
        self, configured: model.Bus, meters: Sequence[model.Meter], means: BusMeans
    ) -> None:
        self.configured = configured
        self._means = means
        self._links = Links(configured)
        self._overheard: Callable[[bytes], None] = self._overhearing(meters)
        self._bus = Bus(
            configured.id,
            port(configured),
            tracer=means.tracer,
            observer=means.observer,
            parameters=bus_parameters(configured, self._links, self._hear),
        )
        self._held: dict[str, float] = {}
        self._polled = {meter.id: self._polled_meter(meter) for meter in meters}
        self._poller = Poller(
            configured.id,
            self._polled_meters(),
            means.surroundings,
            read_at_start=configured.read_at_start,
        )

    async def run(self) -> None:
        """Poll until cancelled."""
        self._tell_load()
        try:
            await self._hold_again()
            await self._poller.run()
        finally:
            await self._bus.close()

    def apply(self, meters: Sequence[model.Meter], *, renewed: Callable[[str], bool]) -> int:
        """Poll these meters from now on; return how many are new, gone, or other than before.

        Those that are as they were go on as if nothing had happened.

        Args:
            meters: all that are to be polled.
            renewed: tells of a meter that is as it was whether it is to be made anew all the same.
        """
        before, self._polled = self._polled, {}
        changed = before.keys() - {meter.id for meter in meters}
        for meter in meters:
            known = before.get(meter.id)
            if known is None or known.configured != meter or renewed(meter.id):
                changed.add(meter.id)
                known = self._polled_meter(meter)
            self._polled[meter.id] = known
        if changed:
            self._overheard = self._overhearing(meters)
            self._poller.replace(self._polled_meters())
            self._tell_load()
        return len(changed)

    @property
    def turns(self) -> int:
        """How often it looked what is due."""
        return self._poller.turns

    @property
    def meters(self) -> tuple[str, ...]:
        """The ids of the meters that it has now."""
        return tuple(self._polled)

    def meter(self, name: str) -> model.Meter:
        """Return a meter as it is configured.

        Raises:
            MeterGoneError: it has none of that id.
        """
        return self._find(name).configured

    def addressee(self, name: str) -> Addressee:
        """Return a meter as a request sees it.

        Raises:
            MeterGoneError: it has none of that id.
        """
        polled, world = self._find(name), self._means.surroundings
        return Addressee(
            memory=polled.memory,
            jobs=polled.asked.jobs,
            position=self._means.position,
            keep=world.keep,
            clock=world.wall_clock,
        )

    async def obey(self, meter: str, act: Act, *, expires: float) -> Any:
        """Have an act done on a meter before all that is scheduled; see `Poller.obey`."""
        return await self._poller.obey(meter, act, expires=expires)

    async def scan(self, ranges: "ScanRanges", seconds: float) -> "Scanned":
        """Look who answers on the line; the meters have their turns in between.

        Raises:
            PortError: the line can't be had.
        """
        from dcud.assembly.bus_scan import scan  # noqa: PLC0415  # seldom asked for: start-up
        from dcud.assembly.scanning import ScannedLine, usual_timing  # noqa: PLC0415  # likewise

        line = ScannedLine(
            bus=self.configured,
            ranges=ranges,
            timing=usual_timing(self.configured),
            tracer=self._means.tracer,
        )
        return await scan(self._bus, line, seconds)

    def hold(self, meter: str, until: float) -> CursorMove:
        """Leave a meter alone until then, unix seconds; return what has a restart remember it.

        Raises:
            MeterGoneError: it has none of that id.
        """
        self._poller.hold(meter, until)
        self._held[meter] = until
        _LOG.info("bus %s: meter %s is left alone until %.0f", self.configured.id, meter, until)
        return CursorMove(meter=meter, key=_HELD, position=repr(until))

    def wake(self, meter: str, *, powered_up: bool) -> None:
        """Take note that a meter spoke by itself; see `Poller.wake`."""
        self._poller.wake(meter, powered_up=powered_up)

    def _find(self, name: str) -> _Polled:
        if name not in self._polled:
            raise MeterGoneError(f"bus {self.configured.id} has no meter {name[:40]!r}")
        return self._polled[name]

    def _polled_meters(self) -> list[Meter]:
        return [polled.asked for polled in self._polled.values()]

    def _tell_load(self) -> None:
        if self._polled:
            meters = [polled.configured for polled in self._polled.values()]
            tell_load(self.configured, meters, self._means.surroundings.wall_clock())
        else:
            _LOG.warning("bus %s has no meters to poll", self.configured.id)

    def _polled_meter(self, meter: model.Meter) -> _Polled:
        means, memory = self._means, meter_memory(meter)
        memory.doubt_names = partial(self._links.doubt_names, meter.id)
        associate = means.associate(self._bus, self._links, meter)
        clock = means.surroundings.wall_clock
        asked = polled_meter(meter, memory, associate, means.position, means.findings, clock)
        asked.held_until = self._held.get(meter.id, asked.held_until)
        return _Polled(meter, memory, asked)

    async def _hold_again(self) -> None:
        """Leave alone whom a pause of before the start still holds for."""
        for meter in self.meters:
            kept = await self._means.position(meter, _HELD)
            if kept is not None and float(kept.position) > self._means.surroundings.wall_clock():
                self.hold(meter, float(kept.position))

    def _hear(self, octets: bytes) -> None:
        self._overheard(octets)

    def _overhearing(self, meters: Sequence[model.Meter]) -> Callable[[bytes], None]:
        name, means = self.configured.id, self._means
        return overhearing(
            self.configured, meters, means.tracer, lambda meter: means.hearer(name, meter)
        )

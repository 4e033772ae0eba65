"""One bus as it runs: its line, and its meters as the configuration has them now."""

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from dcud.assembly.capacity import tell_load
from dcud.assembly.jobs import JobObserver
from dcud.assembly.links import Links
from dcud.assembly.meters import bus_parameters, polled_meter
from dcud.assembly.overhearing import overhearing
from dcud.assembly.ports import port
from dcud.collect.asking import Asker
from dcud.collect.poller import Meter, Poller, Surroundings
from dcud.collect.profile_job import Position
from dcud.config import model
from dcud.line.bus import Bus, BusObserver
from dcud.line.tracer import FrameTracer

_LOG = logging.getLogger("dcud")

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
        self._polled = {meter.id: (meter, self._polled_meter(meter)) for meter in meters}
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
            if known is None or known[0] != meter or renewed(meter.id):
                changed.add(meter.id)
                known = meter, self._polled_meter(meter)
            self._polled[meter.id] = known
        if changed:
            self._overheard = self._overhearing(meters)
            self._poller.replace(self._polled_meters())
            self._tell_load()
        return len(changed)

    def _polled_meters(self) -> list[Meter]:
        return [polled for _, polled in self._polled.values()]

    def _tell_load(self) -> None:
        if self._polled:
            meters = [meter for meter, _ in self._polled.values()]
            tell_load(self.configured, meters, self._means.surroundings.wall_clock())
        else:
            _LOG.warning("bus %s has no meters to poll", self.configured.id)

    def _polled_meter(self, meter: model.Meter) -> Meter:
        means = self._means
        associate = means.associate(self._bus, self._links, meter)
        return polled_meter(meter, associate, means.position, means.findings)

    def _hear(self, octets: bytes) -> None:
        self._overheard(octets)

    def _overhearing(self, meters: Sequence[model.Meter]) -> Callable[[bytes], None]:
        name, means = self.configured.id, self._means
        return overhearing(
            self.configured, meters, means.tracer, lambda meter: means.hearer(name, meter)
        )

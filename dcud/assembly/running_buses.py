"""The buses that run, each in a task of its own, by the configuration of the moment."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import dcud
from dcud.assembly.polled_bus import BusMeans, PolledBus
from dcud.collect.order import BusGoneError, MeterGoneError
from dcud.config import model

_LOG = logging.getLogger("dcud")


@dataclass(frozen=True, slots=True)
class _Running:
    bus: PolledBus
    task: asyncio.Task[None]


class RunningBuses:
    """Starts buses, ends them, and gives them their meters.

    Args:
        group: owns the tasks.
        means: what buses run with.
    """

    def __init__(self, group: asyncio.TaskGroup, means: BusMeans) -> None:
        self._group = group
        self._means = means
        self._running: dict[str, _Running] = {}

    def start(self, configuration: model.Configuration) -> None:
        """Start all buses."""
        meters = 0
        for configured in configuration.buses:
            meters += self._start(configured, configuration)
        _LOG.info(
            "dcud %s: meters to poll: %d, buses: %d",
            dcud.__version__,
            meters,
            len(configuration.buses),
        )

    def turns(self) -> Mapping[str, int]:
        """Return how often each bus looked what is due."""
        return {name: running.bus.turns for name, running in self._running.items()}

    def bus(self, name: str) -> PolledBus:
        """Return a bus by its configured id.

        Raises:
            BusGoneError: there is no such.
        """
        if name not in self._running:
            raise BusGoneError(f"there is no bus {name[:40]!r}", remedy="see the configuration")
        return self._running[name].bus

    def bus_of(self, meter: str) -> PolledBus:
        """Return the bus on which a meter is.

        Raises:
            MeterGoneError: there is no such meter.
        """
        for running in self._running.values():
            if meter in running.bus.meters:
                return running.bus
        raise MeterGoneError(f"there is no meter {meter[:40]!r}", remedy="see the configuration")

    def wake(self, meter: str, *, powered_up: bool) -> None:
        """Take note that a meter spoke by itself; one that is not polled is passed over."""
        for running in self._running.values():
            running.bus.wake(meter, powered_up=powered_up)

    async def change(
        self, configuration: model.Configuration, renewed: Callable[[str], bool]
    ) -> int:
        """Run by another configuration; return how many meters and buses are not as before.

        A bus that is as it was is not interrupted, and its meters that are as they were don't
        notice.

        Args:
            configuration: what holds from now on.
            renewed: tells of a meter that is as it was whether it is to be made anew all the same.
        """
        wanted = {configured.id: configured for configured in configuration.buses}
        other = [
            name
            for name, running in self._running.items()
            if wanted.get(name) != running.bus.configured
        ]
        await self._end(other)
        changed = len(other)
        for name, configured in wanted.items():
            if name in self._running:
                meters = configuration.polled_meters(name)
                changed += self._running[name].bus.apply(meters, renewed=renewed)
            else:
                self._start(configured, configuration)
                changed += name not in other
        return changed

    async def end(self) -> None:
        """End all buses; what is open is released."""
        await self._end(list(self._running))

    def _start(self, configured: model.Bus, configuration: model.Configuration) -> int:
        meters = configuration.polled_meters(configured.id)
        bus = PolledBus(configured, meters, self._means)
        task = self._group.create_task(bus.run(), name=f"bus {configured.id}")
        self._running[configured.id] = _Running(bus, task)
        return len(meters)

    async def _end(self, names: Iterable[str]) -> None:
        """End buses, side by side; a line is free once its bus has ended."""
        tasks = [self._running.pop(name).task for name in names]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

"""A meter as those see it who want something of it out of turn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from dcud.collect.clock_moves import Position
from dcud.collect.job import Job, Keep
from dcud.collect.meter_memory import MeterMemory


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """One meter.

    Attributes:
        memory: what is known of it.
        jobs: what its bus asks it.
        position: what was kept of it before.
        keep: where readings go that are published as always.
        clock: unix seconds.
    """

    memory: MeterMemory
    jobs: Sequence[Job]
    position: Position
    keep: Keep
    clock: Callable[[], float]

    def now(self) -> datetime:
        """Return the time, aware."""
        return datetime.fromtimestamp(self.clock(), UTC)

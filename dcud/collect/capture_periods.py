"""How often a meter's profiles capture, as configured, or else as it says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo

from dcud.collect.capture_boundaries import CaptureBoundaries
from dcud.collect.job import Reader
from dcud.collect.meter_memory import MeterMemory, get_data
from dcud.collect.profile_reader import CAPTURE_PERIOD, PROFILE_GENERIC
from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.data import Data
from dcud.dlms.obis import Obis


@dataclass(slots=True, kw_only=True, eq=False)
class CapturePeriods:
    """The capture periods of a meter's profiles; it is asked for each of them once.

    Attributes:
        profiles: by logical name, seconds as configured; None where the meter tells.
        memory: whose generation tells when to ask anew.
    """

    profiles: Mapping[Obis, float | None]
    memory: MeterMemory
    _told: dict[Obis, float] = field(default_factory=dict)
    _generation: int = 0

    async def boundaries(self, reader: Reader, zones: Sequence[tzinfo]) -> CaptureBoundaries | None:
        """Return when the meter captures; None where it doesn't tell that of a profile.

        Args:
            reader: the association.
            zones: in which it may see its midnight.
        """
        if self._generation != self.memory.generation:
            self._told.clear()
            self._generation = self.memory.generation
        periods = [
            await self._period(reader, name) if configured is None else configured
            for name, configured in self.profiles.items()
        ]
        known = [period for period in periods if period is not None]
        if len(known) < len(periods):
            return None
        return CaptureBoundaries(periods=tuple(known), zones=tuple(zones))

    async def _period(self, reader: Reader, name: Obis) -> float | None:
        if name not in self._told:
            answer = await get_data(
                reader, AttributeDescriptor(PROFILE_GENERIC, name, CAPTURE_PERIOD)
            )
            if not isinstance(answer, Data) or not isinstance(answer.value, int):
                return None
            self._told[name] = float(answer.value)
        return self._told[name]

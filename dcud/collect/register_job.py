"""The job that reads single attributes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dcud.collect.job import JobOutcome, Keep, MayGoOn, Reader, Timing
from dcud.collect.lists import prefetch
from dcud.collect.meter_memory import MeterMemory, get_data, scaler_attribute
from dcud.collect.values import is_time, missing, time_of, value_of
from dcud.cosem.register import ScalerUnit
from dcud.cosem.value_texts import value_text
from dcud.dlms.access import AttributeDescriptor, DataAccessResult
from dcud.reading import Quality, Reading, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One attribute to read.

    Attributes:
        name: under which it is published.
        scaler_unit: holds instead of the meter's own, for meters that tell none or a wrong one.
    """

    attribute: AttributeDescriptor
    name: str
    scaler_unit: ScalerUnit | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterJob:
    """Reads its items, with the fewest requests, and keeps them as one reading.

    An item that the meter refuses is kept as missing; the others are not held up by it.

    Attributes:
        with_clock: whether the meter's clock is read along with the items.
    """

    name: str
    timing: Timing
    items: Sequence[Item]
    memory: MeterMemory
    with_clock: bool = True

    async def run(
        self,
        reader: Reader,
        keep: Keep,
        now: datetime,
        may_go_on: MayGoOn,  # noqa: ARG002  # it has but one step
    ) -> JobOutcome:
        """Read all items; see `Job.run`."""
        reader = await prefetch(reader, self._wanted(), self.memory.lists)
        logical_device_name = await self.memory.identify(reader)
        meter_time = await self.memory.clock(reader) if self.with_clock else None
        values = tuple([await self._read(reader, item) for item in self.items])
        reading = Reading(
            meter=self.memory.meter,
            logical_device_name=logical_device_name,
            bus=self.memory.bus,
            job=self.name,
            read_time=now,
            meter_time=meter_time,
            values=values,
        )
        await keep((reading,))
        complete = all(value.quality is not Quality.MISSING for value in values)
        return JobOutcome.SUCCESS if complete else JobOutcome.PARTIAL

    def _wanted(self) -> list[AttributeDescriptor]:
        scaled = [item.attribute for item in self.items if item.scaler_unit is None]
        clock = [self.memory.clock_time] if self.with_clock else []
        items = [item.attribute for item in self.items]
        return [*self.memory.unknown(scaled), *clock, *items]

    async def _read(self, reader: Reader, item: Item) -> Value:
        attribute = item.attribute
        template = Value(
            obis=str(attribute.logical_name),
            attribute=attribute.attribute,
            name=item.name,
            value=None,
        )
        answer = await get_data(reader, attribute)
        if isinstance(answer, DataAccessResult):
            return missing(template, answer.words)
        if is_time(attribute):
            return time_of(template, answer, self.memory.convention)
        scaler_unit = item.scaler_unit or await self.memory.scaler_unit(reader, attribute)
        if scaler_unit is None and scaler_attribute(attribute) is not None:
            # A bare number of a register could be off by any power of ten.
            return missing(template, "the meter tells no scaler_unit")
        value = value_of(template, answer, scaler_unit)
        text = value_text(self.memory.companion, attribute, value.value)
        return replace(value, text=text) if text else value

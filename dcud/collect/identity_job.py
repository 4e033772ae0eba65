"""The job that reads who a meter is, so that an exchanged one is noticed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from dcud.collect.clock_moves import Position
from dcud.collect.job import JobOutcome, Keep, MayGoOn, Reader, Timing
from dcud.collect.lists import prefetch
from dcud.collect.meter_memory import LOGICAL_DEVICE_NAME, MeterMemory, get_data
from dcud.collect.register_job import Item
from dcud.collect.values import value_of
from dcud.dlms.access import AttributeDescriptor, DataAccessResult
from dcud.dlms.obis import Obis
from dcud.reading import Reading, Value
from dcud.store.rows import CursorMove

_DATA = 1
_VALUE = 2

USUAL = tuple(
    Item(attribute=AttributeDescriptor(_DATA, Obis.parse(code), _VALUE), name=name)
    for code, name in (
        ("0.0.96.1.0.255", "serial_number"),
        ("0.0.96.1.1.255", "device_id_2"),
        ("1.0.0.0.0.255", "meter_id"),
        ("0.0.0.2.0.255", "firmware"),
        ("1.0.0.2.0.255", "metrological_firmware"),
    )
)
"""What meters usually tell of themselves. [IEC 62056-6-1: device ID, firmware identifier]"""

NAME = "logical_device_name"


class IdentityObserver(Protocol):
    """Who wants to know that a meter is another one."""

    def identity_changed(
        self, bus: str, meter: str, before: Mapping[str, str], now: Mapping[str, str]
    ) -> None:
        """What a meter says of itself is not what it said before; both by name."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityJob:
    """Reads what a meter says of itself, and keeps it as one reading.

    What it doesn't have is left out. Where something is other than it was, the meter was exchanged,
    or has another firmware: what was learned of it is forgotten, and asked anew.

    Attributes:
        position: gives what was kept of it before.
        observer: learns of what has changed.
    """

    name: str
    timing: Timing
    items: Sequence[Item]
    memory: MeterMemory
    position: Position
    observer: IdentityObserver

    async def run(
        self,
        reader: Reader,
        keep: Keep,
        now: datetime,
        may_go_on: MayGoOn,  # noqa: ARG002  # it has but one step
    ) -> JobOutcome:
        """Read all items; see `Job.run`."""
        memory = self.memory
        wanted = [LOGICAL_DEVICE_NAME, *[item.attribute for item in self.items]]
        reader = await prefetch(reader, wanted, memory.lists)
        memory.logical_device_name = None
        identity = {NAME: await memory.identify(reader)}
        values = [value for item in self.items if (value := await self._read(reader, item))]
        identity |= {value.name: str(value.value) for value in values}
        await self._compare(identity)
        reading = Reading(
            meter=memory.meter,
            logical_device_name=identity[NAME],
            bus=memory.bus,
            job=self.name,
            read_time=now,
            values=tuple(values),
        )
        told = json.dumps(identity, sort_keys=True)
        await keep((reading,), (CursorMove(meter=memory.meter, key=self._key, position=told),))
        return JobOutcome.SUCCESS

    @property
    def _key(self) -> str:
        return f"{self.name}/identity"

    async def _compare(self, identity: Mapping[str, str]) -> None:
        """Tell of what is not as it was."""
        kept = await self.position(self.memory.meter, self._key)
        before = identity if kept is None else json.loads(kept.position)
        if before != identity:
            self.memory.forget()
            self.observer.identity_changed(self.memory.bus, self.memory.meter, before, identity)

    async def _read(self, reader: Reader, item: Item) -> Value | None:
        answer = await get_data(reader, item.attribute)
        if isinstance(answer, DataAccessResult):
            return None
        template = Value(
            obis=str(item.attribute.logical_name),
            attribute=item.attribute.attribute,
            name=item.name,
            value=None,
        )
        return value_of(template, answer, None)

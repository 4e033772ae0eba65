"""What has been learned of one meter and need not be asked again."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from dcud.collect.job import Reader
from dcud.collect.lists import ListMemory
from dcud.collect.values import plain
from dcud.cosem.classes import interface_class
from dcud.cosem.clock import STANDARD, ClockConvention, parse_time
from dcud.cosem.register import ScalerUnit
from dcud.dlms.access import AttributeDescriptor, DataAccessResult, Selection
from dcud.dlms.data import Data, decode_data
from dcud.dlms.errors import DecodeError
from dcud.dlms.obis import Obis
from dcud.dlms.octets import Cursor
from dcud.reading import MeterTime

LOGICAL_DEVICE_NAME = AttributeDescriptor(1, Obis.parse("0.0.42.0.0.255"), 2)
OBJECT_LIST = AttributeDescriptor(15, Obis.parse("0.0.40.0.0.255"), 2)
CLOCK = Obis.parse("0.0.1.0.0.255")
"""[IEC 62056-6-1: abstract objects]"""


def _has_none() -> None:
    """Have nothing to doubt: the meter knows its objects by logical names."""


@dataclass(slots=True, kw_only=True, eq=False)
class MeterMemory:
    """One meter's identity, and what its objects said of themselves.

    Attributes:
        meter: the configured meter id.
        bus: the configured bus id.
        convention: what the meter means by its times.
        clock_name: its clock object.
        logical_device_name: as the meter gave it; None before it was asked, "" if it refused.
        scaler_units: by interface class and logical name; None where the object has none to give.
        lists: how many attributes it gives at once.
        companion: the companion profile whose event codes it has.
        generation: grows whenever all that was learned is forgotten.
        object_list: the attribute that lists its objects.
        profiles: those that are read, with the seconds between captures where these are configured.
        doubt_names: has the short names of its objects learned anew by the next session.
    """

    meter: str
    bus: str
    convention: ClockConvention = STANDARD
    clock_name: Obis = CLOCK
    logical_device_name: str | None = None
    scaler_units: dict[tuple[int, Obis], ScalerUnit | None] = field(default_factory=dict)
    lists: ListMemory = field(default_factory=ListMemory)
    companion: str = "none"
    generation: int = 0
    object_list: AttributeDescriptor = OBJECT_LIST
    profiles: Mapping[Obis, float | None] = field(default_factory=dict)
    doubt_names: Callable[[], None] = _has_none

    def forget(self) -> None:
        """Ask everything anew but the name: it may be another meter."""
        self.scaler_units.clear()
        self.generation += 1
        self.doubt_names()

    async def identify(self, reader: Reader) -> str:
        """Return the logical device name, asking for it once."""
        if self.logical_device_name is None:
            answer = await get_data(reader, LOGICAL_DEVICE_NAME)
            self.logical_device_name = (
                "" if isinstance(answer, DataAccessResult) else str(plain(answer))
            )
        return self.logical_device_name

    def unknown(self, attributes: Iterable[AttributeDescriptor]) -> list[AttributeDescriptor]:
        """Return what is still to be asked for: the name, and what scales these attributes."""
        unknown = [LOGICAL_DEVICE_NAME] if self.logical_device_name is None else []
        for attribute in attributes:
            scaled_by = scaler_attribute(attribute)
            key = (attribute.class_id, attribute.logical_name)
            if scaled_by is not None and key not in self.scaler_units:
                unknown.append(AttributeDescriptor(*key, scaled_by))
        return unknown

    @property
    def clock_time(self) -> AttributeDescriptor:
        """Where its clock shows the time."""
        return AttributeDescriptor(8, self.clock_name, 2)

    async def scaler_unit(
        self, reader: Reader, attribute: AttributeDescriptor
    ) -> ScalerUnit | None:
        """Return what scales `attribute`, asking for it once; None where nothing does."""
        scaled_by = scaler_attribute(attribute)
        if scaled_by is None:
            return None
        key = (attribute.class_id, attribute.logical_name)
        if key not in self.scaler_units:
            answer = await get_data(
                reader, AttributeDescriptor(attribute.class_id, attribute.logical_name, scaled_by)
            )
            self.scaler_units[key] = (
                None if isinstance(answer, DataAccessResult) else ScalerUnit.from_data(answer)
            )
        return self.scaler_units[key]

    async def clock(self, reader: Reader) -> MeterTime | None:
        """Return what the meter's clock shows; None where it has none or shows no time."""
        answer = await get_data(reader, self.clock_time)
        if isinstance(answer, DataAccessResult):
            return None
        shown = parse_time(answer, self.convention)
        if shown.moment is None:
            return None
        return MeterTime(time=shown.moment, status=shown.status)


def scaler_attribute(attribute: AttributeDescriptor) -> int | None:
    """Return the index of the scaler_unit that holds for `attribute`, None where none does."""
    known = interface_class(attribute.class_id)
    described = known.attribute(attribute.attribute) if known else None
    return described.scaled_by if described else None


async def get_data(
    reader: Reader, attribute: AttributeDescriptor, selection: Selection | None = None
) -> Data | DataAccessResult:
    """Read one attribute and decode it.

    Raises:
        DecodeError: the meter sent what is no Data, or more than one.
    """
    answer = await reader.get(attribute, selection)
    if isinstance(answer, DataAccessResult):
        return answer
    cursor = Cursor(answer)
    try:
        data = decode_data(cursor)
        cursor.expect_end()
    except DecodeError as error:
        raise DecodeError(f"{attribute}: {error.message}") from None
    return data

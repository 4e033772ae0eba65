"""Reading compact data: its template once, then its rows."""

from dataclasses import dataclass

from dcud.collect.job import Reader
from dcud.collect.meter_memory import MeterMemory, get_data
from dcud.collect.profile_reader import ProfileRefusedError
from dcud.cosem.compact_data import (
    BUFFER,
    CAPTURE_OBJECTS,
    COMPACT_DATA,
    TEMPLATE_DESCRIPTION,
    TEMPLATE_ID,
    CompactTemplate,
    OtherTemplateError,
    buffer_octets,
    parse_compact_columns,
    parse_template_description,
    parse_template_id,
)
from dcud.cosem.profile_buffer import ProfileEntry
from dcud.cosem.profile_columns import Column
from dcud.cosem.profile_generic import CaptureObject
from dcud.dlms.access import AttributeDescriptor, DataAccessResult
from dcud.dlms.data import Data
from dcud.dlms.obis import Obis
from dcud.dlms.refusal_causes import explain_result

_NAME_GROUPS = bytes((66, 0))
"""Value groups C and D. [IEC 62056-6-1: compact data]"""


def is_compact_data(logical_name: Obis) -> bool:
    """Return whether the standard has compact data under this name: 0.b.66.0.e."""
    return logical_name.a == 0 and logical_name.octets[2:4] == _NAME_GROUPS


@dataclass(slots=True, kw_only=True, eq=False)
class CompactReader:
    """Reads one object of compact data of one meter."""

    logical_name: Obis
    memory: MeterMemory
    _template: CompactTemplate | None = None

    async def template(self, reader: Reader) -> CompactTemplate:
        """Return the template with what it captures, asking for it once.

        Raises:
            ProfileRefusedError: the meter doesn't tell it.
        """
        if self._template is None:
            captured = parse_compact_columns(await self._attribute(reader, CAPTURE_OBJECTS))
            self._template = CompactTemplate(
                template_id=parse_template_id(await self._attribute(reader, TEMPLATE_ID)),
                description=parse_template_description(
                    await self._attribute(reader, TEMPLATE_DESCRIPTION)
                ),
                columns=tuple([await self._column(reader, each) for each in captured]),
                convention=self.memory.convention,
            )
        return self._template

    async def rows(self, reader: Reader) -> list[ProfileEntry]:
        """Return the rows that the buffer holds now.

        A meter that has changed its template since it told of it is asked for both once more.

        Raises:
            ProfileRefusedError: the meter doesn't give them.
            OtherTemplateError: the buffer goes on belonging to another template.
        """
        await self.template(reader)
        try:
            return await self._rows(reader)
        except OtherTemplateError:
            self._template = None
            return await self._rows(reader)

    async def _rows(self, reader: Reader) -> list[ProfileEntry]:
        template = await self.template(reader)
        return template.rows(buffer_octets(await self._attribute(reader, BUFFER)))

    async def _column(self, reader: Reader, captured: CaptureObject) -> Column:
        whole = not captured.data_index
        scaler_unit = await self.memory.scaler_unit(reader, captured.descriptor) if whole else None
        return Column(capture_object=captured, scaler_unit=scaler_unit)

    async def _attribute(self, reader: Reader, index: int) -> Data:
        attribute = AttributeDescriptor(COMPACT_DATA, self.logical_name, index)
        answer = await get_data(reader, attribute)
        if isinstance(answer, DataAccessResult):
            raise ProfileRefusedError(
                f"compact data {self.logical_name}, attribute {index}: {answer.words}",
                remedy=explain_result(answer).remedy,
            )
        return answer

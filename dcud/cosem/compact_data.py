"""The rows of compact data: values without tags, whose types a template tells apart from them.

The buffer holds what the contents of a compact-array are, the template description how such an
array begins. A template has a number, which meters capture as the first value of each row.
[IEC 62056-6-2: Compact data]
"""

from dataclasses import dataclass
from typing import ClassVar

from dcud.cosem.clock import STANDARD, ClockConvention
from dcud.cosem.profile_buffer import BufferLayout, ProfileEntry, decode_buffer
from dcud.cosem.profile_columns import Column, NullData
from dcud.cosem.profile_generic import CaptureObject
from dcud.dlms.compact_array import decode_type_description, encode_type_description
from dcud.dlms.data import Data, DataType, TypeDescription
from dcud.dlms.errors import DecodeError
from dcud.dlms.octets import Cursor, encode_length

COMPACT_DATA = 62
BUFFER, CAPTURE_OBJECTS, TEMPLATE_ID, TEMPLATE_DESCRIPTION = range(2, 6)
"""Attributes. [IEC 62056-6-2: Compact data]."""

_TAG = int(DataType.COMPACT_ARRAY)
_OF_CAPTURE_OBJECT = 4
"""Members of a capture object; restrictions, and what else follows them, leave its type alone."""


class OtherTemplateError(DecodeError):
    """A buffer was written by another template than the one that the meter has told."""

    code: ClassVar[str] = "other_template"


@dataclass(frozen=True, slots=True, kw_only=True)
class CompactTemplate:
    """How to read a compact buffer.

    Attributes:
        template_id: 0..255.
        description: what one row is.
        columns: what the values of a row are, in their order.
        convention: what the meter means by its times.
    """

    template_id: int
    description: TypeDescription
    columns: tuple[Column, ...]
    convention: ClockConvention = STANDARD

    @property
    def layout(self) -> BufferLayout:
        """Return the same as what has to be known of a profile's buffer."""
        return BufferLayout(
            columns=self.columns, null_data=NullData.NO_VALUE, convention=self.convention
        )

    def rows(self, buffer: bytes) -> list[ProfileEntry]:
        """Return the rows of a buffer, oldest first where they have a time.

        Args:
            buffer: what `buffer_octets` gave.

        Raises:
            OtherTemplateError: the buffer begins with the number of another template.
            DecodeError: the buffer doesn't hold rows of this template.
        """
        self._check_template(buffer)
        row = self.description
        if row.type is not DataType.STRUCTURE:
            # A row of one value may be described by its type alone; its octets are the same.
            row = TypeDescription(DataType.STRUCTURE, (row,))
        description = encode_type_description(row)
        octets = bytes((_TAG,)) + description + encode_length(len(buffer)) + buffer
        return decode_buffer(octets, self.layout)

    def _check_template(self, buffer: bytes) -> None:
        if not buffer or not self.columns or not _is_template_id(self.columns[0].capture_object):
            return
        if buffer[0] != self.template_id:
            raise OtherTemplateError(
                f"the buffer is written by template {buffer[0]}, not by {self.template_id}",
                remedy="read the template description anew",
            )


def _is_template_id(captured: CaptureObject) -> bool:
    return (captured.class_id, captured.attribute) == (COMPACT_DATA, TEMPLATE_ID)


def parse_compact_columns(data: Data) -> tuple[CaptureObject, ...]:
    """Return the columns that the capture_objects attribute lists, of whichever version.

    Raises:
        DecodeError: `data` is no array of capture objects.
    """
    match data:
        case Data(DataType.ARRAY, tuple(items)):
            return tuple(_captured(item) for item in items)
        case _:
            raise DecodeError(f"{data.type.words} is no array of capture objects")


def _captured(data: Data) -> CaptureObject:
    match data:
        case Data(DataType.STRUCTURE, tuple(members)):
            return CaptureObject.from_data(Data(DataType.STRUCTURE, members[:_OF_CAPTURE_OBJECT]))
        case _:
            raise DecodeError(f"{data.type.words} is no capture object")


def parse_template_id(data: Data) -> int:
    """Return what the template_id attribute says; `DecodeError` if it is no unsigned."""
    match data:
        case Data(DataType.UNSIGNED, int(template_id)):
            return template_id
        case _:
            raise DecodeError(f"{data.type.words} is no template id")


def parse_template_description(data: Data) -> TypeDescription:
    """Return what the template_description attribute says of one row.

    Meters are met that write the tag of a compact-array first and its length, 0, last; others
    write the type description alone.

    Raises:
        DecodeError: `data` is no octet-string with a type description.
    """
    cursor = Cursor(_octets(data, "template description"))
    if cursor.remaining and cursor.octets[0] == _TAG:
        cursor.u8()
    description = decode_type_description(cursor)
    if cursor.remaining:
        cursor.octet_string()
    cursor.expect_end()
    return description


def buffer_octets(data: Data) -> bytes:
    """Return what the compact_buffer attribute holds; `DecodeError` if it is no octet-string."""
    return _octets(data, "compact buffer")


def _octets(data: Data, what: str) -> bytes:
    match data:
        case Data(DataType.OCTET_STRING, bytes(octets)):
            return octets
        case _:
            raise DecodeError(f"{data.type.words} is no {what}")

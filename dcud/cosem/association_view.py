"""What an association lets its client see: the objects of the meter with the rights on them.

[IEC 62056-6-2: Association LN, object_list]
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntFlag
from typing import Self

from dcud.dlms.data import (
    Data,
    DataType,
    array,
    boolean,
    decode_data,
    enum,
    integer,
    long_unsigned,
    null_data,
    octet_string,
    structure,
    unsigned,
)
from dcud.dlms.errors import DecodeError
from dcud.dlms.obis import Obis
from dcud.dlms.octets import Cursor

ASSOCIATION_LN = 15
CURRENT_ASSOCIATION = Obis.parse("0.0.40.0.0.255")
MASKS_SINCE = 3
"""Version of the association class from which on access modes are masks."""


class Access(IntFlag):
    """What may be done with an attribute or a method, and how it must be protected.

    [IEC 62056-6-2: access_mode as a mask]
    """

    READ = 0x01
    INVOKE = 0x01
    """The same bit, for methods."""
    WRITE = 0x02
    AUTHENTICATED_REQUEST = 0x04
    ENCRYPTED_REQUEST = 0x08
    SIGNED_REQUEST = 0x10
    AUTHENTICATED_RESPONSE = 0x20
    ENCRYPTED_RESPONSE = 0x40
    SIGNED_RESPONSE = 0x80


_ENUMERATED_ATTRIBUTE_MODES = (
    Access(0),
    Access.READ,
    Access.WRITE,
    Access.READ | Access.WRITE,
    Access.READ | Access.AUTHENTICATED_REQUEST,
    Access.WRITE | Access.AUTHENTICATED_REQUEST,
    Access.READ | Access.WRITE | Access.AUTHENTICATED_REQUEST,
)
_ENUMERATED_METHOD_MODES = (
    Access(0),
    Access.INVOKE,
    Access.INVOKE | Access.AUTHENTICATED_REQUEST,
)


def _access(mode: int, enumerated: Sequence[Access], *, masked: bool) -> Access | None:
    if masked:
        return Access(mode)
    return enumerated[mode] if mode < len(enumerated) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeRights:
    """What the client may do with one attribute.

    Attributes:
        attribute: its index, -128..127.
        mode: the access mode as it came, 0..255.
        masked: whether the mode is a mask.
        selectors: the ways of selective access that the attribute knows.
    """

    attribute: int
    mode: int
    masked: bool = False
    selectors: tuple[int, ...] = ()

    @property
    def access(self) -> Access | None:
        """Return what the mode means; None for one that isn't known."""
        return _access(self.mode, _ENUMERATED_ATTRIBUTE_MODES, masked=self.masked)


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodRights:
    """What the client may do with one method.

    Attributes:
        method: its index, -128..127.
        mode: the access mode as it came, 0..255; 1 for true.
        masked: whether the mode is a mask.
    """

    method: int
    mode: int
    masked: bool = False

    @property
    def access(self) -> Access | None:
        """Return what the mode means; None for one that isn't known."""
        return _access(self.mode, _ENUMERATED_METHOD_MODES, masked=self.masked)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectListElement:
    """One object of the meter.

    Attributes:
        class_id: interface class, 0..65535.
        version: version of that class, 0..255.
        logical_name: the object.
        attribute_rights: None where the list was asked for without rights.
        method_rights: likewise.
    """

    class_id: int
    version: int
    logical_name: Obis
    attribute_rights: tuple[AttributeRights, ...] | None = None
    method_rights: tuple[MethodRights, ...] | None = None

    def attribute_access(self, attribute: int) -> Access | None:
        """Return what may be done with an attribute; None where the list doesn't tell."""
        rights = self.attribute_rights or ()
        return next((each.access for each in rights if each.attribute == attribute), None)

    @classmethod
    def from_data(cls, data: Data, *, masked: bool = False) -> Self:
        """Return the object that an element of object_list describes, with rights or without.

        Raises:
            DecodeError: `data` is no such element.
        """
        class_id, version, logical_name, *rights = _members(data, "object list element", 3, 4)
        element = cls(
            class_id=_whole(class_id, "class id", 0, 0xFFFF),
            version=_whole(version, "version", 0, 0xFF),
            logical_name=_logical_name(logical_name),
        )
        if not rights or rights[0].type is DataType.NULL_DATA:
            return element
        attributes, methods = _members(rights[0], "access rights", 2, 2)
        return cls(
            class_id=element.class_id,
            version=element.version,
            logical_name=element.logical_name,
            attribute_rights=tuple(
                _attribute_rights(item, masked=masked) for item in _items(attributes)
            ),
            method_rights=tuple(_method_rights(item, masked=masked) for item in _items(methods)),
        )

    def to_data(self) -> Data:
        """Return the element of an object_list that describes the object."""
        head = (
            long_unsigned(self.class_id),
            unsigned(self.version),
            octet_string(self.logical_name.octets),
        )
        if self.attribute_rights is None or self.method_rights is None:
            return structure(head)
        attributes = array(
            structure(
                (
                    integer(each.attribute),
                    enum(each.mode),
                    array(map(integer, each.selectors)) if each.selectors else null_data(),
                )
            )
            for each in self.attribute_rights
        )
        methods = array(
            structure((integer(each.method), _method_mode(each))) for each in self.method_rights
        )
        return structure((*head, structure((attributes, methods))))


def decode_object_list(octets: bytes) -> tuple[ObjectListElement, ...]:
    """Return the objects that an object_list attribute holds, given as it came: one encoded Data.

    Whether its access modes are masks follows from the version of the association that stands in
    the list itself, best the current one.

    Raises:
        DecodeError: the octets are no object list.
    """
    cursor = Cursor(octets)
    data = decode_data(cursor)
    cursor.expect_end()
    return parse_object_list(data)


def parse_object_list(data: Data) -> tuple[ObjectListElement, ...]:
    """Return the objects that an object_list attribute holds; `DecodeError` if it is none."""
    items = _items(data)
    elements = tuple(ObjectListElement.from_data(item) for item in items)
    if not _has_masks(elements):
        return elements
    return tuple(ObjectListElement.from_data(item, masked=True) for item in items)


def object_list_data(elements: Sequence[ObjectListElement]) -> Data:
    """Return the value of an object_list attribute with these objects."""
    return array(element.to_data() for element in elements)


def _has_masks(elements: Sequence[ObjectListElement]) -> bool:
    associations = [each for each in elements if each.class_id == ASSOCIATION_LN]
    current = [each for each in associations if each.logical_name == CURRENT_ASSOCIATION]
    return any(each.version >= MASKS_SINCE for each in current or associations)


def _attribute_rights(data: Data, *, masked: bool) -> AttributeRights:
    attribute, mode, selectors = _members(data, "attribute access", 3, 3)
    return AttributeRights(
        attribute=_whole(attribute, "attribute id", -0x80, 0x7F),
        mode=_whole(mode, "access mode", 0, 0xFF),
        masked=masked,
        selectors=_selectors(selectors),
    )


def _selectors(data: Data) -> tuple[int, ...]:
    if data.type is DataType.NULL_DATA:
        return ()
    return tuple(_whole(item, "access selector", -0x80, 0x7F) for item in _items(data))


def _method_rights(data: Data, *, masked: bool) -> MethodRights:
    method, mode = _members(data, "method access", 2, 2)
    return MethodRights(
        method=_whole(method, "method id", -0x80, 0x7F),
        mode=_whole(mode, "access mode", 0, 0xFF),
        masked=masked,
    )


def _method_mode(rights: MethodRights) -> Data:
    """Encode a mode that says no more than yes or no as a boolean, as the oldest version has it."""
    if rights.masked or rights.mode > 1:
        return enum(rights.mode)
    return boolean(bool(rights.mode))


def _members(data: Data, name: str, least: int, most: int) -> tuple[Data, ...]:
    match data:
        case Data(DataType.STRUCTURE, tuple(members)) if least <= len(members) <= most:
            return members
        case _:
            raise DecodeError(f"{data.type.words} is no {name}")


def _items(data: Data) -> tuple[Data, ...]:
    match data:
        case Data(DataType.ARRAY, tuple(items)):
            return items
        case _:
            raise DecodeError(f"{data.type.words} where the object list has an array")


def _whole(data: Data, name: str, low: int, high: int) -> int:
    """Return a whole number, of whatever type: meters differ. [field: types in object lists]."""
    match data.value:
        case int(value) if low <= value <= high:
            return int(value)
        case _:
            raise DecodeError(f"{data.type.words} is no {name} of {low}..{high}")


def _logical_name(data: Data) -> Obis:
    match data:
        case Data(DataType.OCTET_STRING, bytes(octets)) if len(octets) == 6:
            return Obis(octets)
        case _:
            raise DecodeError(f"{data.type.words} is no logical name")

"""The short names of a meter's objects, as its association tells them.

[IEC 62056-6-2: Association SN, object_list; short names of attributes and methods]
"""

from collections.abc import Mapping
from dataclasses import dataclass

from dcud.cosem.classes import interface_class
from dcud.dlms.access import AttributeDescriptor, MethodDescriptor
from dcud.dlms.data import Data, DataType, decode_data
from dcud.dlms.errors import DecodeError
from dcud.dlms.obis import Obis
from dcud.dlms.octets import Cursor
from dcud.dlms.short_names import UnknownNameError

ASSOCIATION_SN = 12
CURRENT_ASSOCIATION = Obis.parse("0.0.40.0.0.255")

_STEP = 8
"""How far the names of an object's attributes lie apart, and those of its methods."""
_ASSOCIATION_BASE = 0xFA00
_KNOWN_ANYWAY = {(ASSOCIATION_SN, CURRENT_ASSOCIATION): (_ASSOCIATION_BASE, 0)}
"""By class and logical name: base name and version of what is known without any list."""
_RETURNING = frozenset({ASSOCIATION_SN})
"""Classes whose methods return something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedObject:
    """An object that the association tells of.

    Attributes:
        base_name: the short name of its first attribute, 0..65535.
    """

    base_name: int
    class_id: int
    version: int
    logical_name: Obis


def parse_named_objects(data: Data) -> tuple[NamedObject, ...]:
    """Return the objects of an Association SN's object_list.

    Raises:
        DecodeError: it is no such list.
    """
    if data.type is not DataType.ARRAY or not isinstance(data.value, tuple):
        raise DecodeError("the list of objects is no array")
    return tuple([_named_object(item) for item in data.value])


def decode_named_objects(octets: bytes) -> tuple[NamedObject, ...]:
    """Return the objects of an encoded object_list; raises `DecodeError` likewise."""
    cursor = Cursor(octets)
    data = decode_data(cursor)
    cursor.expect_end()
    return parse_named_objects(data)


def _named_object(item: Data) -> NamedObject:
    match item.value:
        case (
            Data(value=int() as base_name),
            Data(value=int() as class_id),
            Data(value=int() as version),
            Data(value=bytes() as name),
        ) if len(name) == len(CURRENT_ASSOCIATION.octets):
            return NamedObject(
                base_name=base_name & 0xFFFF,  # told as a signed number
                class_id=class_id,
                version=version,
                logical_name=Obis(name),
            )
        case _:
            raise DecodeError("an entry of the list of objects isn't (name, class, version, OBIS)")


class LearnedNames:
    """The short names of one meter's objects; kept from one session to the next."""

    def __init__(self) -> None:
        self.is_known = False
        self._objects: Mapping[tuple[int, Obis], tuple[int, int]] = _KNOWN_ANYWAY

    def learn(self, object_list: bytes) -> None:
        """Learn them; raises `DecodeError` where it is no object list."""
        objects = decode_named_objects(object_list)
        self._objects = {
            **_KNOWN_ANYWAY,
            **{
                (each.class_id, each.logical_name): (each.base_name, each.version)
                for each in objects
            },
        }
        self.is_known = True

    def doubt(self) -> None:
        """Have them learned anew by the next session; this one goes on with what there is."""
        self.is_known = False

    def attribute(self, descriptor: AttributeDescriptor) -> int:
        """Return the name of an attribute, 0..65535; raises `UnknownNameError`."""
        base, _ = self._found(descriptor.class_id, descriptor.logical_name, str(descriptor))
        index = descriptor.attribute - 1
        if index < 0:
            raise UnknownNameError(f"the attribute {descriptor} has no short name")
        return _checked(base + index * _STEP, str(descriptor))

    def method(self, descriptor: MethodDescriptor) -> int:
        """Return the name of a method, 0..65535; raises `UnknownNameError`."""
        class_id = descriptor.class_id
        base, version = self._found(class_id, descriptor.logical_name, str(descriptor))
        known = interface_class(class_id, version)
        offset = None if known is None else known.methods_offset
        if offset is None or descriptor.method < 1:
            raise UnknownNameError(f"the short name of the method {descriptor} is not known")
        return _checked(base + offset + (descriptor.method - 1) * _STEP, str(descriptor))

    def returns_data(self, descriptor: MethodDescriptor) -> bool:
        """Tell whether a method returns something, hence is called by being read."""
        return descriptor.class_id in _RETURNING

    def _found(self, class_id: int, logical_name: Obis, subject: str) -> tuple[int, int]:
        found = self._objects.get((class_id, logical_name))
        if found is None:
            raise UnknownNameError(
                f"the meter's list of objects has none of class {class_id}, {logical_name}",
                remedy=f"check {subject}; dcud objects shows what the meter has",
            )
        return found


def _checked(name: int, subject: str) -> int:
    if name > 0xFFFF:
        raise UnknownNameError(f"the meter's list of objects leaves no short name for {subject}")
    return name

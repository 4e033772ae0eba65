"""What the services that reach attributes and methods have in common."""

from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Self

from dcud.dlms.data import Data, decode_data, encode_data
from dcud.dlms.fields import check_field
from dcud.dlms.obis import Obis
from dcud.dlms.octets import Cursor

_ABSENT = b"\x00"
_PRESENT = b"\x01"
_INVOKE_ID = 0x0F
_LONG_INVOKE_ID = 0xFFFFFF
_SELF_DESCRIPTIVE = 0x10
_BREAK_ON_ERROR = 0x20
_SERVICE_CLASS = 0x40
_PRIORITY = 0x80


@dataclass(frozen=True, slots=True)
class AttributeDescriptor:
    """One attribute of one object.

    [IEC 62056-5-3: COSEM-Attribute-Descriptor]

    Attributes:
        class_id: interface class, 0..65535.
        logical_name: the object.
        attribute: index of the attribute, -128..127; 0 means all of them, negative ones are the
            manufacturer's.
    """

    class_id: int
    logical_name: Obis
    attribute: int

    def __post_init__(self) -> None:
        check_field("class-id", self.class_id, 0, 0xFFFF)
        check_field("attribute-id", self.attribute, -0x80, 0x7F)

    def __str__(self) -> str:
        """Return it as "3/1.0.1.8.0.255/2": class, object, attribute."""
        return f"{self.class_id}/{self.logical_name}/{self.attribute}"

    def encode(self) -> bytes:
        """Encode in 9 octets."""
        attribute = self.attribute.to_bytes(1, "big", signed=True)
        return self.class_id.to_bytes(2, "big") + self.logical_name.octets + attribute

    @classmethod
    def decode(cls, cursor: Cursor) -> Self:
        """Decode 9 octets."""
        return cls(cursor.u16(), Obis(cursor.take(6)), cursor.i8())


@dataclass(frozen=True, slots=True)
class MethodDescriptor:
    """One method of one object.

    [IEC 62056-5-3: COSEM-Method-Descriptor]

    Attributes:
        class_id: interface class, 0..65535.
        logical_name: the object.
        method: index of the method, -128..127; negative ones are the manufacturer's.
    """

    class_id: int
    logical_name: Obis
    method: int

    def __post_init__(self) -> None:
        check_field("class-id", self.class_id, 0, 0xFFFF)
        check_field("method-id", self.method, -0x80, 0x7F)

    def __str__(self) -> str:
        """Return it as "15/0.0.40.0.0.255/1": class, object, method."""
        return f"{self.class_id}/{self.logical_name}/{self.method}"

    def encode(self) -> bytes:
        """Encode in 9 octets."""
        method = self.method.to_bytes(1, "big", signed=True)
        return self.class_id.to_bytes(2, "big") + self.logical_name.octets + method

    @classmethod
    def decode(cls, cursor: Cursor) -> Self:
        """Decode 9 octets."""
        return cls(cursor.u16(), Obis(cursor.take(6)), cursor.i8())


@dataclass(frozen=True, slots=True)
class Selection:
    """A part of an attribute.

    [IEC 62056-5-3: Selective-Access-Descriptor]

    Attributes:
        selector: which of the class's ways to select, 0..255.
        parameters: what that way needs to know.
    """

    selector: int
    parameters: Data

    def __post_init__(self) -> None:
        check_field("access-selector", self.selector, 0, 0xFF)


def encode_selection(selection: Selection | None) -> bytes:
    """Encode a selection that may be absent."""
    if selection is None:
        return _ABSENT
    return _PRESENT + bytes((selection.selector,)) + encode_data(selection.parameters)


def decode_selection(cursor: Cursor) -> Selection | None:
    """Decode a selection that may be absent."""
    if cursor.u8() == 0:
        return None
    return Selection(cursor.u8(), decode_data(cursor))


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeWithSelection:
    """One attribute, or what `selection` selects of it.

    [IEC 62056-5-3: Cosem-Attribute-Descriptor-With-Selection]
    """

    attribute: AttributeDescriptor
    selection: Selection | None = None

    def encode(self) -> bytes:
        """Encode."""
        return self.attribute.encode() + encode_selection(self.selection)

    @classmethod
    def decode(cls, cursor: Cursor) -> Self:
        """Decode."""
        return cls(attribute=AttributeDescriptor.decode(cursor), selection=decode_selection(cursor))


class ResultCode(IntEnum):
    """A result in one octet; a code that isn't known keeps its number."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, int) or not 0 <= value <= 0xFF:
            return None
        unknown = int.__new__(cls, value)
        unknown._name_ = f"RESULT_{value}"
        unknown._value_ = value
        return unknown

    @property
    def words(self) -> str:
        """Return the result as the specification names it: "read-write-denied"."""
        return self.name.lower().replace("_", "-")


class DataAccessResult(ResultCode):
    """Why a meter does not give, or take, one item.

    [IEC 62056-5-3: Data-Access-Result]
    """

    SUCCESS = 0
    HARDWARE_FAULT = 1
    TEMPORARY_FAILURE = 2
    READ_WRITE_DENIED = 3
    OBJECT_UNDEFINED = 4
    OBJECT_CLASS_INCONSISTENT = 9
    OBJECT_UNAVAILABLE = 11
    TYPE_UNMATCHED = 12
    SCOPE_OF_ACCESS_VIOLATED = 13
    DATA_BLOCK_UNAVAILABLE = 14
    LONG_GET_ABORTED = 15
    NO_LONG_GET_IN_PROGRESS = 16
    LONG_SET_ABORTED = 17
    NO_LONG_SET_IN_PROGRESS = 18
    DATA_BLOCK_NUMBER_INVALID = 19
    OTHER_REASON = 250


class ActionResult(ResultCode):
    """What became of a method that was called.

    [IEC 62056-5-3: Action-Result]
    """

    SUCCESS = 0
    HARDWARE_FAULT = 1
    TEMPORARY_FAILURE = 2
    READ_WRITE_DENIED = 3
    OBJECT_UNDEFINED = 4
    OBJECT_CLASS_INCONSISTENT = 9
    OBJECT_UNAVAILABLE = 11
    TYPE_UNMATCHED = 12
    SCOPE_OF_ACCESS_VIOLATED = 13
    DATA_BLOCK_UNAVAILABLE = 14
    LONG_ACTION_ABORTED = 15
    NO_LONG_ACTION_IN_PROGRESS = 16
    OTHER_REASON = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class InvokeIdAndPriority:
    """The octet that ties an answer to its request.

    [IEC 62056-5-3: Invoke-Id-And-Priority]

    Attributes:
        invoke_id: 0..15.
        confirmed: whether an answer is wanted.
        high_priority: whether the request goes before others.
    """

    invoke_id: int
    confirmed: bool = True
    high_priority: bool = False

    def __post_init__(self) -> None:
        check_field("invoke-id", self.invoke_id, 0, _INVOKE_ID)

    def encode(self) -> bytes:
        """Encode in one octet."""
        confirmed = _SERVICE_CLASS if self.confirmed else 0
        priority = _PRIORITY if self.high_priority else 0
        return bytes((self.invoke_id | confirmed | priority,))

    @staticmethod
    def decode(cursor: Cursor) -> "InvokeIdAndPriority":
        """Decode one octet; its reserved bits are not looked at."""
        return _invoke(cursor.u8())


@cache
def _invoke(octet: int) -> InvokeIdAndPriority:
    return InvokeIdAndPriority(
        invoke_id=octet & _INVOKE_ID,
        confirmed=bool(octet & _SERVICE_CLASS),
        high_priority=bool(octet & _PRIORITY),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LongInvokeIdAndPriority:
    """The four octets that tie an answer to its request where one octet is too little.

    [IEC 62056-5-3: Long-Invoke-Id-And-Priority]

    Attributes:
        invoke_id: 0..2**24-1.
        self_descriptive: whether the answer is to repeat what was asked.
        break_on_error: whether what follows upon an error is left undone.
        confirmed: whether an answer is wanted.
        high_priority: whether the request goes before others.
    """

    invoke_id: int
    self_descriptive: bool = False
    break_on_error: bool = False
    confirmed: bool = True
    high_priority: bool = False

    def __post_init__(self) -> None:
        check_field("long-invoke-id", self.invoke_id, 0, _LONG_INVOKE_ID)

    def encode(self) -> bytes:
        """Encode in four octets."""
        bits = (
            self.self_descriptive * _SELF_DESCRIPTIVE
            | self.break_on_error * _BREAK_ON_ERROR
            | self.confirmed * _SERVICE_CLASS
            | self.high_priority * _PRIORITY
        )
        return bytes((bits,)) + self.invoke_id.to_bytes(3, "big")

    @classmethod
    def decode(cls, cursor: Cursor) -> Self:
        """Decode four octets; their reserved bits are not looked at."""
        bits, *invoke_id = cursor.take(4)
        return cls(
            invoke_id=int.from_bytes(bytes(invoke_id), "big"),
            self_descriptive=bool(bits & _SELF_DESCRIPTIVE),
            break_on_error=bool(bits & _BREAK_ON_ERROR),
            confirmed=bool(bits & _SERVICE_CLASS),
            high_priority=bool(bits & _PRIORITY),
        )

"""The values that COSEM attributes are made of."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

from dcud.dlms.cosem_time import CosemDate, CosemDateTime, CosemTime
from dcud.dlms.errors import EncodeError


class DataType(IntEnum):
    """The choices of Data, by their tags.

    [IEC 62056-5-3: Data]
    """

    NULL_DATA = 0
    ARRAY = 1
    STRUCTURE = 2
    BOOLEAN = 3
    BIT_STRING = 4
    DOUBLE_LONG = 5
    DOUBLE_LONG_UNSIGNED = 6
    OCTET_STRING = 9
    VISIBLE_STRING = 10
    UTF8_STRING = 12
    BCD = 13
    INTEGER = 15
    LONG = 16
    UNSIGNED = 17
    LONG_UNSIGNED = 18
    COMPACT_ARRAY = 19
    LONG64 = 20
    LONG64_UNSIGNED = 21
    ENUM = 22
    FLOAT32 = 23
    FLOAT64 = 24
    DATE_TIME = 25
    DATE = 26
    TIME = 27
    DELTA_INTEGER = 28
    DELTA_LONG = 29
    DELTA_DOUBLE_LONG = 30
    DELTA_UNSIGNED = 31
    DELTA_LONG_UNSIGNED = 32
    DELTA_DOUBLE_LONG_UNSIGNED = 33
    DONT_CARE = 255

    @property
    def words(self) -> str:
        """Return the name as the specification writes it: `double-long-unsigned`."""
        return self.name.lower().replace("_", "-")


@dataclass(frozen=True, slots=True)
class BitString:
    """A string of bits, the first one in the most significant bit of the first octet.

    Attributes:
        length: how many bits.
        octets: the bits, with zeros behind the last one.

    Raises:
        EncodeError: `octets` are not as many as `length` takes, or have ones behind the last bit.
    """

    length: int
    octets: bytes

    def __post_init__(self) -> None:
        if self.length < 0 or len(self.octets) != (self.length + 7) // 8:
            raise EncodeError(f"{self.length} bits don't take {len(self.octets)} octets")
        unused = -self.length % 8
        if unused and self.octets[-1] & ((1 << unused) - 1):
            raise EncodeError(f"ones behind the last of {self.length} bits")

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Return the bits of a text like `0101`; `EncodeError` if it has anything else in it."""
        if text.strip("01"):
            raise EncodeError(f"{text!r} is no string of bits: write zeros and ones")
        size = (len(text) + 7) // 8
        return cls(len(text), int(text.ljust(size * 8, "0") or "0", 2).to_bytes(size, "big"))

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[bool]:
        return (self[index] for index in range(self.length))

    def __getitem__(self, index: int) -> bool:
        """Return the bit at `index`, 0 being the first."""
        if not 0 <= index < self.length:
            raise IndexError(index)
        return bool(self.octets[index // 8] & (0x80 >> index % 8))

    def __str__(self) -> str:
        """Return the bits as text: `0101`."""
        return "".join(f"{octet:08b}" for octet in self.octets)[: self.length]


@dataclass(frozen=True, slots=True)
class TypeDescription:
    """What each element of a compact array is made of.

    [IEC 62056-5-3: TypeDescription]

    Attributes:
        type: the element's type.
        members: of a structure the members' types, of an array the one type of its items.
        count: of an array the number of its items.
    """

    type: DataType
    members: "tuple[TypeDescription, ...]" = ()
    count: int = 0


@dataclass(frozen=True, slots=True)
class CompactArray:
    """The value of a compact-array: the type is told once, the elements bear no tags.

    Attributes:
        description: the type of all the elements.
        elements: each of the type described.
        explicit_counts: whether arrays within the elements carry their number of items themselves,
            instead of having as many as the description says [field: counts in compact arrays].
    """

    description: TypeDescription
    elements: "tuple[Data, ...]"
    explicit_counts: bool = False


DataValue = (
    bool
    | int
    | float
    | bytes
    | str
    | BitString
    | CosemDate
    | CosemTime
    | CosemDateTime
    | CompactArray
    | tuple["Data", ...]
    | None
)


@dataclass(frozen=True, slots=True)
class Data:
    """One typed value.

    Attributes:
        type: the type, which decides what `value` is.
        value: None for null-data and dont-care; a tuple of `Data` for arrays and structures;
            `CompactArray`; bool; int for all the integers, enum, the delta types and bcd (its octet
            as it is: 0x42 for the digits 42); float; bytes for octet-string; `BitString`;
            `CosemDateTime`, `CosemDate` and `CosemTime` for the types of these names.
            A visible-string is a str of the characters of Latin-1, so that octets beyond ASCII
            survive. A utf8-string is a str, or bytes where the octets are not UTF-8. A float that
            is not a number is the bytes of its encoding, so that it equals itself and loses no bit.
    """

    type: DataType
    value: DataValue

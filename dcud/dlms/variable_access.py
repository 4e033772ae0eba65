"""What the services that reach variables by their short names have in common.

[IEC 62056-5-3: Variable-Access-Specification] Short names are numbers: what the standard encodes
as Integer16 is 0..65535 here, as everybody writes it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from dcud.dlms.data_extent import take_data
from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.fields import check_field
from dcud.dlms.octets import Cursor, encode_length

_VARIABLE_NAME = 2
_PARAMETERIZED_ACCESS = 4
_BLOCK_NUMBER_ACCESS = 5
_READ_DATA_BLOCK_ACCESS = 6
_WRITE_DATA_BLOCK_ACCESS = 7


@dataclass(frozen=True, slots=True)
class VariableName:
    """An attribute, or a method; `name` is 0..65535."""

    name: int

    def __post_init__(self) -> None:
        check_field("variable-name", self.name, 0, 0xFFFF)

    def encode(self) -> bytes:
        """Encode with its choice."""
        return bytes((_VARIABLE_NAME,)) + self.name.to_bytes(2, "big")


@dataclass(frozen=True, slots=True)
class ParameterizedAccess:
    """A part of an attribute, or a method that returns something.

    Attributes:
        name: 0..65535.
        selector: which way to select, 0..255.
        parameter: the encoding of one Data. No `repr` shows it.
    """

    name: int
    selector: int
    parameter: bytes = field(repr=False)

    def __post_init__(self) -> None:
        check_field("variable-name", self.name, 0, 0xFFFF)
        check_field("selector", self.selector, 0, 0xFF)

    def encode(self) -> bytes:
        """Encode with its choice."""
        name = self.name.to_bytes(2, "big")
        return bytes((_PARAMETERIZED_ACCESS,)) + name + bytes((self.selector,)) + self.parameter


@dataclass(frozen=True, slots=True)
class BlockNumberAccess:
    """What follows the block of an answer with this number, 0..65535."""

    block_number: int

    def __post_init__(self) -> None:
        check_field("block-number", self.block_number, 0, 0xFFFF)

    def encode(self) -> bytes:
        """Encode with its choice."""
        return bytes((_BLOCK_NUMBER_ACCESS,)) + self.block_number.to_bytes(2, "big")


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedBlock:
    """A part of a request or an answer.

    Attributes:
        last_block: whether nothing follows.
        block_number: 0..65535.
        octets: cut anywhere. No `repr` shows them.
    """

    last_block: bool
    block_number: int
    octets: bytes = field(repr=False)

    def __post_init__(self) -> None:
        check_field("block-number", self.block_number, 0, 0xFFFF)

    def encode(self) -> bytes:
        """Encode."""
        header = bytes((self.last_block,)) + self.block_number.to_bytes(2, "big")
        return header + encode_length(len(self.octets)) + self.octets


def decode_numbered_block(cursor: Cursor) -> NumberedBlock:
    """Decode what stands behind the choice of a block."""
    last_block = bool(cursor.u8())
    block_number = cursor.u16()
    return NumberedBlock(
        last_block=last_block, block_number=block_number, octets=cursor.octet_string()
    )


@dataclass(frozen=True, slots=True)
class ReadDataBlockAccess:
    """A part of a read-request that is too long."""

    block: NumberedBlock

    def encode(self) -> bytes:
        """Encode with its choice."""
        return bytes((_READ_DATA_BLOCK_ACCESS,)) + self.block.encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteDataBlockAccess:
    """Announces a part of a write-request that is too long; `block_number` is 0..65535."""

    last_block: bool
    block_number: int

    def __post_init__(self) -> None:
        check_field("block-number", self.block_number, 0, 0xFFFF)

    def encode(self) -> bytes:
        """Encode with its choice."""
        number = self.block_number.to_bytes(2, "big")
        return bytes((_WRITE_DATA_BLOCK_ACCESS, self.last_block)) + number


Variable = (
    VariableName
    | ParameterizedAccess
    | BlockNumberAccess
    | ReadDataBlockAccess
    | WriteDataBlockAccess
)
Variables = tuple[Variable, ...]


def encode_variables(variables: Variables) -> bytes:
    """Encode a list with its count."""
    return encode_length(len(variables)) + b"".join([each.encode() for each in variables])


def decode_variables(cursor: Cursor) -> Variables:
    """Decode a list with its count."""
    return tuple([_decode_variable(cursor) for _ in range(cursor.count())])


def _decode_variable(cursor: Cursor) -> Variable:
    choice = cursor.u8()
    if choice not in _CHOICES:
        raise DecodeError(f"a variable-access-specification of the unknown kind {choice}")
    return _CHOICES[choice](cursor)


def _write_data_block_access(cursor: Cursor) -> Variable:
    last_block = bool(cursor.u8())
    return WriteDataBlockAccess(last_block=last_block, block_number=cursor.u16())


_CHOICES: dict[int, Callable[[Cursor], Variable]] = {
    _VARIABLE_NAME: lambda cursor: VariableName(cursor.u16()),
    _PARAMETERIZED_ACCESS: lambda cursor: ParameterizedAccess(
        cursor.u16(), cursor.u8(), take_data(cursor)
    ),
    _BLOCK_NUMBER_ACCESS: lambda cursor: BlockNumberAccess(cursor.u16()),
    _READ_DATA_BLOCK_ACCESS: lambda cursor: ReadDataBlockAccess(decode_numbered_block(cursor)),
    _WRITE_DATA_BLOCK_ACCESS: _write_data_block_access,
}


def encode_values(values: tuple[bytes, ...]) -> bytes:
    """Encode a list of encoded Data with its count."""
    return encode_length(len(values)) + b"".join(values)


def decode_values(cursor: Cursor) -> tuple[bytes, ...]:
    """Decode a list of Data with its count; they stay encoded."""
    return tuple([take_data(cursor) for _ in range(cursor.count())])


@dataclass(frozen=True, slots=True)
class VariablesWithValues:
    """Variables, each with a value.

    Attributes:
        values: the encodings of as many Data as there are variables. No `repr` shows them.
    """

    variables: Variables
    values: tuple[bytes, ...] = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse what nobody could tell apart."""
        if len(self.variables) != len(self.values):
            raise EncodeError(f"{len(self.values)} values for {len(self.variables)} variables")

    def encode_lists(self) -> bytes:
        """Encode both lists with their counts."""
        return encode_variables(self.variables) + encode_values(self.values)

    @classmethod
    def decode_lists(cls, cursor: Cursor) -> Self:
        """Decode both lists, up to the end; values stay encoded."""
        variables, values = decode_variables(cursor), decode_values(cursor)
        cursor.expect_end()
        if len(variables) != len(values):
            raise DecodeError(f"{len(values)} values for {len(variables)} variables")
        return cls(variables, values)

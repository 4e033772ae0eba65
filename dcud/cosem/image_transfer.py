"""Image transfer: how far a meter has come with new firmware.

Of each attribute, and of each method's parameter, a value and its Data in both directions.
[IEC 62056-6-2: Image transfer]
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

from dcud.dlms.data import (
    BitString,
    Data,
    DataType,
    array,
    bit_string,
    boolean,
    double_long_unsigned,
    enum,
    integer,
    octet_string,
    structure,
)
from dcud.dlms.errors import DecodeError
from dcud.dlms.fields import check_field
from dcud.dlms.obis import Obis

IMAGE_TRANSFER = 18
CURRENT_IMAGE_TRANSFER = Obis.parse("0.0.44.0.0.255")
NOTHING_TO_SAY = integer(0)
"""The parameter of image_verify and image_activate."""

_MAX_NUMBER = 0xFFFF_FFFF
_NUMBERS = (DataType.DOUBLE_LONG_UNSIGNED, DataType.LONG_UNSIGNED, DataType.UNSIGNED)


class ImageAttribute(IntEnum):
    """The attributes."""

    BLOCK_SIZE = 2
    TRANSFERRED_BLOCKS_STATUS = 3
    FIRST_NOT_TRANSFERRED_BLOCK_NUMBER = 4
    TRANSFER_ENABLED = 5
    TRANSFER_STATUS = 6
    TO_ACTIVATE_INFO = 7


class ImageMethod(IntEnum):
    """The methods."""

    TRANSFER_INITIATE = 1
    BLOCK_TRANSFER = 2
    VERIFY = 3
    ACTIVATE = 4


class ImageStatus(IntEnum):
    """How far a transfer has come."""

    NOT_INITIATED = 0
    INITIATED = 1
    VERIFICATION_INITIATED = 2
    VERIFICATION_SUCCESSFUL = 3
    VERIFICATION_FAILED = 4
    ACTIVATION_INITIATED = 5
    ACTIVATION_SUCCESSFUL = 6
    ACTIVATION_FAILED = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageInitiation:
    """Which image is to be transferred; the parameter of image_transfer_initiate.

    Attributes:
        identifier: the image's.
        size: its octets, 0..2**32-1.
    """

    identifier: bytes
    size: int

    def __post_init__(self) -> None:
        check_field("image size", self.size, 0, _MAX_NUMBER)

    @classmethod
    def from_data(cls, data: Data) -> Self:
        """Return what the parameter says; `DecodeError` if it is none."""
        identifier, size = _members(data, 2, "an image's identifier and size")
        return cls(identifier=_octets(identifier), size=parse_number(size))

    def to_data(self) -> Data:
        """Return the parameter."""
        return structure((octet_string(self.identifier), double_long_unsigned(self.size)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageBlock:
    """A block of an image; the parameter of image_block_transfer.

    Attributes:
        number: which one, 0 being the first; 0..2**32-1.
        octets: what is in it; only the last block may be shorter than the others.
    """

    number: int
    octets: bytes

    def __post_init__(self) -> None:
        check_field("image block number", self.number, 0, _MAX_NUMBER)

    @classmethod
    def from_data(cls, data: Data) -> Self:
        """Return what the parameter says; `DecodeError` if it is none."""
        number, octets = _members(data, 2, "an image block's number and octets")
        return cls(number=parse_number(number), octets=_octets(octets))

    def to_data(self) -> Data:
        """Return the parameter."""
        return structure((double_long_unsigned(self.number), octet_string(self.octets)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageToActivate:
    """What a meter says of an image that it has; an element of image_to_activate_info.

    Attributes:
        size: its octets, 0..2**32-1.
        identification: the image's identifier, as the meter found it.
        signature: empty where the image has none.
    """

    size: int
    identification: bytes
    signature: bytes = b""

    def __post_init__(self) -> None:
        check_field("image size", self.size, 0, _MAX_NUMBER)

    @classmethod
    def from_data(cls, data: Data) -> Self:
        """Return what an element says; `DecodeError` if it is none."""
        size, identification, signature = _members(data, 3, "an image to activate")
        return cls(
            size=parse_number(size),
            identification=_octets(identification),
            signature=_octets(signature),
        )

    def to_data(self) -> Data:
        """Return the element."""
        octets = (self.identification, self.signature)
        return structure((double_long_unsigned(self.size), *map(octet_string, octets)))


def parse_number(data: Data) -> int:
    """Return image_block_size or image_first_not_transferred_block_number.

    [field: shorter unsigned types than the standard's]
    """
    match data:
        case Data(kind, int(number)) if kind in _NUMBERS:
            return number
        case _:
            raise DecodeError(f"{data.type.words} where an image transfer has a number")


def number_data(number: int) -> Data:
    """Return image_block_size or image_first_not_transferred_block_number."""
    check_field("number of an image transfer", number, 0, _MAX_NUMBER)
    return double_long_unsigned(number)


def parse_blocks_status(data: Data) -> BitString:
    """Return image_transferred_blocks_status: a bit for each block, set if the meter has it."""
    match data:
        case Data(DataType.BIT_STRING, BitString() as blocks):
            return blocks
        case _:
            raise DecodeError(f"{data.type.words} where an image transfer has a bit for each block")


def blocks_status_data(blocks: BitString) -> Data:
    """Return image_transferred_blocks_status."""
    return bit_string(blocks)


def parse_enabled(data: Data) -> bool:
    """Return image_transfer_enabled."""
    match data:
        case Data(DataType.BOOLEAN, bool(enabled)):
            return enabled
        case _:
            raise DecodeError(f"{data.type.words} doesn't tell whether images may be transferred")


def enabled_data(*, enabled: bool) -> Data:
    """Return image_transfer_enabled."""
    return boolean(enabled)


def parse_status(data: Data) -> ImageStatus | int:
    """Return image_transfer_status; as a number what the standard doesn't know.

    [field: unsigned where the standard has enum]
    """
    match data:
        case Data(DataType.ENUM | DataType.UNSIGNED, int(number)):
            return ImageStatus(number) if number in _STATUSES else number
        case _:
            raise DecodeError(f"{data.type.words} is no status of an image transfer")


_STATUSES = frozenset(map(int, ImageStatus))


def status_data(status: ImageStatus | int) -> Data:
    """Return image_transfer_status."""
    check_field("image transfer status", status, 0, 0xFF)
    return enum(int(status))


def parse_images(data: Data) -> tuple[ImageToActivate, ...]:
    """Return image_to_activate_info, empty as long as the meter has verified nothing."""
    match data:
        case Data(DataType.ARRAY, tuple(items)):
            return tuple(ImageToActivate.from_data(each) for each in items)
        case _:
            raise DecodeError(f"{data.type.words} where an image transfer tells of images")


def images_data(images: Iterable[ImageToActivate]) -> Data:
    """Return image_to_activate_info."""
    return array(each.to_data() for each in images)


def _octets(data: Data) -> bytes:
    match data:
        case Data(DataType.OCTET_STRING, bytes(octets)):
            return octets
        case _:
            raise DecodeError(f"{data.type.words} where an image transfer has octets")


def _members(data: Data, size: int, name: str) -> tuple[Data, ...]:
    match data:
        case Data(DataType.STRUCTURE, tuple(members)) if len(members) == size:
            return members
        case _:
            raise DecodeError(f"{data.type.words} is not {name}")

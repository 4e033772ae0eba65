"""Push setup: what a meter tells by itself, to whom, and when.

What can be written of it, as values and as Data in both directions, for all versions of the class:
where they differ, `version` says which one is written, while any of them is read.
[IEC 62056-6-2: Push setup]
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Self, TypeVar

from dcud.cosem.profile_generic import CaptureObject, capture_objects_data, parse_capture_objects
from dcud.dlms.cosem_time import CosemDateTime
from dcud.dlms.data import (
    Data,
    DataType,
    array,
    double_long_unsigned,
    enum,
    integer,
    long_unsigned,
    null_data,
    octet_string,
    structure,
    unsigned,
)
from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.fields import check_field
from dcud.dlms.obis import Obis

PUSH_SETUP: Final = 40
INTERVAL_PUSH: Final = Obis.parse("0.0.25.9.0.255")
NOTHING_TO_SAY: Final = integer(0)
"""The parameter of push and reset."""

GROWING: Final = 2
"""The version from which on objects can be restricted, and delays grow."""

_CONSTANT: Final = 100
"""The exponent, in hundredths, of a delay that stays what it is."""
_NUMBERS: Final = (DataType.UNSIGNED, DataType.LONG_UNSIGNED, DataType.DOUBLE_LONG_UNSIGNED)

T = TypeVar("T")


class PushAttribute(IntEnum):
    """The attributes that every version has, by the standard's names."""

    PUSH_OBJECT_LIST = 2
    SEND_DESTINATION_AND_METHOD = 3
    COMMUNICATION_WINDOW = 4
    RANDOMISATION_START_INTERVAL = 5
    NUMBER_OF_RETRIES = 6
    REPETITION_DELAY = 7


class PushMethod(IntEnum):
    """The methods; only version 2 and later have the second one."""

    PUSH = 1
    RESET = 2


class TransportService(IntEnum):
    """How a push travels; 200..255 are the manufacturers'."""

    TCP = 0
    UDP = 1
    FTP = 2
    SMTP = 3
    SMS = 4
    HDLC = 5
    M_BUS = 6
    ZIGBEE = 7
    DLMS_GATEWAY = 8
    COAP_RELIABLE = 9
    COAP_UNRELIABLE = 10


class MessageType(IntEnum):
    """How a push is encoded; 128..255 are the manufacturers'."""

    A_XDR = 0
    XML = 1


class _RestrictionType(IntEnum):
    NONE = 0
    BY_DATE = 1
    BY_ENTRY = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ByDate:
    """Rows of a buffer from one time to another, or to a pattern of times."""

    start: CosemDateTime
    end: CosemDateTime


@dataclass(frozen=True, slots=True, kw_only=True)
class ByEntry:
    """Rows of a buffer by their numbers, 0..2**32-1."""

    start: int
    end: int

    def __post_init__(self) -> None:
        check_field("first entry", self.start, 0, 0xFFFF_FFFF)
        check_field("last entry", self.end, 0, 0xFFFF_FFFF)


Restriction = ByDate | ByEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class PushObject:
    """One thing that is told: an attribute, or a part of one.

    Attributes:
        captured: the attribute; its data index selects rows of a buffer, too.
        restriction: which rows of a buffer are told; None for all that the data index selects.
        columns: which columns of a buffer are told; all where none is named.
    """

    captured: CaptureObject
    restriction: Restriction | None = None
    columns: tuple[CaptureObject, ...] = ()

    @classmethod
    def from_data(cls, data: Data) -> Self:
        """Return what an element of push_object_list says, of four members or six."""
        match data:
            case Data(
                DataType.STRUCTURE, (*captured, restriction, Data(DataType.ARRAY) as columns)
            ):
                return cls(
                    captured=CaptureObject.from_data(structure(captured)),
                    restriction=_parse_restriction(restriction),
                    columns=parse_capture_objects(columns),
                )
            case _:
                return cls(captured=CaptureObject.from_data(data))

    def to_data(self, version: int) -> Data:
        """Return the element.

        Raises:
            EncodeError: this version can't restrict what is told.
        """
        captured = self.captured.to_data()
        if version >= GROWING:
            members = captured.value if isinstance(captured.value, tuple) else ()
            columns = capture_objects_data(self.columns)
            return structure((*members, _restriction_data(self.restriction), columns))
        if self.restriction is not None or self.columns:
            raise EncodeError(
                f"version {version} of Push setup can't restrict what is told of "
                f"{self.captured.descriptor}",
                remedy="tell it whole, or select rows by the data index",
            )
        return captured


@dataclass(frozen=True, slots=True, kw_only=True)
class PushDestination:
    """To whom a push goes.

    Attributes:
        service: how it travels; a number, 0..255, where it is none of the standard's.
        destination: an address as the service has it, for TCP and UDP "host:port" in ASCII; empty
            where the service knows by itself.
        message: how it is encoded; a number, 0..255, where it is none of the standard's.
    """

    service: TransportService | int
    destination: bytes = b""
    message: MessageType | int = MessageType.A_XDR

    def __post_init__(self) -> None:
        check_field("transport service", self.service, 0, 0xFF)
        check_field("message type", self.message, 0, 0xFF)

    @classmethod
    def from_data(cls, data: Data) -> Self:
        """Return what send_destination_and_method says."""
        match data:
            case Data(
                DataType.STRUCTURE, (service, Data(DataType.OCTET_STRING, bytes(octets)), message)
            ):
                return cls(
                    service=_named(TransportService, _enumerated(service)),
                    destination=octets,
                    message=_named(MessageType, _enumerated(message)),
                )
            case _:
                raise DecodeError(f"{data.type.words} is no destination of a push")

    def to_data(self) -> Data:
        """Return send_destination_and_method."""
        destination = octet_string(self.destination)
        return structure((enum(int(self.service)), destination, enum(int(self.message))))


@dataclass(frozen=True, slots=True, kw_only=True)
class PushWindow:
    """When a push may be sent: from one moment to another, or patterns of moments."""

    start: CosemDateTime
    end: CosemDateTime

    @classmethod
    def from_data(cls, data: Data) -> Self:
        """Return what an element of communication_window says."""
        start, end = _span(data, "a communication window")
        return cls(start=start, end=end)

    def to_data(self) -> Data:
        """Return the element."""
        return _span_data(self.start, self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class RepetitionDelay:
    """How long a meter waits before it repeats a push that was not delivered.

    Attributes:
        minimum: seconds before the first repetition, 0..65535.
        exponent: by what the delay grows from one repetition to the next, in hundredths, 0..65535.
        maximum: seconds that it never exceeds, 0..65535.
    """

    minimum: int
    exponent: int
    maximum: int

    def __post_init__(self) -> None:
        for name in self.__slots__:
            check_field(f"repetition delay's {name}", getattr(self, name), 0, 0xFFFF)

    @classmethod
    def constant(cls, seconds: int) -> Self:
        """Return a delay that stays what it is."""
        return cls(minimum=seconds, exponent=_CONSTANT, maximum=seconds)

    @classmethod
    def from_data(cls, data: Data) -> Self:
        """Return what repetition_delay says, be it a number or a structure."""
        match data:
            case Data(DataType.STRUCTURE, (minimum, exponent, maximum)):
                return cls(
                    minimum=_number(minimum, 0xFFFF),
                    exponent=_number(exponent, 0xFFFF),
                    maximum=_number(maximum, 0xFFFF),
                )
            case _:
                return cls.constant(_number(data, 0xFFFF))

    def to_data(self, version: int) -> Data:
        """Return repetition_delay.

        Raises:
            EncodeError: the delay grows, but this version's doesn't.
        """
        if version >= GROWING:
            return structure(map(long_unsigned, (self.minimum, self.exponent, self.maximum)))
        if self != self.constant(self.minimum):
            raise EncodeError(
                f"the repetition delay of version {version} of Push setup does not grow",
                remedy="give one that stays what it is",
            )
        return long_unsigned(self.minimum)


@dataclass(frozen=True, slots=True, kw_only=True)
class PushSetup:
    """What a push setup says, or is to say; None where it doesn't tell, or is to stay.

    Attributes:
        objects: what is told, in this order.
        destination: to whom.
        windows: when; an empty one means at any time.
        randomisation_start_interval: seconds by which a push is delayed at random, 0..65535.
        number_of_retries: how often a push that was not delivered is repeated, 0..255.
        repetition_delay: how long after.
    """

    objects: tuple[PushObject, ...] | None = None
    destination: PushDestination | None = None
    windows: tuple[PushWindow, ...] | None = None
    randomisation_start_interval: int | None = None
    number_of_retries: int | None = None
    repetition_delay: RepetitionDelay | None = None

    def __post_init__(self) -> None:
        interval = self.randomisation_start_interval
        check_field("randomisation start interval", interval, 0, 0xFFFF)
        check_field("number of retries", self.number_of_retries, 0, 0xFF)

    @classmethod
    def from_data(cls, told: Mapping[PushAttribute, Data]) -> Self:
        """Return what these attributes say.

        Raises:
            DecodeError: one of them is none of its attribute's values.
        """

        def read(attribute: PushAttribute, parse: Callable[[Data], T]) -> T | None:
            data = told.get(attribute)
            try:
                return None if data is None else parse(data)
            except DecodeError as error:
                raise DecodeError(f"{attribute.name.lower()}: {error.message}") from None

        return cls(
            objects=read(PushAttribute.PUSH_OBJECT_LIST, _parse_objects),
            destination=read(PushAttribute.SEND_DESTINATION_AND_METHOD, PushDestination.from_data),
            windows=read(PushAttribute.COMMUNICATION_WINDOW, _parse_windows),
            randomisation_start_interval=read(
                PushAttribute.RANDOMISATION_START_INTERVAL, lambda data: _number(data, 0xFFFF)
            ),
            number_of_retries=read(
                PushAttribute.NUMBER_OF_RETRIES, lambda data: _number(data, 0xFF)
            ),
            repetition_delay=read(PushAttribute.REPETITION_DELAY, RepetitionDelay.from_data),
        )

    def to_data(self, version: int) -> dict[PushAttribute, Data]:
        """Return the attributes that are told.

        Raises:
            EncodeError: this version of the class can't say it.
        """

        def written(value: T | None, write: Callable[[T], Data]) -> Data | None:
            return None if value is None else write(value)

        interval = self.randomisation_start_interval
        attributes = {
            PushAttribute.PUSH_OBJECT_LIST: written(
                self.objects, lambda each: array(item.to_data(version) for item in each)
            ),
            PushAttribute.SEND_DESTINATION_AND_METHOD: written(
                self.destination, PushDestination.to_data
            ),
            PushAttribute.COMMUNICATION_WINDOW: written(
                self.windows, lambda each: array(map(PushWindow.to_data, each))
            ),
            PushAttribute.RANDOMISATION_START_INTERVAL: written(interval, long_unsigned),
            PushAttribute.NUMBER_OF_RETRIES: written(self.number_of_retries, unsigned),
            PushAttribute.REPETITION_DELAY: written(
                self.repetition_delay, lambda delay: delay.to_data(version)
            ),
        }
        return {index: data for index, data in attributes.items() if data is not None}


def spoken_version(told: Mapping[PushAttribute, Data]) -> int:
    """Return the oldest version of the class whose form these attributes have.

    It is `GROWING` where the delay or an object has the form of that version, else 0, for version 1
    only adds attributes.
    """
    delay = told.get(PushAttribute.REPETITION_DELAY)
    if delay is not None and delay.type is DataType.STRUCTURE:
        return GROWING
    objects = told.get(PushAttribute.PUSH_OBJECT_LIST)
    match objects:
        case Data(DataType.ARRAY, (Data(DataType.STRUCTURE, tuple(members)), *_)):
            return GROWING if len(members) > _MEMBERS_OF_CAPTURE_OBJECT else 0
        case _:
            return 0


_MEMBERS_OF_CAPTURE_OBJECT: Final = 4


def _parse_objects(data: Data) -> tuple[PushObject, ...]:
    return tuple(map(PushObject.from_data, _items(data, "objects to push")))


def _parse_windows(data: Data) -> tuple[PushWindow, ...]:
    return tuple(map(PushWindow.from_data, _items(data, "communication windows")))


def _parse_restriction(data: Data) -> Restriction | None:
    match data:
        case Data(DataType.STRUCTURE, (kind, value)):
            number = _enumerated(kind)
        case _:
            raise DecodeError(f"{data.type.words} is no restriction of what is pushed")
    match number:
        case _RestrictionType.NONE:
            return None
        case _RestrictionType.BY_DATE:
            start, end = _span(value, "a restriction by date")
            return ByDate(start=start, end=end)
        case _RestrictionType.BY_ENTRY:
            return _by_entry(value)
        case _:
            raise DecodeError(f"what is pushed is restricted in no way numbered {number}")


def _by_entry(data: Data) -> ByEntry:
    match data:
        case Data(DataType.STRUCTURE, (start, end)):
            return ByEntry(start=_number(start, 0xFFFF_FFFF), end=_number(end, 0xFFFF_FFFF))
        case _:
            raise DecodeError(f"{data.type.words} is no restriction by entry")


def _restriction_data(restriction: Restriction | None) -> Data:
    match restriction:
        case ByDate(start=start, end=end):
            return structure((enum(_RestrictionType.BY_DATE), _span_data(start, end)))
        case ByEntry(start=start, end=end):
            entries = structure(map(double_long_unsigned, (start, end)))
            return structure((enum(_RestrictionType.BY_ENTRY), entries))
        case _:
            return structure((enum(_RestrictionType.NONE), null_data()))


def _span(data: Data, name: str) -> tuple[CosemDateTime, CosemDateTime]:
    match data:
        case Data(DataType.STRUCTURE, (start, end)):
            return _moment(start), _moment(end)
        case _:
            raise DecodeError(f"{data.type.words} is not {name}")


def _span_data(start: CosemDateTime, end: CosemDateTime) -> Data:
    return structure(octet_string(each.to_octets()) for each in (start, end))


def _moment(data: Data) -> CosemDateTime:
    match data:
        case Data(DataType.OCTET_STRING, bytes(octets)):
            return CosemDateTime.from_octets(octets)
        case Data(DataType.DATE_TIME, CosemDateTime() as moment):
            return moment
        case _:
            raise DecodeError(f"{data.type.words} where a push setup has a date-time")


def _enumerated(data: Data) -> int:
    """[field: unsigned where the standard has enum]."""
    match data:
        case Data(DataType.ENUM | DataType.UNSIGNED, int(number)):
            return number
        case _:
            raise DecodeError(f"{data.type.words} is no enumeration of a push setup")


def _named(names: Callable[[int], T], number: int) -> T | int:
    try:
        return names(number)
    except ValueError:
        return number


def _number(data: Data, highest: int) -> int:
    """Return a number of any unsigned type. [field: other unsigned types than the standard's]."""
    match data:
        case Data(kind, int(number)) if kind in _NUMBERS and number <= highest:
            return number
        case Data(kind, int(number)) if kind in _NUMBERS:
            raise DecodeError(f"{number} where a push setup has at most {highest}")
        case _:
            raise DecodeError(f"{data.type.words} where a push setup has a number")


def _items(data: Data, name: str) -> Iterable[Data]:
    match data:
        case Data(DataType.ARRAY, tuple(items)):
            return items
        case _:
            raise DecodeError(f"{data.type.words} where a push setup has {name}")

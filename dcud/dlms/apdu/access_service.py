"""ACCESS: attributes are read, others written, methods called, all with one request.

[IEC 62056-5-3: ACCESS service APDUs]
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TypeVar, assert_never

from dcud.dlms.access import (
    ActionResult,
    AttributeDescriptor,
    AttributeWithSelection,
    DataAccessResult,
    LongInvokeIdAndPriority,
    MethodDescriptor,
    Selection,
)
from dcud.dlms.data import decode_data, encode_data
from dcud.dlms.data_extent import take_data
from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.octets import Cursor, encode_length

REQUEST_TAG = 0xD9
RESPONSE_TAG = 0xDA

NULL_DATA = b"\x00"
"""What stands where a specification wants no Data, or an answer brings none."""

_DATE_TIME_LENGTH = 12
_WITH_SELECTION = 3
"""What the choices for attributes grow by where a selection follows."""

T = TypeVar("T")


class Service(IntEnum):
    """What is done with an attribute or a method."""

    GET = 1
    SET = 2
    ACTION = 3


@dataclass(frozen=True, slots=True)
class AccessGet:
    """Read an attribute, or what is selected of it."""

    target: AttributeWithSelection


@dataclass(frozen=True, slots=True)
class AccessSet:
    """Write an attribute, or what is selected of it."""

    target: AttributeWithSelection


@dataclass(frozen=True, slots=True)
class AccessAction:
    """Call a method."""

    method: MethodDescriptor


Specification = AccessGet | AccessSet | AccessAction

Result = tuple[Service, DataAccessResult | ActionResult]
"""What became of one specification: an action-result where it called a method."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRequest:
    """Do several things, in this order.

    Attributes:
        date_time: 12 octets, or none.
        specifications: what is to be done.
        data: the encoding of one Data for each of them, `NULL_DATA` where it wants none. No `repr`
            shows them.
    """

    invoke: LongInvokeIdAndPriority
    date_time: bytes = b""
    specifications: tuple[Specification, ...]
    data: tuple[bytes, ...] = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse what nobody could tell apart."""
        _check_date_time(self.date_time)
        _check_counts(len(self.specifications), len(self.data), EncodeError)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessResponse:
    """What became of several things.

    Attributes:
        date_time: 12 octets, or none.
        specifications: what was asked for, where the answer repeats it.
        data: the encoding of one Data for each, `NULL_DATA` where it brings none. No `repr` shows
            them.
        results: one for each.
    """

    invoke: LongInvokeIdAndPriority
    date_time: bytes = b""
    specifications: tuple[Specification, ...] | None = None
    data: tuple[bytes, ...] = field(repr=False)
    results: tuple[Result, ...]

    def __post_init__(self) -> None:
        """Refuse what nobody could tell apart."""
        _check_date_time(self.date_time)
        _check_counts(len(self.results), len(self.data), EncodeError)


def _check_date_time(octets: bytes) -> None:
    if len(octets) not in {0, _DATE_TIME_LENGTH}:
        raise EncodeError(f"a date-time has {_DATE_TIME_LENGTH} octets or none")


def _check_counts(wanted: int, data: int, error: type[EncodeError] | type[DecodeError]) -> None:
    if wanted != data:
        raise error(f"{data} values for {wanted} specifications")


def encode_access_request(request: AccessRequest) -> bytes:
    """Encode."""
    header = bytes((REQUEST_TAG,)) + request.invoke.encode() + _octet_string(request.date_time)
    return header + _encode_specifications(request.specifications) + _encode_all(request.data)


def decode_access_request(octets: bytes) -> AccessRequest:
    """Decode; values stay encoded."""
    cursor = Cursor(octets)
    _expect(cursor, REQUEST_TAG, "access-request")
    invoke = LongInvokeIdAndPriority.decode(cursor)
    date_time = _decode_date_time(cursor)
    specifications = _decode_all(cursor, _decode_specification)
    data = _decode_all(cursor, take_data)
    cursor.expect_end()
    _check_counts(len(specifications), len(data), DecodeError)
    return AccessRequest(
        invoke=invoke, date_time=date_time, specifications=specifications, data=data
    )


def encode_access_response(response: AccessResponse) -> bytes:
    """Encode."""
    header = bytes((RESPONSE_TAG,)) + response.invoke.encode() + _octet_string(response.date_time)
    repeated = b"\x00"
    if response.specifications is not None:
        repeated = b"\x01" + _encode_specifications(response.specifications)
    results = _encode_all(tuple([bytes(result) for result in response.results]))
    return header + repeated + _encode_all(response.data) + results


def decode_access_response(octets: bytes) -> AccessResponse:
    """Decode; values stay encoded."""
    cursor = Cursor(octets)
    _expect(cursor, RESPONSE_TAG, "access-response")
    invoke = LongInvokeIdAndPriority.decode(cursor)
    date_time = _decode_date_time(cursor)
    specifications = _decode_all(cursor, _decode_specification) if cursor.u8() else None
    data = _decode_all(cursor, take_data)
    results = _decode_all(cursor, _decode_result)
    cursor.expect_end()
    _check_counts(len(results), len(data), DecodeError)
    return AccessResponse(
        invoke=invoke,
        date_time=date_time,
        specifications=specifications,
        data=data,
        results=results,
    )


def _octet_string(octets: bytes) -> bytes:
    return encode_length(len(octets)) + octets


def _encode_all(encoded: tuple[bytes, ...]) -> bytes:
    return encode_length(len(encoded)) + b"".join(encoded)


def _decode_all(cursor: Cursor, decode: Callable[[Cursor], T]) -> tuple[T, ...]:
    return tuple([decode(cursor) for _ in range(cursor.count())])


def _expect(cursor: Cursor, tag: int, name: str) -> None:
    found = cursor.u8()
    if found != tag:
        raise DecodeError(f"tag {found:02X} stands where {name} ({tag:02X}) was expected")


def _decode_date_time(cursor: Cursor) -> bytes:
    octets = cursor.octet_string()
    if len(octets) not in {0, _DATE_TIME_LENGTH}:
        raise DecodeError(f"a date-time of {len(octets)} octets where 12 or none were expected")
    return octets


def _encode_specifications(specifications: tuple[Specification, ...]) -> bytes:
    return _encode_all(tuple([_encode_specification(each) for each in specifications]))


def _encode_specification(specification: Specification) -> bytes:
    match specification:
        case AccessGet(target=target):
            return _encode_target(Service.GET, target)
        case AccessSet(target=target):
            return _encode_target(Service.SET, target)
        case AccessAction(method=method):
            return bytes((Service.ACTION,)) + method.encode()
        case _:
            assert_never(specification)


def _encode_target(service: Service, target: AttributeWithSelection) -> bytes:
    selection = target.selection
    if selection is None:
        return bytes((service,)) + target.attribute.encode()
    choice = bytes((service + _WITH_SELECTION,))
    selector = bytes((selection.selector,))
    return choice + target.attribute.encode() + selector + encode_data(selection.parameters)


def _decode_specification(cursor: Cursor) -> Specification:
    choice = cursor.u8()
    if choice == Service.ACTION:
        return AccessAction(MethodDescriptor.decode(cursor))
    if choice not in _ON_ATTRIBUTES:
        raise DecodeError(f"an access specification of the unknown kind {choice}")
    make, is_selected = _ON_ATTRIBUTES[choice]
    attribute = AttributeDescriptor.decode(cursor)
    selection = Selection(cursor.u8(), decode_data(cursor)) if is_selected else None
    return make(AttributeWithSelection(attribute=attribute, selection=selection))


_ON_ATTRIBUTES: dict[int, tuple[type[AccessGet] | type[AccessSet], bool]] = {
    Service.GET: (AccessGet, False),
    Service.SET: (AccessSet, False),
    Service.GET + _WITH_SELECTION: (AccessGet, True),
    Service.SET + _WITH_SELECTION: (AccessSet, True),
}
"""By choice: what it asks, and whether a selection follows."""


def _decode_result(cursor: Cursor) -> Result:
    choice, code = cursor.u8(), cursor.u8()
    if choice == Service.ACTION:
        return Service.ACTION, ActionResult(code)
    if choice not in {Service.GET, Service.SET}:
        raise DecodeError(f"an access result of the unknown kind {choice}")
    return Service(choice), DataAccessResult(code)

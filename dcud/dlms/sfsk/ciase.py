"""The protocol data units by which an initiator finds and registers meters.

[IEC 61334-4-511: CI-PDU] System titles have six octets in the profile with IEC 61334-4-32 LLC, and
eight in those of IEC 62056; a PDU doesn't tell, so whoever decodes must know. Of ClearAlarm only
the tag is public; its body is kept as it is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final

from dcud.dlms.errors import DecodeError
from dcud.dlms.fields import check_field
from dcud.dlms.octets import Cursor, encode_length

TITLE_SIZE: Final = 6
"""Octets of a system title over IEC 61334-4-32 LLC."""

DEFAULT_THRESHOLD: Final = 104
"""The signal level, in dBuV, that RepeaterCall means where it names none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PingRequest:
    """Asks the system of this title whether it is there."""

    TAG: ClassVar[int] = 0x19
    system_title: bytes

    def encode(self) -> bytes:
        """Return tag and body."""
        return bytes((self.TAG,)) + self.system_title


@dataclass(frozen=True, slots=True, kw_only=True)
class PingResponse:
    """Tells that the system of this title is there."""

    TAG: ClassVar[int] = 0x1A
    system_title: bytes

    def encode(self) -> bytes:
        """Return tag and body."""
        return bytes((self.TAG,)) + self.system_title


@dataclass(frozen=True, slots=True)
class Registration:
    """Which MAC address a new system is given."""

    system_title: bytes
    mac_address: int

    def __post_init__(self) -> None:
        """Refuse what two octets don't hold."""
        check_field("MAC address", self.mac_address, 0, 0xFFFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterRequest:
    """Gives MAC addresses to new systems; it isn't answered.

    Attributes:
        initiator: the system title of whoever they belong to from now on.
        registrations: at most 255.
    """

    TAG: ClassVar[int] = 0x1C
    initiator: bytes
    registrations: tuple[Registration, ...]

    def encode(self) -> bytes:
        """Return tag and body."""
        octets = bytes((self.TAG,)) + self.initiator + encode_length(len(self.registrations))
        return octets + b"".join(
            each.system_title + each.mac_address.to_bytes(2, "big") for each in self.registrations
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoverRequest:
    """Asks new systems, and those with an alarm, to report.

    Attributes:
        response_probability: per cent with which each of them does, 0..100.
        allowed_time_slots: among how many slots each picks the one it reports in, 0..65535.
        report_credit: the initial credit of the reports, 0..7.
        equal_credit: whether reports are sent only to requests that were heard with their initial
            credit unspent (1) or to all (0). [IEC 61334-4-511: ic-equal-credit]
    """

    TAG: ClassVar[int] = 0x1D
    response_probability: int = 100
    allowed_time_slots: int = 10
    report_credit: int = 0
    equal_credit: int = 0

    def __post_init__(self) -> None:
        """Refuse what the fields don't hold."""
        check_field("response probability", self.response_probability, 0, 0xFF)
        check_field("allowed time slots", self.allowed_time_slots, 0, 0xFFFF)
        check_field("report credit", self.report_credit, 0, 0xFF)
        check_field("equal credit", self.equal_credit, 0, 0xFF)

    def encode(self) -> bytes:
        """Return tag and body."""
        slots = self.allowed_time_slots.to_bytes(2, "big")
        end = bytes((self.report_credit, self.equal_credit))
        return bytes((self.TAG, self.response_probability)) + slots + end


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoverReport:
    """Answers DiscoverRequest.

    Attributes:
        system_titles: first the reporting system's own; it is alone as a rule, for what several
            would mean together is told differently.
        alarm: the reporting system's alarm descriptor, None where it has none.
    """

    TAG: ClassVar[int] = 0x1E
    system_titles: tuple[bytes, ...]
    alarm: int | None = None

    def __post_init__(self) -> None:
        """Refuse what one octet doesn't hold."""
        check_field("alarm descriptor", self.alarm, 0, 0xFF)

    def encode(self) -> bytes:
        """Return tag and body."""
        octets = bytes((self.TAG,)) + encode_length(len(self.system_titles))
        return octets + b"".join(self.system_titles) + _encode_optional(self.alarm)


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeaterCall:
    """Begins the procedure in which stations find out which of them have to repeat.

    Attributes:
        max_mac_address: the highest address in use, 0..65535.
        slots_for_new: how many time slots are kept for new systems, 0..255.
        threshold: signal level in dBuV, 0..255, or None for the default of 104.
    """

    TAG: ClassVar[int] = 0x1F
    max_mac_address: int
    slots_for_new: int = 0
    threshold: int | None = None

    def __post_init__(self) -> None:
        """Refuse what the fields don't hold."""
        check_field("highest MAC address", self.max_mac_address, 0, 0xFFFF)
        check_field("slots for new systems", self.slots_for_new, 0, 0xFF)
        check_field("threshold", self.threshold, 0, 0xFF)

    def encode(self) -> bytes:
        """Return tag and body."""
        begin = bytes((self.TAG,)) + self.max_mac_address.to_bytes(2, "big")
        return begin + bytes((self.slots_for_new,)) + _encode_optional(self.threshold)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearAlarm:
    """Takes alarms back.

    Attributes:
        body: what follows the tag, in the form that the meters want; no public source has it.
    """

    TAG: ClassVar[int] = 0x39
    body: bytes

    def encode(self) -> bytes:
        """Return tag and body."""
        return bytes((self.TAG,)) + self.body


Ciase = (
    PingRequest
    | PingResponse
    | RegisterRequest
    | DiscoverRequest
    | DiscoverReport
    | RepeaterCall
    | ClearAlarm
)


def decode_ciase(octets: bytes, *, title_size: int = TITLE_SIZE) -> Ciase:
    """Return the PDU; `title_size` is the length of system titles in the profile in use.

    Raises:
        DecodeError: it is none of these, or its body is not what its tag says.
    """
    cursor = Cursor(octets)
    tag = cursor.u8()
    decode = _DECODERS.get(tag)
    if decode is None:
        raise DecodeError(f"a PDU with tag {tag:02X} is none of CIASE's")
    pdu = decode(cursor, title_size)
    cursor.expect_end()
    return pdu


def _ping_request(cursor: Cursor, title_size: int) -> PingRequest:
    return PingRequest(system_title=cursor.take(title_size))


def _ping_response(cursor: Cursor, title_size: int) -> PingResponse:
    return PingResponse(system_title=cursor.take(title_size))


def _register(cursor: Cursor, title_size: int) -> RegisterRequest:
    initiator = cursor.take(title_size)
    return RegisterRequest(
        initiator=initiator,
        registrations=tuple(
            Registration(cursor.take(title_size), cursor.u16()) for _ in range(cursor.count())
        ),
    )


def _discover(cursor: Cursor, _title_size: int) -> DiscoverRequest:
    return DiscoverRequest(
        response_probability=cursor.u8(),
        allowed_time_slots=cursor.u16(),
        report_credit=cursor.u8(),
        equal_credit=cursor.u8(),
    )


def _report(cursor: Cursor, title_size: int) -> DiscoverReport:
    titles = tuple(cursor.take(title_size) for _ in range(cursor.count()))
    return DiscoverReport(system_titles=titles, alarm=_decode_optional(cursor))


def _repeater_call(cursor: Cursor, _title_size: int) -> RepeaterCall:
    return RepeaterCall(
        max_mac_address=cursor.u16(), slots_for_new=cursor.u8(), threshold=_decode_optional(cursor)
    )


def _clear_alarm(cursor: Cursor, _title_size: int) -> ClearAlarm:
    return ClearAlarm(body=cursor.rest())


def _encode_optional(octet: int | None) -> bytes:
    """Return presence, then the octet, as A-XDR has it for what is optional."""
    return b"\x00" if octet is None else bytes((1, octet))


def _decode_optional(cursor: Cursor) -> int | None:
    is_present = cursor.u8() != 0
    return cursor.u8() if is_present else None


_DECODERS: Final[dict[int, Callable[[Cursor, int], Ciase]]] = {
    PingRequest.TAG: _ping_request,
    PingResponse.TAG: _ping_response,
    RegisterRequest.TAG: _register,
    DiscoverRequest.TAG: _discover,
    DiscoverReport.TAG: _report,
    RepeaterCall.TAG: _repeater_call,
    ClearAlarm.TAG: _clear_alarm,
}

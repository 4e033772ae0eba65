"""Meters' clock times as moments, and moments in a meter's form.

Meters agree neither on the sign of the deviation nor on whether they tell it at all:
`ClockConvention` is what has to be known of a meter to understand its times, `TimeForm` how to
write a time so that it understands. [IEC 62056-6-2: Clock]
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from enum import Enum
from typing import Self

from dcud.dlms.cosem_time import (
    DEVIATION_NOT_SPECIFIED,
    NOT_SPECIFIED,
    ClockStatus,
    CosemDateTime,
    DeviationSign,
)
from dcud.dlms.data import Data, DataType, date_time, double_long_unsigned, octet_string
from dcud.dlms.errors import DecodeError, EncodeError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_MAX_UNIX_TIME = 0xFFFF_FFFF
_STATUS_NAMES = (
    "invalid_value",
    "doubtful_value",
    "different_clock_base",
    "invalid_status",
    "reserved_4",
    "reserved_5",
    "reserved_6",
    "daylight_saving",
)
"""By bit, from bit 0; [IEC 62056-6-2: clock_status]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockConvention:
    """What a meter means by its times.

    Attributes:
        sign: which way it counts its deviation.
        zone: where its local time belongs to if it leaves the deviation open; None if nobody knows.
    """

    sign: DeviationSign = DeviationSign.UTC_MINUS_LOCAL
    zone: tzinfo | None = None

    def moment(self, time: CosemDateTime) -> datetime | None:
        """Return the moment that `time` means, None where it means none ("never", wildcards).

        It is aware unless the deviation and the zone are both unknown: then it is the meter's local
        time, naive.
        """
        return time.to_datetime(sign=self.sign, zone=self.zone)


STANDARD = ClockConvention()
"""The convention of the standard, with no zone to fall back on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockTime:
    """A time as a meter gave it.

    Attributes:
        moment: aware, or naive local time where nothing tells the offset; None where the meter
            gave no moment at all.
        status: names of the clock status bits that are set, "daylight_saving".
        raw: all fields as they came; None for a time in seconds of UNIX.
    """

    moment: datetime | None
    status: tuple[str, ...] = ()
    raw: CosemDateTime | None = None


def status_names(status: int) -> tuple[str, ...]:
    """Return the names of the bits that are set in a clock status, none where it is unspecified."""
    if status == NOT_SPECIFIED:
        return ()
    return tuple([name for bit, name in enumerate(_STATUS_NAMES) if status >> bit & 1])


def unix_time(seconds: int) -> datetime | None:
    """Return the moment so many seconds after the beginning of 1970; None beyond the calendar."""
    try:
        return _EPOCH + seconds * _SECOND
    except OverflowError:
        return None


def parse_time(data: Data, convention: ClockConvention = STANDARD) -> ClockTime:
    """Return the time in `data`: a date-time, as such or in an octet-string, or UNIX seconds.

    Raises:
        DecodeError: `data` is none of these.
    """
    match data:
        case Data(DataType.OCTET_STRING, bytes(octets)):
            raw = CosemDateTime.from_octets(octets)
        case Data(DataType.DATE_TIME, CosemDateTime() as date_time_value):
            raw = date_time_value
        case Data(DataType.DOUBLE_LONG_UNSIGNED, int(seconds)):
            return ClockTime(moment=unix_time(seconds))
        case _:
            raise DecodeError(f"{data.type.words} is no time")
    return ClockTime(moment=convention.moment(raw), status=status_names(raw.status), raw=raw)


class TimeEncoding(Enum):
    """The type of Data in which a meter has its times."""

    OCTET_STRING = "octet-string"
    DATE_TIME = "date-time"
    UNIX = "unix"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeForm:
    """How to write a time so that a meter understands it.

    [field: bounds compared with a meter's own timestamps only in their own form]

    Attributes:
        encoding: the type of Data.
        with_deviation: whether to tell the deviation, or leave it unspecified.
        with_day_of_week: whether to tell the day of the week.
        with_hundredths: whether to tell hundredths of a second.
        status: the clock status; None for the true one, 0xFF for unspecified.
    """

    encoding: TimeEncoding = TimeEncoding.OCTET_STRING
    with_deviation: bool = True
    with_day_of_week: bool = True
    with_hundredths: bool = True
    status: int | None = None

    @classmethod
    def like(cls, sample: Data) -> Self:
        """Return the form of a time that the meter itself wrote, such as one of a profile's rows.

        Raises:
            DecodeError: `sample` is no time.
        """
        raw = parse_time(sample).raw
        if raw is None:
            return cls(encoding=TimeEncoding.UNIX)
        tagged = sample.type is DataType.DATE_TIME
        return cls(
            encoding=TimeEncoding.DATE_TIME if tagged else TimeEncoding.OCTET_STRING,
            with_deviation=raw.deviation != DEVIATION_NOT_SPECIFIED,
            with_day_of_week=raw.day_of_week != NOT_SPECIFIED,
            with_hundredths=raw.hundredths != NOT_SPECIFIED,
            status=NOT_SPECIFIED if raw.status == NOT_SPECIFIED else None,
        )


def encode_time(moment: datetime, form: TimeForm, convention: ClockConvention = STANDARD) -> Data:
    """Return `moment` as this meter writes times.

    An aware moment is told in the local time of the convention's zone, where there is one, else in
    its own. A naive one is the meter's local time as it stands.

    Raises:
        EncodeError: the moment is outside of what the form can tell.
    """
    if form.encoding is TimeEncoding.UNIX:
        return _unix_time(moment)
    try:
        local = moment.astimezone(convention.zone) if convention.zone and moment.tzinfo else moment
        full = CosemDateTime.from_datetime(
            local, sign=convention.sign, with_deviation=form.with_deviation, status=form.status
        )
    except OverflowError:
        raise EncodeError(f"{moment} is outside of the calendar in the meter's zone") from None
    written = replace(
        full,
        day_of_week=full.day_of_week if form.with_day_of_week else NOT_SPECIFIED,
        hundredths=full.hundredths if form.with_hundredths else NOT_SPECIFIED,
    )
    if form.encoding is TimeEncoding.DATE_TIME:
        return date_time(written)
    return octet_string(written.to_octets())


def time_beside(sample: Data, moment: datetime, convention: ClockConvention = STANDARD) -> Data:
    """Return `moment` as the meter would show it that showed `sample`.

    Where it told its deviation, it is that one, and so is daylight saving: whoever moves a clock
    has no business with the meter's season. What the clock doubted is not doubted any more.

    Args:
        sample: what the clock showed just before.
        moment: aware.
        convention: what the meter means by its times.

    Raises:
        DecodeError: `sample` is no time.
        EncodeError: the moment is outside of what the form can tell.
    """
    shown, form = parse_time(sample, convention), TimeForm.like(sample)
    raw, told = shown.raw, shown.moment
    in_its_zone = convention.sign is not DeviationSign.IGNORED and form.with_deviation
    if raw is None or told is None or not in_its_zone:
        return encode_time(moment, form, convention)
    if raw.status != NOT_SPECIFIED:
        form = replace(form, status=raw.status & ClockStatus.DAYLIGHT_SAVING_ACTIVE)
    return encode_time(moment, form, replace(convention, zone=told.tzinfo))


def _unix_time(moment: datetime) -> Data:
    if moment.tzinfo is None:
        raise EncodeError(f"{moment} has no offset, so it is no UNIX time")
    seconds = (moment - _EPOCH) // _SECOND
    if not 0 <= seconds <= _MAX_UNIX_TIME:
        raise EncodeError(f"{moment} is outside of 32 bits of UNIX time")
    return double_long_unsigned(seconds)

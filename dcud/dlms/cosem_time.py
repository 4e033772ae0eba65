"""COSEM's dates and times with all that they may leave open."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from enum import Enum, IntFlag
from struct import Struct
from struct import error as StructError  # noqa: N812  # the module names its exception in lower case
from typing import Self

from dcud.dlms.errors import DecodeError, EncodeError

NOT_SPECIFIED = 0xFF
"""Any field of one octet that is left open, the clock status included."""
YEAR_NOT_SPECIFIED = 0xFFFF
DEVIATION_NOT_SPECIFIED = -0x8000
DAYLIGHT_SAVINGS_END = 0xFD
"""As a month: the one in which daylight saving ends."""
DAYLIGHT_SAVINGS_BEGIN = 0xFE
"""As a month: the one in which daylight saving begins."""
SECOND_LAST_DAY_OF_MONTH = 0xFD
LAST_DAY_OF_MONTH = 0xFE

_DATE = Struct(">HBBB")
_TIME = Struct(">BBBB")
_DATE_TIME = Struct(">HBBBBBBBhB")
_MINUTE = timedelta(minutes=1)
_MAX_OFFSET = 24 * 60


class ClockStatus(IntFlag):
    """What a clock says of itself; reserved bits are kept.

    [IEC 62056-6-2: clock_status]
    """

    INVALID_VALUE = 0x01
    DOUBTFUL_VALUE = 0x02
    DIFFERENT_CLOCK_BASE = 0x04
    INVALID_CLOCK_STATUS = 0x08
    DAYLIGHT_SAVING_ACTIVE = 0x80


class DeviationSign(Enum):
    """What a meter's deviation counts, in minutes.

    [IEC 62056-6-2: date_time] has UTC minus local time, [field: deviation sign] also the opposite.
    """

    UTC_MINUS_LOCAL = "utc-minus-local"
    LOCAL_MINUS_UTC = "local-minus-utc"
    IGNORED = "ignored"
    """[field: a deviation that is wrong]; the meter's zone holds in its place."""


_OFFSET_PER_DEVIATION = {DeviationSign.UTC_MINUS_LOCAL: -1, DeviationSign.LOCAL_MINUS_UTC: 1}


def _unpack(layout: Struct, octets: bytes, name: str) -> tuple[int, ...]:
    if len(octets) != layout.size:
        raise DecodeError(f"a {name} has {layout.size} octets, not {len(octets)}")
    return layout.unpack(octets)


def _pack(layout: Struct, value: object, *fields: int) -> bytes:
    try:
        return layout.pack(*fields)
    except StructError:
        raise EncodeError(f"{value!r} has a field out of its range") from None


def _part(value: int, width: int, not_specified: int = NOT_SPECIFIED) -> str:
    return "*" * width if value == not_specified else f"{value:0{width}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CosemDate:
    """A date, or a pattern of dates.

    [IEC 62056-6-2: date]

    Attributes:
        year: the year; `YEAR_NOT_SPECIFIED`.
        month: 1..12; `DAYLIGHT_SAVINGS_END`, `DAYLIGHT_SAVINGS_BEGIN`, `NOT_SPECIFIED`.
        day: 1..31; `SECOND_LAST_DAY_OF_MONTH`, `LAST_DAY_OF_MONTH`, `NOT_SPECIFIED`.
        day_of_week: 1 is Monday, 7 Sunday; `NOT_SPECIFIED`.

    Other numbers that fit their octets are kept as they are.
    """

    year: int = YEAR_NOT_SPECIFIED
    month: int = NOT_SPECIFIED
    day: int = NOT_SPECIFIED
    day_of_week: int = NOT_SPECIFIED

    @classmethod
    def from_octets(cls, octets: bytes) -> Self:
        """Return the date in these 5 octets; `DecodeError` if they are not 5."""
        year, month, day, day_of_week = _unpack(_DATE, octets, "date")
        return cls(year=year, month=month, day=day, day_of_week=day_of_week)

    def to_octets(self) -> bytes:
        """Return the 5 octets; `EncodeError` if a field doesn't fit."""
        return _pack(_DATE, self, self.year, self.month, self.day, self.day_of_week)

    def __str__(self) -> str:
        """Return `2020-01-06`, with asterisks for what is not specified."""
        year = _part(self.year, 4, YEAR_NOT_SPECIFIED)
        return f"{year}-{_part(self.month, 2)}-{_part(self.day, 2)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CosemTime:
    """A time of day, or a pattern of times.

    [IEC 62056-6-2: time]

    Attributes:
        hour: 0..23; `NOT_SPECIFIED`.
        minute: 0..59; `NOT_SPECIFIED`.
        second: 0..59; `NOT_SPECIFIED`.
        hundredths: hundredths of a second, 0..99; `NOT_SPECIFIED`.

    Other numbers that fit their octets are kept as they are.
    """

    hour: int = NOT_SPECIFIED
    minute: int = NOT_SPECIFIED
    second: int = NOT_SPECIFIED
    hundredths: int = NOT_SPECIFIED

    @classmethod
    def from_octets(cls, octets: bytes) -> Self:
        """Return the time in these 4 octets; `DecodeError` if they are not 4."""
        hour, minute, second, hundredths = _unpack(_TIME, octets, "time")
        return cls(hour=hour, minute=minute, second=second, hundredths=hundredths)

    def to_octets(self) -> bytes:
        """Return the 4 octets; `EncodeError` if a field doesn't fit."""
        return _pack(_TIME, self, self.hour, self.minute, self.second, self.hundredths)

    def __str__(self) -> str:
        """Return `00:03:00.00`, with asterisks for what is not specified."""
        text = f"{_part(self.hour, 2)}:{_part(self.minute, 2)}:{_part(self.second, 2)}"
        return text if self.hundredths == NOT_SPECIFIED else f"{text}.{self.hundredths:02}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CosemDateTime:
    """A moment, or a pattern of moments.

    [IEC 62056-6-2: date_time]

    Attributes:
        year: as in `CosemDate`, and so for the fields up to day_of_week.
        month: see year.
        day: see year.
        day_of_week: see year.
        hour: as in `CosemTime`, and so for the fields up to hundredths.
        minute: see hour.
        second: see hour.
        hundredths: see hour.
        deviation: minutes between local time and UTC, daylight saving included, of whichever sign
            the meter uses; `DEVIATION_NOT_SPECIFIED`.
        status: the octet of `ClockStatus` bits; `NOT_SPECIFIED`.
    """

    year: int = YEAR_NOT_SPECIFIED
    month: int = NOT_SPECIFIED
    day: int = NOT_SPECIFIED
    day_of_week: int = NOT_SPECIFIED
    hour: int = NOT_SPECIFIED
    minute: int = NOT_SPECIFIED
    second: int = NOT_SPECIFIED
    hundredths: int = NOT_SPECIFIED
    deviation: int = DEVIATION_NOT_SPECIFIED
    status: int = NOT_SPECIFIED

    @classmethod
    def from_octets(cls, octets: bytes) -> Self:
        """Return the date-time in these 12 octets; `DecodeError` if they are not 12."""
        fields = _unpack(_DATE_TIME, octets, "date-time")
        return cls(**dict(zip(cls.__slots__, fields, strict=True)))

    def to_octets(self) -> bytes:
        """Return the 12 octets; `EncodeError` if a field doesn't fit."""
        return _pack(_DATE_TIME, self, *(getattr(self, name) for name in self.__slots__))

    @classmethod
    def from_datetime(
        cls,
        moment: datetime,
        *,
        sign: DeviationSign = DeviationSign.UTC_MINUS_LOCAL,
        with_deviation: bool = True,
        status: int | None = None,
    ) -> Self:
        """Return `moment` on the clock of its own time zone, to the hundredth of a second.

        Args:
            moment: a naive one has no deviation.
            sign: which way the meter counts its deviation.
            with_deviation: false leaves the deviation unspecified, for meters that refuse it.
            status: the clock status; None takes daylight saving from the time zone.
        """
        deviation = DEVIATION_NOT_SPECIFIED
        offset = moment.utcoffset()
        if status is None:
            status = ClockStatus.DAYLIGHT_SAVING_ACTIVE if moment.dst() else ClockStatus(0)
        if offset is not None and with_deviation and sign is not DeviationSign.IGNORED:
            # Offsets of before standard time have seconds, which the deviation can't tell.
            minutes = offset // _MINUTE
            moment -= offset - minutes * _MINUTE
            deviation = minutes * _OFFSET_PER_DEVIATION[sign]
        return cls(
            year=moment.year,
            month=moment.month,
            day=moment.day,
            day_of_week=moment.isoweekday(),
            hour=moment.hour,
            minute=moment.minute,
            second=moment.second,
            hundredths=moment.microsecond // 10_000,
            deviation=deviation,
            status=int(status),
        )

    @property
    def date(self) -> CosemDate:
        """Return the date alone."""
        return CosemDate(
            year=self.year, month=self.month, day=self.day, day_of_week=self.day_of_week
        )

    @property
    def time(self) -> CosemTime:
        """Return the time of day alone."""
        return CosemTime(
            hour=self.hour, minute=self.minute, second=self.second, hundredths=self.hundredths
        )

    @property
    def clock_status(self) -> ClockStatus | None:
        """Return what the clock says of itself; None where that is not specified."""
        return None if self.status == NOT_SPECIFIED else ClockStatus(self.status)

    def to_datetime(
        self,
        *,
        sign: DeviationSign = DeviationSign.UTC_MINUS_LOCAL,
        zone: tzinfo | None = None,
    ) -> datetime | None:
        """Return the moment, with a fixed UTC offset where one is known.

        The offset is the deviation's. Where that is not specified, or beyond a day, it is what
        `zone` has at that local time; in the hour that a clock shows twice (or skips) the status
        bit for daylight saving decides, and the first pass is meant where the status is not
        specified. Without a zone the moment stays naive.

        24:00:00 is the next day's midnight and second 60 the next minute. Hundredths that are none
        count as zero. The day of the week is not looked at.

        Returns:
            None where there is no such moment: fields left open, impossible dates, years 0 or 1
            ("never") and from 9999 on ("for ever", and beyond what converts to UTC).
        """
        local = self._local()
        if local is None:
            return None
        offset = self._offset(local, sign, zone)
        return local if offset is None else local.replace(tzinfo=timezone(offset))

    def _local(self) -> datetime | None:
        day_is_over = self.hour == 24 and not self.minute and not self.second
        if not 2 <= self.year <= 9998 or self.minute > 59 or self.second > 60:
            return None
        if self.hour > 23 and not day_is_over:
            return None
        hundredths = self.hundredths if self.hundredths <= 99 else 0
        try:
            return datetime(self.year, self.month, self.day) + timedelta(  # noqa: DTZ001  # the zone follows
                hours=self.hour,
                minutes=self.minute,
                seconds=self.second,
                microseconds=hundredths * 10_000,
            )
        except ValueError:
            return None

    def _offset(
        self, local: datetime, sign: DeviationSign, zone: tzinfo | None
    ) -> timedelta | None:
        if sign is not DeviationSign.IGNORED and abs(self.deviation) < _MAX_OFFSET:
            return self.deviation * _OFFSET_PER_DEVIATION[sign] * _MINUTE
        if zone is None:
            return None
        first = local.replace(tzinfo=zone).utcoffset()
        second = local.replace(tzinfo=zone, fold=1).utcoffset()
        if first is None or second is None or self.status == NOT_SPECIFIED:
            return first
        # Daylight saving is the larger offset, in the doubled hour as in the skipped one.
        daylight_saving = self.status & ClockStatus.DAYLIGHT_SAVING_ACTIVE
        return max(first, second) if daylight_saving else min(first, second)

    def __str__(self) -> str:
        """Return date, time and deviation, with asterisks for what is not specified."""
        text = f"{self.date} {self.time}"
        if self.deviation == DEVIATION_NOT_SPECIFIED:
            return text
        return f"{text} deviation {self.deviation}"

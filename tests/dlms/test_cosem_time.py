from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.cosem_time import (
    DEVIATION_NOT_SPECIFIED,
    LAST_DAY_OF_MONTH,
    NOT_SPECIFIED,
    YEAR_NOT_SPECIFIED,
    ClockStatus,
    CosemDate,
    CosemDateTime,
    CosemTime,
    DeviationSign,
)
from dcud.dlms.errors import DecodeError, EncodeError
from tests.support.data_strategies import octets

BERLIN = ZoneInfo("Europe/Berlin")
KOLKATA = ZoneInfo("Asia/Kolkata")
CET = timezone(timedelta(hours=1))
CEST = timezone(timedelta(hours=2))


def from_hex(text: str) -> CosemDateTime:
    return CosemDateTime.from_octets(bytes.fromhex(text))


KNOWN = [
    # u9n/dlms-cosem tests, which quote the DLMS Green Book
    (
        "07e40106ff00030000ffc400",
        (2020, 1, 6, 255, 0, 3, 0, 0, -60, 0),
        datetime(2020, 1, 6, 0, 3, tzinfo=CET),
    ),
    # Circutor/gosem tests
    (
        "07e40701030a000000ff8880",
        (2020, 7, 1, 3, 10, 0, 0, 0, -120, 128),
        datetime(2020, 7, 1, 10, tzinfo=CEST),
    ),
    # Circutor/gosem tests
    (
        "07d00106050f0030ff003c01",
        (2000, 1, 6, 5, 15, 0, 48, 255, 60, 1),
        datetime(2000, 1, 6, 15, 0, 48, tzinfo=timezone(timedelta(hours=-1))),
    ),
]


@pytest.mark.parametrize(("text", "fields", "moment"), KNOWN)
def test_known_date_times(text: str, fields: tuple[int, ...], moment: datetime) -> None:
    value = from_hex(text)
    assert tuple(getattr(value, name) for name in CosemDateTime.__slots__) == fields
    assert value.to_octets().hex() == text
    found = value.to_datetime()
    assert found is not None
    assert found.isoformat() == moment.isoformat()


def test_the_deviation_counts_the_other_way_for_some_meters() -> None:
    # An Indian meter: +330 minutes, that is +05:30 local minus UTC.
    value = from_hex("07e90a01ff0c000000014a00")
    standard = value.to_datetime()
    reversed_sign = value.to_datetime(sign=DeviationSign.LOCAL_MINUS_UTC)
    assert standard is not None
    assert standard.isoformat() == "2025-10-01T12:00:00-05:30"
    assert reversed_sign is not None
    assert reversed_sign.isoformat() == "2025-10-01T12:00:00+05:30"


@given(octets(12))
def test_any_twelve_octets_survive(text: bytes) -> None:
    assert CosemDateTime.from_octets(text).to_octets() == text


@given(octets(5))
def test_any_five_octets_survive(text: bytes) -> None:
    assert CosemDate.from_octets(text).to_octets() == text


@given(octets(4))
def test_any_four_octets_survive(text: bytes) -> None:
    assert CosemTime.from_octets(text).to_octets() == text


NEAR_DATE_TIMES = st.builds(
    CosemDateTime,
    year=st.sampled_from([0, 1, 2, 2024, 9998, 9999, 10_000, YEAR_NOT_SPECIFIED]),
    month=st.sampled_from([0, 1, 2, 12, 13, 0xFD, 0xFE, 0xFF]),
    day=st.sampled_from([0, 1, 29, 30, 31, 32, 0xFD, 0xFE, 0xFF]),
    hour=st.sampled_from([0, 23, 24, 25, 0xFF]),
    minute=st.sampled_from([0, 59, 60, 0xFF]),
    second=st.sampled_from([0, 59, 60, 61, 0xFF]),
    hundredths=st.sampled_from([0, 99, 100, 0xFF]),
    deviation=st.sampled_from([0, 60, 840, 1439, -1439, 1440, -1440, 0x7FFF, -0x8000]),
    status=st.sampled_from([0, 0x80, 0xFF]),
)
ZONES = st.sampled_from([None, UTC, BERLIN, KOLKATA])


@given(
    NEAR_DATE_TIMES | octets(12).map(CosemDateTime.from_octets),
    st.sampled_from(DeviationSign),
    ZONES,
)
def test_any_date_time_has_a_moment_or_none(
    value: CosemDateTime, sign: DeviationSign, zone: tzinfo | None
) -> None:
    moment = value.to_datetime(sign=sign, zone=zone)
    if moment is not None and moment.tzinfo is not None:
        assert isinstance(moment.tzinfo, timezone)
        assert moment.astimezone(UTC) == moment


@pytest.mark.parametrize(
    "text",
    [
        "000000000000000000000000",  # "never"
        "00000101ff00000000800000",
        "00010101ff00000000800000",
        "ffffffffffffffffff8000ff",
        "ffff0101ff00000000000000",  # every year
        "07e4ff01ff00000000000000",  # every month
        "07e4fd01ff00000000000000",  # the month in which daylight saving ends
        "07e401ffff00000000000000",  # every day
        "07e401feff00000000000000",  # the last day
        "07e4021eff00000000000000",  # 30 February
        "07e40101ffff000000000000",  # every hour
        "07e40101ff00ff0000000000",  # every minute
        "07e40101ff0000ff00000000",  # every second
        "07e40101ff19000000000000",  # hour 25
        "07e40101ff18000100000000",  # 24:00:01
        "07e40101ff18010000000000",  # 24:01
        "07e40101ff003c0000000000",  # minute 60
        "07e40101ff00003d00000000",  # second 61
        "270f0c1fff173b3b63000000",  # the year 9999
        "27100101ff00000000000000",  # the year 10000
    ],
)
def test_what_is_no_moment(text: str) -> None:
    assert from_hex(text).to_datetime() is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("07e4021cff18000000000000", "2020-02-29T00:00:00+00:00"),  # 24:00
        ("07e80c1fff173b3c00000000", "2025-01-01T00:00:00+00:00"),  # a leap second
        ("07e40101ff00000063000000", "2020-01-01T00:00:00.990000+00:00"),
        ("07e40101ff000000ff000000", "2020-01-01T00:00:00+00:00"),  # hundredths not specified
        ("07e40101ff00000064000000", "2020-01-01T00:00:00+00:00"),  # hundredths of nonsense
        ("07e40101070000000005a000", "2020-01-01T00:00:00"),  # a deviation of a whole day is none
        ("07e40101ff00000000800000", "2020-01-01T00:00:00"),  # no deviation
    ],
)
def test_oddities_have_a_moment(text: str, expected: str) -> None:
    moment = from_hex(text).to_datetime()
    assert moment is not None
    assert moment.isoformat() == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("07e40101ff00000000800000", "2020-01-01T00:00:00+01:00"),
        ("07e40701ff00000000800080", "2020-07-01T00:00:00+02:00"),
        # The hour that comes twice, 2023-10-29 02:30: the status tells which.
        ("07e70a1dff021e0000800080", "2023-10-29T02:30:00+02:00"),
        ("07e70a1dff021e0000800000", "2023-10-29T02:30:00+01:00"),
        ("07e70a1dff021e00008000ff", "2023-10-29T02:30:00+02:00"),
        # The hour that never comes, 2023-03-26 02:30.
        ("07e7031aff021e0000800080", "2023-03-26T02:30:00+02:00"),
        ("07e7031aff021e0000800000", "2023-03-26T02:30:00+01:00"),
        # The deviation goes before the zone.
        ("07e40101ff00000000000000", "2020-01-01T00:00:00+00:00"),
    ],
)
def test_the_zone_serves_where_the_deviation_is_not_specified(text: str, expected: str) -> None:
    moment = from_hex(text).to_datetime(zone=BERLIN)
    assert moment is not None
    assert moment.isoformat() == expected


class Nowhere(tzinfo):
    """A time zone that doesn't know its own offset."""

    def utcoffset(self, _: datetime | None) -> timedelta | None:
        return None

    def dst(self, _: datetime | None) -> timedelta | None:
        return None

    def tzname(self, _: datetime | None) -> str | None:
        return None


def test_a_zone_without_offset_leaves_the_moment_naive() -> None:
    moment = from_hex("07e40101ff00000000800000").to_datetime(zone=Nowhere())
    assert moment is not None
    assert moment.tzinfo is None


OFFSETS = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(
    st.datetimes(datetime(2, 1, 2), datetime(9998, 12, 30), timezones=OFFSETS),  # noqa: DTZ001  # bounds
    st.sampled_from((DeviationSign.UTC_MINUS_LOCAL, DeviationSign.LOCAL_MINUS_UTC)),
)
def test_a_moment_survives_to_the_hundredth(moment: datetime, sign: DeviationSign) -> None:
    moment = moment.replace(microsecond=moment.microsecond // 10_000 * 10_000)
    value = CosemDateTime.from_datetime(moment, sign=sign)
    found = CosemDateTime.from_octets(value.to_octets()).to_datetime(sign=sign)
    assert found is not None
    assert found.isoformat() == moment.isoformat()


def test_range_bounds_are_made_as_the_meter_wants_them() -> None:
    moment = datetime(2020, 7, 1, 10, tzinfo=BERLIN)
    assert CosemDateTime.from_datetime(moment).to_octets().hex() == "07e40701030a000000ff8880"
    reversed_sign = CosemDateTime.from_datetime(moment, sign=DeviationSign.LOCAL_MINUS_UTC)
    assert reversed_sign.deviation == 120
    bare = CosemDateTime.from_datetime(moment, with_deviation=False, status=NOT_SPECIFIED)
    assert bare.to_octets().hex() == "07e40701030a0000008000ff"
    winter = CosemDateTime.from_datetime(datetime(2020, 1, 6, 0, 3, tzinfo=BERLIN))
    assert (winter.deviation, winter.status) == (-60, 0)


def test_a_naive_moment_has_no_deviation() -> None:
    value = CosemDateTime.from_datetime(datetime(2020, 1, 6, 0, 3))  # noqa: DTZ001  # that is the case
    assert (value.deviation, value.status) == (DEVIATION_NOT_SPECIFIED, 0)


def test_an_offset_with_seconds_keeps_the_instant() -> None:
    # Berlin's local mean time, +00:53:28.
    moment = datetime(1890, 1, 1, 12, tzinfo=BERLIN)
    value = CosemDateTime.from_datetime(moment)
    assert value.deviation == -53
    assert value.to_datetime() == moment


def test_the_clock_status_by_its_bits() -> None:
    assert from_hex("07e40701030a000000ff8882").clock_status == (
        ClockStatus.DAYLIGHT_SAVING_ACTIVE | ClockStatus.DOUBTFUL_VALUE
    )
    reserved = from_hex("07e40701030a000000ff8850").clock_status
    assert reserved is not None
    assert int(reserved) == 0x50
    assert from_hex("07e40701030a000000ff88ff").clock_status is None


def test_date_and_time_alone() -> None:
    value = from_hex("07e40106ff00030000ffc400")
    assert value.date == CosemDate(year=2020, month=1, day=6)
    assert value.time == CosemTime(hour=0, minute=3, second=0, hundredths=0)


def test_as_people_read_it() -> None:
    assert str(from_hex("07e40106ff00030000ffc400")) == "2020-01-06 00:03:00.00 deviation -60"
    assert str(CosemDateTime()) == "****-**-** **:**:**"
    assert str(CosemDate(year=2020, month=2, day=LAST_DAY_OF_MONTH)) == "2020-02-254"
    assert str(CosemTime(hour=1, minute=2)) == "01:02:**"


def test_octets_of_another_number_are_refused() -> None:
    with pytest.raises(DecodeError, match="a date-time has 12 octets, not 11"):
        CosemDateTime.from_octets(bytes(11))
    with pytest.raises(DecodeError, match="a date has 5 octets, not 6"):
        CosemDate.from_octets(bytes(6))
    with pytest.raises(DecodeError, match="a time has 4 octets, not 0"):
        CosemTime.from_octets(b"")


@pytest.mark.parametrize(
    "value",
    [
        CosemDateTime(deviation=0x8000),
        CosemDateTime(year=-1),
        CosemDate(month=256),
        CosemTime(hour=-1),
    ],
)
def test_fields_out_of_range_are_refused(value: CosemDateTime | CosemDate | CosemTime) -> None:
    with pytest.raises(EncodeError, match="has a field out of its range"):
        value.to_octets()


def test_a_deviation_that_is_wrong_gives_way_to_the_zone() -> None:
    value = from_hex("07ea0701030a00000001e080")
    assert value.to_datetime(sign=DeviationSign.IGNORED, zone=BERLIN) == datetime(
        2026, 7, 1, 10, tzinfo=CEST
    )
    assert value.to_datetime(sign=DeviationSign.IGNORED) == datetime(2026, 7, 1, 10)  # noqa: DTZ001  # nobody knows


def test_a_deviation_that_is_ignored_is_not_told_either() -> None:
    moment = datetime(2026, 7, 1, 10, tzinfo=CEST)
    value = CosemDateTime.from_datetime(moment, sign=DeviationSign.IGNORED)
    assert value.deviation == DEVIATION_NOT_SPECIFIED

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.cosem.clock import (
    ClockConvention,
    ClockTime,
    TimeEncoding,
    TimeForm,
    encode_time,
    parse_time,
    status_names,
    time_beside,
    unix_time,
)
from dcud.dlms.cosem_time import CosemDateTime, DeviationSign
from dcud.dlms.data import Data, DataType, double_long_unsigned, null_data, octet_string
from dcud.dlms.errors import DecodeError, EncodeError
from tests.support.data_strategies import data as any_data
from tests.support.data_strategies import times

# Circutor/gosem tests: 2020-07-01T10:00 with daylight saving, deviation -120, and
# 2000-01-06T15:00:48, deviation +60, status 1, hundredths and offsets as they stand there.
SUMMER = bytes.fromhex("07e40701030a000000ff8880")
DOUBTFUL = bytes.fromhex("07d00106050f0030ff003c01")
# The same local summer time, deviation and status left open.
LOCAL = bytes.fromhex("07e40701030a0000008000ff")
# An Indian meter's: deviation +330 where the standard would have -330.
REVERSED = bytes.fromhex("07e40701030a000000014a00")

BERLIN = ZoneInfo("Europe/Berlin")
CEST = timezone(timedelta(hours=2))


def test_a_time_in_an_octet_string_is_a_moment_with_its_offset() -> None:
    time = parse_time(octet_string(SUMMER))
    assert time.moment == datetime(2020, 7, 1, 8, 0, tzinfo=UTC)
    assert time.moment is not None
    assert time.moment.utcoffset() == timedelta(hours=2)
    assert time.status == ("daylight_saving",)
    assert time.raw == CosemDateTime.from_octets(SUMMER)


def test_a_time_of_the_type_date_time_is_the_same() -> None:
    tagged = Data(DataType.DATE_TIME, CosemDateTime.from_octets(SUMMER))
    assert parse_time(tagged) == parse_time(octet_string(SUMMER))


def test_the_deviation_leads_from_local_time_to_utc() -> None:
    time = parse_time(octet_string(DOUBTFUL))
    assert time.moment == datetime(2000, 1, 6, 16, 0, 48, tzinfo=UTC)
    assert time.status == ("invalid_value",)


def test_a_meter_with_the_deviation_reversed_is_understood_by_its_convention() -> None:
    convention = ClockConvention(sign=DeviationSign.LOCAL_MINUS_UTC)
    assert parse_time(octet_string(REVERSED), convention).moment == datetime(
        2020, 7, 1, 4, 30, tzinfo=UTC
    )


def test_an_open_deviation_takes_the_offset_of_the_zone() -> None:
    convention = ClockConvention(zone=BERLIN)
    assert parse_time(octet_string(LOCAL), convention).moment == datetime(
        2020, 7, 1, 8, 0, tzinfo=UTC
    )


def test_an_open_deviation_without_a_zone_stays_local() -> None:
    time = parse_time(octet_string(LOCAL))
    assert time.moment == datetime(2020, 7, 1, 10, 0)  # noqa: DTZ001  # nothing tells the zone
    assert time.status == ()


@pytest.mark.parametrize(
    "octets",
    [
        "000000000000000000000000",
        "0001010101000000008000ff",
        "ffffffffffffffffff8000ff",
        "07e402ff0300000000000000",
        "07e4021fff00000000000000",
    ],
)
def test_never_is_no_moment_yet_no_error(octets: str) -> None:
    time = parse_time(octet_string(bytes.fromhex(octets)))
    assert time.moment is None
    assert time.raw is not None


def test_unix_seconds_count_from_1970_in_utc() -> None:
    assert parse_time(double_long_unsigned(1_593_590_400)) == ClockTime(
        moment=datetime(2020, 7, 1, 8, 0, tzinfo=UTC)
    )
    assert parse_time(double_long_unsigned(0xFFFF_FFFF)).moment == datetime(
        2106, 2, 7, 6, 28, 15, tzinfo=UTC
    )


@pytest.mark.parametrize("seconds", [10**12, -(10**12), 10**30])
def test_unix_seconds_beyond_the_calendar_are_no_moment(seconds: int) -> None:
    assert unix_time(seconds) is None


@pytest.mark.parametrize("data", [null_data(), octet_string(b""), octet_string(SUMMER[:5])])
def test_what_is_no_time_is_a_decode_error(data: Data) -> None:
    with pytest.raises(DecodeError):
        parse_time(data)


@given(any_data() | times(), st.sampled_from(DeviationSign), st.sampled_from((None, UTC, BERLIN)))
def test_any_data_is_a_time_or_a_decode_error(
    data: Data, sign: DeviationSign, zone: ZoneInfo | None
) -> None:
    try:
        time = parse_time(data, ClockConvention(sign=sign, zone=zone))
    except DecodeError:
        return
    assert isinstance(time, ClockTime)


@pytest.mark.parametrize(
    ("status", "names"),
    [
        (0x00, ()),
        (0x01, ("invalid_value",)),
        (0x02, ("doubtful_value",)),
        (0x04, ("different_clock_base",)),
        (0x08, ("invalid_status",)),
        (0x80, ("daylight_saving",)),
        (0x82, ("doubtful_value", "daylight_saving")),
        (0x70, ("reserved_4", "reserved_5", "reserved_6")),
        (0xFF, ()),
    ],
)
def test_status_bits_have_names(status: int, names: tuple[str, ...]) -> None:
    assert status_names(status) == names


def written(
    moment: datetime, form: TimeForm | None = None, convention: ClockConvention | None = None
) -> str:
    data = encode_time(moment, form or TimeForm(), convention or ClockConvention())
    assert data.type is DataType.OCTET_STRING
    assert isinstance(data.value, bytes)
    return data.value.hex()


def test_a_moment_is_written_in_its_own_offset() -> None:
    moment = datetime(2020, 7, 1, 10, 0, tzinfo=CEST)
    assert written(moment) == "07e40701030a000000ff8800"


def test_a_moment_is_written_in_the_zone_of_the_meter_with_daylight_saving() -> None:
    moment = datetime(2020, 7, 1, 8, 0, tzinfo=UTC)
    convention = ClockConvention(zone=BERLIN)
    assert written(moment, convention=convention) == SUMMER.hex()


def test_a_moment_is_written_with_the_deviation_reversed() -> None:
    moment = datetime(2020, 7, 1, 4, 30, tzinfo=UTC)
    convention = ClockConvention(
        sign=DeviationSign.LOCAL_MINUS_UTC, zone=timezone(timedelta(minutes=330))
    )
    assert written(moment, convention=convention) == REVERSED.hex()


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        # everything told; deviation and status open; day of the week and hundredths open too
        ("07e40701030a000000ff8880", "07e40702040b1e0000ff8880"),
        ("07e40701030a0000008000ff", "07e40702040b1e00008000ff"),
        ("07e40701ff0a0000ff800000", "07e40702ff0b1e00ff800080"),
    ],
)
def test_bounds_copy_the_form_of_the_meters_own_times(sample: str, expected: str) -> None:
    form = TimeForm.like(octet_string(bytes.fromhex(sample)))
    moment = datetime(2020, 7, 2, 9, 30, tzinfo=UTC)
    assert written(moment, form, ClockConvention(zone=BERLIN)) == expected


def test_a_status_can_be_told_literally() -> None:
    moment = datetime(2020, 7, 1, 8, 0, tzinfo=UTC)
    assert written(moment, TimeForm(status=0), ClockConvention(zone=BERLIN))[-2:] == "00"
    assert written(moment, TimeForm(status=0xFF))[-2:] == "ff"


def test_the_form_of_a_tagged_date_time_is_tagged() -> None:
    sample = Data(DataType.DATE_TIME, CosemDateTime.from_octets(SUMMER))
    form = TimeForm.like(sample)
    assert form == TimeForm(encoding=TimeEncoding.DATE_TIME)
    moment = datetime(2020, 7, 1, 8, 0, tzinfo=UTC)
    assert encode_time(moment, form, ClockConvention(zone=BERLIN)) == sample


def test_the_form_of_unix_seconds_is_unix_seconds() -> None:
    form = TimeForm.like(double_long_unsigned(7))
    assert encode_time(datetime(2020, 7, 1, 8, tzinfo=UTC), form) == double_long_unsigned(
        1_593_590_400
    )


def test_nothing_has_the_form_of_what_is_no_time() -> None:
    with pytest.raises(DecodeError):
        TimeForm.like(null_data())


@pytest.mark.parametrize(
    ("moment", "form", "convention"),
    [
        (datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC), TimeEncoding.UNIX, None),
        (datetime(2106, 2, 7, 6, 28, 16, tzinfo=UTC), TimeEncoding.UNIX, None),
        (datetime(2020, 1, 1), TimeEncoding.UNIX, None),  # noqa: DTZ001  # the fault itself
        (datetime.max.replace(tzinfo=UTC), TimeEncoding.OCTET_STRING, BERLIN),
    ],
)
def test_moments_that_a_form_cannot_tell_are_encode_errors(
    moment: datetime, form: TimeEncoding, convention: ZoneInfo | None
) -> None:
    with pytest.raises(EncodeError):
        encode_time(moment, TimeForm(encoding=form), ClockConvention(zone=convention))


def test_a_naive_moment_is_the_meters_local_time() -> None:
    moment = datetime(2020, 7, 1, 10, 0)  # noqa: DTZ001  # nothing tells the zone
    assert written(moment, TimeForm(status=0xFF), ClockConvention(zone=BERLIN)) == LOCAL.hex()


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001  # made aware below
    st.sampled_from((UTC, BERLIN, ZoneInfo("Asia/Kolkata"), ZoneInfo("America/St_Johns"))),
    st.sampled_from(DeviationSign),
    st.sampled_from(TimeEncoding),
    st.booleans(),
)
def test_a_moment_that_is_written_is_read_again(
    naive: datetime,
    zone: ZoneInfo,
    sign: DeviationSign,
    encoding: TimeEncoding,
    with_deviation: bool,  # noqa: FBT001  # drawn
) -> None:
    # In the hour that a clock shows twice it is the status that tells which one is meant.
    moment = naive.replace(tzinfo=UTC, microsecond=0)
    convention = ClockConvention(sign=sign, zone=zone)
    form = TimeForm(encoding=encoding, with_deviation=with_deviation)
    assert parse_time(encode_time(moment, form, convention), convention).moment == moment


@pytest.mark.parametrize(
    ("shown", "convention", "written"),
    [
        # A meter that stays in summer time, whatever the zone does: so it is written.
        ("07e401060100000000ff8880", ClockConvention(zone=BERLIN), "07e401060103000000ff8880"),
        # One in winter time in summer, in doubt of itself.
        ("07e40701030a000000ffc402", ClockConvention(zone=BERLIN), "07e401060102000000ffc400"),
        # One whose status is left open.
        ("07e40106010a0000ffff88ff", ClockConvention(zone=BERLIN), "07e4010601030000ffff88ff"),
        # One without deviation: its zone tells.
        ("07e40106010a0000008000ff", ClockConvention(zone=BERLIN), "07e4010601020000008000ff"),
        ("07e40106010a000000800000", ClockConvention(zone=BERLIN), "07e401060102000000800000"),
        # One whose deviation is wrong.
        (
            "07e40106010a00000000b400",
            ClockConvention(zone=BERLIN, sign=DeviationSign.IGNORED),
            "07e401060102000000800000",
        ),
        # One that shows no moment.
        ("ffffffffffffffffff8000ff", ClockConvention(zone=BERLIN), "07e40106ff020000ff8000ff"),
        # One whose deviation is of the other sign.
        (
            "07e40106010a000000007800",
            ClockConvention(sign=DeviationSign.LOCAL_MINUS_UTC),
            "07e401060103000000007800",
        ),
    ],
)
def test_a_moment_is_written_with_the_deviation_and_season_that_the_meter_shows(
    shown: str, convention: ClockConvention, written: str
) -> None:
    moment = datetime(2020, 1, 6, 1, 0, tzinfo=UTC)
    sample = octet_string(bytes.fromhex(shown))
    assert time_beside(sample, moment, convention) == octet_string(bytes.fromhex(written))


def test_beside_seconds_of_unix_stand_seconds_of_unix() -> None:
    moment = datetime(2020, 1, 6, 1, 0, tzinfo=UTC)
    assert time_beside(double_long_unsigned(5), moment) == double_long_unsigned(1578272400)


@given(
    st.datetimes(timezones=st.just(UTC)),
    st.integers(-720, 720) | st.just(-0x8000),
    st.integers(0, 255),
    st.integers(31_536_000, 4_000_000_000),
)
def test_what_is_written_beside_a_sample_is_read_as_the_moment(
    shown: datetime, deviation: int, status: int, seconds: int
) -> None:
    raw = replace(CosemDateTime.from_datetime(shown), deviation=deviation, status=status)
    moment = datetime.fromtimestamp(seconds, UTC)
    convention = ClockConvention(zone=timezone(timedelta(hours=3)))
    told = time_beside(octet_string(raw.to_octets()), moment, convention)
    assert parse_time(told, convention).moment == moment

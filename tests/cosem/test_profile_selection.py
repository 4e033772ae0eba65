from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.cosem.clock import ClockConvention, TimeEncoding, TimeForm
from dcud.cosem.profile_generic import CLOCK_TIME, CaptureObject
from dcud.cosem.profile_selection import EntryDescriptor, RangeDescriptor, TimeRange
from dcud.dlms.access import Selection, decode_selection, encode_selection
from dcud.dlms.data import Data, null_data, octet_string
from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.obis import Obis
from dcud.dlms.octets import Cursor
from tests.support.data_strategies import data as any_data

CET = timezone(timedelta(hours=1))
BERLIN = ZoneInfo("Europe/Berlin")


def selection_of(octets: str) -> Selection:
    selection = decode_selection(Cursor(bytes.fromhex(octets)))
    assert selection is not None
    return selection


# The access selections of GET requests from Circutor/gosem tests, bounds as they stand there.
RANGE = (
    "01010204020412000809060000010000ff0f02120000090c07e40101030a000000000000"
    "090c07e40101030b0000000000000100"
)
RANGE_OF_TWO_COLUMNS = (
    "01010204020412000809060000010000ff0f02120000090c07e40101030a000000000000"
    "090c07e40101030b000000000000"
    "0102020412000809060000010000ff0f02120000020412000109060000600a07ff0f02120000"
)
STATUS = CaptureObject(class_id=1, logical_name=Obis.parse("0.0.96.10.7.255"), attribute=2)
TEN_TO_ELEVEN = TimeRange(
    start=datetime(2020, 1, 1, 10, tzinfo=UTC), end=datetime(2020, 1, 1, 11, tzinfo=UTC)
)


def test_a_time_range_is_asked_for_by_the_clock_column() -> None:
    assert encode_selection(TEN_TO_ELEVEN.selection(CLOCK_TIME)).hex() == RANGE


def test_a_time_range_of_some_columns_names_them() -> None:
    selection = TEN_TO_ELEVEN.selection(CLOCK_TIME, selected_values=(CLOCK_TIME, STATUS))
    assert encode_selection(selection).hex() == RANGE_OF_TWO_COLUMNS


def test_a_time_range_copies_the_form_of_the_meters_rows() -> None:
    # cosemlib's client, a real request: hundredths FF, deviation -60 (FFC4), status 00
    sample = octet_string(bytes.fromhex("07e1080107000000ffffc400"))
    selection = TimeRange(
        start=datetime(2017, 8, 1, 0, tzinfo=CET), end=datetime(2017, 11, 1, 0, tzinfo=CET)
    ).selection(CLOCK_TIME, form=TimeForm.like(sample))
    assert encode_selection(selection).hex() == (
        "01010204020412000809060000010000ff0f02120000"
        "090c07e1080102000000ffffc400090c07e10b0103000000ffffc4000100"
    )


def test_a_time_range_in_the_meters_zone_with_the_deviation_left_open() -> None:
    selection = TEN_TO_ELEVEN.selection(
        CLOCK_TIME,
        form=TimeForm(with_deviation=False, status=0xFF),
        convention=ClockConvention(zone=BERLIN),
    )
    assert encode_selection(selection).hex() == (
        "01010204020412000809060000010000ff0f02120000"
        "090c07e40101030b0000008000ff090c07e40101030c0000008000ff0100"
    )


def test_a_time_range_as_tagged_date_times() -> None:
    selection = TEN_TO_ELEVEN.selection(CLOCK_TIME, form=TimeForm(encoding=TimeEncoding.DATE_TIME))
    assert encode_selection(selection).hex() == (
        "01010204020412000809060000010000ff0f02120000"
        "1907e40101030a0000000000001907e40101030b0000000000000100"
    )


def test_a_time_range_of_a_unix_clock_counts_seconds() -> None:
    unix_clock = CaptureObject(class_id=1, logical_name=Obis.parse("0.0.1.1.0.255"), attribute=2)
    selection = TEN_TO_ELEVEN.selection(unix_clock, form=TimeForm(encoding=TimeEncoding.UNIX))
    assert encode_selection(selection).hex() == (
        "01010204020412000109060000010100ff0f02120000065e0c6da0065e0c7bb00100"
    )


def test_an_end_that_the_form_cannot_tell_is_an_encode_error() -> None:
    with pytest.raises(EncodeError):
        TimeRange(start=TEN_TO_ELEVEN.start, end=datetime.max.replace(tzinfo=UTC)).selection(
            CLOCK_TIME, convention=ClockConvention(zone=BERLIN)
        )


@pytest.mark.parametrize(
    ("moment", "inside"),
    [
        (datetime(2020, 1, 1, 9, 59, 59, 999999, tzinfo=UTC), False),
        (datetime(2020, 1, 1, 10, tzinfo=UTC), True),
        (datetime(2020, 1, 1, 12, tzinfo=CET), True),
        (datetime(2020, 1, 1, 12, 0, 1, tzinfo=CET), False),
        # nothing tells the offset: by the wall clock
        (datetime(2020, 1, 1, 11), True),  # noqa: DTZ001  # meant to be naive
        (datetime(2020, 1, 1, 11, 0, 1), False),  # noqa: DTZ001  # likewise
    ],
)
def test_both_ends_belong_to_a_range(moment: datetime, inside: bool) -> None:  # noqa: FBT001  # drawn
    assert TEN_TO_ELEVEN.holds(moment) is inside


def test_a_range_in_local_time_holds_by_the_wall_clock() -> None:
    local = TimeRange(
        start=datetime(2020, 1, 1, 10),  # noqa: DTZ001  # meant to be naive
        end=datetime(2020, 1, 1, 11),  # noqa: DTZ001  # likewise
    )
    assert local.holds(datetime(2020, 1, 1, 11, tzinfo=CET))
    assert not local.holds(datetime(2020, 1, 1, 11, 1, tzinfo=UTC))


def test_a_range_descriptor_is_read_from_a_request() -> None:
    found = RangeDescriptor.from_selection(selection_of(RANGE_OF_TWO_COLUMNS))
    assert found == RangeDescriptor(
        restricting_object=CLOCK_TIME,
        from_value=octet_string(bytes.fromhex("07e40101030a000000000000")),
        to_value=octet_string(bytes.fromhex("07e40101030b000000000000")),
        selected_values=(CLOCK_TIME, STATUS),
    )


def test_all_entries_are_the_first_to_the_last_of_all_columns() -> None:
    everything = EntryDescriptor().to_selection()
    assert encode_selection(everything).hex() == "0102020406000000010600000000120001120000"


@given(
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**32 - 1),
    st.integers(0, 65535),
    st.integers(0, 65535),
)
def test_entry_descriptors_survive_their_encoding(
    first: int, last: int, first_column: int, last_column: int
) -> None:
    asked = EntryDescriptor(
        from_entry=first,
        to_entry=last,
        from_selected_value=first_column,
        to_selected_value=last_column,
    )
    octets = encode_selection(asked.to_selection())
    assert EntryDescriptor.from_selection(selection_of(octets.hex())) == asked


@given(any_data(), any_data(), st.integers(0, 3))
def test_range_descriptors_survive_their_encoding(low: Data, high: Data, columns: int) -> None:
    asked = RangeDescriptor(
        restricting_object=STATUS,
        from_value=low,
        to_value=high,
        selected_values=(CLOCK_TIME,) * columns,
    )
    octets = encode_selection(asked.to_selection())
    assert RangeDescriptor.from_selection(selection_of(octets.hex())) == asked


@given(st.integers(0, 255), any_data())
def test_any_selection_is_a_descriptor_or_a_decode_error(selector: int, parameters: Data) -> None:
    for descriptor in (RangeDescriptor, EntryDescriptor):
        try:
            descriptor.from_selection(Selection(selector, parameters))
        except DecodeError:
            continue


def test_a_descriptor_under_the_other_selector_is_a_decode_error() -> None:
    by_range, by_entry = TEN_TO_ELEVEN.selection(CLOCK_TIME), EntryDescriptor().to_selection()
    with pytest.raises(DecodeError, match="selector 2"):
        RangeDescriptor.from_selection(Selection(2, by_range.parameters))
    with pytest.raises(DecodeError, match="selector 1"):
        EntryDescriptor.from_selection(Selection(1, by_entry.parameters))
    with pytest.raises(DecodeError):
        RangeDescriptor.from_selection(Selection(1, null_data()))

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.cosem.clock import ClockConvention, TimeForm, encode_time
from dcud.cosem.profile_buffer import BufferLayout, ProfileEntry, decode_buffer, within
from dcud.cosem.profile_columns import Column, NullData
from dcud.cosem.profile_generic import CLOCK_TIME, CaptureObject, SortMethod
from dcud.cosem.profile_selection import TimeRange
from dcud.cosem.register import ScalerUnit
from dcud.dlms.data import (
    Data,
    DataType,
    TypeDescription,
    array,
    compact_array,
    delta_integer,
    delta_unsigned,
    double_long_unsigned,
    encode_data,
    long64_unsigned,
    null_data,
    octet_string,
    structure,
    unsigned,
)
from dcud.dlms.errors import DecodeError
from dcud.dlms.obis import Obis
from tests.support.data_strategies import data as any_data

CET = timezone(timedelta(hours=1))
QUARTER = timedelta(minutes=15)
MIDNIGHT = datetime(2020, 1, 1, tzinfo=UTC)


def column(class_id: int, code: str, scaler: int | None = None, attribute: int = 2) -> Column:
    return Column(
        capture_object=CaptureObject(
            class_id=class_id, logical_name=Obis.parse(code), attribute=attribute
        ),
        scaler_unit=None if scaler is None else ScalerUnit(scaler=scaler, unit=30),
    )


CLOCK = Column(capture_object=CLOCK_TIME)
STATUS = column(1, "0.0.96.10.1.255")
IMPORT = column(3, "1.0.1.8.0.255", scaler=0)
EXPORT = column(3, "1.0.2.8.0.255", scaler=-1)
HOURLY = BufferLayout(columns=(CLOCK, STATUS, IMPORT, EXPORT), capture_period=3600)

# A buffer whose first entry alone has its time: {clock, status, +A, -A};
# u9n tests/test_parsers.py (the four rows that its count announces).
COMPRESSED = bytes.fromhex(
    "0104"
    "0204 090c07e30c1f0217000000ffc400 1106 06000005ed 0600000654"
    "0204 00 1106 06000005ed 0600000654"
    "0204 00 1106 06000005ed 0600000654"
    "0204 00 1106 06000005ed 0600000654"
)


def at(moment: datetime, form: TimeForm | None = None) -> Data:
    return encode_time(moment, form or TimeForm())


def buffer(*rows: tuple[Data, ...]) -> bytes:
    return encode_data(array(map(structure, rows)))


def quarters(*cells: tuple[Data, int]) -> bytes:
    return buffer(*((time, double_long_unsigned(value)) for time, value in cells))


PLAIN = BufferLayout(columns=(CLOCK, IMPORT), capture_period=900)


def test_null_data_in_the_clock_column_means_a_capture_period_more() -> None:
    entries = decode_buffer(COMPRESSED, HOURLY)
    first = datetime(2019, 12, 31, 23, tzinfo=CET)
    assert [entry.time for entry in entries] == [first + timedelta(hours=n) for n in range(4)]
    assert {entry.cells[1:] for entry in entries} == {(6, Decimal(1517), Decimal("162.0"))}
    assert [entry.cells[0] for entry in entries] == [entry.time for entry in entries]
    assert {entry.clock_status for entry in entries} == {()}


def test_a_thousand_rows_are_complete_exact_with_their_order() -> None:
    rows = [
        (at(MIDNIGHT + n * QUARTER), unsigned(n % 256), long64_unsigned(2**64 - 1 - n))
        for n in range(1000)
    ]
    layout = BufferLayout(columns=(CLOCK, STATUS, column(3, "1.0.1.8.0.255", scaler=-3)))
    entries = decode_buffer(buffer(*rows), layout)
    assert [entry.time for entry in entries] == [MIDNIGHT + n * QUARTER for n in range(1000)]
    assert [entry.cells[1] for entry in entries] == [n % 256 for n in range(1000)]
    assert [entry.cells[2] for entry in entries] == [
        Decimal(2**64 - 1 - n) / 1000 for n in range(1000)
    ]


def test_gaps_between_runs_of_whole_rows() -> None:
    """Outages end a run; the meter tells the time again after each."""
    first, second = MIDNIGHT, MIDNIGHT + timedelta(hours=5)
    cells: list[tuple[Data, int]] = []
    for start in (first, second):
        cells += [(at(start + n * QUARTER), n) for n in range(6)]
        cells += [(null_data(), n) for n in range(6, 12)]
    entries = decode_buffer(quarters(*cells), PLAIN)
    assert [entry.time for entry in entries] == [
        start + n * QUARTER for start in (first, second) for n in range(12)
    ]
    assert [entry.cells[1] for entry in entries] == [Decimal(n) for n in range(12)] * 2


def test_null_data_may_mean_no_value() -> None:
    layout = BufferLayout(columns=HOURLY.columns, capture_period=3600, null_data=NullData.NO_VALUE)
    times = [entry.time for entry in decode_buffer(COMPRESSED, layout)]
    assert times == [datetime(2019, 12, 31, 23, tzinfo=CET), None, None, None]


def test_deltas_are_added_up() -> None:
    entries = decode_buffer(
        buffer(
            (at(MIDNIGHT), double_long_unsigned(1000)),
            (null_data(), delta_unsigned(5)),
            (null_data(), delta_integer(-1)),
            (null_data(), null_data()),
        ),
        PLAIN,
    )
    assert [entry.cells[1] for entry in entries] == [Decimal(n) for n in (1000, 1005, 1004, 1004)]


def test_the_clock_need_not_be_the_first_column() -> None:
    layout = BufferLayout(columns=(IMPORT, CLOCK), capture_period=900)
    entries = decode_buffer(
        buffer(
            (double_long_unsigned(1), at(MIDNIGHT)),
            (double_long_unsigned(2), null_data()),
        ),
        layout,
    )
    assert entries == [
        ProfileEntry(time=MIDNIGHT, cells=(Decimal(1), MIDNIGHT)),
        ProfileEntry(time=MIDNIGHT + QUARTER, cells=(Decimal(2), MIDNIGHT + QUARTER)),
    ]


@pytest.mark.parametrize("told", [SortMethod.FIFO, SortMethod.LIFO])
def test_newest_first_becomes_oldest_first_whatever_the_meter_tells(told: SortMethod) -> None:
    layout = BufferLayout(columns=PLAIN.columns, capture_period=900, sort_method=told)
    falling = [(at(MIDNIGHT + n * QUARTER), n) for n in (3, 2, 1)]
    for order in (falling, falling[::-1]):
        entries = decode_buffer(quarters(*order), layout)
        assert [entry.cells[1] for entry in entries] == [Decimal(n) for n in (1, 2, 3)]


def test_in_a_buffer_with_the_newest_first_null_data_means_a_period_less() -> None:
    layout = BufferLayout(columns=PLAIN.columns, capture_period=900, sort_method=SortMethod.LIFO)
    entries = decode_buffer(quarters((at(MIDNIGHT), 3), (null_data(), 2), (null_data(), 1)), layout)
    assert [(entry.time, entry.cells[1]) for entry in entries] == [
        (MIDNIGHT - 2 * QUARTER, Decimal(1)),
        (MIDNIGHT - QUARTER, Decimal(2)),
        (MIDNIGHT, Decimal(3)),
    ]


def test_a_clock_set_back_leaves_the_order() -> None:
    steps = (0, 1, 2, 1, 2, 3)
    entries = decode_buffer(
        quarters(*((at(MIDNIGHT + n * QUARTER), i) for i, n in enumerate(steps))), PLAIN
    )
    assert [entry.cells[1] for entry in entries] == [Decimal(i) for i in range(6)]


def test_doubles_are_kept() -> None:
    entries = decode_buffer(quarters((at(MIDNIGHT), 1), (at(MIDNIGHT), 1)), PLAIN)
    assert entries == [ProfileEntry(time=MIDNIGHT, cells=(MIDNIGHT, Decimal(1)))] * 2


def test_a_profile_sorted_by_value_keeps_its_order() -> None:
    layout = BufferLayout(columns=PLAIN.columns, sort_method=SortMethod.LARGEST)
    cells = ((at(MIDNIGHT + QUARTER), 9), (at(MIDNIGHT), 8))
    assert [entry.cells[1] for entry in decode_buffer(quarters(*cells), layout)] == [
        Decimal(9),
        Decimal(8),
    ]


@pytest.mark.parametrize(
    ("sort_method", "order"), [(SortMethod.FIFO, [1, 2]), (SortMethod.LIFO, [2, 1])]
)
def test_a_profile_without_a_clock_has_entries_without_time(
    sort_method: SortMethod, order: list[int]
) -> None:
    layout = BufferLayout(columns=(STATUS,), sort_method=sort_method)
    assert decode_buffer(buffer((unsigned(1),), (unsigned(2),)), layout) == [
        ProfileEntry(time=None, cells=(n,)) for n in order
    ]


def test_the_clocks_status_comes_with_each_entry() -> None:
    doubtful = octet_string(bytes.fromhex("07e40701030a000000ff8882"))
    (entry,) = decode_buffer(quarters((doubtful, 1)), PLAIN)
    assert entry.clock_status == ("doubtful_value", "daylight_saving")


def test_local_times_take_the_zone_of_the_convention() -> None:
    local = octet_string(bytes.fromhex("07e40701030a0000008000ff"))
    berlin = ClockConvention(zone=ZoneInfo("Europe/Berlin"))
    layout = BufferLayout(columns=PLAIN.columns, convention=berlin)
    (entry,) = decode_buffer(quarters((local, 1)), layout)
    assert entry.time == datetime(2020, 7, 1, 8, tzinfo=UTC)


def test_times_with_a_zone_and_without_one_can_stand_together() -> None:
    local = octet_string(bytes.fromhex("07e40701030a0000008000ff"))
    entries = decode_buffer(quarters((at(MIDNIGHT), 1), (local, 2)), PLAIN)
    assert [entry.time for entry in entries] == [
        MIDNIGHT,
        datetime(2020, 7, 1, 10),  # noqa: DTZ001  # nothing tells its zone
    ]


def test_what_is_no_time_is_shown_as_it_came() -> None:
    (entry,) = decode_buffer(quarters((octet_string(b"abc"), 1)), PLAIN)
    assert entry == ProfileEntry(time=None, cells=(b"abc", Decimal(1)))


def test_never_is_no_time_nor_the_capture_period_after_the_one_before() -> None:
    never = octet_string(bytes(12))
    entries = decode_buffer(quarters((at(MIDNIGHT), 1), (never, 2)), PLAIN)
    assert [entry.time for entry in entries] == [MIDNIGHT, None]


def test_unix_clocks_count_seconds() -> None:
    layout = BufferLayout(columns=(column(1, "0.0.1.1.0.255"), IMPORT), capture_period=900)
    entries = decode_buffer(
        buffer(
            (double_long_unsigned(1_577_836_800), double_long_unsigned(1)),
            (null_data(), double_long_unsigned(2)),
        ),
        layout,
    )
    assert [entry.time for entry in entries] == [MIDNIGHT, MIDNIGHT + QUARTER]
    assert entries[0].cells == (MIDNIGHT, Decimal(1))


def test_a_billing_profile_tells_when_each_maximum_was() -> None:
    layout = BufferLayout(
        columns=(CLOCK, column(4, "1.0.1.6.0.255", 1), column(4, "1.0.1.6.0.255", attribute=5))
    )
    (entry,) = decode_buffer(
        buffer((at(MIDNIGHT), double_long_unsigned(12), at(MIDNIGHT - QUARTER))), layout
    )
    assert entry.cells == (MIDNIGHT, Decimal("1.2E+2"), MIDNIGHT - QUARTER)


def test_a_structure_within_a_row_is_a_tuple() -> None:
    layout = BufferLayout(columns=(CLOCK, STATUS))
    (entry,) = decode_buffer(buffer((at(MIDNIGHT), structure((unsigned(1), unsigned(2))))), layout)
    assert entry.cells == (MIDNIGHT, (1, 2))


def test_a_buffer_may_be_a_compact_array() -> None:
    description = TypeDescription(
        DataType.STRUCTURE,
        (TypeDescription(DataType.OCTET_STRING), TypeDescription(DataType.DOUBLE_LONG_UNSIGNED)),
    )
    rows = [structure((at(MIDNIGHT + n * QUARTER), double_long_unsigned(n))) for n in range(3)]
    assert [
        (entry.time, entry.cells[1])
        for entry in decode_buffer(encode_data(compact_array(description, rows)), PLAIN)
    ] == [(MIDNIGHT + n * QUARTER, Decimal(n)) for n in range(3)]


@pytest.mark.parametrize("octets", ["0100", "00"])
def test_an_empty_buffer_has_no_entries(octets: str) -> None:
    assert decode_buffer(bytes.fromhex(octets), PLAIN) == []


def test_rows_of_nothing_are_entries_of_nothing() -> None:
    assert (
        decode_buffer(buffer((), ()), BufferLayout(columns=()))
        == [ProfileEntry(time=None, cells=())] * 2
    )


def test_rows_of_another_width_are_a_decode_error_with_its_remedy() -> None:
    with pytest.raises(DecodeError, match=r"4 cells, but 2 columns.*capture objects"):
        decode_buffer(COMPRESSED, PLAIN)


def test_only_entries_of_the_range_asked_for_are_kept() -> None:
    entries = decode_buffer(
        quarters(*((at(MIDNIGHT + n * QUARTER), n) for n in range(6)), (octet_string(b""), 6)),
        PLAIN,
    )
    wanted = TimeRange(start=MIDNIGHT + QUARTER, end=MIDNIGHT + 3 * QUARTER)
    assert [entry.cells[1] for entry in within(entries, wanted)] == [
        Decimal(n) for n in (1, 2, 3, 6)
    ]


@given(
    st.lists(any_data(), max_size=6),
    st.integers(1, 3),
    st.sampled_from(NullData),
    st.sampled_from(SortMethod),
)
def test_any_rows_are_entries_or_a_decode_error(
    cells: list[Data], width: int, null: NullData, sort_method: SortMethod
) -> None:
    rows = [tuple(cells[i : i + width]) for i in range(0, len(cells), width)]
    layout = BufferLayout(
        columns=(IMPORT, CLOCK, STATUS)[:width],
        capture_period=900,
        sort_method=sort_method,
        null_data=null,
    )
    try:
        entries = decode_buffer(buffer(*rows), layout)
    except DecodeError:
        return
    assert len(entries) == len(rows)
    assert {len(entry.cells) for entry in entries} <= {width}


@given(st.binary(max_size=64))
def test_any_octets_are_entries_or_a_decode_error(octets: bytes) -> None:
    try:
        decode_buffer(b"\x01" + octets, PLAIN)
    except DecodeError:
        return


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)),  # noqa: DTZ001  # made aware below
    st.lists(st.tuples(st.booleans(), st.integers(0, 2**32 - 1)), min_size=1, max_size=40),
)
def test_leaving_times_out_changes_nothing(naive: datetime, rows: list[tuple[bool, int]]) -> None:
    """Whatever times a meter leaves out, the entries are those of a meter that tells them all."""
    start = naive.replace(tzinfo=UTC, microsecond=0)
    times = [start + n * QUARTER for n in range(len(rows))]
    whole = quarters(*((at(time), value) for time, (_, value) in zip(times, rows, strict=True)))
    compressed = quarters(
        *(
            (null_data() if left_out and n else at(times[n]), value)
            for n, (left_out, value) in enumerate(rows)
        )
    )
    expected = [(entry.time, entry.cells) for entry in decode_buffer(whole, PLAIN)]
    assert [(entry.time, entry.cells) for entry in decode_buffer(compressed, PLAIN)] == expected

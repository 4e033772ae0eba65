from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.cosem.clock import ClockConvention
from dcud.cosem.profile_runs import Run, decode_runs
from dcud.dlms.cosem_time import CosemDateTime, DeviationSign
from dcud.dlms.data import (
    Data,
    DataType,
    TypeDescription,
    array,
    bit_string,
    compact_array,
    date_time,
    decode_data,
    delta_integer,
    double_long_unsigned,
    encode_data,
    long_unsigned,
    null_data,
    octet_string,
    structure,
    to_native,
    unsigned,
    visible_string,
)
from dcud.dlms.errors import DecodeError
from dcud.dlms.octets import Cursor
from tests.support.data_strategies import data as any_data

NINE = bytes.fromhex("07e407010309000000000000")
TEN = bytes.fromhex("07e40701030a000000ff8880")
AT_NINE = datetime(2020, 7, 1, 9, tzinfo=UTC)
AT_TEN = datetime(2020, 7, 1, 8, tzinfo=UTC)


def runs_of(
    *rows: tuple[Data, ...], time_columns: tuple[int, ...] = (), time_of_capture: int | None = None
) -> list[Run]:
    return decode_runs(
        encode_data(array(map(structure, rows))),
        ClockConvention(),
        time_columns=time_columns,
        time_of_capture=time_of_capture,
    )


def test_rows_of_one_shape_are_one_run() -> None:
    rows = [(octet_string(TEN), unsigned(i), long_unsigned(2 * i)) for i in range(100)]
    (run,) = runs_of(*rows, time_columns=(0,), time_of_capture=0)
    assert run.types == (DataType.OCTET_STRING, DataType.UNSIGNED, DataType.LONG_UNSIGNED)
    assert list(run.columns[0]) == [AT_TEN] * 100
    assert list(run.columns[1]) == list(range(100))
    assert list(run.columns[2]) == list(range(0, 200, 2))
    assert list(run.statuses) == [0x80] * 100


def test_each_row_has_its_own_clock_status() -> None:
    (run,) = runs_of(
        (unsigned(1), octet_string(NINE)),
        (unsigned(2), octet_string(TEN)),
        time_columns=(1,),
        time_of_capture=1,
    )
    assert list(run.columns[1]) == [AT_NINE, AT_TEN]
    assert list(run.statuses) == [0x00, 0x80]


def test_tagged_date_times_have_a_clock_status_too() -> None:
    cell = date_time(CosemDateTime.from_octets(TEN))
    (run,) = runs_of((cell,), (cell,), time_columns=(0,), time_of_capture=0)
    assert list(run.columns[0]) == [AT_TEN, AT_TEN]
    assert list(run.statuses) == [0x80, 0x80]
    other = structure((cell, visible_string("x")))
    (run,) = decode_runs(
        encode_data(array((other,))), ClockConvention(), time_columns=(0,), time_of_capture=0
    )
    assert list(run.statuses) == [0x80]


def test_rows_without_a_time_have_no_clock_status() -> None:
    (run,) = runs_of((unsigned(1),), (unsigned(2),))
    assert list(run.statuses) == [0xFF, 0xFF]
    (run,) = runs_of((unsigned(1),), time_columns=(0,), time_of_capture=0)
    assert list(run.statuses) == [0xFF]


def test_types_that_change_begin_a_run() -> None:
    first, second, third = runs_of(
        (octet_string(TEN), unsigned(1)),
        (null_data(), unsigned(2)),
        (null_data(), unsigned(3)),
        (octet_string(TEN), unsigned(4)),
        time_columns=(0,),
        time_of_capture=0,
    )
    assert second.types == (DataType.NULL_DATA, DataType.UNSIGNED)
    assert [list(column) for column in second.columns] == [[None, None], [2, 3]]
    assert list(second.statuses) == [0xFF, 0xFF]
    assert list(third.columns[1]) == [4]
    assert list(first.statuses) == list(third.statuses) == [0x80]


def test_rows_of_one_size_but_other_types_are_told_apart() -> None:
    absolute, delta = runs_of((unsigned(7),), (delta_integer(7),))
    assert absolute.types == (DataType.UNSIGNED,)
    assert delta.types == (DataType.DELTA_INTEGER,)


def test_values_that_look_like_tags_do_not_deceive() -> None:
    rows = [(unsigned(0x1C),), (unsigned(0x11),), (unsigned(0x02),)]
    (run,) = runs_of(*rows)
    assert list(run.columns[0]) == [0x1C, 0x11, 0x02]


@pytest.mark.parametrize(
    "cell", [visible_string("abc"), bit_string("101"), structure((unsigned(1), unsigned(2)))]
)
def test_cells_of_any_size_are_read_all_the_same(cell: Data) -> None:
    (run,) = runs_of((cell, unsigned(1)), (cell, unsigned(2)))
    assert list(run.columns[0]) == [to_native(cell)] * 2
    assert run.types == (cell.type, DataType.UNSIGNED)


def test_a_compact_array_is_a_buffer_too() -> None:
    # a structure {long-unsigned, unsigned} twice: (1, 17), (2, 34)
    (run,) = decode_runs(bytes.fromhex("130202121106000111000222"), ClockConvention())
    assert run.types == (DataType.LONG_UNSIGNED, DataType.UNSIGNED)
    assert [list(column) for column in run.columns] == [[1, 2], [17, 34]]


def test_a_compact_array_has_clock_statuses() -> None:
    description = TypeDescription(DataType.STRUCTURE, (TypeDescription(DataType.OCTET_STRING),))
    buffer = compact_array(description, [structure((octet_string(TEN),))])
    (run,) = decode_runs(
        encode_data(buffer), ClockConvention(), time_columns=(0,), time_of_capture=0
    )
    assert list(run.columns[0]) == [AT_TEN]
    assert list(run.statuses) == [0x80]


def test_times_follow_the_meters_convention() -> None:
    buffer = encode_data(array((structure((octet_string(TEN),)),)))
    (run,) = decode_runs(
        buffer, ClockConvention(sign=DeviationSign.LOCAL_MINUS_UTC), time_columns=(0,)
    )
    assert list(run.columns[0]) == [datetime(2020, 7, 1, 12, tzinfo=UTC)]


@pytest.mark.parametrize("octets", ["0100", "00", "1302011100"])
def test_a_buffer_may_be_empty(octets: str) -> None:
    assert decode_runs(bytes.fromhex(octets), ClockConvention()) == []


def test_rows_may_have_no_cells() -> None:
    (run,) = runs_of((), ())
    assert (run.types, run.columns, list(run.statuses)) == ((), (), [0xFF, 0xFF])


@pytest.mark.parametrize(
    "cell",
    [
        structure((unsigned(1), delta_integer(1))),
        structure((array((delta_integer(1),)),)),
        compact_array(TypeDescription(DataType.DELTA_INTEGER), [delta_integer(1)]),
    ],
)
def test_deltas_within_a_cell_are_a_decode_error(cell: Data) -> None:
    with pytest.raises(DecodeError, match="deltas within"):
        runs_of((cell,))


@pytest.mark.parametrize("octets", ["", "01", "0101", "010100", "0001", "1100", "0101020111"])
def test_what_is_no_buffer_is_a_decode_error(octets: str) -> None:
    with pytest.raises(DecodeError):
        decode_runs(bytes.fromhex(octets), ClockConvention())


cells = st.sampled_from(
    (
        null_data(),
        unsigned(1),
        unsigned(2),
        delta_integer(3),
        double_long_unsigned(4),
        octet_string(TEN),
        octet_string(b"abc"),
        visible_string("abc"),
    )
)


@given(
    st.integers(0, 3).flatmap(
        lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), max_size=8)
    )
)
def test_runs_have_the_types_with_the_values_of_every_row(rows: list[list[Data]]) -> None:
    runs = runs_of(*map(tuple, rows))
    types = [run.types for run in runs for _ in run.statuses]
    assert types == [tuple(cell.type for cell in row) for row in rows]
    values = [row for run in runs if run.columns for row in zip(*run.columns, strict=True)]
    assert values == [tuple(map(to_native, row)) for row in rows if row]


@given(any_data().map(encode_data) | st.binary(max_size=48), st.none() | st.integers(0, 3))
def test_any_octets_are_runs_or_a_decode_error(octets: bytes, time: int | None) -> None:
    columns = () if time is None else (time,)
    try:
        runs = decode_runs(octets, ClockConvention(), time_columns=columns, time_of_capture=time)
    except DecodeError:
        return
    for run in runs:
        assert {len(column) for column in run.columns} <= {len(run.statuses)}
    assert decode_data(Cursor(octets)) is not None

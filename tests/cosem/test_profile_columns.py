from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.cosem.profile_columns import (
    Cell,
    Column,
    NullData,
    Segment,
    resolve_times,
    resolve_values,
)
from dcud.cosem.profile_generic import CLOCK_TIME, CaptureObject
from dcud.cosem.register import ScalerUnit
from dcud.dlms.data import Data, DataType, to_native
from dcud.dlms.obis import Obis
from tests.support.data_strategies import SCALARS

NULL = DataType.NULL_DATA
U32 = DataType.DOUBLE_LONG_UNSIGNED
I32 = DataType.DOUBLE_LONG
TIME = DataType.OCTET_STRING
QUARTER = timedelta(minutes=15)


def captured(class_id: int, code: str, attribute: int = 2) -> CaptureObject:
    return CaptureObject(class_id=class_id, logical_name=Obis.parse(code), attribute=attribute)


ENERGY = Column(
    capture_object=captured(3, "1.0.1.8.0.255"), scaler_unit=ScalerUnit(scaler=-3, unit=30)
)
STATUS = Column(capture_object=captured(1, "0.0.96.10.1.255"))
UNIX_CLOCK = Column(capture_object=captured(1, "0.0.1.1.0.255"))


def resolved(
    column: Column, *segments: Segment, null_data: NullData = NullData.REPEATED
) -> list[Cell]:
    return list(resolve_values(column, segments, null_data))


@pytest.mark.parametrize(
    ("capture_object", "holds_times"),
    [
        (CLOCK_TIME, True),
        (captured(4, "1.0.1.6.0.255", 5), True),
        (captured(5, "1.0.1.6.0.255", 6), True),
        (captured(5, "1.0.1.6.0.255", 7), True),
        (captured(1, "0.0.1.1.0.255"), True),
        (captured(4, "1.0.1.6.0.255", 2), False),
        (captured(3, "1.0.1.8.0.255", 9), False),
        (captured(9999, "1.0.1.8.0.255", 5), False),
    ],
)
def test_columns_of_times_are_known_by_their_attribute(
    capture_object: CaptureObject,
    holds_times: bool,  # noqa: FBT001  # drawn
) -> None:
    assert Column(capture_object=capture_object).holds_times is holds_times


def test_numbers_are_scaled_by_their_columns_scaler() -> None:
    assert resolved(ENERGY, Segment(U32, (5009, 0, 2**32 - 1))) == [
        Decimal("5.009"),
        Decimal("0.000"),
        Decimal("4294967.295"),
    ]


@given(st.integers(0, 2**64 - 1), st.integers(-128, 127))
def test_scaling_is_exact_for_64_bits(raw: int, scaler: int) -> None:
    column = Column(
        capture_object=ENERGY.capture_object, scaler_unit=ScalerUnit(scaler=scaler, unit=30)
    )
    (cell,) = resolved(column, Segment(DataType.LONG64_UNSIGNED, (raw,)))
    assert isinstance(cell, Decimal)
    assert cell.as_tuple() == Decimal(f"{raw}E{scaler}").as_tuple()


def test_floats_are_scaled_by_the_decimal_that_means_them() -> None:
    assert resolved(ENERGY, Segment(DataType.FLOAT32, (230.39999389648438,))) == [Decimal("0.2304")]


@pytest.mark.parametrize(
    ("kind", "cell"),
    [
        (DataType.VISIBLE_STRING, "5009"),
        (DataType.BOOLEAN, True),
        (DataType.STRUCTURE, (1, 2)),
        (DataType.ARRAY, [1, 2]),
        (DataType.OCTET_STRING, b"\x01"),
    ],
)
def test_what_is_no_number_is_never_scaled(kind: DataType, cell: Cell) -> None:
    assert not isinstance(cell, Decimal)
    assert resolved(ENERGY, Segment(kind, (cell,))) == [cell]


def test_without_a_scaler_cells_stay_what_they_are() -> None:
    assert resolved(STATUS, Segment(DataType.UNSIGNED, (6, 7))) == [6, 7]


def test_null_data_repeats_the_value_before() -> None:
    assert resolved(ENERGY, Segment(U32, (1, 2)), Segment(NULL, (None, None))) == [
        Decimal("0.001"),
        Decimal("0.002"),
        Decimal("0.002"),
        Decimal("0.002"),
    ]
    assert resolved(STATUS, Segment(DataType.DONT_CARE, (None,)), Segment(U32, (1,))) == [None, 1]


def test_null_data_may_mean_no_value() -> None:
    cells = resolved(
        STATUS,
        Segment(U32, (1,)),
        Segment(NULL, (None,)),
        Segment(DataType.DELTA_INTEGER, (1,)),
        null_data=NullData.NO_VALUE,
    )
    assert cells == [1, None, 2]


def test_deltas_add_up_before_they_are_scaled() -> None:
    assert resolved(
        ENERGY,
        Segment(U32, (1000,)),
        Segment(DataType.DELTA_UNSIGNED, (10, 5)),
        Segment(NULL, (None,)),
        Segment(DataType.DELTA_INTEGER, (-16,)),
        Segment(U32, (7,)),
        Segment(DataType.DELTA_DOUBLE_LONG, (-8,)),
    ) == [
        Decimal(text) for text in ("1.000", "1.010", "1.015", "1.015", "0.999", "0.007", "-0.001")
    ]


@pytest.mark.parametrize(
    "before", [(), (Segment(NULL, (None,)),), (Segment(DataType.VISIBLE_STRING, ("1",)),)]
)
def test_a_delta_to_a_value_that_was_never_given_is_no_value(before: tuple[Segment, ...]) -> None:
    *_, cell = resolved(ENERGY, *before, Segment(DataType.DELTA_UNSIGNED, (10,)))
    assert cell is None


MOMENT = datetime(2020, 7, 1, 8, tzinfo=UTC)


def test_capture_times_of_other_columns_are_moments() -> None:
    column = Column(capture_object=captured(4, "1.0.1.6.0.255", 5))
    assert resolved(column, Segment(TIME, (MOMENT, None)), Segment(NULL, (None,))) == [
        MOMENT,
        None,
        None,
    ]


def test_unix_seconds_are_moments_however_they_were_sent() -> None:
    assert resolved(
        UNIX_CLOCK, Segment(U32, (1_593_590_400,)), Segment(DataType.DELTA_UNSIGNED, (60,))
    ) == [MOMENT, MOMENT + timedelta(minutes=1)]


@given(st.lists(st.tuples(SCALARS, st.integers(1, 3)), max_size=6), st.sampled_from(NullData))
def test_any_cells_of_any_column_are_resolved(
    cells: list[tuple[Data, int]], null: NullData
) -> None:
    segments = [Segment(data.type, (to_native(data),) * n) for data, n in cells]
    for column in (ENERGY, STATUS, UNIX_CLOCK, Column(capture_object=CLOCK_TIME)):
        assert len(resolve_values(column, segments, null)) == sum(n for _, n in cells)
    assert len(resolve_times(segments, null, QUARTER)) == sum(n for _, n in cells)


# the time of capture


def test_null_data_in_the_time_of_capture_means_a_capture_period_more() -> None:
    segments = (Segment(TIME, (MOMENT,)), Segment(NULL, (None, None)))
    assert resolve_times(segments, NullData.REPEATED, QUARTER) == [
        MOMENT,
        MOMENT + QUARTER,
        MOMENT + 2 * QUARTER,
    ]
    assert resolve_times(segments, NullData.REPEATED, -QUARTER)[1] == MOMENT - QUARTER
    assert resolve_times(segments, NullData.NO_VALUE, QUARTER) == [MOMENT, None, None]


def test_a_gap_after_no_time_is_no_time() -> None:
    segments = (
        Segment(NULL, (None,)),
        Segment(TIME, (MOMENT, None)),
        Segment(NULL, (None,)),
        Segment(TIME, (MOMENT,)),
    )
    assert resolve_times(segments, NullData.REPEATED, QUARTER) == [None, MOMENT, None, None, MOMENT]


def test_what_is_no_time_gives_no_time() -> None:
    segments = (Segment(TIME, (b"abc",)), Segment(DataType.UNSIGNED, (3,)))
    assert resolve_times(segments, NullData.REPEATED, QUARTER) == [None, None]


def test_deltas_count_seconds_where_times_are_seconds() -> None:
    delta = Segment(DataType.DELTA_LONG_UNSIGNED, (900, 900))
    assert resolve_times(
        (Segment(U32, (1_593_590_400,)), delta, Segment(NULL, (None,))),
        NullData.REPEATED,
        QUARTER,
    ) == [MOMENT + n * QUARTER for n in range(4)]
    assert resolve_times((Segment(TIME, (MOMENT,)), delta), NullData.REPEATED, QUARTER) == [
        MOMENT,
        None,
        None,
    ]


def test_times_beyond_the_calendar_are_none() -> None:
    last = datetime.max.replace(tzinfo=UTC)
    segments = (Segment(TIME, (last,)), Segment(NULL, (None, None)))
    assert resolve_times(segments, NullData.REPEATED, QUARTER) == [last, None, None]

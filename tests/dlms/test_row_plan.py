import pytest

from dcud.dlms.data import DataType
from dcud.dlms.row_plan import RowPlan, row_plan
from dcud.dlms.row_shape import RowShape, shape_of_row

CLOCK = bytes.fromhex("07E40701030A000000FF8880")
ROW = b"\x02\x03\x11\x05\x09\x0c" + CLOCK + b"\x00"
OTHER = b"\x02\x03\x11\x05\x09\x0b" + CLOCK[:11] + b"\x00"


def shape(row: bytes) -> RowShape:
    found = shape_of_row(row, 0)
    assert found is not None
    return found


def plan(row: bytes, times: tuple[int, ...] = (), clock: int | None = None) -> RowPlan:
    made = row_plan(shape(row), times, clock)
    assert made is not None
    return made


def test_a_plan_knows_where_everything_stands() -> None:
    made = plan(ROW, (1,), 1)
    assert made.types == (DataType.UNSIGNED, DataType.OCTET_STRING, DataType.NULL_DATA)
    assert made.stride == len(ROW) == 19
    assert made.headers == ((0, b"\x02\x03"), (2, b"\x11"), (4, b"\x09\x0c"), (18, b"\x00"))
    assert [at for at, _ in made.fixed] == [0, 1, 2, 4, 5, 18]
    assert all(ROW[at : at + 1] == octet for at, octet in made.fixed)
    assert (made.moments, made.nothings, made.clock_status) == ((6,), 1, 17)
    assert made.layout.unpack(ROW) == (5,)
    assert made.order is not None
    assert made.order(("moment", "nothing", "value")) == ("value", "moment", "nothing")


def test_octets_that_are_no_time_stay_octets() -> None:
    made = plan(ROW[:-1].replace(b"\x02\x03", b"\x02\x02"), clock=0)
    assert (made.moments, made.clock_status, made.order) == ((), None, None)
    assert made.layout.unpack(b"\x02\x02" + ROW[2:-1]) == (5, CLOCK)


def test_date_times_with_a_tag_of_their_own_are_for_columns_of_times() -> None:
    row = b"\x02\x01\x19" + CLOCK
    assert plan(row, (0,)).moments == (3,)
    assert row_plan(shape(row), (), None) is None


def test_a_row_is_recognised_by_what_all_rows_have_in_common() -> None:
    made = plan(ROW)
    assert made.holds(b"\xff" + ROW, 1)
    assert not made.holds(ROW, 1)
    assert not made.holds(OTHER + b"\x00", 0)


@pytest.mark.parametrize("rows", [1, 63, 64, 65, 700])
def test_a_run_ends_where_a_row_has_another_shape(rows: int) -> None:
    made = plan(ROW)
    octets = b"\xff" + ROW * rows
    assert made.run(octets + OTHER + ROW, 1, 1000) == rows
    assert made.run(octets, 1, 1000) == rows
    assert made.run(octets, 1, rows - 1) == rows - 1
    assert made.run(octets[:-1], 1, rows) == rows - 1

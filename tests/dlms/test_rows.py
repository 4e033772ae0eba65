from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dcud.dlms.cosem_time import CosemDate, CosemDateTime, DeviationSign
from dcud.dlms.data import (
    MAX_NESTING,
    Data,
    DataType,
    TypeDescription,
    array,
    boolean,
    compact_array,
    date,
    date_time,
    decode_data,
    double_long_unsigned,
    encode_data,
    float64,
    integer,
    long64,
    null_data,
    octet_string,
    structure,
    to_native,
    unsigned,
    visible_string,
)
from dcud.dlms.errors import DecodeError
from dcud.dlms.octets import Cursor, encode_length
from dcud.dlms.rows import RowDecoder, decode_rows
from tests.support.data_strategies import SCALARS, data, is_nan, octets, scalar

CLOCK = bytes.fromhex("07e40701030a000000ff8880")  # Circutor/gosem tests: 2020-07-01 10:00 CEST
MOMENT = datetime(2020, 7, 1, 10, tzinfo=timezone(timedelta(hours=2)))
BERLIN = ZoneInfo("Europe/Berlin")


def slow_rows(decoder: RowDecoder, encoded: bytes) -> list[tuple[object, ...]]:
    """Decode as Data, value by value: what the fast way must agree with."""
    cursor = Cursor(encoded)
    rows = decode_data(cursor)
    cursor.expect_end()
    assert isinstance(rows.value, tuple)
    return [
        tuple(slow_value(decoder, index, cell) for index, cell in enumerate(row.value))
        for row in rows.value
        if isinstance(row.value, tuple)
    ]


def slow_value(decoder: RowDecoder, index: int, cell: Data) -> object:
    value = cell.value
    if index in decoder.date_time_columns:
        if cell.type is DataType.OCTET_STRING and isinstance(value, bytes) and len(value) == 12:
            value = CosemDateTime.from_octets(value)
        if isinstance(value, CosemDateTime):
            return value.to_datetime(sign=decoder.sign, zone=decoder.zone)
    return to_native(cell)


def alike(value: object) -> object:
    """Make values comparable that differ from themselves, and types that count as equal."""
    if is_nan(value):
        return "not a number"
    if isinstance(value, datetime):
        return ("moment", value.isoformat())
    if isinstance(value, list | tuple):
        return (type(value), [alike(item) for item in value])
    return (type(value), value)


def assert_same_either_way(decoder: RowDecoder, encoded: bytes) -> None:
    assert alike(decoder.decode(encoded)) == alike(slow_rows(decoder, encoded))


def profile(n: int) -> list[Data]:
    return [
        structure(
            (
                octet_string(
                    CosemDateTime.from_datetime(MOMENT + i * timedelta(minutes=15)).to_octets()
                ),
                unsigned(i % 256),
                double_long_unsigned(1000 + i),
            )
        )
        for i in range(n)
    ]


def test_rows_of_one_shape() -> None:
    rows = RowDecoder(date_time_columns=(0,)).decode(encode_data(array(profile(1000))))
    assert len(rows) == 1000
    assert rows[0] == (MOMENT, 0, 1000)
    assert rows[999] == (MOMENT + 999 * timedelta(minutes=15), 999 % 256, 1999)


def test_without_date_time_columns_octets_stay_octets() -> None:
    row = structure((octet_string(CLOCK), unsigned(1)))
    assert decode_rows(encode_data(array([row] * 5))) == [(CLOCK, 1)] * 5


def test_date_times_in_any_columns_keep_their_places() -> None:
    row = structure(
        (unsigned(1), octet_string(CLOCK), null_data(), boolean(value=True), octet_string(CLOCK))
    )
    decoder = RowDecoder(date_time_columns=(1, 4))
    assert decoder.decode(encode_data(array([row] * 5))) == [(1, MOMENT, None, True, MOMENT)] * 5


def test_rows_compressed_by_null_data() -> None:
    # u9n/dlms-cosem tests/test_parsers.py
    encoded = bytes.fromhex(
        "0104"
        "0204090C07E30C1F0217000000FFC400110606000005ED0600000654"
        "020400110606000005ED0600000654"
        "020400110606000005ED0600000654"
        "020400110606000005ED0600000654"
    )
    moment = datetime(2019, 12, 31, 23, tzinfo=timezone(timedelta(hours=1)))
    assert RowDecoder(date_time_columns=(0,)).decode(encoded) == [
        (moment, 6, 1517, 1620),
        (None, 6, 1517, 1620),
        (None, 6, 1517, 1620),
        (None, 6, 1517, 1620),
    ]


def test_a_shape_that_changes_in_the_middle() -> None:
    rows = profile(300)
    rows[150] = structure((null_data(), null_data(), long64(-1)))
    rows[151] = structure((visible_string("x"), integer(-1)))
    rows[152:160] = [structure((null_data(), unsigned(9), double_long_unsigned(7)))] * 8
    decoder = RowDecoder(date_time_columns=(0,))
    encoded = encode_data(array(rows))
    assert decoder.decode(encoded)[149:161:3] == [
        (MOMENT + 149 * timedelta(minutes=15), 149, 1149),
        (None, 9, 7),
        (None, 9, 7),
        (None, 9, 7),
    ]
    assert_same_either_way(decoder, encoded)


@pytest.mark.parametrize("at", range(20))
@pytest.mark.parametrize("row", [0, 1, 63, 64, 99])
def test_no_octet_goes_unchecked(row: int, at: int) -> None:
    encoded = bytearray(encode_data(array(profile(100))))
    stride = (len(encoded) - 2) // 100
    assert stride == 23
    encoded[2 + row * stride + at] ^= 0x40
    decoder = RowDecoder(date_time_columns=(0,))
    try:
        expected = slow_rows(decoder, bytes(encoded))
    except DecodeError:
        with pytest.raises(DecodeError):
            decoder.decode(bytes(encoded))
    else:
        assert alike(decoder.decode(bytes(encoded))) == alike(expected)


SHAPES = st.lists(SCALARS.map(lambda value: value.type), max_size=6)
STATUSES = st.sampled_from([0x00, 0x80, 0xFF, 0x01])
LOCAL_TIMES = st.datetimes(datetime(2023, 10, 28), datetime(2023, 10, 31))  # noqa: DTZ001  # a clock's own
PLAIN_CLOCKS = st.builds(
    lambda local, offset, status: CosemDateTime.from_datetime(
        local.replace(tzinfo=timezone(timedelta(minutes=offset))), status=status
    ).to_octets(),
    LOCAL_TIMES,
    st.sampled_from([0, 60, 120, -60, 330]),
    STATUSES,
)
LOCAL_CLOCKS = st.builds(
    lambda local, status: CosemDateTime.from_datetime(local, status=status).to_octets(),
    LOCAL_TIMES,
    STATUSES,
)
CLOCKS = st.one_of(PLAIN_CLOCKS, LOCAL_CLOCKS, octets(12))
DECODERS = st.builds(
    lambda columns, sign, zone: RowDecoder(date_time_columns=columns, sign=sign, zone=zone),
    st.sampled_from([(), (0,), (1,), (0, 2), (2, 0)]),
    st.sampled_from(DeviationSign),
    st.sampled_from([None, UTC, BERLIN]),
)


@st.composite
def runs(draw: st.DrawFn) -> list[Data]:
    """Draw rows that mostly share a shape."""
    kinds = draw(SHAPES)
    clocks = draw(st.sampled_from([PLAIN_CLOCKS, LOCAL_CLOCKS, CLOCKS]))
    with_clock = draw(st.booleans())
    rows = []
    for _ in range(draw(st.integers(1, 8))):
        cells = [draw(scalar(kind)) for kind in kinds]
        first = [octet_string(draw(clocks))] if with_clock else []
        rows.append(structure(first + cells))
    return rows


BUFFERS = st.lists(
    runs() | st.lists(data(), max_size=3).map(lambda row: [structure(row)]), max_size=4
)


@given(DECODERS, BUFFERS)
def test_the_fast_way_and_the_slow_way_agree(decoder: RowDecoder, parts: list[list[Data]]) -> None:
    assert_same_either_way(decoder, encode_data(array(row for part in parts for row in part)))


@given(DECODERS, st.lists(CLOCKS, min_size=4, max_size=12))
@example(RowDecoder(date_time_columns=(0,)), [CLOCK, CLOCK, b"\0" * 12, CLOCK])
@example(RowDecoder(date_time_columns=(0,)), [CLOCK, CLOCK, b"\xff" * 12, CLOCK])
@example(RowDecoder(date_time_columns=(0,)), [CLOCK[:5] + b"\x18\0\0" + CLOCK[8:]] * 4)
@example(RowDecoder(date_time_columns=(0,)), [CLOCK[:7] + b"\x3c\xff" + CLOCK[9:]] * 4)
@example(RowDecoder(date_time_columns=(0,)), [CLOCK[:8] + b"\xff" + CLOCK[9:]] * 4)
@example(RowDecoder(date_time_columns=(0,)), [CLOCK, CLOCK, CLOCK[:9] + b"\x80\0\0"] * 2)
@example(RowDecoder(date_time_columns=(0,), zone=BERLIN), [CLOCK[:9] + b"\x80\0\0"] * 4)
def test_date_times_agree_with_their_own_conversion(
    decoder: RowDecoder, clocks: list[bytes]
) -> None:
    rows = [structure((octet_string(clock), unsigned(1), octet_string(clock))) for clock in clocks]
    assert_same_either_way(decoder, encode_data(array(rows)))


@pytest.mark.parametrize(
    "clock",
    [
        "00010101ff00000000000000",  # the years at which moments begin and end
        "00020101ff00000000000000",
        "270e0c1fff173b3b63000000",
        "270f0101ff00000000000000",
        "07e40101ff00000063000000",  # hundredths up to where they are none
        "07e40101ff00000064000000",
        "07e40101ff000000ff000000",
        "07e40101ff0000000005a000",  # deviations up to a day
        "07e40101ff00000000059f00",
        "07e40101ff000000008000ff",
        "07e40101ff18000000000000",  # times beyond the day's last
        "07e40101ff003c0000000000",
        "07e4ff01ff00000000000000",
    ],
)
@pytest.mark.parametrize("zone", [None, BERLIN])
def test_limits_of_date_times_agree(clock: str, zone: tzinfo | None) -> None:
    clocks = (bytes.fromhex(clock), bytes.fromhex(clock), CLOCK)
    decoder = RowDecoder(date_time_columns=(0,), zone=zone)
    for some in ([clocks[0]] * 4, [*clocks, *clocks]):
        rows = [structure((octet_string(octets), unsigned(1))) for octets in some]
        assert_same_either_way(decoder, encode_data(array(rows)))


@given(BUFFERS, DECODERS, st.data())
def test_damaged_buffers_fail_alike(
    parts: list[list[Data]], decoder: RowDecoder, draw: st.DataObject
) -> None:
    encoded = bytearray(encode_data(array(row for part in parts for row in part)))
    at = draw.draw(st.integers(2, max(2, len(encoded) - 1)))
    encoded[at : at + 1] = draw.draw(st.binary(max_size=2))
    try:
        rows = decoder.decode(bytes(encoded))
    except DecodeError:
        return
    assert alike(rows) == alike(slow_rows(decoder, bytes(encoded)))


@given(st.binary(max_size=60), DECODERS)
def test_any_octets_give_rows_or_the_one_error(encoded: bytes, decoder: RowDecoder) -> None:
    try:
        rows = decoder.decode(b"\x01" + encoded)
    except DecodeError:
        return
    assert alike(rows) == alike(slow_rows(decoder, b"\x01" + encoded))


def test_date_times_with_tags_of_their_own() -> None:
    clock = CosemDateTime.from_octets(CLOCK)
    row = structure((date_time(clock), date_time(clock)))
    encoded = encode_data(array([row] * 6))
    assert RowDecoder(date_time_columns=(1,)).decode(encoded) == [(clock, MOMENT)] * 6
    assert RowDecoder(date_time_columns=(0, 1)).decode(encoded) == [(MOMENT, MOMENT)] * 6
    few = encode_data(array([row]))
    assert RowDecoder(date_time_columns=(1,)).decode(few) == [(clock, MOMENT)]


def test_octet_strings_of_another_size_stay_octets() -> None:
    row = structure((octet_string(CLOCK[:5]), date(CosemDate())))
    plain = structure((octet_string(CLOCK[:5]),))
    decoder = RowDecoder(date_time_columns=(0,))
    assert decoder.decode(encode_data(array([row]))) == [(CLOCK[:5], CosemDate())]
    assert decoder.decode(encode_data(array([plain] * 5))) == [(CLOCK[:5],)] * 5


def test_integers_are_exact_and_floats_are_floats() -> None:
    row = structure((long64(-(1 << 63)), float64(0.1), boolean(value=False)))
    rows = decode_rows(encode_data(array([row] * 4)))
    assert alike(rows) == alike([(-(1 << 63), 0.1, False)] * 4)


def test_nested_rows_are_decoded_too() -> None:
    row = structure((unsigned(1), structure((unsigned(2), array([unsigned(3)])))))
    assert decode_rows(encode_data(array([row] * 5))) == [(1, (2, [3]))] * 5


def test_nesting_is_limited_as_in_data() -> None:
    deep = b"\x01\x01" + b"\x02\x01" * (MAX_NESTING - 1)
    assert len(decode_rows(deep + b"\x00")) == 1
    with pytest.raises(DecodeError, match="nested too deeply"):
        decode_rows(deep + b"\x02\x01\x00")


def test_rows_without_columns_and_no_rows() -> None:
    assert decode_rows(encode_data(array([]))) == []
    assert decode_rows(encode_data(array([structure(())] * 9))) == [()] * 9


def test_a_compact_array_of_rows() -> None:
    kinds = (TypeDescription(DataType.OCTET_STRING), TypeDescription(DataType.UNSIGNED))
    rows = [structure((octet_string(CLOCK), unsigned(n))) for n in range(3)]
    encoded = encode_data(compact_array(TypeDescription(DataType.STRUCTURE, kinds), rows))
    decoder = RowDecoder(date_time_columns=(0,))
    assert decoder.decode(encoded) == [(MOMENT, 0), (MOMENT, 1), (MOMENT, 2)]


def in_compact_array(rows: list[Data]) -> bytes:
    kinds = tuple(TypeDescription(cell.type) for cell in rows[0].value)  # type: ignore[union-attr]  # a row
    return encode_data(compact_array(TypeDescription(DataType.STRUCTURE, kinds), rows))


def test_a_long_compact_array_gives_the_rows_of_the_array() -> None:
    decoder = RowDecoder(date_time_columns=(0,), status_column=0)
    rows = profile(500)
    assert decoder.runs(in_compact_array(rows)) == decoder.runs(encode_data(array(rows)))


def test_strings_of_many_lengths_in_a_compact_array() -> None:
    rows = [structure((octet_string(b"A" * (n % 7)), unsigned(n))) for n in range(40)]
    assert decode_rows(in_compact_array(rows)) == [(b"A" * (n % 7), n) for n in range(40)]


def test_compact_arrays_that_no_layout_unpacks() -> None:
    texts = [structure((visible_string("A" * n), unsigned(n))) for n in range(9)]
    assert decode_rows(in_compact_array(texts)) == [("A" * n, n) for n in range(9)]
    within = TypeDescription(DataType.STRUCTURE, (TypeDescription(DataType.UNSIGNED),))
    nested = TypeDescription(DataType.STRUCTURE, (within,))
    rows = [structure((structure((unsigned(n),)),)) for n in range(9)]
    assert decode_rows(encode_data(compact_array(nested, rows))) == [((n,),) for n in range(9)]
    assert decode_rows(encode_data(compact_array(nested, []))) == []


def test_a_compact_array_cut_short_is_refused() -> None:
    whole = in_compact_array(profile(70))
    cut = whole[: whole.index(CLOCK[:4]) - 4] + encode_length(70 * 18 - 1)
    with pytest.raises(DecodeError, match="wanted at octet"):
        decode_rows(cut + whole[-70 * 18 : -1])


def test_runs_have_the_types_and_clock_statuses_of_their_rows() -> None:
    decoder = RowDecoder(date_time_columns=(0,), status_column=0)
    rows = [*profile(5), *[structure((null_data(), unsigned(9), null_data()))] * 5]
    plain, compressed = decoder.runs(encode_data(array(rows)))
    assert plain.types == (
        DataType.OCTET_STRING,
        DataType.UNSIGNED,
        DataType.DOUBLE_LONG_UNSIGNED,
    )
    assert (len(plain.rows), bytes(plain.statuses)) == (5, bytes(5))
    assert compressed.types == (DataType.NULL_DATA, DataType.UNSIGNED, DataType.NULL_DATA)
    assert (len(compressed.rows), bytes(compressed.statuses)) == (5, b"\xff" * 5)


@pytest.mark.parametrize(
    ("cell", "status"),
    [(octet_string(CLOCK), 0x80), (unsigned(1), 0xFF), (octet_string(b"abc"), 0xFF)],
)
def test_rows_that_are_decoded_as_data_have_clock_statuses_too(cell: Data, status: int) -> None:
    (run,) = RowDecoder(status_column=1).runs(
        encode_data(array([structure((visible_string("A"), cell))]))
    )
    assert run.statuses == bytes((status,))
    tagged = structure((visible_string("A"), date_time(CosemDateTime.from_octets(CLOCK))))
    (run,) = RowDecoder(status_column=1).runs(encode_data(array([tagged])))
    assert run.statuses == b"\x80"
    (run,) = RowDecoder(status_column=2).runs(encode_data(array([tagged])))
    assert run.statuses == b"\xff"


def test_rows_that_go_to_and_fro_between_shapes() -> None:
    shapes = [
        structure((unsigned(1), null_data(), double_long_unsigned(2))),
        structure((null_data(), unsigned(3), double_long_unsigned(4))),
        structure((null_data(), null_data(), null_data())),
    ]
    rows = [shapes[n * n % 3] if n % 5 else shapes[2] for n in range(200)]
    assert_same_either_way(RowDecoder(), encode_data(array(rows)))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (unsigned(1), "unsigned where an array of rows was expected"),
        (structure((unsigned(1),)), "structure where an array of rows was expected"),
        (array([unsigned(1)]), "unsigned where a row, a structure, was expected"),
        (array([array([])]), "array where a row, a structure, was expected"),
        (
            compact_array(TypeDescription(DataType.UNSIGNED), [unsigned(1)]),
            "unsigned where a row, a structure, was expected",
        ),
    ],
)
def test_what_is_no_buffer_is_refused(value: Data, words: str) -> None:
    with pytest.raises(DecodeError, match=words):
        decode_rows(encode_data(value))


@pytest.mark.parametrize("rows", [3, 70])
def test_a_buffer_cut_short_or_continued_is_refused(rows: int) -> None:
    encoded = encode_data(array(profile(rows)))
    with pytest.raises(DecodeError, match="wanted at octet"):
        decode_rows(encoded[:-1])
    with pytest.raises(DecodeError, match="1 octets too many"):
        decode_rows(encoded + b"\0")
    with pytest.raises(DecodeError, match="1 octet wanted at octet 0"):
        decode_rows(b"")


def test_lengths_longer_than_need_be_make_a_shape_of_their_own() -> None:
    usual = b"\x02\x02\x09\x0c" + CLOCK + b"\x11\x05"
    wordy = b"\x02\x81\x02\x09\x82\x00\x0c" + CLOCK + b"\x11\x06"
    encoded = b"\x01\x0a" + usual * 5 + wordy * 5
    decoder = RowDecoder(date_time_columns=(0,))
    assert decoder.decode(encoded) == [(MOMENT, 5)] * 5 + [(MOMENT, 6)] * 5


def test_very_wide_rows_and_ever_changing_shapes_stay_cheap() -> None:
    wide = b"\x02" + encode_length(30_000) + b"\x00" * 30_000
    assert decode_rows(b"\x01\x04" + wide * 4) == [(None,) * 30_000] * 4
    changing = b"".join(b"\x02\x01\x09" + encode_length(n) + b"A" * n for n in range(200))
    assert decode_rows(b"\x01\x81\xc8" + changing) == [(b"A" * n,) for n in range(200)]

import contextlib
from datetime import UTC, datetime
from decimal import Decimal
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.cosem.compact_data import (
    CompactTemplate,
    OtherTemplateError,
    buffer_octets,
    parse_compact_columns,
    parse_template_description,
    parse_template_id,
)
from dcud.cosem.profile_columns import Column
from dcud.cosem.profile_generic import CLOCK_TIME, CaptureObject
from dcud.cosem.profile_runs import DELTA_TYPES
from dcud.cosem.register import ScalerUnit
from dcud.dlms.compact_array import encode_compact_array, encode_type_description
from dcud.dlms.constructors import (
    array,
    enum,
    integer,
    long_unsigned,
    null_data,
    octet_string,
    structure,
    unsigned,
)
from dcud.dlms.data import CompactArray, Data, DataType, TypeDescription
from dcud.dlms.errors import DecodeError
from dcud.dlms.native import to_native
from dcud.dlms.obis import Obis
from dcud.dlms.octets import Cursor
from tests.support.data_strategies import DESCRIPTIONS, compact_arrays
from tests.support.data_strategies import data as any_data

FRAME = Obis.parse("0.0.66.0.1.255")
VOLUME = CaptureObject(class_id=3, logical_name=Obis.parse("7.0.13.2.0.255"), attribute=2)
SERIAL = CaptureObject(class_id=1, logical_name=Obis.parse("0.0.96.1.0.255"), attribute=2)
UNIX_TIME = CaptureObject(class_id=1, logical_name=Obis.parse("0.0.1.1.0.255"), attribute=2)
OWN_ID = CaptureObject(class_id=62, logical_name=FRAME, attribute=4)

COLUMNS = (
    Column(capture_object=OWN_ID),
    Column(capture_object=UNIX_TIME),
    Column(capture_object=VOLUME, scaler_unit=ScalerUnit(scaler=-3, unit=13)),
    Column(capture_object=SERIAL),
)
DESCRIPTION = bytes.fromhex("02 04 11 06 06 09")
"""A structure of unsigned, double-long-unsigned twice, octet-string."""

TEMPLATE = CompactTemplate(
    template_id=7,
    description=parse_template_description(octet_string(DESCRIPTION)),
    columns=COLUMNS,
)
ROW = bytes.fromhex("07 6571DA6C 0001E240 03 414243")
"""Template 7; 7 December 2023, 14:45 UTC; 123456; "ABC"."""
NEXT_ROW = bytes.fromhex("07 6571E87C 0001E241 00")


def octet_template(*columns: CaptureObject, description: str) -> CompactTemplate:
    return CompactTemplate(
        template_id=7,
        description=parse_template_description(octet_string(bytes.fromhex(description))),
        columns=tuple(Column(capture_object=column) for column in columns),
    )


def test_a_row_has_the_values_that_the_template_describes() -> None:
    (row,) = TEMPLATE.rows(ROW)
    assert row.time == datetime(2023, 12, 7, 14, 45, tzinfo=UTC)
    assert row.cells == (7, row.time, Decimal("123.456"), b"ABC")


def test_a_buffer_may_hold_several_rows() -> None:
    rows = TEMPLATE.rows(ROW + NEXT_ROW)
    assert [row.cells[2] for row in rows] == [Decimal("123.456"), Decimal("123.457")]
    assert [row.cells[3] for row in rows] == [b"ABC", b""]


def test_an_empty_buffer_has_no_rows() -> None:
    assert TEMPLATE.rows(b"") == []


def test_a_date_time_in_an_octet_string_is_the_time_of_capture() -> None:
    template = octet_template(CLOCK_TIME, VOLUME, description="02 02 09 06")
    (row,) = template.rows(bytes.fromhex("0C 07E7 0C 07 04 0E 2D 00 00 0000 00 0001E240"))
    assert row.time == datetime(2023, 12, 7, 14, 45, tzinfo=UTC)
    assert row.cells[1] == 123456


def test_null_data_takes_no_octets_and_is_no_value() -> None:
    template = octet_template(OWN_ID, VOLUME, SERIAL, description="02 03 11 00 11")
    (row,) = template.rows(bytes.fromhex("07 2A"))
    assert row.cells == (7, None, 42)


def test_an_array_within_a_row_has_as_many_items_as_described() -> None:
    template = octet_template(OWN_ID, VOLUME, description="02 02 11 01 0003 12")
    (row,) = template.rows(bytes.fromhex("07 0001 0002 0003"))
    assert row.cells == (7, [1, 2, 3])


def test_a_row_of_one_value_may_be_described_by_its_type_alone() -> None:
    template = octet_template(VOLUME, description="12")
    assert [row.cells for row in template.rows(bytes.fromhex("0001 0002"))] == [(1,), (2,)]


def test_a_buffer_of_another_template_is_refused() -> None:
    with pytest.raises(OtherTemplateError, match="written by template 8, not by 7") as caught:
        TEMPLATE.rows(b"\x08" + ROW[1:])
    assert caught.value.code == "other_template"
    assert caught.value.retryable


def test_a_buffer_that_does_not_tell_its_template_is_taken_at_its_word() -> None:
    template = octet_template(SERIAL, VOLUME, description="02 02 11 11")
    assert [row.cells for row in template.rows(b"\x08\x01")] == [(8, 1)]
    assert (
        CompactTemplate(
            template_id=7, description=TypeDescription(DataType.STRUCTURE), columns=()
        ).rows(b"")
        == []
    )


@pytest.mark.parametrize(
    ("buffer", "reason"),
    [
        (ROW[:-1], "announces 3, but 2 octets are left"),
        (ROW + b"\x07", "4 octets wanted at octet 14, but 0 are left"),
    ],
)
def test_a_buffer_that_is_no_rows_of_the_template_is_refused(buffer: bytes, reason: str) -> None:
    with pytest.raises(DecodeError, match=reason):
        TEMPLATE.rows(buffer)


def test_a_template_of_another_width_than_the_columns_is_refused() -> None:
    template = octet_template(OWN_ID, VOLUME, description="02 03 11 11 11")
    with pytest.raises(DecodeError, match="3 cells, but 2 columns"):
        template.rows(bytes.fromhex("07 01 02"))


@pytest.mark.parametrize(
    "text",
    ["0204 11 06 06 09", "13 0204 11 06 06 09 00", "13 0204 11 06 06 09", "0204110606 09 00"],
)
def test_template_descriptions_with_and_without_the_frame_of_a_compact_array(text: str) -> None:
    description = parse_template_description(octet_string(bytes.fromhex(text)))
    assert description == TypeDescription(
        DataType.STRUCTURE,
        (
            TypeDescription(DataType.UNSIGNED),
            TypeDescription(DataType.DOUBLE_LONG_UNSIGNED),
            TypeDescription(DataType.DOUBLE_LONG_UNSIGNED),
            TypeDescription(DataType.OCTET_STRING),
        ),
    )


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (octet_string(b""), "wanted at octet 0"),
        (octet_string(b"\x13"), "wanted at octet 1"),
        (octet_string(b"\x13\x13\x11\x00"), "tag 13 at octet 1"),
        (octet_string(b"\x11\x00\x00"), "1 octets too many"),
        (unsigned(7), "unsigned is no template description"),
    ],
)
def test_what_is_no_template_description_is_refused(data: Data, reason: str) -> None:
    with pytest.raises(DecodeError, match=reason):
        parse_template_description(data)


def test_columns_of_either_version_are_the_same_columns() -> None:
    plain = VOLUME.to_data()
    assert isinstance(plain.value, tuple)
    restricted = structure((*plain.value, structure((enum(0), null_data()))))
    with_columns = structure((*plain.value, structure((enum(0), null_data())), array(())))
    for column in (plain, restricted, with_columns):
        assert parse_compact_columns(array((OWN_ID.to_data(), column))) == (OWN_ID, VOLUME)


@pytest.mark.parametrize(
    "data",
    [
        unsigned(1),
        array((unsigned(1),)),
        array((structure((long_unsigned(3), octet_string(b"12345"), integer(2))),)),
    ],
)
def test_what_is_no_list_of_columns_is_refused(data: Data) -> None:
    with pytest.raises(DecodeError, match="is no"):
        parse_compact_columns(data)


def test_the_other_attributes_have_their_types() -> None:
    assert parse_template_id(unsigned(7)) == 7
    assert buffer_octets(octet_string(ROW)) == ROW
    with pytest.raises(DecodeError, match="long-unsigned is no template id"):
        parse_template_id(long_unsigned(7))
    with pytest.raises(DecodeError, match="unsigned is no compact buffer"):
        buffer_octets(unsigned(7))


def holds_deltas(description: TypeDescription) -> bool:
    return description.type in DELTA_TYPES or any(map(holds_deltas, description.members))


@given(
    written=compact_arrays().filter(lambda array: not holds_deltas(array.description)),
)
def test_the_contents_of_any_compact_array_are_rows_of_a_template(written: CompactArray) -> None:
    head = encode_type_description(written.description)
    cursor = Cursor(encode_compact_array(written)[len(head) :])
    is_row = written.description.type is DataType.STRUCTURE
    width = len(written.description.members) if is_row else 1
    template = CompactTemplate(
        template_id=0,
        description=parse_template_description(octet_string(head)),
        columns=(Column(capture_object=SERIAL),) * width,
    )
    elements = [
        cast("tuple[Data, ...]", element.value) if is_row else (element,)
        for element in written.elements
    ]
    told = [tuple(to_native(member) for member in element) for element in elements]
    found = [row.cells for row in template.rows(cursor.octet_string())]
    assert repr(found) == repr(told)  # as NaN is not itself


@given(
    buffer=st.binary(max_size=60),
    description=DESCRIPTIONS,
    template_id=st.integers(0, 255),
    width=st.integers(0, 4),
)
def test_any_octets_end_in_rows_or_a_typed_error(
    buffer: bytes, description: TypeDescription, template_id: int, width: int
) -> None:
    columns = (OWN_ID, UNIX_TIME, VOLUME, SERIAL)[:width]
    template = CompactTemplate(
        template_id=template_id,
        description=description,
        columns=tuple(Column(capture_object=column) for column in columns),
    )
    with contextlib.suppress(DecodeError):
        assert all(len(row.cells) == width for row in template.rows(buffer))


@given(data=any_data())
def test_any_data_ends_in_a_value_or_a_typed_error(data: Data) -> None:
    for parse in (
        parse_compact_columns,
        parse_template_id,
        parse_template_description,
        buffer_octets,
    ):
        with contextlib.suppress(DecodeError):
            parse(data)

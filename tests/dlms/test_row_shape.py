import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.data import (
    DataType,
    TypeDescription,
    decode_data,
    encode_data,
    octet_string,
    structure,
    unsigned,
)
from dcud.dlms.octets import Cursor
from dcud.dlms.row_shape import (
    MAX_COLUMNS,
    Cell,
    RowShape,
    shape_of_element,
    shape_of_row,
)
from tests.support.data_strategies import data

ROW = bytes.fromhex("0203 09020102 1105 00")
DESCRIPTION = TypeDescription(
    DataType.STRUCTURE,
    (
        TypeDescription(DataType.OCTET_STRING),
        TypeDescription(DataType.UNSIGNED),
        TypeDescription(DataType.NULL_DATA),
    ),
)


def test_a_row_of_an_array_has_tags_and_lengths_before_its_values() -> None:
    assert shape_of_row(b"\x01\x01" + ROW, 2) == RowShape(
        b"\x02\x03",
        (
            Cell(DataType.OCTET_STRING, b"\x09\x02", 2),
            Cell(DataType.UNSIGNED, b"\x11", 1),
            Cell(DataType.NULL_DATA, b"\x00", 0),
        ),
    )


def test_an_element_of_a_compact_array_has_lengths_alone() -> None:
    assert shape_of_element(bytes.fromhex("FF 02 0102 05"), 1, DESCRIPTION) == RowShape(
        b"",
        (
            Cell(DataType.OCTET_STRING, b"\x02", 2),
            Cell(DataType.UNSIGNED, b"", 1),
            Cell(DataType.NULL_DATA, b"", 0),
        ),
    )


@pytest.mark.parametrize(
    "octets",
    [
        "",
        "02",
        "0101 1105",  # an array
        "0201 0A0141",  # a visible-string
        "0201 0201 1105",  # a structure
        "0201 FE",  # no tag at all
        "0202 1105",  # cut short
        "0201 0905 0102",  # likewise
    ],
)
def test_what_no_layout_unpacks_has_no_shape(octets: str) -> None:
    assert shape_of_row(bytes.fromhex(octets), 0) is None


@pytest.mark.parametrize(
    ("contents", "description"),
    [
        (b"\x05", TypeDescription(DataType.UNSIGNED)),
        (b"\x01A", TypeDescription(DataType.STRUCTURE, (TypeDescription(DataType.UTF8_STRING),))),
        (b"\x02\x01", DESCRIPTION),
        (b"\x02\x01\x02", DESCRIPTION),
    ],
)
def test_elements_that_no_layout_unpacks_have_no_shape(
    contents: bytes, description: TypeDescription
) -> None:
    assert shape_of_element(contents, 0, description) is None


def test_very_wide_rows_have_no_shape() -> None:
    widest = encode_data(structure([unsigned(1)] * MAX_COLUMNS))
    shape = shape_of_row(widest, 0)
    assert shape is not None
    assert len(shape.cells) == MAX_COLUMNS
    assert shape_of_row(encode_data(structure([unsigned(1)] * (MAX_COLUMNS + 1))), 0) is None
    kinds = (TypeDescription(DataType.UNSIGNED),) * (MAX_COLUMNS + 1)
    contents = bytes(MAX_COLUMNS + 1)
    assert shape_of_element(contents, 0, TypeDescription(DataType.STRUCTURE, kinds)) is None


def test_all_the_octets_of_a_row_belong_to_its_shape() -> None:
    row = encode_data(structure((octet_string(b"abc"), unsigned(1))))
    shape = shape_of_row(row, 0)
    assert shape is not None
    cells = sum(len(cell.header) + cell.size for cell in shape.cells)
    assert len(shape.header) + cells == len(row)


@given(data().map(encode_data) | st.binary(max_size=40))
def test_what_has_a_shape_is_a_structure_of_these_types(octets: bytes) -> None:
    shape = shape_of_row(octets, 0)
    if shape is None:
        return
    row = decode_data(Cursor(octets))
    assert row.type is DataType.STRUCTURE
    assert isinstance(row.value, tuple)
    assert [cell.type for cell in shape.cells] == [cell.type for cell in row.value]

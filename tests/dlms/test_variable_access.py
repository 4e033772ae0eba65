import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.octets import Cursor
from dcud.dlms.variable_access import (
    BlockNumberAccess,
    NumberedBlock,
    ParameterizedAccess,
    ReadDataBlockAccess,
    Variable,
    VariableName,
    VariablesWithValues,
    WriteDataBlockAccess,
    decode_values,
    decode_variables,
    encode_values,
    encode_variables,
)
from tests.support.variables import encodings, variables

BLOCK = NumberedBlock(last_block=True, block_number=2, octets=b"\xaa\xbb")


@pytest.mark.parametrize(
    ("octets", "variable"),
    [
        ("02fa08", VariableName(0xFA08)),
        ("04fa5801" + "1107", ParameterizedAccess(0xFA58, 1, b"\x11\x07")),
        ("050003", BlockNumberAccess(3)),
        ("06" + "01" + "0002" + "02aabb", ReadDataBlockAccess(BLOCK)),
        ("07" + "00" + "0001", WriteDataBlockAccess(last_block=False, block_number=1)),
    ],
)
def test_variables_are_these_octets(octets: str, variable: Variable) -> None:
    assert encode_variables((variable, variable)).hex() == "02" + octets * 2
    assert decode_variables(Cursor(bytes.fromhex("01" + octets))) == (variable,)


def test_values_follow_each_other() -> None:
    values = (b"\x11\x07", b"\x00")
    assert encode_values(values).hex() == "02" + "1107" + "00"
    assert decode_values(Cursor(encode_values(values))) == values


@pytest.mark.parametrize("octets", ["0103fa08", "0102fa", "0104fa0801fe", "02020001"])
def test_malformed_variables(octets: str) -> None:
    with pytest.raises(DecodeError):
        decode_variables(Cursor(bytes.fromhex(octets)))


def test_what_does_not_fit() -> None:
    for make in (
        VariableName,
        BlockNumberAccess,
        lambda number: ParameterizedAccess(number, 0, b""),
        lambda number: ParameterizedAccess(0, number, b""),
        lambda number: NumberedBlock(last_block=True, block_number=number, octets=b""),
        lambda number: WriteDataBlockAccess(last_block=True, block_number=number),
    ):
        with pytest.raises(EncodeError):
            make(0x10000)


def test_no_repr_shows_a_parameter_or_a_part_of_one() -> None:
    block = NumberedBlock(last_block=True, block_number=1, octets=b"password")
    assert "password" not in repr(ReadDataBlockAccess(block))
    assert "password" not in repr(ParameterizedAccess(1, 1, b"password"))


@given(st.lists(variables, max_size=5).map(tuple))
def test_variables_come_back(several: tuple[Variable, ...]) -> None:
    cursor = Cursor(encode_variables(several))
    assert decode_variables(cursor) == several
    cursor.expect_end()


@given(st.lists(encodings, max_size=5).map(tuple))
def test_values_come_back(several: tuple[bytes, ...]) -> None:
    assert decode_values(Cursor(encode_values(several))) == several


def test_variables_go_with_their_values() -> None:
    told = VariablesWithValues((VariableName(8), VariableName(16)), (b"\x11\x07", b"\x00"))
    assert told.encode_lists().hex() == "02020008020010" + "02110700"
    assert VariablesWithValues.decode_lists(Cursor(told.encode_lists())) == told
    assert "110700" not in repr(told)
    with pytest.raises(EncodeError, match="0 values for 1 variables"):
        VariablesWithValues((VariableName(8),), ())
    with pytest.raises(DecodeError, match="0 values for 1 variables"):
        VariablesWithValues.decode_lists(Cursor(bytes.fromhex("0102000800")))
    with pytest.raises(DecodeError, match="1 octets too many"):
        VariablesWithValues.decode_lists(Cursor(bytes.fromhex("000000")))


@given(st.binary(max_size=40))
def test_any_octets_end_in_values_or_a_decode_error(octets: bytes) -> None:
    for decode in (decode_variables, decode_values):
        try:
            decode(Cursor(octets))
        except DecodeError as error:
            assert error.message  # noqa: PT017  # whatever else is raised fails the test

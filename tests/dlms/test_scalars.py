import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.cosem_time import CosemDate, CosemDateTime, CosemTime
from dcud.dlms.data_types import BitString, Data, DataType, DataValue
from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.octets import Cursor
from dcud.dlms.scalars import SCALARS
from tests.support.data_strategies import INTEGERS, SCALAR_TYPES
from tests.support.data_strategies import SCALARS as ANY_SCALAR


def read(kind: DataType, text: str) -> DataValue:
    cursor = Cursor(bytes.fromhex(text))
    value = SCALARS[kind].read(cursor)
    cursor.expect_end()
    return value


def test_every_type_without_members_is_here() -> None:
    assert set(DataType) - set(SCALARS) == {
        DataType.ARRAY,
        DataType.STRUCTURE,
        DataType.COMPACT_ARRAY,
    }


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (DataType.NULL_DATA, "", None),
        (DataType.DONT_CARE, "", None),
        (DataType.BOOLEAN, "00", False),
        (DataType.BOOLEAN, "01", True),
        (DataType.BIT_STRING, "0450", BitString(4, b"\x50")),
        (DataType.BIT_STRING, "00", BitString(0, b"")),
        (DataType.DOUBLE_LONG, "fffffffe", -2),
        (DataType.DOUBLE_LONG_UNSIGNED, "00001391", 5009),
        (DataType.OCTET_STRING, "060000010000ff", b"\0\0\x01\0\0\xff"),
        (DataType.VISIBLE_STRING, "024142", "AB"),
        (DataType.VISIBLE_STRING, "02e4ff", "äÿ"),
        (DataType.UTF8_STRING, "03e282ac", "€"),
        (DataType.UTF8_STRING, "02e282", b"\xe2\x82"),
        (DataType.BCD, "42", 0x42),
        (DataType.INTEGER, "fe", -2),
        (DataType.LONG, "fffe", -2),
        (DataType.UNSIGNED, "fe", 254),
        (DataType.LONG_UNSIGNED, "fffe", 65534),
        (DataType.LONG64, "fffffffffffffffe", -2),
        (DataType.LONG64_UNSIGNED, "fffffffffffffffe", (1 << 64) - 2),
        (DataType.ENUM, "23", 35),
        (DataType.FLOAT32, "41c80000", 25.0),
        (DataType.FLOAT32, "7f800000", float("inf")),
        (DataType.FLOAT32, "7f800001", b"\x7f\x80\x00\x01"),
        (DataType.FLOAT32, "ffc00000", b"\xff\xc0\x00\x00"),
        (DataType.FLOAT64, "4039000000000000", 25.0),
        (DataType.FLOAT64, "7ff0000000000001", b"\x7f\xf0\0\0\0\0\0\x01"),
        (
            DataType.DATE_TIME,
            "07e40106ff00030000ffc400",
            CosemDateTime.from_octets(bytes.fromhex("07e40106ff00030000ffc400")),
        ),
        (DataType.DATE, "07e40106ff", CosemDate(year=2020, month=1, day=6)),
        (DataType.TIME, "000300ff", CosemTime(hour=0, minute=3, second=0)),
        (DataType.DELTA_INTEGER, "fe", -2),
        (DataType.DELTA_LONG, "fffe", -2),
        (DataType.DELTA_DOUBLE_LONG, "fffffffe", -2),
        (DataType.DELTA_UNSIGNED, "fe", 254),
        (DataType.DELTA_LONG_UNSIGNED, "fffe", 65534),
        (DataType.DELTA_DOUBLE_LONG_UNSIGNED, "fffffffe", 4294967294),
    ],
)
def test_each_type_both_ways(kind: DataType, text: str, value: DataValue) -> None:
    found = read(kind, text)
    assert found == value
    assert type(found) is type(value)
    assert SCALARS[kind].write(value).hex() == text


@given(ANY_SCALAR)
def test_what_was_written_is_read_again(data: Data) -> None:
    written = SCALARS[data.type].write(data.value)
    cursor = Cursor(written)
    assert SCALARS[data.type].read(cursor) == data.value
    cursor.expect_end()
    assert len(written) >= SCALARS[data.type].least


@given(SCALAR_TYPES, st.binary(max_size=24))
def test_any_octets_give_a_value_or_the_one_error(kind: DataType, octets: bytes) -> None:
    cursor = Cursor(octets)
    try:
        value = SCALARS[kind].read(cursor)
    except DecodeError:
        return
    assert SCALARS[kind].read(Cursor(SCALARS[kind].write(value))) == value
    assert cursor.position >= SCALARS[kind].least


@pytest.mark.parametrize("kind", sorted(INTEGERS))
def test_integers_end_at_their_limits(kind: DataType) -> None:
    least, most = INTEGERS[kind]
    for value in (least, most):
        assert SCALARS[kind].read(Cursor(SCALARS[kind].write(value))) == value
    refused: list[DataValue] = [least - 1, most + 1, 1.5, "1", None]
    for bad in refused:
        with pytest.raises(EncodeError, match=f"can't be encoded as {kind.words}"):
            SCALARS[kind].write(bad)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (DataType.NULL_DATA, 0),
        (DataType.DONT_CARE, b""),
        (DataType.BOOLEAN, 1),
        (DataType.BIT_STRING, "0101"),
        (DataType.OCTET_STRING, "AB"),
        (DataType.VISIBLE_STRING, b"AB"),
        (DataType.VISIBLE_STRING, "€"),
        (DataType.UTF8_STRING, 1),
        (DataType.UTF8_STRING, b"AB"),
        (DataType.UTF8_STRING, "\ud800"),
        (DataType.FLOAT32, "1"),
        (DataType.FLOAT32, 1e300),
        (DataType.FLOAT32, struct.pack(">f", 1)),
        (DataType.FLOAT32, b"\x7f\xc0\0"),
        (DataType.FLOAT64, 10**400),
        (DataType.DATE_TIME, CosemDate()),
        (DataType.DATE, CosemTime()),
        (DataType.TIME, b"\0\0\0\0"),
        (DataType.TIME, CosemTime(hour=256)),
    ],
)
def test_what_is_not_of_the_type_is_refused(kind: DataType, value: DataValue) -> None:
    with pytest.raises(EncodeError):
        SCALARS[kind].write(value)


def test_any_octet_but_zero_is_true() -> None:
    assert read(DataType.BOOLEAN, "ff") is True


def test_what_stands_behind_the_last_bit_is_dropped() -> None:
    assert read(DataType.BIT_STRING, "045f") == BitString(4, b"\x50")


def test_bits_that_do_not_follow_are_refused() -> None:
    cursor = Cursor(bytes.fromhex("09ff"))
    with pytest.raises(DecodeError, match="9 bits in 2 octets wanted at octet 1, but 1 are left"):
        SCALARS[DataType.BIT_STRING].read(cursor)
    assert cursor.position == 0

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dcud.dlms.data as face
from dcud.dlms.data import (
    MAX_NESTING,
    Data,
    DataType,
    TypeDescription,
    array,
    boolean,
    compact_array,
    decode_data,
    encode_data,
    enum,
    integer,
    null_data,
    octet_string,
    structure,
    to_native,
    unsigned,
)
from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.octets import Cursor
from tests.support.data_strategies import data


def decode(octets: str) -> Data:
    cursor = Cursor(bytes.fromhex(octets))
    decoded = decode_data(cursor)
    cursor.expect_end()
    return decoded


@pytest.mark.parametrize(
    ("octets", "native"),
    [
        # Circutor/gosem tests: array of structures with mixed members
        (
            (
                "01020204090c07d00106050f0030ff003c01121234050abbccdd1101"
                "0204090c07d00106050f0030ff003c0112567805000000001102"
            ),
            [
                (b"\x07\xd0\x01\x06\x05\x0f\x000\xff\x00<\x01", 4660, 180079837, 1),
                (b"\x07\xd0\x01\x06\x05\x0f\x000\xff\x00<\x01", 22136, 0, 2),
            ],
        ),
        # DlmsSPODES tests: scaler -2, unit 27
        ("02020ffe161b", (-2, 27)),
        # Connexo CoderDlmsDataTest: five long-unsigned in a compact array
        ("13120a11112222333344445555", [0x1111, 0x2222, 0x3333, 0x4444, 0x5555]),
    ],
)
def test_known_answers_both_ways(octets: str, native: object) -> None:
    decoded = decode(octets)
    assert to_native(decoded) == native
    assert encode_data(decoded).hex() == octets


def test_a_known_bit_string() -> None:
    # Circutor/gosem tests
    decoded = decode("04280ff0ff0155")
    assert str(decoded.value) == "0000111111110000111111110000000101010101"
    assert encode_data(decoded).hex() == "04280ff0ff0155"


def test_a_profile_with_compressed_clocks() -> None:
    # u9n/dlms-cosem tests/test_parsers.py
    rows = decode(
        "0104"
        "0204090C07E30C1F0217000000FFC400110606000005ED0600000654"
        "020400110606000005ED0600000654"
        "020400110606000005ED0600000654"
        "020400110606000005ED0600000654"
    )
    clock = bytes.fromhex("07E30C1F0217000000FFC400")
    assert to_native(rows) == [
        (clock, 6, 1517, 1620),
        (None, 6, 1517, 1620),
        (None, 6, 1517, 1620),
        (None, 6, 1517, 1620),
    ]


@given(data())
def test_what_was_encoded_is_decoded_again(value: Data) -> None:
    cursor = Cursor(encode_data(value))
    assert decode_data(cursor) == value
    cursor.expect_end()


def assert_survives(decoded: Data) -> None:
    # A compact array with counts of its own may turn ambiguous once its lengths are minimal.
    with suppress(EncodeError):
        assert decode_data(Cursor(encode_data(decoded))) == decoded


@given(st.binary(max_size=80))
def test_any_octets_give_data_or_the_one_error(octets: bytes) -> None:
    try:
        decoded = decode_data(Cursor(octets))
    except DecodeError:
        return
    assert_survives(decoded)


@given(data(), st.data())
def test_damaged_octets_give_data_or_the_one_error(value: Data, draw: st.DataObject) -> None:
    octets = bytearray(encode_data(value))
    octets[draw.draw(st.integers(0, len(octets) - 1))] = draw.draw(st.integers(0, 255))
    try:
        decoded = decode_data(Cursor(bytes(octets)))
    except DecodeError:
        return
    assert_survives(decoded)


@pytest.mark.parametrize("tag", [7, 8, 11, 14, 34, 0x80, 0xFE])
def test_an_unknown_tag_is_named_with_its_position(tag: int) -> None:
    with pytest.raises(DecodeError, match=f"tag {tag:02X} at octet 3 is no type of Data"):
        decode_data(Cursor(b"\x02\x02\x00" + bytes((tag, 0))))


def test_lengths_longer_than_need_be_are_accepted() -> None:
    assert decode("018200010982000141") == array([octet_string(b"A")])


def test_a_count_without_that_many_octets_is_refused() -> None:
    with pytest.raises(DecodeError, match="announces 2147483648, but 3 octets are left"):
        decode("018480000000000000")


def test_nesting_up_to_the_limit_is_read_and_written() -> None:
    octets = b"\x02\x01" * MAX_NESTING + b"\x00"
    assert encode_data(decode(octets.hex())) == octets


def test_nesting_beyond_the_limit_is_refused_both_ways() -> None:
    with pytest.raises(
        DecodeError, match=f"structure at octet {2 * MAX_NESTING} is nested too deeply"
    ):
        decode_data(Cursor(b"\x02\x01" * 5000))
    value = null_data()
    for _ in range(MAX_NESTING + 1):
        value = array([value])
    with pytest.raises(EncodeError, match="array is nested too deeply"):
        encode_data(value)


def test_a_compact_array_both_ways() -> None:
    value = compact_array(TypeDescription(DataType.UNSIGNED), [unsigned(1), unsigned(2)])
    assert encode_data(value).hex() == "1311020102"
    assert decode("1311020102") == value


@pytest.mark.parametrize(
    "value",
    [
        Data(DataType.ARRAY, 1),
        Data(DataType.STRUCTURE, compact_array(TypeDescription(DataType.ENUM), []).value),
        Data(DataType.COMPACT_ARRAY, ()),
        integer(128),
        integer(-129),
        enum(256),
        structure([boolean(value=True), unsigned(-1)]),
    ],
)
def test_a_value_that_is_not_of_its_type_is_refused(value: Data) -> None:
    with pytest.raises(EncodeError, match="can't be encoded as"):
        encode_data(value)


def test_every_type_has_a_constructor_here() -> None:
    assert all(hasattr(face, kind.name.lower()) for kind in DataType)
    assert all(hasattr(face, name) for name in face.__all__)

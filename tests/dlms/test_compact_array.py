import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.compact_array import (
    MAX_DESCRIPTION_DEPTH,
    VALUES_PER_OCTET,
    decode_compact_array,
    decode_type_description,
    element_reader,
    encode_compact_array,
    encode_type_description,
)
from dcud.dlms.constructors import array, long_unsigned, null_data, structure, unsigned
from dcud.dlms.data_types import CompactArray, Data, DataType, TypeDescription
from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.native import Native, to_native
from dcud.dlms.octets import Cursor, encode_length
from tests.support.data_strategies import DESCRIPTIONS, compact_arrays, scalar

UNSIGNED = TypeDescription(DataType.UNSIGNED)
PAIR_OF_UNSIGNED = TypeDescription(DataType.ARRAY, (UNSIGNED,), 2)


def decode(text: str) -> CompactArray:
    cursor = Cursor(bytes.fromhex(text))
    value = decode_compact_array(cursor)
    cursor.expect_end()
    return value


def native(value: CompactArray) -> Native:
    return to_native(Data(DataType.COMPACT_ARRAY, value))


CLOCK = bytes.fromhex("07D00101FF000000FF800000")


@pytest.mark.parametrize(
    ("text", "elements"),
    [
        # By hand from the ASN.1 grammar; other decoders agree.
        ("1206000100020003", [1, 2, 3]),
        ("0202121106000111000222", [(1, 17), (2, 34)]),
        ("0906024142024344", [b"AB", b"CD"]),
        # Connexo CoderDlmsDataTest
        ("120a11112222333344445555", [0x1111, 0x2222, 0x3333, 0x4444, 0x5555]),
        ("02030911113c" + ("0c" + CLOCK.hex() + "0000") * 4, [(CLOCK, 0, 0)] * 4),
        # An array's items, counted by the description.
        ("0100021104" + "01020304", [[1, 2], [3, 4]]),
        ("1100", []),
    ],
)
def test_known_answers_both_ways(text: str, elements: Native) -> None:
    value = decode(text)
    assert native(value) == elements
    assert not value.explicit_counts
    assert encode_compact_array(value).hex() == text


def test_counts_within_the_contents_are_found_out() -> None:
    # [[1, 2], [3]] of a description that says two items: 5 octets don't come out even by that.
    value = decode("010002110502010201" + "03")
    assert native(value) == [[1, 2], [3]]
    assert value.explicit_counts
    assert encode_compact_array(value).hex() == "01000211050201020103"


def test_contents_that_fit_neither_way_are_refused() -> None:
    with pytest.raises(
        DecodeError, match=r"contents of the compact array at octet 0: 1 octets where"
    ):
        decode("0100021103010203")


@given(compact_arrays())
def test_what_was_encoded_is_decoded_again(value: CompactArray) -> None:
    cursor = Cursor(encode_compact_array(value))
    assert decode_compact_array(cursor) == value
    cursor.expect_end()


@given(st.lists(st.lists(st.integers(0, 255), max_size=4), max_size=4))
def test_explicit_counts_survive_or_are_refused(items: list[list[int]]) -> None:
    elements = tuple(array(unsigned(n) for n in item) for item in items)
    value = CompactArray(PAIR_OF_UNSIGNED, elements, explicit_counts=True)
    try:
        octets = encode_compact_array(value)
    except EncodeError:
        # With an even number of octets the contents could be pairs as well.
        assert sum(1 + len(item) for item in items) % 2 == 0
        return
    assert decode_compact_array(Cursor(octets)) == value


@given(DESCRIPTIONS)
def test_descriptions_survive(description: TypeDescription) -> None:
    cursor = Cursor(encode_type_description(description))
    assert decode_type_description(cursor) == description
    cursor.expect_end()


@given(st.binary(max_size=40))
def test_any_octets_give_an_array_or_the_one_error(octets: bytes) -> None:
    try:
        value = decode_compact_array(Cursor(octets))
    except DecodeError:
        return
    assert native(value) is not None


@pytest.mark.parametrize("tag", ["13", "07", "22"])
def test_what_describes_no_element_is_named(tag: str) -> None:
    with pytest.raises(
        DecodeError, match=f"tag {tag} at octet 2 describes no element of a compact array"
    ):
        decode(f"0201{tag}00")


def test_deep_descriptions_are_refused_both_ways() -> None:
    with pytest.raises(DecodeError, match="is nested too deeply"):
        decode("0201" * 5000 + "1100")
    description = UNSIGNED
    for _ in range(MAX_DESCRIPTION_DEPTH):
        description = TypeDescription(DataType.STRUCTURE, (description,))
    assert decode_type_description(Cursor(encode_type_description(description))) == description
    with pytest.raises(EncodeError, match="is nested too deeply"):
        encode_type_description(TypeDescription(DataType.STRUCTURE, (description,)))


def test_null_data_may_stand_beside_what_has_octets() -> None:
    value = decode("0203110000" + "020102")
    assert native(value) == [(1, None, None), (2, None, None)]


@pytest.mark.parametrize(
    "text",
    [
        "000100",  # null-data
        "ff0100",  # dont-care
        "02000100",  # a structure of nothing
        "0100001101ff",  # an array of no items: with counts of its own it doesn't come out either
        "01ffff000100",  # 65535 times null-data
        "01ffff" * 8 + "000100",
        "0209" + "00" * 8 + "110100",  # more values than one octet may stand for
        "0202" + "11" + "01ffff00" + "020100",
    ],
)
def test_nothing_does_not_multiply(text: str) -> None:
    with pytest.raises(DecodeError, match="contents of the compact array"):
        decode(text)


def test_values_up_to_the_limit_for_each_octet() -> None:
    nothings = VALUES_PER_OCTET - 2
    value = decode(f"02{1 + nothings:02x}" + "00" * nothings + "11" + "020102")
    assert native(value) == [(*[None] * nothings, 1), (*[None] * nothings, 2)]


def test_memory_stays_in_proportion() -> None:
    n = 20_000
    hostile = [
        b"\x02" + encode_length(n) + b"\x00" * (n - 1) + b"\x11" + encode_length(n) + bytes(n),
        b"\x01\xff\xff\x01\xff\xff\x11" + encode_length(n) + b"\xff" * n,
        b"\x01\xff\xff\x00" + encode_length(n) + b"\xff" * n,
    ]
    tracemalloc.start()
    try:
        for octets in hostile:
            with pytest.raises(DecodeError):
                decode_compact_array(Cursor(octets))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1000 * n


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (
            CompactArray(UNSIGNED, (long_unsigned(1),)),
            "long-unsigned in a compact array of unsigned",
        ),
        (CompactArray(UNSIGNED, (unsigned(256),)), "256 can't be encoded as unsigned"),
        (CompactArray(PAIR_OF_UNSIGNED, (array([unsigned(1)]),)), "array of 1 where 2 are"),
        (
            CompactArray(
                TypeDescription(DataType.STRUCTURE, (UNSIGNED,)), (structure([unsigned(1)] * 2),)
            ),
            "structure of 2 where 1 are described",
        ),
        (
            CompactArray(TypeDescription(DataType.NULL_DATA), (null_data(),)),
            "would not be read back",
        ),
        (
            CompactArray(
                TypeDescription(
                    DataType.STRUCTURE, (TypeDescription(DataType.NULL_DATA),) * 9 + (UNSIGNED,)
                ),
                (structure([*[null_data()] * 9, unsigned(1)]),),
            ),
            "would not be read back",
        ),
        (CompactArray(UNSIGNED, (), explicit_counts=True), "would not be read back"),
        (CompactArray(TypeDescription(DataType.COMPACT_ARRAY), ()), "describes no element"),
        (CompactArray(TypeDescription(DataType.ARRAY, (UNSIGNED,), 1 << 16), ()), "no element"),
        (CompactArray(TypeDescription(DataType.ARRAY, (), 1), ()), "describes no element"),
        (CompactArray(TypeDescription(DataType.STRUCTURE, (), 1), ()), "describes no element"),
        (CompactArray(TypeDescription(DataType.UNSIGNED, (), 1), ()), "describes no element"),
    ],
)
def test_what_can_not_be_encoded_is_refused(value: CompactArray, words: str) -> None:
    with pytest.raises(EncodeError, match=words):
        encode_compact_array(value)


@given(DESCRIPTIONS, st.lists(scalar(DataType.UNSIGNED), max_size=2))
def test_elements_of_another_type_are_refused(
    description: TypeDescription, elements: list[Data]
) -> None:
    value = CompactArray(description, tuple(elements))
    if description.type is DataType.UNSIGNED or not elements:
        assert decode_compact_array(Cursor(encode_compact_array(value))) == value
    else:
        with pytest.raises(EncodeError):
            encode_compact_array(value)


def test_elements_are_read_one_by_one() -> None:
    kinds = tuple(map(TypeDescription, (DataType.UNSIGNED, DataType.OCTET_STRING)))
    read = element_reader(TypeDescription(DataType.STRUCTURE, kinds))
    assert read is not None
    cursor = Cursor(bytes.fromhex("05 01AA 06 00"))
    assert [to_native(read(cursor)), to_native(read(cursor))] == [(5, b"\xaa"), (6, b"")]
    cursor.expect_end()


def test_elements_with_elements_of_their_own_are_not_read_one_by_one() -> None:
    within = TypeDescription(DataType.ARRAY, (TypeDescription(DataType.UNSIGNED),), 2)
    assert element_reader(TypeDescription(DataType.STRUCTURE, (within,))) is None


def test_elements_without_octets_are_refused() -> None:
    with pytest.raises(DecodeError, match="values in each 0 octets"):
        element_reader(TypeDescription(DataType.STRUCTURE))


def test_an_element_that_can_not_be_whole_is_not_begun() -> None:
    """Found by fuzzing: 257 ** 4 nothings stand before the octets that are not there."""
    nothings = "010101" * 4 + "00"
    octets = "010101" * 4 + "11"
    with pytest.raises(DecodeError, match="2 octets where an element takes 4362470401 at least"):
        decode_compact_array(Cursor(bytes.fromhex(f"0202 {nothings} {octets} 02 0102")))

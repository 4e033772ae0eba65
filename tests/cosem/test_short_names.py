import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.cosem.short_names import (
    LearnedNames,
    NamedObject,
    decode_named_objects,
    parse_named_objects,
)
from dcud.dlms.access import AttributeDescriptor, MethodDescriptor
from dcud.dlms.data import (
    Data,
    array,
    encode_data,
    integer,
    long,
    long_unsigned,
    octet_string,
    structure,
    unsigned,
)
from dcud.dlms.errors import DecodeError
from dcud.dlms.obis import Obis
from dcud.dlms.short_names import REPLY_TO_HLS_AUTHENTICATION, ShortNames, UnknownNameError

ENERGY = Obis.parse("1.0.1.8.0.255")
PROFILE = Obis.parse("1.0.99.1.0.255")


def element(base_name: int, class_id: int, version: int, name: Obis) -> Data:
    return structure(
        (long(base_name), long_unsigned(class_id), unsigned(version), octet_string(name.octets))
    )


LIST = array(
    (
        element(0x0100, 3, 0, ENERGY),
        element(0x0200, 7, 1, PROFILE),
        element(-8, 1, 0, ENERGY),
        element(0x0300, 9999, 0, ENERGY),
    )
)


def learned() -> ShortNames:
    names = LearnedNames()
    names.learn(encode_data(LIST))
    return names


def test_the_list_of_objects() -> None:
    octets = "0101" + "0204" + "100100" + "120003" + "1100" + "09060100010800ff"
    (found,) = decode_named_objects(bytes.fromhex(octets))
    assert found == NamedObject(base_name=0x0100, class_id=3, version=0, logical_name=ENERGY)
    assert parse_named_objects(LIST)[2].base_name == 0xFFF8


@pytest.mark.parametrize(
    "data",
    [
        unsigned(1),
        array((unsigned(1),)),
        array((structure((long(8), long_unsigned(3), unsigned(0))),)),
        array((structure((long(8), long_unsigned(3), unsigned(0), octet_string(b"short"))),)),
        array((structure((long(8), long_unsigned(3), unsigned(0), integer(1))),)),
    ],
)
def test_what_is_no_list_of_objects(data: Data) -> None:
    with pytest.raises(DecodeError):
        parse_named_objects(data)


def test_a_list_with_something_behind_it() -> None:
    with pytest.raises(DecodeError):
        decode_named_objects(b"\x01\x00\x00")


@pytest.mark.parametrize(
    ("class_id", "name", "attribute", "short"),
    [
        (3, ENERGY, 1, 0x0100),
        (3, ENERGY, 2, 0x0108),
        (3, ENERGY, 3, 0x0110),
        (7, PROFILE, 2, 0x0208),
    ],
)
def test_attributes_lie_eight_apart(class_id: int, name: Obis, attribute: int, short: int) -> None:
    assert learned().attribute(AttributeDescriptor(class_id, name, attribute)) == short


@pytest.mark.parametrize(
    ("class_id", "name", "method", "short"),
    # offsets of the first method: 28 of a register, 58 of a profile
    [(3, ENERGY, 1, 0x0128), (7, PROFILE, 1, 0x0258), (7, PROFILE, 2, 0x0260)],
)
def test_methods_lie_where_their_class_has_them(
    class_id: int, name: Obis, method: int, short: int
) -> None:
    assert learned().method(MethodDescriptor(class_id, name, method)) == short


@pytest.mark.parametrize(
    "descriptor",
    [
        AttributeDescriptor(8, ENERGY, 2),
        AttributeDescriptor(3, ENERGY, 0),
        AttributeDescriptor(3, ENERGY, -1),
        AttributeDescriptor(1, ENERGY, 2),  # 0xFFF8 and 8 are more than two octets hold
    ],
)
def test_attributes_without_a_name(descriptor: AttributeDescriptor) -> None:
    with pytest.raises(UnknownNameError):
        learned().attribute(descriptor)


@pytest.mark.parametrize(
    "descriptor",
    [
        MethodDescriptor(8, ENERGY, 1),
        MethodDescriptor(3, ENERGY, 0),
        MethodDescriptor(1, ENERGY, 1),
        MethodDescriptor(9999, ENERGY, 1),
    ],
)
def test_methods_without_a_name(descriptor: MethodDescriptor) -> None:
    with pytest.raises(UnknownNameError):
        learned().method(descriptor)


def test_it_tells_whether_there_is_anything_to_learn() -> None:
    assert not LearnedNames().is_known
    assert learned().is_known


def test_names_in_doubt_are_kept_until_others_are_learned() -> None:
    names = LearnedNames()
    names.learn(encode_data(LIST))
    energy = AttributeDescriptor(3, ENERGY, 2)
    known = names.attribute(energy)
    is_known = [names.is_known]
    names.doubt()
    is_known.append(names.is_known)
    assert names.attribute(energy) == known
    names.learn(encode_data(array([])))
    is_known.append(names.is_known)
    assert is_known == [True, False, True]
    with pytest.raises(UnknownNameError):
        names.attribute(energy)


def test_the_current_association_is_known_without_a_list() -> None:
    names = LearnedNames()
    assert names.method(REPLY_TO_HLS_AUTHENTICATION) == 0xFA58
    assert names.returns_data(REPLY_TO_HLS_AUTHENTICATION)
    assert not names.returns_data(MethodDescriptor(3, ENERGY, 1))


@given(st.binary(max_size=60))
def test_any_octets_end_in_objects_or_a_decode_error(octets: bytes) -> None:
    try:
        decode_named_objects(octets)
    except DecodeError as error:
        assert error.message  # noqa: PT017  # whatever else is raised fails the test

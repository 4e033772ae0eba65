import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.cosem.association_view import (
    Access,
    AttributeRights,
    MethodRights,
    ObjectListElement,
    decode_object_list,
    object_list_data,
    parse_object_list,
)
from dcud.dlms.data import Data, array, encode_data
from dcud.dlms.errors import DecodeError
from dcud.dlms.obis import Obis
from tests.support.data_strategies import data as any_data

# A literal object list of three: the logical device name (readable), an import register with a
# method that may be invoked, a profile whose buffer knows ranges with entries.
BOOLEANS = bytes.fromhex(
    "0103"
    "0204 120001 1100 0906 00002a0000ff 0202"
    "  0102 0203 0f01 1601 00 0203 0f02 1601 00"
    "  0100"
    "0204 120003 1100 0906 0100010800ff 0202"
    "  0103 0203 0f01 1601 00 0203 0f02 1603 00 0203 0f03 1606 00"
    "  0101 0202 0f01 0301"
    "0204 120007 1101 0906 0100630100ff 0202"
    "  0102 0203 0f01 1601 00 0203 0f02 1604 0102 0f01 0f02"
    "  0102 0202 0f01 0300 0202 0f02 1602"
)
# The same register under an association of version 3: modes are masks.
MASKS = bytes.fromhex(
    "0102"
    "0204 12000f 1103 0906 0000280000ff 0202 0101 0203 0f02 1601 00 0100"
    "0204 120003 1100 0906 0100010800ff 0202"
    "  0102 0203 0f02 1625 00 0203 0f03 1603 00"
    "  0101 0202 0f01 1605"
)
# Asked for without rights (selector 1 or 2).
WITHOUT_RIGHTS = bytes.fromhex(
    "01020203 120001 1100 0906 00002a0000ff0203 120008 1100 0906 0000010000ff"
)


def test_an_object_list_tells_objects_with_the_rights_on_them() -> None:
    name, register, profile = decode_object_list(BOOLEANS)
    assert name == ObjectListElement(
        class_id=1,
        version=0,
        logical_name=Obis.parse("0.0.42.0.0.255"),
        attribute_rights=(
            AttributeRights(attribute=1, mode=1),
            AttributeRights(attribute=2, mode=1),
        ),
        method_rights=(),
    )
    assert register.logical_name == Obis.parse("1.0.1.8.0.255")
    assert register.method_rights == (MethodRights(method=1, mode=1),)
    assert (profile.class_id, profile.version) == (7, 1)
    assert profile.attribute_rights is not None
    assert profile.attribute_rights[1].selectors == (1, 2)


def test_enumerated_modes_mean_what_the_older_versions_say() -> None:
    _, register, profile = decode_object_list(BOOLEANS)
    assert register.attribute_access(1) == Access.READ
    assert register.attribute_access(2) == Access.READ | Access.WRITE
    assert register.attribute_access(3) == Access.READ | Access.WRITE | Access.AUTHENTICATED_REQUEST
    assert profile.attribute_access(2) == Access.READ | Access.AUTHENTICATED_REQUEST
    assert profile.attribute_access(3) is None


def test_methods_have_booleans_or_enums_and_the_tag_decides() -> None:
    _, register, profile = decode_object_list(BOOLEANS)
    assert register.method_rights is not None
    assert register.method_rights[0].access == Access.INVOKE
    assert profile.method_rights is not None
    assert [each.access for each in profile.method_rights] == [
        Access(0),
        Access.INVOKE | Access.AUTHENTICATED_REQUEST,
    ]


def test_modes_are_masks_from_version_3_of_the_association_on() -> None:
    association, register = decode_object_list(MASKS)
    assert association.attribute_access(2) == Access.READ
    assert (
        register.attribute_access(2)
        == Access.READ | Access.AUTHENTICATED_REQUEST | Access.AUTHENTICATED_RESPONSE
    )
    assert register.attribute_access(3) == Access.READ | Access.WRITE
    assert register.method_rights == (MethodRights(method=1, mode=5, masked=True),)
    assert register.method_rights[0].access == Access.INVOKE | Access.AUTHENTICATED_REQUEST


@pytest.mark.parametrize(
    ("associations", "masked"),
    [
        ((), False),
        ((("0.0.40.0.0.255", 2),), False),
        ((("0.0.40.0.1.255", 3),), True),
        ((("0.0.40.0.1.255", 3), ("0.0.40.0.0.255", 1)), False),
        ((("0.0.40.0.1.255", 0), ("0.0.40.0.0.255", 4)), True),
    ],
)
def test_the_current_association_decides_where_it_is_in_the_list(
    associations: tuple[tuple[str, int], ...],
    masked: bool,  # noqa: FBT001  # drawn
) -> None:
    register = ObjectListElement(
        class_id=3,
        version=0,
        logical_name=Obis.parse("1.0.1.8.0.255"),
        attribute_rights=(AttributeRights(attribute=2, mode=4),),
        method_rights=(),
    )
    seen = [
        ObjectListElement(class_id=15, version=version, logical_name=Obis.parse(code))
        for code, version in associations
    ]
    *_, found = parse_object_list(object_list_data((*seen, register)))
    assert found.attribute_rights == (AttributeRights(attribute=2, mode=4, masked=masked),)


def test_an_object_list_may_come_without_rights() -> None:
    name, clock = decode_object_list(WITHOUT_RIGHTS)
    assert clock == ObjectListElement(
        class_id=8, version=0, logical_name=Obis.parse("0.0.1.0.0.255")
    )
    assert name.attribute_rights is None
    assert name.attribute_access(2) is None


def test_rights_of_null_data_are_none_told() -> None:
    octets = bytes.fromhex("0101 0204 120001 1100 090600002a0000ff 00")
    (element,) = decode_object_list(octets)
    assert element.attribute_rights is None


def test_an_unknown_mode_is_kept() -> None:
    unknown = AttributeRights(attribute=2, mode=7)
    assert (unknown.mode, unknown.access) == (7, None)
    assert MethodRights(method=1, mode=3).access is None


rights = st.one_of(
    st.tuples(st.none(), st.none()),
    st.tuples(
        st.lists(
            st.builds(
                AttributeRights,
                attribute=st.integers(-128, 127),
                mode=st.integers(0, 255),
                selectors=st.lists(st.integers(-128, 127), max_size=3).map(tuple),
            ),
            max_size=3,
        ).map(tuple),
        st.lists(
            st.builds(MethodRights, method=st.integers(-128, 127), mode=st.integers(0, 255)),
            max_size=3,
        ).map(tuple),
    ),
)
elements = st.builds(
    lambda class_id, version, octets, pair: ObjectListElement(
        class_id=class_id,
        version=version,
        logical_name=Obis(octets),
        attribute_rights=pair[0],
        method_rights=pair[1],
    ),
    st.integers(0, 65535).filter(lambda class_id: class_id != 15),
    st.integers(0, 255),
    st.binary(min_size=6, max_size=6),
    rights,
)


@given(st.lists(elements, max_size=4))
def test_object_lists_survive_their_encoding(given_ones: list[ObjectListElement]) -> None:
    assert decode_object_list(encode_data(object_list_data(given_ones))) == tuple(given_ones)


def test_masks_survive_their_encoding() -> None:
    assert encode_data(object_list_data(decode_object_list(MASKS))) == MASKS


@pytest.mark.parametrize(
    "octets",
    [
        "",
        "00",
        "0101 00",
        "0101 0202 120001 1100",
        "0101 0203 00 1100 090600002a0000ff",
        "0101 0203 06 00010000 1100 090600002a0000ff",
        "0101 0203 120001 1100 090500002a0000",
        "0101 0203 120001 1100 0a0600002a000000",
        "0101 0204 120001 1100 090600002a0000ff 0100",
        "0101 0204 120001 1100 090600002a0000ff 0202 00 0100",
        "0101 0204 120001 1100 090600002a0000ff 0202 0101 0202 0f01 1601 0100",
        "0101 0204 120001 1100 090600002a0000ff 0202 0101 0203 0f01 1601 1600 0100",
        "0101 0204 120001 1100 090600002a0000ff 0202 0100 0101 0201 0f01",
        "0100 00",
    ],
)
def test_what_is_no_object_list_is_a_decode_error(octets: str) -> None:
    with pytest.raises(DecodeError):
        decode_object_list(bytes.fromhex(octets))


@given(any_data())
def test_any_data_is_an_object_list_or_a_decode_error(data: Data) -> None:
    for value in (data, array((data,))):
        try:
            parse_object_list(value)
        except DecodeError:
            continue


@given(st.binary(max_size=64))
def test_any_octets_are_an_object_list_or_a_decode_error(octets: bytes) -> None:
    try:
        decode_object_list(octets)
    except DecodeError:
        return

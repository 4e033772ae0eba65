import pytest

from dcud.cosem.class_tables.wireless import CLASSES
from tests.support.class_tables import assert_well_formed, latest


def test_the_family_is_well_formed() -> None:
    assert_well_formed(CLASSES)


@pytest.mark.parametrize(
    ("class_id", "name", "index", "attribute", "type_name"),
    [
        (105, "ZigBee tunnel setup", 4, "protocol_address", "octet-string"),
    ],
)
def test_attributes_have_the_number_name_and_type_of_the_standard(
    class_id: int, name: str, index: int, attribute: str, type_name: str
) -> None:
    known = latest(CLASSES, class_id)
    found = known.attribute(index)
    assert known.name == name
    assert found is not None
    assert (found.name, found.type) == (attribute, type_name)


@pytest.mark.parametrize(
    ("class_id", "methods_offset", "first", "last"),
    [
        (104, None, "register_device", "remove_pan"),
    ],
)
def test_methods_have_the_names_and_short_names_of_the_standard(
    class_id: int, methods_offset: int | None, first: str, last: str
) -> None:
    known = latest(CLASSES, class_id)
    assert known.methods_offset == methods_offset
    assert (known.methods[0].name, known.methods[-1].name) == (first, last)

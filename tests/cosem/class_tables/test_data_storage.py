import pytest

from dcud.cosem.class_tables.data_storage import CLASSES
from tests.support.class_tables import assert_well_formed, latest


def test_the_family_is_well_formed() -> None:
    assert_well_formed(CLASSES)


@pytest.mark.parametrize(
    ("class_id", "name", "index", "attribute", "type_name"),
    [
        (6, "Register activation", 4, "active_mask", "octet-string"),
        (26, "Utility tables", 3, "length", "double-long-unsigned"),
        (61, "Register table", 4, "scaler_unit", "scal_unit_type"),
        (62, "Compact data", 4, "template_id", "unsigned"),
        (63, "Status mapping", 3, "mapping_table", "structure"),
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
        (3, 0x28, "reset", "reset"),
        (4, 0x38, "reset", "reset"),
        (5, 0x48, "reset", "next_period"),
        (6, 0x30, "add_register", "delete_mask"),
        (7, 0x58, "reset", "capture"),
        (61, 0x28, "reset", "capture"),
    ],
)
def test_methods_have_the_names_and_short_names_of_the_standard(
    class_id: int, methods_offset: int | None, first: str, last: str
) -> None:
    known = latest(CLASSES, class_id)
    assert known.methods_offset == methods_offset
    assert (known.methods[0].name, known.methods[-1].name) == (first, last)

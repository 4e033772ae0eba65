import pytest

from dcud.cosem.class_tables.access_control import CLASSES
from tests.support.class_tables import assert_well_formed, latest


def test_the_family_is_well_formed() -> None:
    assert_well_formed(CLASSES)


@pytest.mark.parametrize(
    ("class_id", "name", "index", "attribute", "type_name"),
    [
        (12, "Association SN", 3, "access_rights_list", "array"),
        (17, "SAP assignment", 2, "sap_assignment_list", "array"),
        (18, "Image transfer", 2, "image_block_size", "double-long-unsigned"),
        (18, "Image transfer", 6, "image_transfer_status", "enum"),
        (30, "Data protection", 6, "required_protection", "enum"),
        (64, "Security setup", 6, "certificates", "array"),
        (122, "Function control", 3, "function_list", "array"),
        (123, "Array manager", 2, "array_object_list", "array"),
        (124, "Communication port protection", 5, "steepness_factor", "unsigned"),
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
        (12, 0x20, "getlist_by_classid", "remove_user"),
        (15, 0x60, "reply_to_hls_authentication", "remove_user"),
        (17, 0x20, "connect_logical_device", "connect_logical_device"),
        (18, 0x40, "image_transfer_initiate", "image_activate"),
        (30, 0x30, "get_protected_attributes", "invoke_protected_method"),
        (64, None, "security_activate", "remove_certificate"),
        (124, 0x50, "reset", "reset"),
    ],
)
def test_methods_have_the_names_and_short_names_of_the_standard(
    class_id: int, methods_offset: int | None, first: str, last: str
) -> None:
    known = latest(CLASSES, class_id)
    assert known.methods_offset == methods_offset
    assert (known.methods[0].name, known.methods[-1].name) == (first, last)

import pytest

from dcud.cosem.class_tables.mbus import CLASSES
from dcud.cosem.class_tables.notation import read_versions
from tests.support.class_tables import assert_well_formed, latest


def test_the_family_is_well_formed() -> None:
    assert_well_formed(CLASSES)


@pytest.mark.parametrize(
    ("class_id", "name", "index", "attribute", "type_name"),
    [
        (25, "M-Bus slave port setup", 5, "bus_address", "unsigned"),
        (72, "M-Bus client", 6, "identification_number", "double-long-unsigned"),
        (72, "M-Bus client", 14, "encryption_key_status", "enum"),
        (73, "Wireless Mode Q channel", 4, "address_mask", "octet-string"),
        (74, "M-Bus master port setup", 2, "comm_speed", "enum"),
        (76, "DLMS/COSEM server M-Bus port setup", 10, "max_pdu_size", "long-unsigned"),
        (77, "M-Bus diagnostic", 2, "received_signal_strength", "unsigned"),
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
        (72, 0x70, "slave_install", "transfer_key"),
    ],
)
def test_methods_have_the_names_and_short_names_of_the_standard(
    class_id: int, methods_offset: int | None, first: str, last: str
) -> None:
    known = latest(CLASSES, class_id)
    assert known.methods_offset == methods_offset
    assert (known.methods[0].name, known.methods[-1].name) == (first, last)


def test_the_first_mbus_client_has_its_methods_before_what_was_added_later() -> None:
    oldest, *_ = read_versions(72, CLASSES[72])
    assert oldest.methods_offset == 0x60
    assert oldest.attribute("configuration") is None

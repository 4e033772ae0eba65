import pytest

from dcud.cosem.class_tables.narrowband_plc import CLASSES
from tests.support.class_tables import assert_well_formed, latest


def test_the_family_is_well_formed() -> None:
    assert_well_formed(CLASSES)


@pytest.mark.parametrize(
    ("class_id", "name", "index", "attribute", "type_name"),
    [
        (50, "S-FSK Phy&MAC setup", 8, "mac_address", "long-unsigned"),
        (51, "S-FSK Active initiator", 2, "active_initiator", "structure"),
        (80, "61334-4-32 LLC SSCS setup", 2, "service_node_address", "long-unsigned"),
        (86, "PRIME NB OFDM PLC Application identification", 4, "product_id", "long-unsigned"),
        (91, "G3-PLC MAC setup", 2, "mac_short_address", "long-unsigned"),
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

import pytest

from dcud.cosem.class_tables.load_control import CLASSES
from tests.support.class_tables import assert_well_formed, latest


def test_the_family_is_well_formed() -> None:
    assert_well_formed(CLASSES)


@pytest.mark.parametrize(
    ("class_id", "name", "index", "attribute", "type_name"),
    [
        (67, "Sensor manager", 7, "raw_value", "CHOICE"),
        (68, "Arbitrator", 6, "last_outcome", "unsigned"),
        (70, "Disconnect control", 3, "control_state", "enum"),
        (71, "Limiter", 6, "min_over_threshold_duration", "double-long-unsigned"),
        (71, "Limiter", 11, "actions", "structure"),
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
        (70, 0x20, "remote_disconnect", "remote_reconnect"),
    ],
)
def test_methods_have_the_names_and_short_names_of_the_standard(
    class_id: int, methods_offset: int | None, first: str, last: str
) -> None:
    known = latest(CLASSES, class_id)
    assert known.methods_offset == methods_offset
    assert (known.methods[0].name, known.methods[-1].name) == (first, last)

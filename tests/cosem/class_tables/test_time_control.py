import pytest

from dcud.cosem.class_tables.time_control import CLASSES
from tests.support.class_tables import assert_well_formed, latest


def test_the_family_is_well_formed() -> None:
    assert_well_formed(CLASSES)


@pytest.mark.parametrize(
    ("class_id", "name", "index", "attribute", "type_name"),
    [
        (9, "Script table", 2, "scripts", "array"),
        (10, "Schedule", 2, "entries", "array"),
        (11, "Special days table", 2, "entries", "array"),
        (20, "Activity calendar", 10, "activate_passive_calendar_time", "octet-string"),
        (21, "Register monitor", 3, "monitored_value", "structure"),
        (22, "Single action schedule", 4, "execution_time", "array"),
        (65, "Parameter monitor", 7, "parameter_value_digest", "octet-string"),
        (100, "NTP setup", 4, "port", "long-unsigned"),
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
        (8, 0x60, "adjust_to_quarter", "shift_time"),
        (9, 0x20, "execute", "execute"),
        (10, 0x20, "enable_disable", "delete"),
        (11, 0x10, "insert", "delete"),
        (20, 0x50, "activate_passive_calendar", "activate_passive_calendar"),
    ],
)
def test_methods_have_the_names_and_short_names_of_the_standard(
    class_id: int, methods_offset: int | None, first: str, last: str
) -> None:
    known = latest(CLASSES, class_id)
    assert known.methods_offset == methods_offset
    assert (known.methods[0].name, known.methods[-1].name) == (first, last)

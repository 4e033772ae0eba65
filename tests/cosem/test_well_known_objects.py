import pytest

from dcud.cosem.classes import interface_class
from dcud.cosem.likely_classes import likely_classes
from dcud.cosem.obis_names import obis_name
from dcud.cosem.well_known_objects import WELL_KNOWN, NamedObject
from dcud.dlms.obis import Obis


@pytest.mark.parametrize(
    ("name", "class_id", "code"),
    [
        ("clock", 8, "0.0.1.0.0.255"),
        ("current_association", 15, "0.0.40.0.0.255"),
        ("association_sn", 12, "0.0.40.0.0.255"),
        ("disconnect_control", 70, "0.0.96.3.10.255"),
        ("limiter", 71, "0.0.17.0.0.255"),
        ("image_transfer", 18, "0.0.44.0.0.255"),
        ("push_setup", 40, "0.0.25.9.0.255"),
        ("security_setup", 64, "0.0.43.0.0.255"),
        ("activity_calendar", 20, "0.0.13.0.0.255"),
        ("profile", 7, "1.0.99.1.0.255"),
        ("mbus_client_2", 72, "0.2.24.1.0.255"),
        ("logical_device_name", 1, "0.0.42.0.0.255"),
        ("active_energy_import", 3, "1.0.1.8.0.255"),
    ],
)
def test_objects_have_the_class_and_code_of_the_standard(
    name: str, class_id: int, code: str
) -> None:
    assert WELL_KNOWN[name] == NamedObject(class_id, Obis.parse(code))


def test_every_object_is_of_a_known_class_that_its_code_makes_likely() -> None:
    for each in WELL_KNOWN.values():
        assert interface_class(each.class_id) is not None
        assert each.class_id in likely_classes(each.logical_name)


def test_measured_values_are_named_as_their_codes_are() -> None:
    measured = {name: each for name, each in WELL_KNOWN.items() if each.class_id == 3}
    assert {name: obis_name(each.logical_name) for name, each in measured.items()} == {
        name: name for name in measured
    }

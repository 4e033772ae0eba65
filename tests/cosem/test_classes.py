import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.cosem.class_tables import (
    access_control,
    broadband_plc,
    communication,
    data_storage,
    load_control,
    mbus,
    mobile,
    narrowband_plc,
    payment,
    time_control,
    wireless,
)
from dcud.cosem.classes import (
    Attribute,
    InterfaceClass,
    Method,
    interface_class,
    interface_classes,
)


def known(class_id: int, version: int | None = None) -> InterfaceClass:
    found = interface_class(class_id, version)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("class_id", "version", "name", "attributes", "methods"),
    [
        (1, 0, "Data", ["logical_name", "value"], []),
        (3, 0, "Register", ["logical_name", "value", "scaler_unit"], ["reset"]),
        (
            4,
            0,
            "Extended register",
            ["logical_name", "value", "scaler_unit", "status", "capture_time"],
            ["reset"],
        ),
        (
            5,
            0,
            "Demand register",
            [
                "logical_name",
                "current_average_value",
                "last_average_value",
                "scaler_unit",
                "status",
                "capture_time",
                "start_time_current",
                "period",
                "number_of_periods",
            ],
            ["reset", "next_period"],
        ),
        (
            7,
            1,
            "Profile generic",
            [
                "logical_name",
                "buffer",
                "capture_objects",
                "capture_period",
                "sort_method",
                "sort_object",
                "entries_in_use",
                "profile_entries",
            ],
            ["reset", "capture"],
        ),
        (
            8,
            0,
            "Clock",
            [
                "logical_name",
                "time",
                "time_zone",
                "status",
                "daylight_savings_begin",
                "daylight_savings_end",
                "daylight_savings_deviation",
                "daylight_savings_enabled",
                "clock_base",
            ],
            [
                "adjust_to_quarter",
                "adjust_to_measuring_period",
                "adjust_to_minute",
                "adjust_to_preset_time",
                "preset_adjusting_time",
                "shift_time",
            ],
        ),
        (
            15,
            3,
            "Association LN",
            [
                "logical_name",
                "object_list",
                "associated_partners_id",
                "application_context_name",
                "xdlms_context_info",
                "authentication_mechanism_name",
                "secret",
                "association_status",
                "security_setup_reference",
                "user_list",
                "current_user",
            ],
            [
                "reply_to_hls_authentication",
                "change_hls_secret",
                "add_object",
                "remove_object",
                "add_user",
                "remove_user",
            ],
        ),
    ],
)
def test_a_class_has_the_attributes_and_methods_of_the_standard_in_their_order(
    class_id: int, version: int, name: str, attributes: list[str], methods: list[str]
) -> None:
    found = known(class_id)
    assert (found.class_id, found.version, found.name) == (class_id, version, name)
    assert [each.name for each in found.attributes] == attributes
    assert [each.name for each in found.methods] == methods


def test_indices_count_up_from_one() -> None:
    for each in interface_classes():
        assert [a.index for a in each.attributes] == list(range(1, len(each.attributes) + 1))
        assert [m.index for m in each.methods] == list(range(1, len(each.methods) + 1))


def test_the_table_is_sorted_and_names_nothing_twice() -> None:
    keys = [(each.class_id, each.version) for each in interface_classes()]
    assert keys == sorted(set(keys))
    for each in interface_classes():
        assert len({a.name for a in each.attributes}) == len(each.attributes)
        assert len({m.name for m in each.methods}) == len(each.methods)


def test_what_scales_a_value_is_the_scaler_unit_of_the_same_class() -> None:
    scaled = {
        (each.class_id, a.index): each.attribute(a.scaled_by)
        for each in interface_classes()
        for a in each.attributes
        if a.scaled_by is not None
    }
    assert set(scaled) == {(3, 2), (4, 2), (5, 2), (5, 3), (67, 7)}
    assert {a.name for a in scaled.values() if a is not None} == {"scaler_unit"}


def test_an_attribute_is_found_by_name_or_index() -> None:
    value = Attribute(index=2, name="value", type="CHOICE", dynamic=True, scaled_by=3)
    assert known(3).attribute("value") == value
    assert known(3).attribute(2) == value
    assert known(3).attribute("buffer") is None
    assert known(3).attribute(4) is None


def test_a_method_is_found_by_name_or_index() -> None:
    assert known(7, 0).method("get_buffer_by_index") == Method(index=4, name="get_buffer_by_index")
    assert known(8).method(6) == Method(index=6, name="shift_time")
    assert known(1).method("reset") is None


def test_what_the_meter_changes_by_itself_is_dynamic() -> None:
    assert [a.name for a in known(7).attributes if a.dynamic] == ["buffer", "entries_in_use"]
    assert [a.name for a in known(8).attributes if a.dynamic] == ["time", "status"]


@pytest.mark.parametrize(
    ("asked", "given_version"),
    [(0, 0), (1, 1), (2, 2), (3, 3), (9, 3), (None, 3), (-1, 0)],
)
def test_an_unknown_version_gives_the_nearest_older_one(
    asked: int | None, given_version: int
) -> None:
    assert known(15, asked).version == given_version


def test_association_ln_grows_by_version() -> None:
    assert known(15, 0).attribute("security_setup_reference") is None
    assert known(15, 1).attribute(9) == Attribute(
        index=9, name="security_setup_reference", type="octet-string"
    )
    assert known(15, 1).attribute("user_list") is None
    assert known(15, 1).method("add_user") is None


def test_the_table_knows_the_classes_of_the_standard() -> None:
    assert len({each.class_id for each in interface_classes()}) >= 90
    assert len(interface_classes()) >= 110


def test_no_class_is_in_two_families() -> None:
    """Else one table would hide the other's; the eleven families sum up to what is known."""
    families = (
        *(access_control.CLASSES, broadband_plc.CLASSES, communication.CLASSES),
        *(data_storage.CLASSES, load_control.CLASSES, mbus.CLASSES, mobile.CLASSES),
        *(narrowband_plc.CLASSES, payment.CLASSES, time_control.CLASSES, wireless.CLASSES),
    )
    ids = [class_id for family in families for class_id in family]
    assert sorted(ids) == sorted({each.class_id for each in interface_classes()})


@given(
    st.integers(0, 65535).filter(lambda n: n not in {each.class_id for each in interface_classes()})
)
def test_an_unknown_class_is_none(class_id: int) -> None:
    assert interface_class(class_id) is None
    assert interface_class(class_id, 0) is None

from dcud.cosem.class_tables.notation import read_versions
from dcud.cosem.interface_class import Attribute, InterfaceClass, Method

LOGICAL_NAME = Attribute(index=1, name="logical_name", type="octet-string")


def test_a_version_has_its_name_attributes_and_methods() -> None:
    text = """
        v0 Register of sorts
        2 value CHOICE /3 *
        3 scaler_unit scal_unit_type
        @28 reset capture
    """
    assert read_versions(3, text) == (
        InterfaceClass(
            class_id=3,
            version=0,
            name="Register of sorts",
            attributes=(
                LOGICAL_NAME,
                Attribute(index=2, name="value", type="CHOICE", dynamic=True, scaled_by=3),
                Attribute(index=3, name="scaler_unit", type="scal_unit_type"),
            ),
            methods=(Method(index=1, name="reset"), Method(index=2, name="capture")),
            methods_offset=0x28,
        ),
    )


def test_a_version_adds_to_the_one_before_it() -> None:
    old, new = read_versions(7, "v0 Old\n2 a enum\n@10 reset\nv2 New\n3 b boolean")
    assert (old.version, old.name, new.version, new.name) == (0, "Old", 2, "New")
    assert [each.name for each in old.attributes] == ["logical_name", "a"]
    assert [each.name for each in new.attributes] == ["logical_name", "a", "b"]
    assert new.methods == old.methods
    assert new.methods_offset == 0x10


def test_a_version_replaces_rows_in_their_place() -> None:
    old, new = read_versions(7, "v0 Old\n2 a enum\n3 b enum\n@10 reset\nv1 New\n2 c array\n@? stop")
    assert [each.name for each in old.attributes] == ["logical_name", "a", "b"]
    assert [each.name for each in new.attributes] == ["logical_name", "c", "b"]
    assert new.attribute(2) == Attribute(index=2, name="c", type="array")
    assert new.methods == (Method(index=1, name="stop"),)
    assert (old.methods_offset, new.methods_offset) == (0x10, None)


def test_a_class_may_have_its_logical_name_alone() -> None:
    (known,) = read_versions(140, "v0 Bare")
    assert known.attributes == (LOGICAL_NAME,)
    assert known.methods == ()

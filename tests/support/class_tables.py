"""What holds for every table of interface classes."""

from collections.abc import Mapping

from dcud.cosem.class_tables.notation import read_versions
from dcud.cosem.interface_class import InterfaceClass

# [IEC 62056-5-3: Data], then the types that [IEC 62056-6-2] defines by name
TYPES = {
    *("array", "bit-string", "boolean", "double-long", "double-long-unsigned", "enum", "integer"),
    *("long", "long-unsigned", "octet-string", "structure", "unsigned", "visible-string"),
    *("CHOICE", "scal_unit_type", "object_list_type", "associated_partners_type"),
    *("application_context_name", "xDLMS_context_type", "mechanism_name"),
    "capture_object_definition",
}
ASSOCIATION_SN = 12
"""The one class whose methods had their short names before it got more attributes."""


def latest(classes: Mapping[int, str], class_id: int) -> InterfaceClass:
    return read_versions(class_id, classes[class_id])[-1]


def assert_well_formed(classes: Mapping[int, str]) -> None:
    assert list(classes) == sorted(classes)
    for class_id, text in classes.items():
        versions = read_versions(class_id, text)
        assert [each.version for each in versions] == sorted({each.version for each in versions})
        for each in versions:
            assert each.name
            assert {attribute.type for attribute in each.attributes} <= TYPES
            _assert_names([attribute.name for attribute in each.attributes])
            _assert_names([method.name for method in each.methods])
            _assert_methods_above_attributes(each)


def _assert_names(names: list[str]) -> None:
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() and name == name.lower() for name in names)


def _assert_methods_above_attributes(known: InterfaceClass) -> None:
    if known.methods_offset is not None and known.class_id != ASSOCIATION_SN:
        assert known.methods_offset % 8 == 0
        assert known.methods_offset >= 8 * len(known.attributes)

"""The interface classes by their number, as [IEC 62056-6-2: interface classes] has them.

The tables are text, a row per attribute, which `class_tables.notation` explains; a class is read
from its text when it is first asked for, so that a program pays for the few classes that it meets.
"""

from collections.abc import Mapping
from functools import cache

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
from dcud.cosem.class_tables.notation import read_versions
from dcud.cosem.interface_class import Attribute, InterfaceClass, Method

__all__ = ["Attribute", "InterfaceClass", "Method", "interface_class", "interface_classes"]

_TABLES: Mapping[int, str] = {
    **data_storage.CLASSES,
    **access_control.CLASSES,
    **time_control.CLASSES,
    **load_control.CLASSES,
    **payment.CLASSES,
    **communication.CLASSES,
    **mobile.CLASSES,
    **mbus.CLASSES,
    **narrowband_plc.CLASSES,
    **broadband_plc.CLASSES,
    **wireless.CLASSES,
}


def interface_class(class_id: int, version: int | None = None) -> InterfaceClass | None:
    """Return the class as of a version, by default its latest; None where the class is unknown.

    A version that is not in the table gives the nearest older one, else the oldest: classes grow
    at their end, so what versions share keeps its number.
    """
    if class_id not in _TABLES:
        return None
    versions = _versions(class_id)
    if version is None:
        return versions[-1]
    older = [known for known in versions if known.version <= version]
    return older[-1] if older else versions[0]


def interface_classes() -> tuple[InterfaceClass, ...]:
    """Return every version of every class known, in order of class id, then of version."""
    return tuple(known for class_id in sorted(_TABLES) for known in _versions(class_id))


@cache
def _versions(class_id: int) -> tuple[InterfaceClass, ...]:
    return read_versions(class_id, _TABLES[class_id])

"""The notation in which the tables of the interface classes are written.

A class is a text of lines::

    v0 Register
    2 value        CHOICE /3 *
    3 scaler_unit  scal_unit_type
    @28 reset

`v0` begins a version, with its name; a version has all the rows of the one before it, and its own
in addition or in their place. A number begins an attribute: its name, its type, `/3` where
attribute 3 holds its scaler and unit, `*` where the meter changes it by itself. Attribute 1, the
logical name, is common to all and stands in no text. `@` begins the methods, counted from 1, with
the hexadecimal offset of the first one's short name, `?` where that is not known.
"""

from dataclasses import replace
from typing import Final

from dcud.cosem.interface_class import Attribute, InterfaceClass, Method

_LOGICAL_NAME: Final = Attribute(index=1, name="logical_name", type="octet-string")
_UNKNOWN: Final = "?"


def read_versions(class_id: int, text: str) -> tuple[InterfaceClass, ...]:
    """Return the versions of one class, oldest first."""
    versions: list[InterfaceClass] = []
    latest = InterfaceClass(
        class_id=class_id, version=0, name="", attributes=(_LOGICAL_NAME,), methods=()
    )
    for line in text.strip().splitlines():
        first, *words = line.split()
        if first.startswith("v"):
            latest = replace(latest, version=int(first[1:]), name=" ".join(words))
            versions.append(latest)
            continue
        latest = _with_methods(latest, first, words) if first[0] == "@" else _with(latest, line)
        versions[-1] = latest
    return tuple(versions)


def _with_methods(known: InterfaceClass, offset: str, names: list[str]) -> InterfaceClass:
    at = offset[1:]
    return replace(
        known,
        methods=tuple(Method(index=index, name=name) for index, name in enumerate(names, 1)),
        methods_offset=None if at == _UNKNOWN else int(at, 16),
    )


def _with(known: InterfaceClass, line: str) -> InterfaceClass:
    index, name, type_name, *marks = line.split()
    scaled = [int(mark[1:]) for mark in marks if mark[0] == "/"]
    attribute = Attribute(
        index=int(index),
        name=name,
        type=type_name,
        dynamic="*" in marks,
        scaled_by=scaled[0] if scaled else None,
    )
    by_index = {each.index: each for each in (*known.attributes, attribute)}
    return replace(known, attributes=tuple(by_index.values()))

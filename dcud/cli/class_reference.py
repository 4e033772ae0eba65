"""The page that says of every interface class what it has, and how dcud shows it.

python -m dcud.cli.class_reference > docs/objects.md
"""

import sys
from collections.abc import Iterator

from dcud.cosem.classes import InterfaceClass, interface_classes
from dcud.cosem.interface_class import Attribute
from dcud.cosem.value_tables import SHAPES

_INTRODUCTION = """\
# The objects of meters

The interface classes that dcud knows, as [IEC 62056-6-2: interface classes] has them: what `dcud
objects` names, what `dcud read 8/0.0.1.0.0.255/time` and `dcud call` take by name. Where a class
has several versions, the table is that of the last one; an attribute that came later says since
when. Every attribute can be read, known or not: what has no shape here is shown as the typed data
that it is, and a class that isn't in the table by its number.

How a value is shown that has an inside:

| written here | shown as |
|---|---|
| `{start: date-time, days: array unsigned}` | an object with these members |
| `array ...` | a list |
| `enum(0 open, 1 closed)` | the word; a number that has none stays a number |
| `text`, `octets` | text where it is text, else hexadecimal digits; hexadecimal digits always |
| `name` | a logical name, `1.0.1.8.0.255` |
| `date-time`, `date`, `time` | as the meter writes it, wildcards included |
| `bcd`, `manufacturer` | digits; three letters |
| `any` | whatever stands there |
| `... \\| ...` | whichever fits: versions of a class differ |

What a meter leaves open (null-data) is nothing, wherever it stands. A value that has another shape
than the standard's is shown as typed data, with a remark that says what was expected. Registers
are shown with scaler and unit, clocks with their zone and status, profiles as rows (`dcud read
--profile`), object lists with the rights on them (`dcud objects`).
"""

_SCALED = "a quantity with unit, by the scaler_unit of attribute {}"


def document() -> str:
    """Return the page, in Markdown."""
    versions: dict[int, list[InterfaceClass]] = {}
    for each in interface_classes():
        versions.setdefault(each.class_id, []).append(each)
    parts = [_INTRODUCTION]
    parts += ["\n".join(_section(known)) + "\n" for known in versions.values()]
    return "\n".join(parts)


def _section(versions: list[InterfaceClass]) -> Iterator[str]:
    latest = versions[-1]
    numbers = " to ".join(dict.fromkeys((str(versions[0].version), str(latest.version))))
    several = "versions" if len(versions) > 1 else "version"
    yield f"## {latest.class_id} {latest.name}"
    yield ""
    yield f"{several.capitalize()} {numbers}."
    yield ""
    yield "| attribute | name | type | shown as |"
    yield "|---|---|---|---|"
    for attribute in latest.attributes:
        since = next(v.version for v in versions if v.attribute(attribute.index))
        name = attribute.name if since == versions[0].version else f"{attribute.name} (v{since})"
        shown = _shown(latest.class_id, attribute)
        yield f"| {attribute.index} | {name} | {attribute.type} | {shown} |"
    if latest.methods:
        methods = ", ".join(f"{each.index} {each.name}" for each in latest.methods)
        yield ""
        yield f"Methods: {methods}."


def _shown(class_id: int, attribute: Attribute) -> str:
    shape = SHAPES.get(class_id, {}).get(attribute.index)
    if shape is not None:
        return f"`{_in_a_cell(shape)}`"
    return "" if attribute.scaled_by is None else _SCALED.format(attribute.scaled_by)


def _in_a_cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(document())

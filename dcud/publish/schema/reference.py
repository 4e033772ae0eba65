"""The schemas told as a page: `python -m dcud.publish.schema.reference` writes `docs/schema.md`.

It is written below the directory given as argument, the current one by default.
"""

import sys
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path
from typing import Any

from dcud.publish.schema import load_schema

NAMES = (
    "reading-1",
    "notification-1",
    "event-1",
    "gateway-state-1",
    "meter-state-1",
    "command-1",
    "command-reply-1",
)
"""The shipped schemas, in the order of the page."""

_PREFACE = """
    # Schemas

    <!-- Written by `python -m dcud.publish.schema.reference`; don't edit. -->

    Every member of every message in JSON, as the JSON Schemas (draft 2020-12) have them that are
    shipped in `dcud/publish/schema/`. [mqtt.md](mqtt.md) and [commands.md](commands.md) tell what
    they mean together, with examples.

    `values[].obis` is the member `obis` of each element of the list `values`. What is always there
    is so within the object that holds it. Times are UTC with milliseconds,
    `2026-03-01T12:00:03.250Z`, unless something else is said. No message has members that don't
    stand here.
    """

Schema = dict[str, Any]

_EXACT = 1 - 2**53
"""The least integer that every reader of JSON takes exactly, no bound of the field's own."""
_FORMATS = {"date-time": "time", "uuid": "UUID"}


def markdown() -> str:
    """Return `docs/schema.md`."""
    parts = [cleandoc(_PREFACE)]
    for name in NAMES:
        parts += _chapter(name, load_schema(name))
    return "\n\n".join(parts) + "\n"


def _chapter(name: str, schema: Schema) -> Iterator[str]:
    yield f"## {name}"
    file = f"[{name}.json](../dcud/publish/schema/{name}.json)"
    yield f"{schema['description']} The schema itself: {file}."
    if "properties" in schema:
        yield _table(schema)
    for part, inner in schema.get("$defs", {}).items():
        yield f"### {name}: {part}"
        yield inner["description"]
        yield _table(inner)


def _table(schema: Schema) -> str:
    rows = ["| member | what | always there | meaning |", "|---|---|---|---|"]
    for path, member, is_required in _members(schema, ""):
        cells = (f"`{path}`", _what(member), "yes" if is_required else "", _meaning(member))
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows)


def _members(schema: Schema, above: str) -> Iterator[tuple[str, Schema, bool]]:
    """Give the path of each member below `above`, the member, and whether it is always there."""
    for name, member in schema.get("properties", {}).items():
        path = above + name
        yield path, member, name in schema.get("required", ())
        yield from _members(member, f"{path}.")
        if "items" in member:
            yield from _members(member["items"], f"{path}[].")


def _meaning(member: Schema) -> str:
    return str(member["description"])


def _what(member: Schema) -> str:
    """Return what kind of value it is, in words."""
    if "const" in member:
        return f"`{member['const']}`"
    if "enum" in member:
        return ", ".join(f"`{each}`" for each in member["enum"])
    if "$ref" in member:
        return f"a {member['$ref'].rpartition('/')[2]}"
    if "anyOf" in member:
        return " or ".join(map(_what, member["anyOf"]))
    kinds = member["type"] if isinstance(member["type"], list) else [member["type"]]
    return " or ".join(_kind(kind, member) for kind in kinds)


def _kind(kind: str, member: Schema) -> str:
    if kind == "array":
        return f"list of: {_what(member['items'])}"
    if kind == "string":
        return _FORMATS.get(str(member.get("format")), "text")
    if kind == "integer" and member.get("minimum", _EXACT) > _EXACT:
        most = f" to {member['maximum']}" if "maximum" in member else " or more"
        return f"integer, {member['minimum']}{most}"
    return kind


def main(arguments: list[str]) -> None:
    """Write the page below the directory in `arguments`."""
    path = Path(arguments[0] if arguments else ".") / "docs" / "schema.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(markdown(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])

"""From TOML's tables to checked values, a table at a time."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from dcud.config.document import RawTable
from dcud.config.kind import AnyKind, Kind, NamedTables, Table, Tables, UnfitError, kind_of
from dcud.config.kind import name as name_kind
from dcud.config.report import Place, Report, suggestion
from dcud.config.schema import (
    VARIANT_KEY,
    Keys,
    keys_of,
    template_keys,
    variant_keys,
)


@dataclass(slots=True, eq=False)
class Part:
    """What one table says: some keys of a whole that other tables may complete.

    Attributes:
        place: where the table stands; the last of them, where tables were merged.
        values: by key: what the model will hold, a `Part` for a table, a list of them for a list of
            tables, and `Spoiled` for what was reported already.
    """

    place: Place
    values: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Spoiled:
    """Stands for a value that was reported already."""


SPOILED = Spoiled()

_NAME = name_kind()

Parts: TypeAlias = list[Part]


def bind(raw: RawTable, keys: Keys, place: Place, report: Report) -> Part:
    """Return what the table `raw` at `place` says; its faults go to `report`."""
    part = Part(place)
    for name, value in raw.items():
        key = keys.get(name)
        if key is None:
            report.add(place / name, "is not a known key", _remedy(name, keys))
        else:
            part.values[name] = _value(value, key.kind, place / name, report)
    return part


def _value(raw: object, kind: AnyKind, place: Place, report: Report) -> object:
    match kind:
        case Kind():
            return _scalar(raw, kind, place, report)
        case Table():
            return _table(raw, keys_of(kind.model), place, report)
        case Tables():
            return _tables(raw, kind, place, report)
        case NamedTables():
            return _named_tables(raw, kind, place, report)


def _scalar(raw: object, kind: Kind, place: Place, report: Report) -> object:
    try:
        value = kind.read(raw)
    except UnfitError as error:
        report.add(place, error.message, error.remedy)
        return SPOILED
    if kind.is_path:
        return str(Path(place.document.directory, str(value)))
    return value


def _table(raw: object, keys: Keys, place: Place, report: Report) -> object:
    if isinstance(raw, dict):
        return bind(raw, keys, place, report)
    name = place.path[-1]
    remedy = f"write {name} = {{ ... }}" if isinstance(name, str) else "write { ... }"
    report.add(place, f"must be a table, not {kind_of(raw)}", remedy)
    return SPOILED


def _tables(raw: object, kind: Tables, place: Place, report: Report) -> object:
    if not isinstance(raw, list):
        heading = ".".join(step for step in place.path if isinstance(step, str))
        remedy = f"begin each of them with [[{heading}]]"
        report.add(place, f"must be a list of tables, not {kind_of(raw)}", remedy)
        return SPOILED
    parts = []
    for index, item in enumerate(raw):
        word = item.get(VARIANT_KEY) if isinstance(item, dict) else None
        keys = variant_keys(kind, word if isinstance(word, str) else None)
        parts.append(_table(item, keys, place / index, report))
    return [part for part in parts if isinstance(part, Part)]


def _named_tables(raw: object, kind: NamedTables, place: Place, report: Report) -> object:
    if not isinstance(raw, dict):
        report.add(place, f"must be tables, not {kind_of(raw)}", f"write [{place.path[-1]}.NAME]")
        return SPOILED
    keys = template_keys(kind.model)
    tables = {}
    for name, item in raw.items():
        # A bad name is told once; under it nothing could be referred to.
        if isinstance(_scalar(name, _NAME, place / name, report), str):
            tables[name] = _table(item, keys, place / name, report)
    return {name: table for name, table in tables.items() if isinstance(table, Part)}


def _remedy(name: str, keys: Keys) -> str:
    for key in keys.values():
        if isinstance(key.kind, Table) and name in keys_of(key.kind.model):
            return f"write it as {key.name}.{name}"
    return suggestion(name, keys)

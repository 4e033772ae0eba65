"""From checked values to the model."""

from collections.abc import Hashable
from typing import TypeVar, cast

from dcud.config.bind import Part, Parts, Spoiled
from dcud.config.kind import Kind, Tables
from dcud.config.report import Report
from dcud.config.rules import contradiction
from dcud.config.schema import VARIANT_KEY, Key, keys_of, variant_keys

T = TypeVar("T")


class Builder:
    """Builds the model's objects, and what is shared or equal only once."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._built: dict[int, tuple[object, object]] = {}
        self._equal: dict[Hashable, Hashable] = {}

    def build(self, part: Part, model: type[T]) -> T | None:
        """Return the object that `part` tells of, or None where it has a fault."""
        values: dict[str, object] = {}
        sound = True
        for key in keys_of(cast("type", model)).values():
            if key.name in part.values:
                values[key.name] = value = self._value(key, part.values[key.name])
                sound = sound and value is not None
            elif key.is_required:
                self._missing(part, key)
                sound = False
        return self._finished(model(**values), part) if sound else None

    def _finished(self, table: T, part: Part) -> T | None:
        if fault := contradiction(table):
            self._report.add(part.place / fault.key, fault.message, fault.remedy)
            return None
        return cast("T", self._shared(table))

    def _value(self, key: Key, value: object) -> object:
        """Return what the model holds for `value`, or None where it has a fault."""
        if isinstance(value, Spoiled):
            return None
        if not isinstance(value, Part | list):
            return self._shared(value)
        # The value is kept beside the result: its id stays its own as long as it lives.
        if id(value) not in self._built:
            self._built[id(value)] = (value, self._compound(key, value))
        return self._built[id(value)][1]

    def _compound(self, key: Key, value: Part | Parts) -> object:
        if isinstance(value, Part):
            return self.build(value, key.kind.model)  # type: ignore[union-attr]  # bound by a Table
        tables = cast("Tables", key.kind)
        built = [self._variant(part, tables) for part in value]
        if None in built:
            return None
        return tuple(table for table in built if getattr(table, "enabled", True))

    def _variant(self, part: Part, tables: Tables) -> object:
        if "" in tables.variants:
            return self.build(part, tables.variants[""])
        word = part.values.get(VARIANT_KEY)
        if word is None:
            self._missing(part, variant_keys(tables, None)[VARIANT_KEY])
        if not isinstance(word, str):
            return None
        sound = True
        for name in part.values.keys() - variant_keys(tables, word).keys():
            self._report.add(part.place / name, f'is no key of the kind "{word}"', "remove it")
            sound = False
        return self.build(part, tables.variants[word]) if sound else None

    def _missing(self, part: Part, key: Key) -> None:
        example = "[...]"
        if isinstance(key.kind, Kind) and key.note.example is not None:
            example = key.kind.write(key.note.example)
        self._report.add(
            part.place, f'the key "{key.name}" is missing', f"write it, as {key.name} = {example}"
        )

    def _shared(self, value: Hashable) -> Hashable:
        # 1, 1.0 and True are equal and not the same.
        return self._equal.setdefault((type(value), value), value)

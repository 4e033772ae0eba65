"""The keys of the configuration as tables, drawn from the model's annotations."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias, get_type_hints

from dcud.config import kind, model
from dcud.config.kind import AnyKind
from dcud.config.note import Note

REQUIRED = dataclasses.MISSING
"""Stands as the default of a key that has none."""

VARIANT_KEY = "kind"
"""The key that says which variant a table of a list is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key of a table.

    Attributes:
        default: what holds where the key is left out; `REQUIRED` where it can't be.
    """

    name: str
    kind: AnyKind
    note: Note
    default: object

    @property
    def is_required(self) -> bool:
        """Return whether the key can't be left out."""
        return self.default is REQUIRED


Keys: TypeAlias = Mapping[str, Key]


@cache
def keys_of(table: type) -> Keys:
    """Return the keys of a dataclass of the model, in their order."""
    hints = get_type_hints(table, include_extras=True)
    keys = {}
    for field in dataclasses.fields(table):
        value_kind, note = hints[field.name].__metadata__
        keys[field.name] = Key(name=field.name, kind=value_kind, note=note, default=field.default)
    return keys


@cache
def template_keys(table: type) -> Keys:
    """Return the keys that a template can hold for a dataclass of the model."""
    return {name: key for name, key in keys_of(table).items() if not key.note.own}


@cache
def variant_keys(tables: kind.Tables, word: str | None) -> Keys:
    """Return the keys of one variant, or of all of them where the word is not (yet) known."""
    if "" in tables.variants:
        return keys_of(tables.variants[""])
    words = [word] if word and word in tables.variants else list(tables.variants)
    keys = {
        VARIANT_KEY: Key(
            name=VARIANT_KEY,
            kind=kind.choice(*tables.variants),
            note=Note("What kind of job it is.", example=next(iter(tables.variants))),
            default=REQUIRED,
        )
    }
    for variant in words:
        keys.update(keys_of(tables.variants[variant]))
    return keys


def _section(name: str, value_kind: AnyKind, sentence: str) -> Key:
    return Key(name=name, kind=value_kind, note=Note(sentence), default=None)


DROP_IN_KEYS: Keys = {
    key.name: key
    for key in (
        _section("bus", kind.Tables(variants={"": model.Bus}), "Lines with meters."),
        _section("meter", kind.Tables(variants={"": model.Meter}), "Meters."),
        _section("template", kind.NamedTables(model=model.Meter), "What meters have in common."),
    )
}
"""The top of a file in the drop-in directory."""

MAIN_KEYS: Keys = {
    "include": Key(
        name="include",
        kind=kind.path(),
        note=Note("Directory of drop-in files (*.toml).", derived="conf.d beside this file"),
        default=None,
    ),
    "gateway": _section("gateway", kind.Table(model=model.Gateway), "This concentrator."),
    "mqtt": _section("mqtt", kind.Table(model=model.Mqtt), "The broker."),
    "uplink": _section(
        "uplink", kind.Tables(variants={"": model.Uplink}), "Further brokers, beside the first."
    ),
    "metrics": _section("metrics", kind.Table(model=model.Metrics), "The Prometheus page."),
    "listener": _section(
        "listener", kind.Table(model=model.Listener), "Meters that push over the network."
    ),
    "commands": _section(
        "commands", kind.Table(model=model.Commands), "What may be asked for over MQTT."
    ),
    "log": _section("log", kind.Table(model=model.Log), "Logs."),
    "outbox": _section("outbox", kind.Table(model=model.Outbox), "What waits for the broker."),
    **DROP_IN_KEYS,
}
"""The top of the main file."""

"""Whatever TOML holds, loading ends in a configuration or in problems."""

import datetime as dt
from pathlib import Path
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from dcud.config.document import Document, RawTable
from dcud.config.kind import Kind, NamedTables, Table, Tables
from dcud.config.load import load
from dcud.config.model import Configuration
from dcud.config.problem import ConfigError
from dcud.config.schema import MAIN_KEYS, VARIANT_KEY, Key, Keys, keys_of, template_keys

NAMES = st.sampled_from(["a", "b", "idis", "generic-water"])
SCALARS = (
    NAMES
    | st.text(max_size=5)
    | st.sampled_from(["15 min", "1.0.1.8.0.255", "lls", "none", "wrapper", "profile", "registers"])
    | st.integers(-1, 300)
    | st.booleans()
    | st.floats()
    | st.just(dt.time(1))
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)


def tables(keys: Keys) -> st.SearchStrategy[RawTable]:
    """Give tables whose keys are known and whose values are mostly of a fitting shape."""
    known = {name: shaped(key) | ANYTHING for name, key in keys.items()}
    required = {name: known[name] for name, key in keys.items() if key.is_required}
    optional = {name: known[name] for name in known if name not in required}
    return st.fixed_dictionaries(required, optional=optional)


def shaped(key: Key) -> st.SearchStrategy[object]:
    kind = key.kind
    if isinstance(kind, Kind):
        return NAMES if key.name in {"id", "bus", "template"} else SCALARS
    if isinstance(kind, Table):
        return tables(keys_of(kind.model))
    if isinstance(kind, NamedTables):
        return st.dictionaries(
            NAMES | st.text(max_size=3), tables(template_keys(kind.model)), max_size=2
        )
    return st.lists(st.one_of(*elements(kind)), max_size=3)


def elements(kind: Tables) -> list[st.SearchStrategy[RawTable]]:
    return [
        tables(keys_of(model)).map(lambda table, word=word: {VARIANT_KEY: word} | table)  # type: ignore[misc]  # the default binds the word
        if word
        else tables(keys_of(model))
        for word, model in kind.variants.items()
    ]


@given(data=tables({name: key for name, key in MAIN_KEYS.items() if name != "include"}))
def test_any_document_is_a_configuration_or_problems(data: RawTable) -> None:
    from dcud.config import load as module  # noqa: PLC0415  # to be patched

    real = module.read  # type: ignore[attr-defined]  # what the module uses

    def read(path: Path) -> Document:
        return Document("f.toml", Path("/none"), "", data) if path.name == "f.toml" else real(path)

    with patch("dcud.config.load.read", read):
        result = outcome()
    if isinstance(result, Configuration):
        assert all(meter.job for meter in result.meters if meter.enabled)
    else:
        assert result.problems
        assert all(str(problem).isprintable() for problem in result.problems)


def outcome() -> Configuration | ConfigError:
    try:
        return load(Path("/none/f.toml"))
    except ConfigError as error:
        return error

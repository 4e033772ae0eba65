"""The manual page of the configuration, dcud.toml(5), told from its model."""

from collections.abc import Iterator
from inspect import cleandoc, getdoc

from dcud import __version__
from dcud.cli.roff import bold, italic, marked, named, prose, section, title
from dcud.config import shipped
from dcud.config.kind import Table, Tables
from dcud.config.reference import default_words
from dcud.config.schema import MAIN_KEYS, VARIANT_KEY, Keys, keys_of

_PREFACE = """
    dcud reads one TOML file, `/etc/dcud/dcud.toml` unless `--config` names another, and the files
    `*.toml` of a drop-in directory, in the order of their names, which may add `[[bus]]`,
    `[[meter]]` and `[template.NAME]`. `dcud check` says whether they can be used.
    """

_VALUES = {
    "duration": 'a number with a unit, one of ms, s, min, h, d, w: "15 min", "1 h 30 min"',
    "size": 'a number with a unit, one of B, kB, KiB, MB, MiB, GB, GiB: "64 MiB"',
    "path": "one that is not absolute counts from the directory of the file that holds it",
}


def page() -> str:
    """Return dcud.toml(5)."""
    lines = [title("DCUD.TOML", 5, __version__)]
    lines += [section("NAME"), "dcud.toml \\- the configuration of dcud"]
    lines += [section("DESCRIPTION"), marked(" ".join(cleandoc(_PREFACE).split()))]
    for name, meaning in _VALUES.items():
        lines += named(italic(name), prose(meaning))
    lines += [section("THE TOP OF THE FILE"), *_keys(MAIN_KEYS)]
    for name, key in MAIN_KEYS.items():
        if isinstance(key.kind, Table):
            lines += _chapter(f"[{name}]", key.kind.model)
        elif isinstance(key.kind, Tables):
            lines += _chapter(f"[[{name}]]", key.kind.variants[""])
    lines += [section("TEMPLATES"), "dcud comes with these: " + prose(", ".join(shipped.shipped()))]
    lines += ["\\&. Others are tables", bold("[template.NAME]"), "of the configuration."]
    lines += [section("SEE ALSO"), f"{bold('dcud')}(1), {bold('dcud-check')}(1)"]
    return "\n".join(lines) + "\n"


def _chapter(heading: str, table: type) -> Iterator[str]:
    yield section(heading)
    yield marked(" ".join((getdoc(table) or "").split()))
    yield from _keys(keys_of(table))
    for key in keys_of(table).values():
        path = f"{heading.strip('[]')}.{key.name}"
        if isinstance(key.kind, Table):
            yield from _chapter(f"[{path}]", key.kind.model)
        elif isinstance(key.kind, Tables):
            for word, variant in key.kind.variants.items():
                suffix = f" with {VARIANT_KEY} = {word}" if word else ""
                yield from _chapter(f"[[{path}]]{suffix}", variant)


def _keys(keys: Keys) -> Iterator[str]:
    for key in keys.values():
        told = f"{key.note.sentence} ({key.kind.words}; default: {default_words(key)})"
        yield from named(bold(key.name), marked(told))
